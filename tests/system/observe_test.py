# SPDX-License-Identifier: Apache-2.0
"""`yagura serve` that observes: spool folders, replays, interfaces, and the live stream of them.

Interfaces are veth pairs in network namespaces of the test's own; skipped without the right to make
them.
"""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import harness
from serve_test import ADMIN, Service

SYNTHETIC = "synthetic_hour.pcap.zst"
DARK = "198.18.0.0/16"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
COUNTS = {"kernel_drops", "queue_drops", "late"}


class Stream:
    """A reader of the live stream."""

    def __init__(self, test, service):
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        test.addCleanup(self.connection.close)
        self.connection.request("GET", "/api/v1/telescope/live",
                                headers={"Cookie": service.cookie})
        self.response = self.connection.getresponse()
        test.assertEqual(200, self.response.status)
        test.assertEqual("text/event-stream", self.response.headers["Content-Type"].split(";")[0])

    def messages(self):
        """Every (event, data), data parsed, until the stream ends."""
        event, data = None, []
        while True:
            line = self.response.fp.readline()
            if not line:
                return
            line = line.decode().rstrip("\r\n")
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                data.append(line[6:])
            elif not line and data:
                yield event, json.loads("\n".join(data))
                event, data = None, []

    def until(self, wanted):
        """All messages up to the first for which `wanted(event, data)` holds, by event."""
        seen = {}
        deadline = time.monotonic() + 120  # it goes on without what is wanted, too
        for event, data in self.messages():
            seen.setdefault(event, []).append(data)
            if wanted(event, data):
                return seen
            if time.monotonic() > deadline:
                break
        raise AssertionError(f"the stream, or two minutes, ended with {sorted(seen)}")


class ObserveTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.known = set()  # folders that have an account

    def serve(self, folder, *flags):
        service = Service(self, folder, *flags)
        if folder.path in self.known:
            self.assertEqual(200, service.log_in(*ADMIN).status)
        else:
            self.assertEqual(200, service.set_up().status)
            self.known.add(folder.path)
        return service

    def wait_for(self, condition, what):
        for _ in range(2400):
            with contextlib.suppress(OSError):
                found = condition()
                if found:
                    return found
            time.sleep(0.05)
        self.fail(f"waited two minutes for {what} in vain")

    @staticmethod
    def feed(service):
        feeds = service.get("/api/v1/telescope/now").json()["feeds"]
        return feeds[0] if feeds else {"state": "", "files_done": 0, "files_set_aside": 0,
                                       "files_waiting": 0}

    def wait_for_feed(self, service, what, condition):
        return self.wait_for(lambda: condition(self.feed(service)), what)

    def stop(self, service):
        service.process.send_signal(signal.SIGTERM)
        out, err = service.process.communicate(timeout=harness.TIME_LIMIT)
        self.assertEqual(0, service.process.returncode, err)
        return err

    def expected(self, *captures, dark=DARK):
        folder = self.data_folder()
        folder.read(*captures, dark=[dark])
        return folder

    def plain_pcap(self, name=SYNTHETIC):
        data = subprocess.run(["zstd", "-dc", self.capture(name)], capture_output=True,
                              check=True).stdout
        return self.write("whole.pcap", data)

    TOTALS = ("SELECT class, sum(packets) AS packets, uniqExact(source) AS hosts FROM activity "
              "GROUP BY class ORDER BY class")


class SpoolTest(ObserveTest):

    def setUp(self):
        super().setUp()
        self.folder = self.data_folder()
        self.spool = self.scratch / "spool"
        self.spool.mkdir()
        self.config = self.write("yagura.toml", (
            f'[[sensor]]\nname = "default"\ndark = ["{DARK}"]\nspool = "spool"\n').encode())

    def observe(self):
        return self.serve(self.folder, "--config", str(self.config))

    def put(self, name, data):
        """Written beside, renamed into place."""
        beside = self.write(f"beside/{name}", data)
        os.rename(beside, self.spool / name)

    def done(self, service, files, aside=0):
        self.wait_for_feed(service, f"{files} files", lambda feed: (
            feed["files_done"] == files and feed["files_set_aside"] == aside
            and feed["files_waiting"] == 0))

    def parts(self, count):
        capture = harness.take_apart(self.plain_pcap())
        size = len(capture.packets)
        return capture.parts([size * i // count for i in range(1, count)])

    def test_files_count_once_however_they_come(self):
        first, second, third, fourth = self.parts(4)
        self.put("b.pcap", second)
        self.put("a.pcap", first)  # waits with it, and comes before it in time
        service = self.observe()
        self.done(service, 2)
        self.put("c.pcap.tmp", third)
        with open(self.spool / "c.pcap.tmp", "ab"):
            pass  # closed by a writer, but its name says that it is not finished
        os.rename(self.spool / "c.pcap.tmp", self.spool / "c.pcap")
        self.done(service, 3)
        with open(self.spool / "d.pcap", "wb", buffering=0) as slow:
            slow.write(fourth[:1000])
            self.put("again.pcap.gz", harness.gzipped(second))  # dealt with while d.pcap is open
            self.done(service, 4)
            slow.write(fourth[1000:])
        self.done(service, 5)
        self.stop(service)
        self.assert_same_rows(self.expected(self.scratch / "whole.pcap"), self.folder, "spool")
        self.assertEqual({"a.pcap", "b.pcap", "c.pcap", "d.pcap", "again.pcap.gz"},
                         set(os.listdir(self.spool)), "what was read stays")

    def test_a_list_of_scanners_that_is_imported_meanwhile_holds_for_all_of_it(self):
        first, second = self.parts(2)
        expected = self.expected(self.write("first.pcap", first))
        sources = [row["source"] for row in
                   expected.json("telescope", "sources", "--limit", "3")]
        listed = self.write("listed.txt", "".join(
            f"{source},Example Scanning\n" for source in sources).encode())
        expected.run("telescope", "scanners", "import", listed)
        expected.run("telescope", "scanners", "name", ".scan.example", "Example Names")
        expected.read(self.write("second.pcap", second), dark=[DARK])

        self.put("a.pcap", first)
        service = self.observe()
        self.done(service, 1)
        before = os.getcwd()
        os.chdir(listed.parent)
        self.addCleanup(os.chdir, before)
        done = self.folder.try_run("telescope", "scanners", "import", "listed.txt", "none.txt")
        self.assertEqual(harness.DONE_IN_PART, done.code, done.err)
        self.assertIn("none.txt: No such file", done.err)
        self.assertIn("3 source-days on 1 days moved to another organisation", done.err)
        self.folder.run("telescope", "scanners", "name", ".scan.example", "Example Names")
        lists = self.folder.json("telescope", "scanners", "lists")
        self.assertEqual(["listed", "names given by hand"], [row["list"] for row in lists])
        self.assertEqual(["Example Scanning"], [
            row["organisation"] for row in self.folder.json("telescope", "scanners")
            if row["organisation"] != "unknown"])
        self.put("b.pcap", second)
        self.done(service, 2)
        self.stop(service)
        self.assert_same_rows(expected, self.folder, "imported beside it")

    def test_what_is_broken_is_set_aside_and_the_rest_goes_on(self):
        first, second, third, fourth = self.parts(4)
        service = self.observe()
        self.put("text.pcap", b"no capture")
        self.done(service, 0, aside=1)
        self.put("2.pcap", second)
        self.done(service, 1, aside=1)
        self.put("1.pcap", first)  # of a time that is past
        self.done(service, 1, aside=2)
        self.put("3.pcap", third + b"\xff" * 64)  # breaks off; what stands before counts
        self.done(service, 1, aside=3)
        self.put("4.pcap", fourth[:-3])  # cut: a warning only
        self.done(service, 2, aside=3)
        self.assertEqual(200, service.get("/healthz").status)
        metrics = service.get("/metrics").bytes.decode()
        self.assertRegex(metrics, r'yagura_feed_files_total\{[^}]*outcome="set_aside"\} 3')
        log = self.stop(service)
        self.assertEqual({"text.pcap", "1.pcap", "3.pcap"},
                         set(os.listdir(self.spool / "set-aside")))
        for words in ("text.pcap", "1.pcap.* was read for", "3.pcap.*before it counts",
                      "4.pcap: cut in the middle"):
            self.assertEqual(1, len(re.findall(words, log)), f"{words} in {log}")
        cut = self.write("cut.pcap", fourth[:-3])
        rest = [self.write(f"rest{i}.pcap", part) for i, part in enumerate((second, third))]
        self.assert_same_rows(self.expected(*rest, cut), self.folder, "what is left")

    def test_killed_it_goes_on_without_counting_twice(self):
        parts = self.parts(6)
        for i, part in enumerate(parts):
            self.put(f"{i}.pcap", part)
        for files in (1, 3):
            service = self.observe()
            self.wait_for_feed(service, "the first files",
                               lambda feed, n=files: feed["files_done"] >= min(n, 1))
            service.process.kill()
            service.process.communicate()
        service = self.observe()
        self.wait_for_feed(service, "the rest", lambda feed: feed["state"] == "waiting"
                           and feed["files_waiting"] == 0)
        self.stop(service)
        self.assert_same_rows(self.expected(self.scratch / "whole.pcap"), self.folder, "killed")

    def test_a_folder_that_is_gone_is_told_and_taken_up_again(self):
        service = self.observe()
        self.wait_for_feed(service, "the folder", lambda feed: feed["state"] == "waiting")
        shutil.rmtree(self.spool)
        self.wait_for_feed(service, "the failure", lambda feed: feed["state"] == "failed")
        health = service.get("/healthz")
        self.assertEqual(503, health.status)
        self.assertIn(b"the folder is gone", health.bytes)
        self.spool.mkdir()
        self.put("whole.pcap", self.plain_pcap().read_bytes())
        self.done(service, 1)
        self.assertEqual(200, service.get("/healthz").status)
        self.assertEqual(1, self.stop(service).count("the folder is gone"))


    def test_every_finding_is_shown_as_the_questions_show_it(self):
        service = self.observe()
        stream = Stream(self, service)
        stream.until(lambda event, data: event == "second")  # it is heard from here on
        capture = harness.take_apart(self.plain_pcap())
        self.put("whole.pcap", capture.part(0, None))
        self.done(service, 1)
        # After every silence that ends a scan; it is told when the window of the first is over.
        later = [struct.pack("<I", struct.unpack_from("<I", packet)[0] + hours * 3600) + packet[4:]
                 for hours in (3, 4) for packet in capture.packets[:100]]
        self.put("later.pcap", capture.header + b"".join(later))
        seen = stream.until(lambda event, data: event == "feeds"
                            and data["feeds"][0]["files_done"] == 2)
        all_times = {"from": "2000-01-01", "until": "2100-01-01"}
        for event, route in (("scan-event", "events"), ("attack", "attacks")):
            shown = [row for message in seen[event] for row in message["rows"]]
            asked = service.get(f"/api/v1/telescope/{route}", limit=1000,
                                **all_times).json()["rows"]
            self.assertEqual(set(asked[0]), set(shown[0]))
            self.assertLessEqual({row["id"] for row in shown}, {row["id"] for row in asked})
        events = service.get("/api/v1/telescope/events", limit=1000, **all_times).json()["rows"]
        ended = [row for row in events if row["state"] == "closed"]
        self.assertGreater(len(ended), 0)
        shown = [row for message in seen["scan-event"] for row in message["rows"]]
        self.assertEqual(sorted(map(json.dumps, ended)), sorted(map(json.dumps, shown)))
        self.stop(service)


class ReplayTest(ObserveTest):

    def test_at_full_speed_it_gives_the_packets_and_hosts_of_the_capture(self):
        folder = self.plain_data_folder()
        folder.path.mkdir()
        service = Service(self, folder, "--replay", str(self.capture(SYNTHETIC)), "--dark", DARK,
                          "--speed", "max")
        service.set_up()
        self.wait_for_feed(service, "the end", lambda feed: feed["state"] == "ended")
        self.assertTrue(service.get("/api/v1/telescope/now").json()["replay"])
        self.stop(service)
        expected = self.expected(self.capture(SYNTHETIC)).sql(self.TOTALS)
        self.assertEqual(expected, folder.sql(self.TOTALS))
        again = folder.start("serve", "--port", "0", "--replay", str(self.capture(SYNTHETIC)),
                             "--dark", DARK, text=True)
        with harness.killed_at_the_end(again):  # the folder of a replay takes another
            self.assertIn("Yagura serves", again.stdout.readline())

    def test_it_does_not_mix_with_what_was_observed(self):
        folder = self.expected(self.capture(SYNTHETIC))
        before = folder.fingerprints()
        done = folder.try_run("serve", "--port", "0", "--replay", str(self.capture(SYNTHETIC)),
                              "--dark", DARK)
        self.assertEqual(harness.FAILED, done.code)
        self.assert_says("not the folder of a replay", done)
        self.assertEqual(before, folder.fingerprints())

    def test_without_data_it_leaves_nothing_behind(self):
        temporary = self.scratch / "temporary"
        temporary.mkdir()
        process = subprocess.Popen(
            [str(harness.BINARY), "serve", "--port", "0", "--replay",
             str(self.capture(SYNTHETIC)), "--dark", DARK], cwd=self.scratch,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with harness.killed_at_the_end(process):
            self.assertIn("Yagura serves", process.stdout.readline())
            self.assertEqual(1, len(os.listdir(temporary)))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(0, process.wait(60))
        self.assertEqual([], os.listdir(temporary))
        self.assertFalse((self.scratch / "yagura-data").exists())

    def test_repeated_it_has_a_past_and_several_sensors(self):
        config = self.write("yagura.toml", b"".join(
            f'[[sensor]]\nname = "{name}"\ndark = ["{dark}"]\n'.encode()
            for name, dark in (("synthetic", DARK), ("border", "192.150.186.0/23"))))
        folder = self.plain_data_folder()
        folder.path.mkdir()
        service = Service(self, folder, "--config", str(config), "--repeat", "--speed", "60",
                          "--replay", f"synthetic={self.capture(SYNTHETIC)}",
                          "--replay", f"border={self.capture('backscatter_2009.pcap')}")
        service.set_up()
        past = self.expected(self.capture(SYNTHETIC)).sql("SELECT sum(packets) AS n FROM activity")
        feeds = self.wait_for(lambda: (lambda feeds: len(feeds) == 2 and all(
            feed["dark_packets"] > 0 for feed in feeds) and feeds)(
                service.get("/api/v1/telescope/now").json()["feeds"]), "both replays")
        self.assertEqual({"synthetic", "border"}, {feed["sensor"] for feed in feeds})
        self.wait_for(lambda: any(
            feed["sensor"] == "synthetic" and feed["dark_packets"] > int(past[0]["n"])
            for feed in service.get("/api/v1/telescope/now").json()["feeds"]), "a second round")
        self.stop(service)
        last = folder.sql("SELECT toUnixTimestamp(max(window)) - toUnixTimestamp(min(window)) AS "
                          "length, toUnixTimestamp(now()) - toUnixTimestamp(max(window)) AS age "
                          "FROM activity")[0]
        self.assertGreater(int(last["length"]), 3000)  # the hour before now
        self.assertLess(int(last["age"]), 3600)

    def test_what_is_wrong_with_a_replay_is_one_line(self):
        folder = self.plain_data_folder()
        text = self.write("text.pcap", b"no capture")
        good = str(self.capture(SYNTHETIC))
        for flags, words in (
                (("--replay", str(text), "--dark", DARK), "text.pcap"),
                (("--replay", good), "no dark space"),
                (("--replay", good, "--dark", DARK, "--speed", "fast"), "no speed"),
                (("--replay", good, "--dark", DARK, "--speed", "0"), "no speed"),
                (("--replay", good, "--dark", DARK, "--speed", "max", "--repeat"), "repeat"),
                (("--speed", "2"), "--replay"), (("--dark", DARK), "--replay")):
            with self.subTest(flags=flags):
                done = folder.try_run("serve", "--port", "0", *flags)
                self.assertEqual(harness.FAILED, done.code)
                self.assertEqual(1, len(done.err.strip().splitlines()), done.err)
                self.assertIn(words, done.err)


class LiveStreamTest(ObserveTest):

    def replay(self, *flags):
        folder = self.plain_data_folder()
        folder.path.mkdir()
        service = Service(self, folder, "--replay", str(self.capture(SYNTHETIC)), "--dark", DARK,
                          *flags)
        service.set_up()
        return service

    def check_second(self, second):
        self.assertEqual({"time", "packets", "hosts", "classes"} | COUNTS, set(second))
        self.assertRegex(second["time"], TIME)
        self.assertEqual(second["packets"], sum(second["classes"].values()))
        self.assertTrue(all(second["classes"].values()))
        self.assertLessEqual(second["hosts"], second["packets"])

    def check_packets(self, message):
        self.assertEqual({"time", "packets", "sample"}, set(message))
        self.assertRegex(message["time"], TIME)
        self.assertEqual(len(message["sample"]), min(64, message["packets"]))
        for packet in message["sample"]:
            self.assertEqual({"sensor", "source", "country", "asn", "class", "protocol", "port",
                              "destination", "tool"}, set(packet))
            self.assertEqual("default", packet["sensor"])
            self.assertTrue(0 <= packet["destination"] < 1)
            self.assertEqual(packet["destination"] * 4096, round(packet["destination"] * 4096, 2))
            self.assertRegex(packet["protocol"], r"^(tcp|udp|icmp|icmpv6|\d+)$")

    def test_its_messages_are_as_described(self):
        service = self.replay("--speed", "600")
        stream = Stream(self, service)
        seen = stream.until(lambda event, data: event == "feeds"
                            and data["feeds"][0]["state"] == "ended")
        for second in seen["second"]:
            self.check_second(second)
        for message in seen["packets"]:
            self.check_packets(message)
        shown = service.get("/api/v1/telescope/now").json()
        told = {second["time"]: second for second in shown["seconds"]}
        for second in seen["second"]:
            self.assertEqual(second, told[second["time"]])
        self.stop(service)

    def test_a_reader_that_does_not_read_slows_nobody(self):
        service = self.replay("--speed", "max")
        Stream(self, service)  # and never takes a message out
        self.wait_for_feed(service, "the end", lambda feed: feed["state"] == "ended")
        self.stop(service)

    def test_nobody_listens_without_logging_in(self):
        service = self.replay("--speed", "60")
        service.cookie = None
        for route in ("live", "now"):
            self.assertEqual(401, service.get(f"/api/v1/telescope/{route}").status)


SENDER = """
import socket, sys
first, count = map(int, sys.argv[1:])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(count):
    sender.sendto(b"x", (f"198.18.0.{1 + i % 100}", first + i))
"""
# Both ends in one namespace: what is sent to the dark addresses leaves by one, and arrives at the
# other.
WIRED = ("ip link set lo up && ip link add near type veth peer name dark0 && "
         "ip link set near up && ip link set dark0 up && ip address add 192.0.2.1/24 dev near && "
         "ip route add 198.18.0.0/16 via 192.0.2.2 && "
         "ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev near")


class InterfaceTest(ObserveTest):

    def setUp(self):
        super().setUp()
        made = subprocess.run(["unshare", "-n", "sh", "-c", WIRED], capture_output=True,
                              check=False)
        if made.returncode != 0:
            self.skipTest("cannot make a network namespace: needs root and iproute2")
        self.folder = self.data_folder()
        self.spool = self.scratch / "spool"
        self.spool.mkdir()
        config = self.write("yagura.toml", (
            f'[[sensor]]\nname = "wire"\ndark = ["{DARK}"]\ninterface = "dark0"\n'
            f'filter = "udp and dst portrange 1000-9999"\n'
            f'[[sensor]]\nname = "files"\ndark = ["{DARK}"]\nspool = "spool"\n').encode())
        command = " ".join(self.folder.command("serve", "--port", "0", "--config", config))
        self.process = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", f"{WIRED} && exec {command}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline())[1])

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def inside(self, *command):
        return subprocess.run(["nsenter", "-t", str(self.process.pid), "-n", *command], check=True,
                              capture_output=True, timeout=60).stdout.decode()

    def send(self, first, count):
        self.inside(sys.executable, "-c", SENDER, str(first), str(count))

    def metric(self, name, sensor):
        text = self.inside(
            sys.executable, "-c", "import sys, urllib.request as u; "
            f"print(u.urlopen('http://127.0.0.1:{self.port}/metrics').read().decode())")
        found = re.search(rf'^{name}\{{sensor="{sensor}"[^}}]*\}} (\S+)$', text, re.M)
        return float(found[1])

    def finish(self):
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=harness.TIME_LIMIT)
        self.assertEqual(0, self.process.returncode, err)
        return err

    def ports(self):
        rows = self.folder.sql("SELECT port, sum(count) AS packets FROM activity "
                               "ARRAY JOIN ports AS port, port_packets AS count "
                               "WHERE source = toIPv6('192.0.2.1') GROUP BY port ORDER BY port")
        return {int(row["port"]): int(row["packets"]) for row in rows}

    def test_it_observes_beside_a_spool_folder_and_stops_with_everything_written(self):
        shutil.copy(self.capture(SYNTHETIC), self.spool / "hour.pcap.zst")
        self.wait_for(lambda: self.metric("yagura_feed_failed", "wire") == 0, "the interface")
        self.send(2000, 500)
        self.wait_for(lambda: self.metric("yagura_feed_dark_packets_total", "files") > 0
                      and self.metric("yagura_feed_files_waiting", "files") == 0, "the file")
        self.finish()
        self.assertEqual({2000 + i: 1 for i in range(500)}, self.ports())
        whole = self.expected(self.capture(SYNTHETIC)).sql(self.TOTALS)
        self.assertEqual(whole, self.folder.sql(
            self.TOTALS.replace("GROUP", "WHERE sensor = (SELECT id FROM sensor "
                                "WHERE name = 'files' LIMIT 1) GROUP")))

    def test_an_interface_that_vanishes_is_told_and_taken_up_again(self):
        self.wait_for(lambda: self.metric("yagura_feed_failed", "wire") == 0, "the interface")
        self.send(3000, 50)
        self.wait_for(lambda: self.metric("yagura_feed_dark_packets_total", "wire") == 50,
                      "the packets")
        self.inside("ip", "link", "delete", "dark0")
        self.wait_for(lambda: self.metric("yagura_feed_failed", "wire") == 1, "the failure")
        self.assertEqual(0, self.metric("yagura_feed_failed", "files"))
        self.inside("sh", "-c", WIRED)
        self.wait_for(lambda: self.metric("yagura_feed_failed", "wire") == 0, "the interface")
        self.send(4000, 50)
        log = self.finish()
        self.assertEqual(1, log.count("trying again"), log)
        self.assertEqual({first + i: 1 for first in (3000, 4000) for i in range(50)}, self.ports())
