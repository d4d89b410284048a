# SPDX-License-Identifier: Apache-2.0
"""Backups of a data folder, alone and beside a running service, and the way back."""

import os
import shutil
import signal

import harness
import serve_test

DARK = ["198.18.0.0/16"]


class BackupTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        whole = harness.take_apart(self.plain_capture())
        half = len(whole.packets) // 2
        self.first = self.write("first.pcap", whole.part(0, half))
        self.second = self.write("second.pcap", whole.part(half, len(whole.packets)))
        self.folder = self.data_folder()
        self.folder.read(self.first, dark=DARK)
        self.backup = self.scratch / "backup"

    def plain_capture(self):
        packed = self.capture("synthetic_hour.pcap.zst")
        plain = self.scratch / "hour.pcap"
        harness.subprocess.run(["zstd", "-qd", packed, "-o", plain], check=True)
        return plain

    def restored(self):
        folder = harness.DataFolder(self.scratch / "restored")
        done = folder.run("restore", self.backup)
        self.assertIn("is as it was at", done.out)
        return folder

    def test_what_is_restored_holds_the_same_rows_and_reads_on(self):
        done = self.folder.run("backup", self.backup)
        self.assertIn("is a backup of", done.out)
        self.folder.read(self.second, dark=DARK)
        restored = self.restored()
        restored.run("store", "check")
        again = restored.read(self.first, dark=DARK)
        self.assertIn("read before", again.out)
        restored.read(self.second, dark=DARK)
        self.assert_same_rows(self.folder, restored, "after the backup was restored")
        restored.run("store", "check")

    def test_a_running_service_is_backed_up_with_its_accounts(self):
        service = serve_test.Service(self, self.folder)
        self.assertEqual(200, service.set_up().status)
        before = service.get("/api/v1/telescope/totals").json()
        done = self.folder.run("backup", self.backup)
        self.assertIn("is a backup of", done.out)
        self.assertEqual(200, service.get("/healthz").status)
        restored = self.restored()
        again = serve_test.Service(self, restored)
        again.cookie = service.cookie
        self.assertEqual(before, again.get("/api/v1/telescope/totals").json())
        self.assertEqual(200, again.log_in(*serve_test.ADMIN).status)
        for one in (service, again):
            one.process.send_signal(signal.SIGTERM)
            self.assertEqual(0, one.process.wait(60))
        self.assert_same_rows(self.folder, restored, "after a backup beside a service")

    def test_a_backup_that_was_killed_is_never_taken_for_one(self):
        unfinished = self.backup.with_name("backup.unfinished")
        process = self.folder.start("backup", self.backup)
        with harness.killed_at_the_end(process):
            while process.poll() is None and not (unfinished / "store").exists():
                os.sched_yield()
            process.kill()
            process.communicate()
        self.assertFalse(self.backup.exists() and not (self.backup / "manifest").exists())
        if unfinished.exists():
            target = harness.DataFolder(self.scratch / "restored")
            done = target.try_run("restore", unfinished)
            self.assertEqual(harness.FAILED, done.code)
            self.assert_says("is no backup", done)
            self.assertFalse(target.path.exists())
            self.folder.run("backup", self.backup)
        self.assertFalse(unfinished.exists())
        self.assertFalse((self.folder.path / "snapshot").exists())
        self.restored()

    def test_what_cannot_be_restored_is_said_in_one_line(self):
        self.folder.run("backup", self.backup)
        target = harness.DataFolder(self.scratch / "other")
        done = self.folder.try_run("restore", self.backup)
        self.assertEqual(harness.FAILED, done.code)
        self.assert_says("holds something already", done)
        done = self.folder.try_run("backup", self.backup)
        self.assertEqual(harness.FAILED, done.code)
        self.assert_says("is there already", done)
        state = self.backup / "state.db"
        data = bytearray(state.read_bytes())
        data[len(data) // 2] ^= 1
        state.write_bytes(data)
        done = target.try_run("restore", self.backup)
        self.assertEqual(harness.FAILED, done.code)
        self.assert_says("state.db is damaged", done)
        self.assertFalse(target.path.exists())
        shutil.rmtree(self.backup)
        done = target.try_run("restore", self.backup)
        self.assertEqual(harness.FAILED, done.code)
        self.assert_says("is no backup", done)
