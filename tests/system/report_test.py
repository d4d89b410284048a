# SPDX-License-Identifier: Apache-2.0
"""What people see: every verb on the sample captures, against its recorded baseline."""

import json
import re

import harness


def samples():
    """{sensor: (dark prefixes, captures)} of data/captures/samples.txt."""
    sensors = {}
    for line in (harness.CAPTURES / "samples.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            capture, sensor, dark = line.split()
            sensors.setdefault(sensor, (dark.split(","), []))[1].append(harness.CAPTURES / capture)
    return sensors


class Samples(harness.SystemTest):
    """One data folder with every sample, asked by every verb."""

    def sample_folder(self):
        folder = self.data_folder()
        for sensor, (dark, captures) in samples().items():
            folder.read(*captures, dark=dark, sensor=sensor)
        return folder

    def test_every_verb_says_what_its_baseline_holds(self):
        folder = self.sample_folder()
        questions = {
            "report": ["telescope", "report"],
            "top_tcp_port": ["telescope", "top", "--by", "tcp-port"],
            "top_country": ["telescope", "top", "--by", "country"],
            "sources": ["telescope", "sources"],
            "events": ["telescope", "events"],
            "attacks": ["telescope", "attacks"],
            "scanners": ["telescope", "scanners"],
            "activity": ["telescope", "activity", "--source", "203.0.113.10"],
        }
        for name, question in questions.items():
            with self.subTest(verb=name):
                done = folder.run(*question)
                self.assert_baseline(name, done.out)

    def test_the_three_formats_agree(self):
        folder = self.sample_folder()
        for verb in ("events", "attacks", "sources"):
            with self.subTest(verb=verb):
                rows = folder.json("telescope", verb)
                text = folder.run("telescope", verb, "--format", "csv").out
                self.assertEqual(len(rows), len(text.splitlines()) - 1)
                self.assertEqual(list(rows[0]), text.splitlines()[0].split(","))

    def test_the_page_is_one_file_that_loads_nothing(self):
        folder = self.sample_folder()
        page = self.scratch / "report.html"
        folder.run("telescope", "report", "--html", page)
        text = page.read_text(encoding="utf-8")
        self.assertRegex(text, "(?i)^<!doctype html>")
        self.assertIn("202.229.120.98", text)
        self.assertIn("<svg", text)
        outside = re.findall(r'(?:src|href)\s*=\s*"(?!#|data:)([^"]+)"', text)
        self.assertEqual([], [link for link in outside if not link.startswith("https://")])
        self.assertNotIn("<script src", text)
        self.assertNotIn("<link", text)

    def test_the_json_report_is_json_and_has_the_year_table(self):
        report = json.loads(self.sample_folder().run("telescope", "report", "--format", "json").out)
        years = {row["year"]: row for row in report["years"]}
        self.assertEqual(3468, years[2009]["packets"])
        self.assertEqual(2, years[2020]["packets"])


class ScannerLists(harness.SystemTest):
    """Lists are imported, and what was stored before is corrected to them."""

    def test_imported_lists_move_what_is_stored_to_their_organisations(self):
        folder = self.data_folder()
        folder.read(self.capture("recorded_zmap.pcap"), self.capture("recorded_nmap.pcap"),
                    dark="198.18.20.0/24")
        self.assertEqual("0", self.survey_packets(folder))
        listed = self.write("example.txt", b"203.0.113.10,Example Scanning\n")
        broken = self.write("broken.txt", b"no address\n")
        done = folder.try_run("telescope", "scanners", "import", broken, listed)
        self.assertEqual(harness.DONE_IN_PART, done.code, done.err)
        self.assertIn("broken.txt", done.err)
        self.assertEqual([("example", 1)], [(row["list"], row["entries"]) for row in
                                            folder.json("telescope", "scanners", "lists")])
        scanners = folder.json("telescope", "scanners")
        self.assertEqual([("Example Scanning", 256)],
                         [(row["organisation"], row["packets"]) for row in scanners])
        self.assertEqual("256", self.survey_packets(folder))
        self.assertEqual(harness.FAILED,
                         folder.try_run("telescope", "scanners", "import", broken).code)

    def survey_packets(self, folder):
        rows = folder.sql("SELECT sum(packets) AS packets FROM numbers WHERE level = 'day' AND "
                          "dimension = 'total' AND class = 'any' AND organisation != 0")
        return rows[0]["packets"]
