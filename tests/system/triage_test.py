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


class Triage(harness.SystemTest):

    def livenet(self, *arguments):
        done = subprocess.run(
            [str(BINARY), "livenet", *map(str, arguments), "--data", str(self.scratch / "data")],
            capture_output=True, timeout=harness.TIME_LIMIT, check=False)
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
        told = []
        for number, day in enumerate(days):
            told = self.ranking(self.alerts(f"day{number}.csv", [day]), "--model", model)
        self.assertIn("S-Exfiltration", told[0]["rule"])
        self.assertEqual(at_once[0]["score"], told[0]["score"])
        model.write_bytes(model.read_bytes()[:-1])
        done = self.livenet("triage", self.scratch / "day0.csv", "--model", model)
        self.assertEqual(FAILED, done.code)
        self.assert_says("damaged", done)

    def test_no_label_is_read(self):
        days = made_up_days()
        plain = self.ranking(self.alerts("plain.csv", days))
        labelled = [[text.replace("false_positive,-", "attack,exfiltration") for text in day]
                    for day in days]
        self.assertEqual(plain, self.ranking(self.alerts("labelled.csv", labelled)))

    def test_what_is_marked_as_important_leads_and_nothing_is_hidden(self):
        file = self.alerts("alerts.csv", made_up_days())
        plain = self.ranking(file)
        self.assertEqual(DONE, self.livenet("marks", "add", "A A-Cron", "--host", "mail").code)
        unimportant = plain[0]["rule"]
        done = self.livenet("marks", "add", unimportant, "--as", "unimportant")
        self.assertEqual(DONE, done.code, done.err)
        marked = self.ranking(file)
        self.assertLessEqual({row["id"] for row in plain}, {row["id"] for row in marked})
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
