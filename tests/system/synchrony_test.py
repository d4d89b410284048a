# SPDX-License-Identifier: Apache-2.0
"""`yagura telescope synchrony`, and a service that judges by itself: the same alarms, whatever
happens in between.
"""

import datetime
import json
import os
import signal

import harness
from observe_test import ObserveTest, Stream

DARK = "198.18.0.0/20"
PORT = 47_808
# Three hours of which the usual is learned, and a campaign in the fourth.
HISTORY = ["--history", "18"]
ONSET = datetime.datetime(2026, 1, 1, 3, 20)
CAPTURE = ["--duration", "4h", "--dark", DARK, "--packets", "60000", "--sources", "2000",
           "--victims", "0", "--seed", "7", "--campaign-sources", "60", "--campaign-rate", "240",
           "--campaign-start", "200m", "--campaign-duration", "25m", "--campaign-port", str(PORT)]
SERIES = ["time", "sensor", "hosts", "packets", "densities", "learned", "alarmed", "total_packets",
          "total_hosts", "packets_score", "hosts_score", "groups", "votes", "level", "ports",
          "port_levels", "port_hosts", "port_packets", "port_votes", "prefixes"]
JUDGED = f"SELECT {', '.join(SERIES)} FROM synchrony_window FINAL ORDER BY time, sensor"


def text(time):
    return time.strftime("%Y-%m-%dT%H:%M:00Z")


class SynchronyTest(ObserveTest):
    def capture_file(self):
        return self.generate("campaign.pcap", *CAPTURE)[0]

    def parts(self, path, count):
        """The capture in `count` files, in order."""
        capture = harness.take_apart(path)
        size = len(capture.packets)
        borders = [size * i // count for i in range(1, count)]
        return [self.write(f"part{i}.pcap", part)
                for i, part in enumerate(capture.parts(borders))]

    def judged(self, folder):
        return folder.sql(JUDGED)

    def test_a_campaign_is_an_alarm_that_names_its_port_and_who_voted(self):
        folder = self.data_folder()
        folder.read(self.capture_file(), dark=[DARK])
        first = folder.run("telescope", "synchrony", *HISTORY, "--windows", "--limit", "1000",
                           "--format", "json")
        self.assertIn("judged 22 windows of ten minutes", first.err)
        alarms = json.loads(first.out)
        onset = text(ONSET)
        found = [alarm for alarm in alarms if alarm["time"] == onset]
        self.assertEqual(1, len(found), [alarm["time"] for alarm in alarms])
        self.assertEqual(PORT, found[0]["ports"][0])
        self.assertEqual("attack", found[0]["port_levels"][0])
        self.assertIn("graphical-lasso", found[0]["votes"])
        self.assertIn("more hosts act in step", found[0]["why"])
        self.assertGreaterEqual(found[0]["port_hosts"][0], 20)
        # Judged once: asking again finds nothing new to do.
        again = folder.run("telescope", "synchrony", *HISTORY, "--format", "json")
        self.assertNotIn("judged", again.err)
        self.assertNotIn("more than", first.err)
        part = folder.run("telescope", "synchrony", *HISTORY, "--windows", "--limit", "1")
        self.assertIn("there are more than the 1 shown", part.err)
        series = folder.json("telescope", "synchrony", "--series")
        self.assertEqual(22, len(series))  # the first and the last window are not whole
        self.assertTrue(all(0 <= point["density_09"] <= point["density_04"] for point in series))
        only = folder.json("telescope", "synchrony", "--port", f"{PORT}/udp")
        self.assertEqual([], only)
        self.assertNotIn("has no vote yet", again.err)
        self.assertIn("has no vote yet: 18 of the 432", folder.run("telescope", "synchrony").err)
        refused = folder.try_run("telescope", "synchrony", "--series", "--limit", "3")
        self.assertEqual(2, refused.code, refused.err)

    def test_it_says_that_no_whole_window_was_read(self):
        folder = self.data_folder()
        short, _ = self.generate("short.pcap", "--packets", "1000", "--sources", "60", "--dark",
                                 DARK, "--duration", "5m", "--victims", "0")
        folder.read(short, dark=[DARK])
        self.assertIn("no whole window", folder.run("telescope", "synchrony").err)

    def test_a_series_is_of_one_sensor(self):
        folder = self.data_folder()
        whole = self.capture_file()
        folder.read(whole, dark=[DARK], sensor="campus")
        folder.read(self.parts(whole, 2)[0], dark=[DARK], sensor="branch")
        refused = folder.try_run("telescope", "synchrony", "--series")
        self.assertEqual(harness.FAILED, refused.code)
        self.assertIn("of one sensor", refused.err)
        series = {sensor: folder.json("telescope", "synchrony", "--series", "--sensor", sensor)
                  for sensor in ("campus", "branch")}
        self.assertEqual(22, len(series["campus"]))
        # What was judged of the part is what was judged of it in the whole.
        self.assertIn(len(series["branch"]), range(8, 15))
        self.assertEqual(series["campus"][:len(series["branch"])], series["branch"])
        # Of two months, a row is not a window, and that is said.
        ten_minutes = folder.run("telescope", "synchrony", "--series", "--sensor", "branch")
        self.assertNotIn("a row is", ten_minutes.err)
        months = folder.run("telescope", "synchrony", "--series", "--sensor", "branch", "--from",
                            "2025-12-01", "--until", "2026-01-31")
        self.assertIn("a row is 90 minutes", months.err)

    def test_a_campaign_is_one_entry_with_its_windows_and_the_same_in_the_api(self):
        folder = self.data_folder()
        folder.read(self.capture_file(), dark=[DARK])
        campaigns = folder.json("telescope", "synchrony", *HISTORY, "--limit", "1000")
        found = [campaign for campaign in campaigns if PORT in campaign["ports"]]
        self.assertEqual(1, len(found), campaigns)
        campaign = found[0]
        self.assertEqual(text(ONSET), campaign["from"])
        # It begins and ends within these windows, and lasts 25 minutes.
        self.assertEqual(text(ONSET + datetime.timedelta(minutes=30)), campaign["until"])
        self.assertEqual([text(ONSET + datetime.timedelta(minutes=10 * i)) for i in range(3)],
                         campaign["windows"])
        self.assertEqual((PORT, "attack"), (campaign["ports"][0], campaign["level"]))
        self.assertIn("graphical-lasso", campaign["votes"])
        # Every alarm is in a campaign, and is found by the window.
        alarms = folder.json("telescope", "synchrony", "--windows", "--limit", "1000")
        self.assertEqual({alarm["time"] for alarm in alarms},
                         {time for one in campaigns for time in one["windows"] + one["ends"]})
        own = [alarm for alarm in alarms if alarm["time"] in campaign["windows"]]
        hosts = [alarm["port_hosts"][alarm["ports"].index(PORT)] for alarm in own]
        self.assertEqual(max(hosts), campaign["hosts"])
        self.assertGreaterEqual(campaign["hosts"], 20)
        # It is whole, wherever one looks, and the limit counts it as one.
        part = folder.json("telescope", "synchrony", "--from", campaign["windows"][1], "--until",
                           campaign["windows"][2], "--port", str(PORT), "--limit", "1")
        self.assertEqual([campaign], part)
        self.assertEqual([], folder.json("telescope", "synchrony", "--port", f"{PORT}/udp"))
        self.assertEqual([], folder.json("telescope", "synchrony", "--port", str(PORT), "--level",
                                         "survey"))

        service = self.serve(folder, *HISTORY)
        route = "/api/v1/telescope/synchrony"
        self.assertEqual(campaigns, service.get(f"{route}?limit=1000").json()["rows"])
        self.assertEqual(alarms, service.get(f"{route}-windows?limit=1000").json()["rows"])
        first = service.get(f"{route}?limit=1").json()
        self.assertEqual((campaigns[:1], len(campaigns) > 1), (first["rows"], first["more"]))
        beyond = service.get(f"{route}?limit=1&offset={len(campaigns)}").json()
        self.assertEqual(([], False), (beyond["rows"], beyond["more"]))
        self.stop(service)

    def test_split_captures_and_judging_in_between_give_the_same(self):
        capture = self.capture_file()
        whole = self.data_folder()
        whole.read(capture, dark=[DARK])
        whole.run("telescope", "synchrony", *HISTORY)
        split = self.data_folder()
        for part in self.parts(capture, 5):
            split.read(part, dark=[DARK])
            split.run("telescope", "synchrony", *HISTORY)
        self.assertEqual(self.judged(whole), self.judged(split))

    def test_what_is_forgotten_and_read_again_is_judged_again(self):
        capture = self.capture_file()
        folder = self.data_folder()
        folder.read(capture, dark=[DARK])
        folder.run("telescope", "synchrony", *HISTORY)
        before = self.judged(folder)
        folder.run("telescope", "forget", capture)
        self.assertIn("(none)", folder.run("telescope", "synchrony", *HISTORY).out)
        self.assertEqual([], self.judged(folder))
        folder.read(capture, dark=[DARK])
        folder.run("telescope", "synchrony", *HISTORY)
        self.assertEqual(before, self.judged(folder))
        folder.run("telescope", "synchrony", "--again", "--left-out", str(PORT), *HISTORY)
        self.assertEqual(len(before), len(self.judged(folder)))
        self.assertNotIn(str(PORT), folder.run("telescope", "synchrony", "--windows", "--limit",
                                              "1000").out)

    def test_who_listens_to_a_service_is_told_of_each_alarm_as_the_questions_tell_it(self):
        (self.scratch / "spool").mkdir()
        config = self.write("yagura.toml", (
            f'[[sensor]]\nname = "default"\ndark = ["{DARK}"]\nspool = "spool"\n').encode())
        service = self.serve(self.data_folder(), "--config", str(config), *HISTORY)
        stream = Stream(self, service)
        stream.until(lambda event, data: event == "second")  # it is heard from here on
        onset = ONSET.strftime("%Y-%m-%dT%H:%M:00Z")
        os.rename(self.capture_file(), self.scratch / "spool" / "campaign.pcap")
        seen = stream.until(lambda event, data: event == "synchrony" and any(
            row["time"] >= onset for row in data["rows"]))
        told = {row["time"]: row for message in seen["synchrony"] for row in message["rows"]}
        alarm = told[onset]
        self.assertEqual("default", alarm["sensor"])
        self.assertEqual("attack", alarm["level"])
        self.assertEqual(PORT, alarm["ports"][0])
        self.assertGreaterEqual(alarm["port_hosts"][0], 20)
        self.assertGreaterEqual(alarm["hosts"], alarm["port_hosts"][0])
        self.assertGreaterEqual(len(alarm["prefixes"]), 20)
        self.assertIn("graphical-lasso", alarm["votes"])
        self.assertIn("graphical-lasso", alarm["port_votes"][0])
        self.assertIn("more hosts act in step", alarm["why"])
        asked = {row["time"]: row for row in
                 service.get("/api/v1/telescope/synchrony-windows?limit=1000").json()["rows"]}
        self.assertEqual({time: asked[time] for time in told}, told)
        # Of the last hour, which the onset lies in; earlier ones may be no news any more.
        self.assertLessEqual({time for time in asked if onset <= time <= max(told)}, set(told))
        self.stop(service)

    def test_a_service_that_is_killed_in_between_gives_the_same(self):
        capture = self.capture_file()
        expected = self.data_folder()
        expected.read(capture, dark=[DARK])
        expected.run("telescope", "synchrony", *HISTORY)
        folder = self.data_folder()
        (self.scratch / "spool").mkdir()
        config = self.write("yagura.toml", (
            f'[[sensor]]\nname = "default"\ndark = ["{DARK}"]\nspool = "spool"\n').encode())
        flags = ["--config", str(config), "--commit-interval", "1s", *HISTORY]
        windows = "SELECT count() AS n FROM synchrony_window FINAL"
        for i, part in enumerate(self.parts(capture, 3)):
            os.rename(part, self.scratch / "spool" / f"{i}.pcap")
            service = self.serve(folder, *flags)
            seen = 4 * i + 1
            self.wait_for(lambda: int(folder.sql(windows)[0]["n"]) > seen, "windows to be judged")
            if i < 2:
                service.process.send_signal(signal.SIGKILL)
                service.process.wait()
                continue
            wanted = len(self.judged(expected))
            self.wait_for(lambda: int(folder.sql(windows)[0]["n"]) >= wanted, "all to be judged")
            for route in ["synchrony", "synchrony-windows"]:
                rows = service.get(f"/api/v1/telescope/{route}?limit=1000").json()["rows"]
                self.assertIn(PORT, [row["ports"][0] for row in rows])
            points = service.get("/api/v1/telescope/synchrony-series").json()["rows"]
            self.assertEqual(wanted, len(points))
            metrics = service.get("/metrics").bytes.decode()
            self.assertIn("yagura_synchrony_windows_total", metrics)
            self.assertIn("yagura_synchrony_behind_seconds 0", metrics)
            self.stop(service)
        self.assertEqual(self.judged(expected), self.judged(folder))
