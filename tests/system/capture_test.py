# SPDX-License-Identifier: Apache-2.0
"""Live capture, in a network namespace of its own: started, stopped, killed, gone on with.

The namespace has nothing but its loopback, on which the dark addresses are the host's own: what is
sent to them is all there is to see. Needs the right to make namespaces; skipped without.
"""

import contextlib
import pathlib
import shlex
import signal
import sqlite3
import subprocess
import sys
import time

import harness

DARK = "198.18.0.0/24"
SOURCE = "198.18.0.200"
# A datagram each to `count` dark addresses and to ports from `first` on. Writes when the last one
# went off, in nanoseconds.
SENDER = """
import socket, sys, time
first, count = map(int, sys.argv[1:])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("198.18.0.200", 40000))
for i in range(count):
    sending = time.time_ns()
    try:
        sender.sendto(b"x", (f"198.18.0.{1 + i % 100}", first + i))
    except ConnectionRefusedError:  # the host's own answer to the datagram before
        sender.sendto(b"x", (f"198.18.0.{1 + i % 100}", first + i))
print(sending)
"""


class LiveCapture(harness.SystemTest):

    def setUp(self):
        super().setUp()
        made = subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"],
                              capture_output=True, check=False)
        if made.returncode != 0:
            self.skipTest("cannot make a network namespace: needs root and iproute2")

    def start(self, folder, *settings):
        """`telescope capture lo` in a new namespace, once it listens."""
        command = shlex.join(folder.command(
            "telescope", "capture", "lo", "--dark", DARK,
            "--filter", "udp and dst portrange 1000-9999", *settings))
        process = subprocess.Popen(
            ["unshare", "-n", "sh", "-c",
             f"ip link set lo up && ip route add local {DARK} dev lo && exec {command}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        # It hears everything once it shares the ring with the kernel: before, its socket is there
        # but not bound, or bound and without a place for packets.
        maps = pathlib.Path(f"/proc/{process.pid}/maps")
        self.wait_for(lambda: process.poll() is not None or
                      "socket:[" in maps.read_text(encoding="utf-8", errors="replace"))
        self.assertIsNone(process.poll(), "the capture ended by itself")
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def wait_for(self, condition):
        for _ in range(600):
            with contextlib.suppress(OSError, sqlite3.Error):
                if condition():
                    return
            time.sleep(0.05)
        self.fail("waited thirty seconds in vain")

    def send(self, process, first, count):
        """When the last datagram was sent, in nanoseconds: no later than its packet's time."""
        sent = subprocess.run(
            ["nsenter", "-t", str(process.pid), "-n", sys.executable, "-c", SENDER, str(first),
             str(count)],
            check=True, timeout=60, capture_output=True, text=True)
        return int(sent.stdout)

    @staticmethod
    def ports(folder):
        rows = folder.sql("SELECT port, sum(count) AS packets FROM activity "
                          "ARRAY JOIN ports AS port, port_packets AS count "
                          f"WHERE source = toIPv6('{SOURCE}') GROUP BY port ORDER BY port")
        return {int(row["port"]): int(row["packets"]) for row in rows}

    def test_a_signal_ends_it_with_everything_written(self):
        for name in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=name.name):
                folder = self.data_folder()
                process = self.start(folder)
                self.send(process, 1000, 500)
                process.send_signal(name)
                _, err = process.communicate(timeout=harness.TIME_LIMIT)
                self.assertEqual(harness.DONE, process.returncode, err.decode())
                self.assertEqual({1000 + i: 1 for i in range(500)}, self.ports(folder))

    def test_other_verbs_ask_it_meanwhile(self):
        folder = self.data_folder()
        process = self.start(folder, "--commit-interval", "1s")
        self.send(process, 6000, 100)
        self.wait_for(lambda: [(row["source"], row["packets"]) for row in
                               folder.json("telescope", "sources")] == [(SOURCE, 100)])
        done = folder.try_run("telescope", "capture", "lo")
        self.assertEqual(harness.FAILED, done.code)
        self.assert_says(f"in use by another yagura .process {process.pid}.", done)
        listed = self.write("listed.txt", f"{SOURCE},Example Scanning\n".encode())
        folder.run("telescope", "scanners", "import", listed)
        folder.run("backup", self.scratch / "backup")
        self.send(process, 6500, 50)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=harness.TIME_LIMIT)
        self.assertEqual(harness.DONE, process.returncode, err.decode())
        self.assertRegex(out.decode(), r"lo +default +150\b")
        scanners = folder.json("telescope", "scanners")
        self.assertEqual([("Example Scanning", 150)],
                         [(row["organisation"], row["packets"]) for row in scanners])

    def test_a_capture_goes_on_where_the_last_one_ended(self):
        folder = self.data_folder()
        for first in (2000, 3000):
            process = self.start(folder)
            self.send(process, first, 60)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=harness.TIME_LIMIT)
            self.assertEqual(harness.DONE, process.returncode)
        self.assertEqual(120, sum(self.ports(folder).values()))
        events = folder.json("telescope", "events")
        self.assertEqual([(SOURCE, 120)], [(e["source"], e["packets"]) for e in events])

    def test_killed_it_keeps_what_was_made_safe(self):
        folder = self.data_folder()
        process = self.start(folder, "--commit-interval", "1s")
        last_sent = self.send(process, 4000, 100)

        # A slow machine may commit more than once before all of them are in.
        def committed():
            with contextlib.closing(sqlite3.connect(f"file:{folder.path}/state.db?mode=ro",
                                                    uri=True)) as database:
                [(last_time,)] = database.execute("SELECT max(last_time) FROM run")
            return last_time is not None and last_time >= last_sent
        self.wait_for(committed)
        self.send(process, 5000, 100)
        process.kill()
        process.communicate()
        kept = self.ports(folder)
        self.assertEqual({4000 + i: 1 for i in range(100)},
                         {port: n for port, n in kept.items() if port < 5000})
        self.assertTrue(all(n == 1 for n in kept.values()), kept)
