# SPDX-License-Identifier: Apache-2.0
"""Alert triage on the command line: made-up alerts of four days, with one that is unlike them."""

import json
import random
import subprocess

import harness
from harness import BINARY, DONE, DONE_IN_PART, FAILED, Finished

DAY = 86_400
FIRST_DAY = 19_800 * DAY  # 2024-03-18
DAYS = 4
HOSTS = ["mail", "web", "files", "office-1", "office-2"]
RULES = ["S-Flow", "W-Login", "W-Update", "A-Cron"]
HEADER = "time,name,ip,host,short,time_label,event_label"


def background(day, chance):
    """What every day is full of: each rule on each host, now and then."""
    times = sorted(FIRST_DAY + day * DAY + chance.randrange(DAY) for _ in range(400))
    return [line(time, chance.choice(HOSTS), chance.choice(RULES)) for time in times]


def line(time, host, rule):
    name = {"S": "Suricata", "W": "Wazuh", "A": "AMiner"}[rule[0]]
    return f"{time},{name}: {rule},10.0.0.{len(host)},{host},{rule},false_positive,-"


def made_up_days():
    chance = random.Random(3)
    days = [background(day, chance) for day in range(DAYS)]
    # A rule that was never heard, 40 times within a minute, on a host of the background.
    noon = FIRST_DAY + (DAYS - 1) * DAY + DAY // 2
    planted = [line(noon + i, "files", "S-Exfiltration") for i in range(40)]
    days[-1] = sorted(days[-1] + planted, key=lambda text: int(text.split(",")[0]))
    return days


def unranked(row):
    return {name: value for name, value in row.items() if name != "rank"}


class Triage(harness.SystemTest):

    def livenet(self, *arguments, given=b""):
        done = subprocess.run(
            [str(BINARY), "livenet", *map(str, arguments), "--data", str(self.scratch / "data")],
            input=given, capture_output=True, timeout=harness.TIME_LIMIT, check=False)
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    def ranking(self, *arguments):
        done = self.livenet("triage", *arguments, "--limit", 10_000, "--format", "json")
        self.assertEqual(DONE, done.code, done.err)
        return json.loads(done.out)

    def alerts(self, name, days):
        return self.write(name, "\n".join([HEADER, *sum(days, []), ""]).encode())

    def test_what_is_unlike_the_days_before_leads_with_the_reason(self):
        file = self.alerts("alerts.csv", made_up_days())
        first = self.ranking(file)[0]
        self.assertEqual(("files", 40), (first["host"], first["alerts"]))
        self.assertIn("S-Exfiltration", first["rule"])
        self.assertIn("never", first["why"])
        line = self.livenet("triage", file).out.splitlines()[2]
        self.assertIn("rule never seen before", line)
        members = self.livenet("triage", file, "--alerts-of", first["id"], "--format", "json")
        self.assertEqual(40, len(json.loads(members.out)))

    def test_days_one_by_one_are_judged_as_all_at_once(self):
        days = made_up_days()
        model = self.scratch / "office.model"
        at_once = self.ranking(self.alerts("all.csv", days))
        told = {}
        for number, day in enumerate(days):
            # What goes on over midnight is told again, as it is by then.
            for row in self.ranking(self.alerts(f"day{number}.csv", [day]), "--model", model):
                told[row["id"]] = unranked(row)
        self.assertEqual({row["id"]: unranked(row) for row in at_once}, told)
        self.assertIn("S-Exfiltration", at_once[0]["rule"])
        model.write_bytes(model.read_bytes()[:-1])
        done = self.livenet("triage", self.scratch / "day0.csv", "--model", model)
        self.assertEqual(FAILED, done.code)
        self.assert_says("damaged", done)

    def test_what_was_asked_of_a_model_can_be_asked_again(self):
        days = made_up_days()
        model = self.scratch / "office.model"
        self.ranking(self.alerts("before.csv", days[:-1]), "--model", model)
        today = self.alerts("today.csv", days[-1:])
        with subprocess.Popen(
                [str(BINARY), "livenet", "triage", str(today), "--model", str(model), "--data",
                 str(self.scratch / "data")], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL) as broken:
            broken.stdout.close()  # as `head` does, or a person who goes away
        learnt = model.read_bytes()
        first = self.ranking(today, "--model", model)
        self.assertGreater(len(first), 5)
        self.assertEqual(first, self.ranking(today, "--model", model))
        self.assertEqual(learnt, model.read_bytes())
        members = self.livenet("triage", today, "--model", model, "--alerts-of", first[0]["id"],
                               "--format", "json")
        self.assertEqual(DONE, members.code, members.err)
        self.assertEqual(first[0]["alerts"], len(json.loads(members.out)))

    def test_a_log_that_has_grown_is_judged_as_a_whole(self):
        days = made_up_days()
        model = self.scratch / "office.model"
        self.ranking(self.alerts("before.csv", days[:-1]), "--model", model)
        other = self.scratch / "other.model"
        other.write_bytes(model.read_bytes())
        self.ranking(self.alerts("today.csv", [days[-1][:150]]), "--model", model)
        whole = self.alerts("whole.csv", days[-1:])
        self.assertEqual(self.ranking(whole, "--model", other),
                         self.ranking(whole, "--model", model))
        self.assertEqual(other.read_bytes(), model.read_bytes())

    def test_what_is_left_out_is_told_and_changes_nothing(self):
        days = made_up_days()
        model = self.scratch / "office.model"
        for number in range(2):
            self.ranking(self.alerts(f"day{number}.csv", [days[number]]), "--model", model)
        learnt = model.read_bytes()
        done = self.livenet("triage", self.scratch / "day0.csv", "--model", model)
        self.assertEqual(DONE_IN_PART, done.code)
        self.assert_says("400 alerts are not later", done)
        self.assertEqual(learnt, model.read_bytes())

    def test_one_wrong_clock_does_not_spoil_the_model(self):
        days = made_up_days()
        model = self.scratch / "office.model"
        spoilt = self.alerts("day0.csv", [days[0] + [line(0xffffffff, "web", "W-Login")]])
        done = self.livenet("triage", spoilt, "--model", model)
        self.assertEqual(DONE_IN_PART, done.code)
        self.assert_says("line 402: of a time that has not come yet", done)
        done = self.livenet("triage", self.alerts("day1.csv", [days[1]]), "--model", model)
        self.assertEqual(DONE, done.code, done.err)
        self.assertNotIn("left out", done.err)

    def test_input_without_an_alert_is_told(self):
        file = self.write("eve.json", b'{"event_type":"flow"}\n{"event_type":"dns"}\n')
        done = self.livenet("triage", file)
        self.assertEqual(DONE_IN_PART, done.code)
        self.assert_says("no alert in 1 of the files .2 other lines", done)
        self.assertIn("eve.json", done.err)

    def test_marks_that_cannot_be_looked_for_are_no_missing_marks(self):
        file = self.alerts("alerts.csv", made_up_days())
        (self.scratch / "data").symlink_to("data")
        done = self.livenet("triage", file)
        self.assertEqual(FAILED, done.code)
        self.assert_says("looking for marks", done)

    def test_no_label_is_read(self):
        days = made_up_days()
        plain = self.ranking(self.alerts("plain.csv", days))
        labelled = [[text.replace("false_positive,-", "attack,exfiltration") for text in day]
                    for day in days]
        self.assertEqual(plain, self.ranking(self.alerts("labelled.csv", labelled)))

    def test_what_is_marked_as_important_leads_and_nothing_is_hidden(self):
        file = self.alerts("alerts.csv", made_up_days())
        plain = self.ranking(file)
        done = self.livenet("marks", "add", "aminer A-Cron", "--host", "mail")
        self.assertEqual(DONE, done.code, done.err)
        unimportant = plain[0]["rule"]
        done = self.livenet("marks", "add", unimportant, "--as", "unimportant")
        self.assertEqual(DONE, done.code, done.err)
        marked = self.ranking(file)
        self.assertLess({row["id"] for row in plain}, {row["id"] for row in marked})
        leading = [row for row in marked if row["why"].startswith("marked important")]
        self.assertTrue(leading)
        self.assertEqual(leading, marked[:len(leading)])
        self.assertEqual({("aminer A-Cron", "mail")},
                         {(row["rule"], row["host"]) for row in leading})
        self.assertIn("S-Exfiltration", marked[-1]["rule"])

    def test_lines_that_cannot_be_read_are_told_and_left_out(self):
        file = self.write("alerts.csv", b"\n".join([
            HEADER.encode(), line(FIRST_DAY, "web", "W-Login").encode(), b"bad", b""]))
        done = self.livenet("triage", file)
        self.assertEqual(DONE_IN_PART, done.code)
        self.assert_says("alerts.csv", done)
        self.assertIn("line 3", done.err)
        nothing = self.write("nothing.txt", b"hello\n")
        self.assertEqual(FAILED, self.livenet("triage", nothing).code)
        members = self.livenet("triage", file, "--alerts-of", 1)
        self.assertEqual(DONE_IN_PART, members.code)
        self.assert_says("1 line could not be read", members)

    def test_alerts_are_read_compressed_and_from_standard_input(self):
        file = self.alerts("alerts.csv", made_up_days())
        plain = self.ranking(file)
        data = file.read_bytes()
        for name, packed in [("eve.json.1.gz", harness.gzipped(data)),
                             ("eve.json.2.zst", harness.zstd_compressed(data))]:
            self.assertEqual(plain, self.ranking(self.write(name, packed)), name)
            done = self.livenet("triage", "-", "--limit", 10_000, "--format", "json", given=packed)
            self.assertEqual(plain, json.loads(done.out), name)
        cut = self.livenet("triage", self.write("cut.gz", harness.gzipped(data)[:-500]))
        self.assertEqual(DONE_IN_PART, cut.code)
        self.assert_says("cut.gz: the gzip data is cut", cut)

    def test_a_file_that_is_given_twice_is_read_once(self):
        file = self.alerts("alerts.csv", made_up_days())
        again = self.scratch / "again.csv"
        again.symlink_to(file)
        self.assertEqual(self.ranking(file), self.ranking(file, again, file))
        self.assert_says("again.csv is given twice", self.livenet("triage", file, again))

    def test_the_list_says_in_a_pipe_what_a_rule_says_on_one_line(self):
        file = self.alerts("alerts.csv", made_up_days())
        first = self.livenet("triage", file).out.splitlines()[2]
        for text in ["suricata S-Exfiltration", "Suricata: S-Exfiltration",
                     "rule never seen before"]:
            self.assertIn(text, first)
        identity = first.split()[1]
        members = self.livenet("triage", file, "--alerts-of", identity).out.splitlines()
        self.assertIn(str(file), members[2])

    def test_counts_are_of_what_was_given_and_of_what_is_listed(self):
        one = self.write("one.csv", f"{HEADER}\n{line(FIRST_DAY, 'web', 'W-Login')}\n".encode())
        model = self.scratch / "one.model"
        self.assert_says("1 alert in 1 meta-alert: 0 judged",
                         self.livenet("triage", one, "--model", model))
        self.livenet("marks", "add", "wazuh W-Login")
        done = self.livenet("triage", one)
        self.assert_says("1 meta-alert in the list for an important mark alone", done)

    def test_marks_say_what_they_did_and_what_they_cover(self):
        done = self.livenet("marks")
        self.assertEqual((DONE, "(none)\n"), (done.code, done.out))
        self.assertFalse((self.scratch / "data").exists())
        for rule in ["foo", "W-Login", "Wazuh W-Login"]:
            done = self.livenet("marks", "add", rule)
            self.assertEqual(FAILED, done.code)
            self.assert_says("is no rule: give its detector", done)
        done = self.livenet("marks", "add", "wazuh W-Login", "--host", "mial")
        self.assertEqual("wazuh W-Login on mial is marked important\n", done.out)
        done = self.livenet("marks", "add", "wazuh W-Login", "--as", "unimportant")
        self.assertEqual("wazuh W-Login on every host is marked unimportant\n", done.out)
        done = self.livenet("triage", self.alerts("alerts.csv", made_up_days()))
        self.assert_says("1 mark without an alert here", done)
        self.assertIn("wazuh W-Login on mial", done.err)
        done = self.livenet("marks", "remove", "wazuh W-Login", "--host", "mial")
        self.assertEqual("wazuh W-Login on mial is marked no longer\n", done.out)
