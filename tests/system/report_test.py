# SPDX-License-Identifier: Apache-2.0
"""What people see: every verb on the sample captures, against its recorded baseline."""

import json
import re
import socket

import harness
import name_server


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

    def test_names_of_sources_tell_whose_they_are(self):
        folder = self.data_folder()
        folder.read(self.capture("recorded_zmap.pcap"), self.capture("recorded_nmap.pcap"),
                    dark="198.18.20.0/24")
        sources = [row["source"] for row in folder.json("telescope", "sources")]
        server = name_server.NameServer({
            sources[0]: "ab-12.SCANNER.example.org", sources[1]: "host.internet-census.org"})
        self.addCleanup(server.stop)
        ask = ("telescope", "scanners", "resolve", "--resolver", server.resolver)
        done = folder.try_run(*ask, "--format", "json")
        self.assertEqual(0, done.code, done.err)
        self.assertEqual({sources[0]: ("ab-12.scanner.example.org", ""),
                          sources[1]: ("host.internet-census.org", "bitsight")},
                         {row["source"]: (row["name"], row["organisation"])
                          for row in json.loads(done.out)})
        self.assertEqual(len(server.asked), len(set(server.asked)))
        self.assertIn(f"asked for the names of {len(server.asked)} sources: 2 have one", done.err)
        self.assertEqual(["bitsight"], self.organisations(folder))
        asked = len(server.asked)

        for bad in ("no host", "..", "a..b"):
            self.assert_says("is no end of host names",
                             folder.try_run("telescope", "scanners", "name", bad, "Example"))
        folder.run("telescope", "scanners", "name", "scanner.example.org", "Example Scanning")
        self.assertEqual(["Example Scanning", "bitsight"], self.organisations(folder))
        scanners = folder.json("telescope", "scanners")
        self.assertEqual([1, 1], [row["named_hosts"] for row in scanners])
        self.assertEqual("0", folder.sql(
            "SELECT count() AS other FROM source_day WHERE organisation != 0 AND "
            "survey_evidence != 'name'")[0]["other"])

        done = folder.try_run(*ask)
        self.assertIn("asked for the names of 0 sources", done.err, "not twice in 30 days")
        self.assertEqual(asked, len(server.asked))

    def test_a_resolver_that_does_not_answer_or_is_none_changes_nothing(self):
        folder = self.data_folder()
        folder.read(self.capture("recorded_zmap.pcap"), dark="198.18.20.0/24")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            for resolver in (f"127.0.0.1:{silent.getsockname()[1]}", "somewhere.example"):
                done = folder.try_run("telescope", "scanners", "resolve", "--resolver", resolver)
                self.assertEqual(harness.FAILED, done.code)
                self.assertEqual(1, len(done.err.strip().splitlines()), done.err)
                self.assertIn(resolver, done.err)
        self.assertEqual([], self.organisations(folder))

    def organisations(self, folder):
        return sorted(row["organisation"] for row in folder.json("telescope", "scanners"))

    def survey_packets(self, folder):
        rows = folder.sql("SELECT sum(packets) AS packets FROM numbers WHERE level = 'day' AND "
                          "dimension = 'total' AND class = 'any' AND organisation != 0")
        return rows[0]["packets"]
