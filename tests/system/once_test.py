# SPDX-License-Identifier: Apache-2.0
"""Never lost, never twice: the same packets give the same rows, however they arrive.

A capture is split at random packets, renamed, compressed, read by one command or many, killed in
the middle: the dump of every table must equal that of one undisturbed read. The draws are those of
a fixed seed; YAGURA_SEED tries another, YAGURA_SPLITS and YAGURA_KILLS more or fewer of them.
"""

import os
import random
import signal
import time

import harness

SEED = int(os.environ.get("YAGURA_SEED", "20090315"))
SPLITS = int(os.environ.get("YAGURA_SPLITS", "4"))
KILLS = int(os.environ.get("YAGURA_KILLS", "20"))

DARK = "198.18.0.0/16"
# Three hours and a half across midnight: windows, hours and a day close while it is read, and
# attacks and events are open at every border.
SYNTHETIC = ["--packets", "15k", "--sources", "900", "--duration", "210m", "--victims", "6",
             "--attack-rate", "30", "--attack-duration", "40m", "--campaign-sources", "60",
             "--campaign-rate", "20", "--start", "2026-01-31T22:10:00Z"]


class SamePackets(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.original, _ = self.generate("synthetic.pcap", *SYNTHETIC)
        self.expected = self.data_folder()
        self.expected.read(self.original, dark=DARK)
        for table, seen in self.expected.fingerprints().items():
            if table not in ("alarm", "organisation"):
                self.assertNotIn("0 rows", seen.split(","), f"{table} is empty")

    def pieces(self, count):
        """The capture cut at count - 1 random packets, as files."""
        capture = harness.take_apart(self.original)
        borders = sorted(self.random.sample(range(1, len(capture.packets)), count - 1))
        return borders, [self.write(f"part-{borders}/{number}.pcap", data)
                         for number, data in enumerate(capture.parts(borders))]

    def test_split_and_read_by_many_commands(self):
        for draw in range(SPLITS):
            borders, files = self.pieces(2 + draw)
            with self.subTest(borders=borders):
                folder = self.data_folder()
                for file in files:
                    folder.read(file, dark=DARK)
                self.assert_same_rows(self.expected, folder, f"cut at {borders}")

    def test_split_and_read_by_one_command_in_any_order(self):
        for draw in range(SPLITS):
            borders, files = self.pieces(3 + draw)
            with self.subTest(borders=borders):
                self.random.shuffle(files)
                folder = self.data_folder()
                folder.read(*files, dark=DARK)
                self.assert_same_rows(self.expected, folder, f"cut at {borders}, shuffled")

    def test_cut_at_the_first_and_the_last_packet(self):
        capture = harness.take_apart(self.original)
        borders = [1, len(capture.packets) - 1]
        folder = self.data_folder()
        for number, data in enumerate(capture.parts(borders)):
            folder.read(self.write(f"edge-{number}.pcap", data), dark=DARK)
        self.assert_same_rows(self.expected, folder, f"cut at {borders}")

    def test_in_disorder_within_one_file(self):
        capture = harness.take_apart(self.original)
        packets = list(capture.packets)
        self.random.shuffle(packets)
        shuffled = harness.Capture(capture.header, packets)
        folder = self.data_folder()
        folder.read(self.write("shuffled.pcap", shuffled.part(0, None)), dark=DARK)
        self.assert_same_rows(self.expected, folder, "shuffled")

    def test_compressed_and_renamed(self):
        data = self.original.read_bytes()
        for name, written in [("capture.pcap.gz", harness.gzipped(data)),
                              ("capture.pcap.zst", harness.zstd_compressed(data)),
                              ("no ending at all", data)]:
            with self.subTest(name=name):
                folder = self.data_folder()
                folder.read(self.write(name, written), dark=DARK)
                self.assert_same_rows(self.expected, folder, name)

    def test_read_again_under_any_name_changes_nothing(self):
        folder = self.data_folder()
        folder.read(self.original, dark=DARK)
        data = self.original.read_bytes()
        for name, written in [("again.pcap", data), ("again.pcap.gz", harness.gzipped(data)),
                              ("again.pcap.zst", harness.zstd_compressed(data))]:
            with self.subTest(name=name):
                done = folder.read(self.write(name, written), dark=DARK)
                self.assertRegex(done.err + done.out, "(?i)already|before")
                self.assert_same_rows(self.expected, folder, f"read again as {name}")

    def test_forgotten_and_read_with_another_dark_space(self):
        smaller = "198.18.128.0/17"
        expected = self.data_folder()
        expected.read(self.original, dark=smaller)
        self.assertNotEqual(expected.fingerprints(), self.expected.fingerprints())

        folder = self.data_folder()
        folder.read(self.original, dark=DARK)
        folder.run("telescope", "forget", self.original)
        for table, seen in folder.fingerprints().items():
            if table not in ("sensor", "organisation"):
                self.assertEqual("0 rows, hash 0", seen, table)
        folder.read(self.original, dark=smaller)
        self.assert_same_rows(expected, folder, "forgotten and read again")


class KilledWhileReading(harness.SystemTest):

    def read_and_kill(self, folder, capture, seconds):
        """Starts a read and kills it after `seconds`; returns whether it was still running."""
        process = folder.start(*harness.read_arguments([capture], DARK))
        with harness.killed_at_the_end(process):
            time.sleep(seconds)
            running = process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
        return running

    def kill_and_begin_again(self, draw, border_share):
        """Half of the KILLS, each of a read in a folder where the part of the capture in front of
        the border was read before."""
        whole, _ = self.generate("whole.pcap", "--packets", "80k", "--sources", "5k",
                                 "--start", "2026-01-31T18:00:00Z", "--duration", "13h",
                                 "--victims", "20")
        capture = harness.take_apart(whole)
        border = int(len(capture.packets) * border_share)
        files = [self.write(f"{number}.pcap", data)
                 for number, data in enumerate(capture.parts([border] if border else []))]
        expected = self.data_folder()
        expected.read(whole, dark=DARK)
        timed = self.data_folder()
        for file in files:
            begin = time.monotonic()
            timed.read(file, dark=DARK)
        length = time.monotonic() - begin

        for kill in range((KILLS + 1) // 2):
            seconds = draw.uniform(0.02, length)
            with self.subTest(kill=kill, seconds=round(seconds, 3)):
                folder, seconds = self.killed_in_time(files, seconds)
                folder.read(files[-1], dark=DARK)
                self.assert_same_rows(expected, folder, f"killed after {seconds:.3f} s")

    def killed_in_time(self, files, seconds):
        """A folder in which the read of the last file was killed while it ran. A read that was
        faster than its kill is no kill: it is tried again with half the time."""
        while True:
            folder = self.data_folder()
            for file in files[:-1]:
                folder.read(file, dark=DARK)
            if self.read_and_kill(folder, files[-1], seconds):
                return folder, seconds
            seconds /= 2

    def test_a_first_read_that_is_killed_and_begun_again_gives_the_same_rows(self):
        self.kill_and_begin_again(random.Random(SEED), 0)

    def test_a_later_read_that_is_killed_and_begun_again_gives_the_same_rows(self):
        self.kill_and_begin_again(random.Random(SEED + 2), 1 / 3)

    def test_killed_again_and_again_at_the_same_input(self):
        draw = random.Random(SEED + 1)
        whole, _ = self.generate("whole.pcap", "--packets", "120k", "--sources", "6k",
                                 "--duration", "5h")
        expected = self.data_folder()
        begin = time.monotonic()
        expected.read(whole, dark=DARK)
        length = time.monotonic() - begin

        folder = self.data_folder()
        for _ in range(5):
            self.read_and_kill(folder, whole, draw.uniform(0.02, length))
        folder.read(whole, dark=DARK)
        self.assert_same_rows(expected, folder, "killed five times")
