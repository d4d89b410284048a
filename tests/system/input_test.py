# SPDX-License-Identifier: Apache-2.0
"""What people give to the program, sound or not: files, folders, pipes, garbage, mistakes."""

import shutil
import subprocess
import time

import harness
from harness import DONE, DONE_IN_PART, FAILED, USAGE

DARK = "198.18.20.0/24"


class Inputs(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.zmap = self.capture("recorded_zmap.pcap")
        self.expected = self.data_folder()
        self.expected.read(self.zmap, dark=DARK)

    def test_standard_input_gives_the_rows_of_the_file(self):
        data = self.zmap.read_bytes()
        for name, piped in [("pcap", data), ("gzip", harness.gzipped(data)),
                            ("zstd", harness.zstd_compressed(data))]:
            with self.subTest(format=name):
                folder = self.data_folder()
                folder.read("-", dark=DARK, stdin=piped)
                self.assert_same_rows(self.expected, folder, f"{name} on standard input")

    def test_what_came_by_standard_input_is_recognised_as_a_file(self):
        folder = self.data_folder()
        folder.read("-", dark=DARK, stdin=self.zmap.read_bytes())
        folder.read(self.zmap, dark=DARK)
        self.assert_same_rows(self.expected, folder, "piped, then read")

    def test_a_folder_gives_its_captures_and_names_what_it_skips(self):
        nested = self.scratch / "captures" / "2026" / "11"
        nested.mkdir(parents=True)
        shutil.copy(self.zmap, nested / "zmap")
        self.write("captures/notes.md", b"# what these are\n")
        folder = self.data_folder()
        done = folder.read(self.scratch / "captures", dark=DARK)
        self.assert_same_rows(self.expected, folder, "read as a folder")
        self.assertIn("notes.md", done.err + done.out)

    def test_an_empty_folder_says_that_there_is_no_capture(self):
        (self.scratch / "empty").mkdir()
        done = self.data_folder().try_run(*harness.read_arguments([self.scratch / "empty"], DARK))
        self.assertEqual(FAILED, done.code)
        self.assert_says("empty.*no capture", done)

    def test_the_order_of_arguments_does_not_matter(self):
        names = ["recorded_zmap.pcap", "recorded_masscan.pcap", "recorded_nmap.pcap"]
        captures = [self.capture(name) for name in names]
        first, second = self.data_folder(), self.data_folder()
        first.read(*captures, dark=DARK)
        second.read(*reversed(captures), dark=DARK)
        self.assert_same_rows(first, second, "arguments reversed")

    def test_a_capture_cut_in_a_packet_is_read_to_its_last_whole_packet(self):
        capture = harness.take_apart(self.zmap)
        whole = self.data_folder()
        whole.read(self.write("whole.pcap", capture.part(0, 100)), dark=DARK)
        border = len(capture.part(0, 100))
        for extra in (1, 15, 16, 17, len(capture.packets[100]) - 1):
            with self.subTest(bytes_of_the_last_packet=extra):
                folder = self.data_folder()
                cut = self.write(f"cut-{extra}.pcap", self.zmap.read_bytes()[:border + extra])
                done = folder.try_run(*harness.read_arguments([cut], DARK))
                self.assertIn(done.code, (DONE, DONE_IN_PART), done.err)
                self.assert_says(f"cut-{extra}.pcap.*cut.*{border}", done)
                self.assert_same_rows(whole, folder, f"cut {extra} bytes into a packet")

    def test_garbage_is_refused_with_its_name_and_offset(self):
        for name, data in [("random", bytes(range(256)) * 16), ("empty", b""), ("text", b"hello\n"),
                           ("short", b"\xd4\xc3\xb2\xa1\x02\x00")]:
            with self.subTest(garbage=name):
                folder = self.data_folder()
                done = folder.try_run(*harness.read_arguments([self.write(name, data)], DARK))
                self.assertEqual(FAILED, done.code, done.err)
                self.assert_says(f"{name}.*offset [06]:", done)

    def test_garbage_behind_sound_packets_is_reported_with_its_offset(self):
        capture = harness.take_apart(self.zmap)
        data = capture.part(0, 50)
        broken = self.write("broken.pcap", data + b"\xff" * 400)
        folder = self.data_folder()
        done = folder.try_run(*harness.read_arguments([broken], DARK))
        self.assertIn(done.code, (FAILED, DONE_IN_PART), done.err)
        self.assert_says(f"broken.pcap.*{len(data)}", done)

    def test_a_compressed_capture_that_is_cut_is_read_as_far_as_it_goes(self):
        data = self.capture("backscatter_2009.pcap").read_bytes()
        for name, written in [("cut.gz", harness.gzipped(data)[:-500]),
                              ("cut.zst", harness.zstd_compressed(data)[:-500])]:
            with self.subTest(file=name):
                folder = self.data_folder()
                done = folder.try_run(*harness.read_arguments([self.write(name, written)],
                                                              "192.150.186.0/23"))
                self.assertIn(done.code, (DONE, DONE_IN_PART), done.err)
                self.assert_says(f"{name}.*cut", done)
                self.assertNotEqual("0", folder.sql("SELECT count() AS n FROM activity")[0]["n"])

    def test_a_missing_file_is_named_and_nothing_is_read(self):
        folder = self.data_folder()
        done = folder.try_run(*harness.read_arguments([self.zmap, self.scratch / "none.pcap"],
                                                      DARK))
        self.assertEqual(FAILED, done.code)
        self.assert_says("none.pcap.*no such file", done)
        self.assertEqual("0", folder.sql("SELECT count() AS n FROM activity")[0]["n"])

    def test_a_full_link_of_other_traffic_gives_no_rows_but_counts(self):
        folder = self.data_folder()
        done = folder.read(self.zmap, dark="192.0.2.0/24")
        self.assertEqual("0", folder.sql("SELECT count() AS n FROM activity")[0]["n"])
        self.assertIn("256", done.out + done.err)


class CommandLine(harness.SystemTest):

    def test_mistakes_on_the_command_line_are_usage_errors(self):
        cases = [
            (["telescop"], "did you mean 'telescope'"),
            (["telescope", "raed"], "did you mean 'read'"),
            (["telescope", "read", "--drak", DARK, "x"], "did you mean '--dark'"),
            (["telescope", "report", "--format", "yaml"], "yaml"),
            (["telescope", "read", "--dark", DARK], "captures?|input|file"),
        ]
        for arguments, said in cases:
            with self.subTest(arguments=arguments):
                done = subprocess.run([str(harness.BINARY), *arguments], capture_output=True,
                                      text=True, timeout=harness.TIME_LIMIT, check=False,
                                      cwd=self.scratch)
                self.assertEqual(USAGE, done.returncode, done.stderr)
                self.assertRegex(done.stderr, said)
                self.assertEqual(1, done.stderr.count("\n"), done.stderr)

    def test_help_is_everywhere_and_has_an_example(self):
        verbs = [[], ["telescope"], ["sql"], ["store"], ["config"], ["generate"]]
        verbs += [["telescope", verb] for verb in (
            "read", "capture", "report", "top", "sources", "events", "attacks", "scanners",
            "activity", "packets", "synchrony", "forget")]
        for verb in verbs:
            with self.subTest(verb=" ".join(verb)):
                done = subprocess.run([str(harness.BINARY), *verb, "--help"], capture_output=True,
                                      text=True, timeout=harness.TIME_LIMIT, check=False)
                self.assertEqual(DONE, done.returncode, done.stderr)
                self.assertIn("Example", done.stdout)
                self.assertEqual("", done.stderr)

    def test_without_a_dark_space_it_says_how_to_give_one(self):
        done = self.data_folder().try_run("telescope", "read", self.capture("recorded_zmap.pcap"))
        self.assertEqual(FAILED, done.code)
        self.assert_says("--dark", done)

    def test_a_prefix_with_host_bits_is_refused_with_the_network_meant(self):
        done = self.data_folder().try_run("telescope", "read", "--dark", "198.18.20.7/24",
                                          self.capture("recorded_zmap.pcap"))
        self.assertIn(done.code, (FAILED, USAGE))
        self.assert_says("198.18.20.0/24", done)

    def test_a_report_of_a_folder_without_data_says_so(self):
        done = self.data_folder().try_run("telescope", "report")
        self.assertEqual(FAILED, done.code)
        self.assert_says("telescope read|nothing", done)

    def test_sql_cannot_change_anything_or_reach_outside(self):
        folder = self.data_folder()
        folder.read(self.capture("recorded_zmap.pcap"), dark=DARK)
        before = folder.fingerprints()
        outside = self.scratch / "out.csv"
        for statement in ["DROP TABLE activity", "INSERT INTO sensor VALUES (7, 'x')",
                          "ALTER TABLE activity DELETE WHERE 1", "SELECT 1; SELECT 2",
                          f"SELECT 1 INTO OUTFILE '{outside}'", "SELECT * FROM file('/etc/passwd')",
                          "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a String')",
                          "SELECT * FROM remote('127.0.0.1', system.one)"]:
            with self.subTest(statement=statement):
                done = folder.try_run("sql", statement)
                self.assertEqual(FAILED, done.code, done.out)
        self.assertFalse(outside.exists())
        self.assertEqual(before, folder.fingerprints())

    def test_the_reader_of_the_output_may_leave(self):
        folder = self.data_folder()
        folder.read(self.capture("recorded_zmap.pcap"), dark=DARK)
        command = " ".join(folder.command("sql", "'SELECT number FROM numbers(1000000)'",
                                          "--format", "csv"))
        done = subprocess.run(["bash", "-c", f"set -o pipefail; {command} | head -1"],
                              capture_output=True, timeout=harness.TIME_LIMIT, check=False)
        self.assertEqual((DONE, b""), (done.returncode, done.stderr))


class OneOwner(harness.SystemTest):

    def test_a_second_process_is_refused_while_a_long_read_runs(self):
        zmap = self.capture("recorded_zmap.pcap").read_bytes()
        folder = self.data_folder()
        reading = folder.start(*harness.read_arguments(["-"], DARK), stdin=subprocess.PIPE)
        with harness.killed_at_the_end(reading):
            reading.stdin.write(zmap[:5000])
            reading.stdin.flush()
            self.wait_for((folder.path / "lock").exists)
            done = folder.try_run(*harness.read_arguments(
                [self.capture("recorded_nmap.pcap")], DARK))
            self.assertEqual(FAILED, done.code, done.out)
            self.assertIn(str(folder.path), done.err)
            self.assert_says("in use|another", done)

            self.wait_for((folder.path / "socket").exists)
            self.assertEqual([], folder.json("telescope", "forget", "--list"))
            self.assertEqual([], folder.json("telescope", "scanners", "lists"))
            listed = self.write("listed.txt", b"203.0.113.10,Example Scanning\n")
            for verb in (("telescope", "scanners", "import", listed),
                         ("backup", self.scratch / "backup")):
                done = folder.try_run(*verb)
                self.assertEqual(FAILED, done.code, done.out)
                self.assert_says(f"process {reading.pid} reads captures", done)
            self.assertEqual([], folder.json("telescope", "scanners", "lists"))
            self.assertFalse((self.scratch / "backup").exists())

            reading.stdin.write(zmap[5000:])
            _, err = reading.communicate(timeout=harness.TIME_LIMIT)
            self.assertEqual(DONE, reading.returncode, err)
        expected = self.data_folder()
        expected.read("-", dark=DARK, stdin=zmap)
        self.assert_same_rows(expected, folder, "while another process tried")

    def wait_for(self, condition):
        for _ in range(200):
            if condition():
                return
            time.sleep(0.05)
        self.fail("waited ten seconds in vain")
