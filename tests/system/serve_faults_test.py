# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around a service: it is killed, its port is taken, its certificate is no good,
its folder cannot be written, its disk is full. Each gives one clear line and the right exit code,
and nothing that was stored is lost."""

import functools
import os
import pathlib
import signal
import subprocess

import harness
import serve_test

DARK = ["198.18.0.0/16"]
VIEWER = {"name": "vera", "role": "viewer", "password": "twelve and more"}
NOBODY = 65534


@functools.cache
def may_mount():
    """Whether a disk of its own can be mounted where only one process sees it."""
    done = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                          capture_output=True, check=False)
    return done.returncode == 0


class SmallDisk:
    """A disk that a program runs on, seen by nobody else."""

    def __init__(self, test, size):
        if not may_mount():
            test.skipTest("NOT TESTED: no disk can be mounted here (needs root)")
        self.path = test.scratch / "disk"
        self.path.mkdir()
        self.folder = harness.DataFolder(self.path / "data")
        self._mount = f"mount -t tmpfs -o size={size} tmpfs '{self.path}'"

    def command(self, script, *arguments):
        """Runs `script` with the disk mounted; $@ is the program with its arguments."""
        return ["unshare", "--mount", "sh", "-c", f"{self._mount} && {script}", "sh",
                *self.folder.command(*arguments)]

    def seen_by(self, process):
        """The disk as a path of this process."""
        return pathlib.Path(f"/proc/{process.pid}/root{self.path}")


def fill(folder):
    """Leaves no byte on the disk of the folder; returns the file that does it."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if file.write(b"\0" * size) < size:
                    size //= 2
            except OSError:
                size //= 2
    return path


class ServeFaultsTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.folder = self.data_folder()

    def read(self):
        self.folder.read(self.capture("synthetic_hour.pcap.zst"), dark=DARK)

    def test_sessions_accounts_tokens_and_rows_outlive_kills(self):
        self.read()
        rows = self.folder.fingerprints()
        service = serve_test.Service(self, self.folder)
        self.assertEqual(200, service.set_up().status)
        cookies, tokens = {serve_test.ADMIN[0]: service.cookie}, []
        self.assertEqual(201, service.ask("POST", "/api/v1/accounts", VIEWER).status)
        for name in ("first", "second", "third"):
            made = service.ask("POST", "/api/v1/tokens", {"name": name, "scopes": ["read"]})
            self.assertEqual(201, made.status)  # true from here on, whatever happens
            service.process.kill()
            tokens.append(made.json()["token"])
            service.process.communicate()
            cookie, csrf = service.cookie, service.csrf
            service = serve_test.Service(self, self.folder)
            for token in tokens:
                service.token = token
                self.assertEqual(200, service.get("/api/v1/telescope/totals").status)
            service.token = None
            service.cookie, service.csrf = cookie, csrf
            self.assertEqual(200, service.get("/api/v1/accounts").status)
        self.assertEqual(cookies[serve_test.ADMIN[0]], service.cookie)
        self.assertEqual(200, service.log_in(VIEWER["name"], VIEWER["password"]).status)
        service.log_in(*serve_test.ADMIN)
        actions = [row["action"] for row in service.get("/api/v1/audit").json()["rows"]]
        self.assertEqual(["token.create"] * 3 + ["account.create", "account.setup"], actions)
        service.process.kill()
        service.process.communicate()
        self.assertEqual(rows, self.folder.fingerprints())
        self.folder.run("store", "check")

    def pair(self, name):
        """A certificate and its key."""
        certificate, key = self.scratch / f"{name}.pem", self.scratch / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                        certificate, "-subj", "/CN=localhost", "-days", "2"],
                       check=True, capture_output=True)
        return certificate, key

    def test_a_start_that_cannot_be_says_why_in_one_line(self):
        certificate, key = self.pair("one")
        _, other = self.pair("two")
        junk = self.write("junk.pem", b"no certificate")
        unknown = self.write("unknown.toml", b"[http]\nprot = 1\n")
        broken = self.write("broken.toml", b"[http\n")
        taken = serve_test.Service(self, self.data_folder())
        start = ("serve", "--port", "0")
        for flags, code, words in (
                (("serve", "--port", taken.port), harness.FAILED, "another program has it"),
                ((*start, "--address", "203.0.113.9"), harness.FAILED, "203.0.113.9"),
                ((*start, "--certificate", "absent.pem", "--key", key), harness.FAILED,
                 "absent.pem: No such file"),
                ((*start, "--certificate", junk, "--key", key), harness.FAILED, "junk.pem"),
                ((*start, "--certificate", certificate, "--key", junk), harness.FAILED,
                 "that belongs to"),
                ((*start, "--certificate", certificate, "--key", other), harness.FAILED,
                 "that belongs to"),
                ((*start, "--certificate", certificate), harness.FAILED, "both"),
                ((*start, "--config", unknown), harness.FAILED, "did you mean 'http.port'"),
                ((*start, "--config", broken), harness.FAILED, "broken.toml:1"),
                ((*start, "--config", "absent.toml"), harness.FAILED, "absent.toml: No such file"),
                (("serve", "--prot", "1"), harness.USAGE, "did you mean '--port'"),
                (("serve", "--port", "99999"), harness.FAILED, "65535"),
                (("serve", "now"), harness.USAGE, "unexpected argument 'now'")):
            with self.subTest(flags=flags):
                done = self.folder.try_run(*flags)
                self.assertEqual((code, ""), (done.code, done.out), done.err)
                self.assertEqual(1, len(done.err.strip().splitlines()), done.err)
                self.assertIn(words, done.err)

    def test_a_data_folder_that_cannot_be_written_is_named(self):
        command = self.folder.command("serve", "--port", "0")
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", str(NOBODY), "--clear-groups", *command]
            os.chmod(self.scratch, 0o755)
        else:
            os.chmod(self.folder.path, 0o500)
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, text=True)
        os.chmod(self.folder.path, 0o700)
        self.assertEqual((harness.FAILED, ""), (done.returncode, done.stdout))
        self.assertEqual(1, len(done.stderr.strip().splitlines()), done.stderr)
        self.assertIn(str(self.folder.path), done.stderr)
        self.assertIn("Permission denied", done.stderr)

    def test_a_read_onto_a_full_disk_fails_and_succeeds_when_there_is_room(self):
        disk = SmallDisk(self, "5m")
        capture = self.capture("synthetic_hour.pcap.zst")
        grow = f"mount -o remount,size=200m '{disk.path}'"
        command = disk.command(f'"$@"; echo $? >&2; {grow}; "$@" && mv "{disk.folder.path}" '
                               f'"{self.scratch}/kept"', *harness.read_arguments([capture], DARK))
        done = subprocess.run(command, capture_output=True, timeout=harness.TIME_LIMIT, check=False,
                              text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        first, code = done.stderr.splitlines()[:2]
        self.assertEqual("1", code)
        self.assertRegex(first, "^yagura: .*(not enough space|No space left|disk is full)")
        self.read()
        kept = harness.DataFolder(self.scratch / "kept")
        activity = "SELECT sum(packets) AS packets, uniqExact(source) AS hosts FROM activity"
        self.assertEqual(self.folder.sql(activity), kept.sql(activity))

    def test_a_service_on_a_full_disk_goes_on_answering(self):
        disk = SmallDisk(self, "60m")
        self.read()
        script = f"cp -a '{self.folder.path}' '{disk.folder.path}' && exec \"$@\""
        service = serve_test.Service.__new__(serve_test.Service)
        service.begin(self, subprocess.Popen(disk.command(script, "serve", "--port", "0"),
                                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                             text=True))
        self.assertEqual(200, service.set_up().status)
        before = service.get("/api/v1/telescope/totals").json()
        filler = fill(disk.seen_by(service.process))
        self.assertEqual(before, service.get("/api/v1/telescope/totals").json())
        refused = service.ask("POST", "/api/v1/accounts", VIEWER)
        self.assertGreaterEqual(refused.status, 500)
        self.assertEqual("application/problem+json", refused.headers["Content-Type"])
        filler.unlink()
        self.assertEqual(201, service.ask("POST", "/api/v1/accounts", VIEWER).status)
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, service.process.wait(60))

    def test_a_backup_onto_a_full_disk_leaves_nothing_of_it(self):
        disk = SmallDisk(self, "1m")
        self.read()
        backup = disk.path / "backup"
        command = disk.command(f"{' '.join(self.folder.command('backup', backup))}; echo $? >&2; "
                               f"ls -A '{disk.path}'")
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, text=True)
        line, code = done.stderr.splitlines()
        self.assertEqual(("1", ""), (code, done.stdout))
        self.assertRegex(line, "^yagura: .*backup needs .* but its disk has .* left")
