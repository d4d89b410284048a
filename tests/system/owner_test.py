# SPDX-License-Identifier: Apache-2.0
"""Verbs beside a process that has the data folder open: it answers what only asks, and what would
change what was read is refused with its number."""

import contextlib
import json
import os
import signal
import socket
import stat
import struct

import harness
import serve_test

DARK = ["198.18.0.0/16"]

QUESTIONS = (
    ("telescope", "top", "--by", "tcp-port", "--survey", "without", "--limit", "9"),
    ("telescope", "sources", "--limit", "5"),
    ("telescope", "events", "--limit", "5"),
    ("telescope", "attacks"),
    ("telescope", "scanners"),
    ("telescope", "scanners", "lists"),
    ("telescope", "activity", "--limit", "5"),
    ("telescope", "report"),
    ("telescope", "forget", "--list"),
    ("store", "check"),
    ("sql", "SELECT class, sum(packets) AS packets FROM activity GROUP BY class ORDER BY class"),
)


class OwnerTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.folder = self.data_folder()
        self.folder.read(self.capture("synthetic_hour.pcap.zst"), dark=DARK)

    def serve(self):
        return serve_test.Service(self, self.folder)

    def test_questions_are_answered_beside_a_service_as_without_it(self):
        alone = {question: self.folder.run(*question) for question in QUESTIONS}
        service = self.serve()
        for question in QUESTIONS:
            with self.subTest(question=question):
                self.assertEqual(alone[question], self.folder.run(*question))
        self.assertGreater(len(self.folder.json("store", "size")), 5)
        self.stop(service)

    def test_what_is_wrong_with_a_question_is_said_beside_a_service_too(self):
        service = self.serve()
        for question, code, words in (
                (("telescope", "top", "--by", "colour"), harness.USAGE, "colour"),
                (("telescope", "top", "--country", "XYZ"), harness.FAILED, "XYZ"),
                (("telescope", "packets"), harness.FAILED, "no packets are kept"),
                (("sql", "SELECT nothing FROM nowhere"), harness.FAILED, "nowhere"),
                (("sql", "DROP TABLE activity"), harness.FAILED, "only statements that read")):
            with self.subTest(question=question):
                done = self.folder.try_run(*question)
                self.assertEqual((code, ""), (done.code, done.out))
                self.assertEqual(1, len(done.err.strip().splitlines()), done.err)
                self.assertIn(words, done.err)
        self.stop(service)

    def test_what_changes_what_was_read_is_refused_with_the_owners_number(self):
        service = self.serve()
        for verb in (harness.read_arguments([self.capture("synthetic_hour.pcap.zst")], DARK),
                     ("telescope", "forget", "1"),
                     ("telescope", "capture", "lo", "--dark", DARK[0]), ("serve", "--port", "0")):
            with self.subTest(verb=verb[:3]):
                done = self.folder.try_run(*verb)
                self.assertEqual(harness.FAILED, done.code)
                self.assertEqual(1, len(done.err.strip().splitlines()), done.err)
                self.assert_says(f"in use by another yagura .process {service.process.pid}.", done)
        self.stop(service)

    def test_a_file_is_written_by_the_one_who_asks(self):
        alone, beside = self.scratch / "alone.html", self.scratch / "beside.html"
        self.folder.run("telescope", "report", "--html", alone)
        service = self.serve()
        self.folder.run("telescope", "report", "--html", beside)
        self.assertEqual(alone.read_bytes(), beside.read_bytes())
        done = self.folder.try_run("telescope", "report", "--html", self.scratch / "no" / "file")
        self.assertEqual(harness.FAILED, done.code)
        self.assert_says("no/file: No such file or directory", done)
        self.stop(service)

    def test_a_socket_that_a_killed_process_left_is_replaced(self):
        path = self.folder.path / "socket"
        service = self.serve()
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
        self.assertTrue(stat.S_ISSOCK(path.stat().st_mode))
        service.process.kill()
        service.process.communicate()
        self.assertTrue(path.exists())
        self.assertEqual(1, len(self.folder.json("telescope", "top", "--limit", "1")))
        service = self.serve()
        self.assertEqual(1, len(self.folder.json("telescope", "top", "--limit", "1")))
        self.stop(service)
        self.assertFalse(path.exists())

    def test_bytes_that_are_no_question_get_an_error_and_harm_nothing(self):
        service = self.serve()
        def request(body):
            return b"YAGASK01" + struct.pack("<I", len(body)) + body
        for sent in (b"GET / HTTP/1.1\r\n\r\n", request(b""), request(b"\xff" * 100),
                     b"YAGASK01" + struct.pack("<I", 2**32 - 1),
                     request(b"\0" * 8 + struct.pack("<IBQ", 0, 0, 2**60))):
            with self.subTest(sent=sent[:20]):
                answer = self.send(sent)
                self.assertIn(b"yagura: ", answer)
                self.assertEqual(b"x\1\0\0\0\1", answer[-6:])
        self.assertEqual(1, len(self.folder.json("telescope", "top", "--limit", "1")))
        self.stop(service)

    def send(self, data):
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as client:
            client.settimeout(60)
            client.connect(os.path.relpath(self.folder.path / "socket"))
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionResetError):  # what it left unread
                while piece := client.recv(65536):
                    answer += piece
            return answer

    def test_a_reader_that_has_seen_enough_ends_the_answer(self):
        service = self.serve()
        rows = "SELECT number, repeat('x', 100) FROM numbers(3000000)"
        process = self.folder.start("sql", rows, "--format", "csv")
        with harness.killed_at_the_end(process):
            self.assertTrue(process.stdout.readline().startswith(b"number"))
            process.stdout.close()
            self.assertEqual(0, process.wait(60))
            process.stdout = None
        self.stop(service)

    def test_a_service_ends_in_time_though_questions_would_take_longer(self):
        service = self.serve()
        long = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) % 7 = 3"
        process = self.folder.start("sql", long, "--seconds", "250")
        with harness.killed_at_the_end(process):
            running = "SELECT count() AS n FROM system.processes WHERE query LIKE '%1000000000000%'"
            while int(self.folder.sql(running)[0]["n"]) < 2:  # itself is one
                self.assertIsNone(process.poll())
            self.stop(service)
            out, err = process.communicate(timeout=60)
            self.assertEqual((harness.FAILED, b""), (process.returncode, out))
            self.assertEqual(1, len(err.strip().splitlines()), err)
            self.assertIn(b"has the data folder", err)

    def stop(self, service):
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, service.process.wait(60))
