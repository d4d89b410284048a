# SPDX-License-Identifier: Apache-2.0
"""What strangers, and people with too few rights, try on the HTTP service: all of it is refused.

The routes and their parameters are taken from the service's own OpenAPI document, so a new route is
tried as well without anybody thinking of it. One data folder and one service serve all tests of a
process; what a test must not have changed is compared behind it.
"""

import http.client
import json
import pathlib
import re
import shutil
import socket
import tempfile
import unittest
import urllib.parse

import harness
from serve_test import ADMIN, Service

METHODS = ("get", "post", "put", "patch", "delete")
SCOPES = ("read", "sql", "write", "admin")
# Texts that would do something if one ever became a part of a statement, a path or a header.
INJECTIONS = (
    "' OR 1=1 --", "'; DROP TABLE activity; --", "1) UNION SELECT 1 --", "\\'", "`", '"',
    "{p0:String}", "$$", "%s%n", "/**/", "1; SELECT sleep(3)", "file('/etc/passwd')",
    "' UNION ALL SELECT * FROM file('/etc/passwd', 'LineAsString') --",
    "\N{RIGHT SINGLE QUOTATION MARK}",
    "../../../../etc/passwd", "<script>alert(1)</script>")
MUST_BE_SAID = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}


class Raw:
    """A connection on which bytes are sent as they are."""

    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Status, headers and body, until the other side closes; status 0 if it says nothing."""
        data = b""
        try:
            while piece := self.socket.recv(65536):
                data += piece
        except ConnectionResetError:
            pass
        head, _, body = data.partition(b"\r\n\r\n")
        status = int(head.split()[1]) if head else 0
        return status, head.decode("latin-1"), body


class Silent:
    """Stands in for the test a Service belongs to, where one outlives a test."""

    def addCleanup(self, *_):
        pass

    def assertIsNotNone(self, value, message):
        if value is None:
            raise AssertionError(message)


class SecurityTest(harness.SystemTest):
    service = None

    @classmethod
    def setUpClass(cls):
        cls.folder_path = pathlib.Path(tempfile.mkdtemp(prefix="yagura-security-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder_path, ignore_errors=True)
        data = cls.folder_path / "data"
        data.mkdir()
        shutil.copy(harness.seed(), data / "state.db")
        folder = harness.DataFolder(data)
        folder.read(harness.CAPTURES / "synthetic_hour.pcap.zst", dark=["198.18.0.0/16"])
        cls.service = Service(Silent(), folder, "--request-timeout", "1s")
        cls.addClassCleanup(cls.service.end)
        made = cls.service.set_up()
        assert made.status == 200, made.bytes
        cls.admin = (cls.service.cookie, cls.service.csrf)
        cls.document = cls.service.get("/api/openapi.json").json()

    def setUp(self):
        super().setUp()
        self.be(self.admin)

    def be(self, session):
        self.service.cookie, self.service.csrf = session or (None, None)
        self.service.token = None

    def routes(self):
        """(method, path with something in it, scope or None, operation) of every route; the scope
        "any" is had by whoever is logged in."""
        for path, operations in self.document["paths"].items():
            for method in METHODS:
                if method not in operations:
                    continue
                operation = operations[method]
                security = operation["security"]
                scope = None
                if security:
                    scope = (next(iter(security[0].values())) or ["any"])[0]
                yield method.upper(), re.sub(r"\{\w+\}", "999999", path), scope, operation

    def status_of(self, method, path, body=None, **headers):
        """The status alone: the answer may be a stream without an end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def make_token(self, *scopes):
        made = self.service.ask("POST", "/api/v1/tokens",
                                {"name": "of " + " ".join(scopes), "scopes": list(scopes)})
        self.assertEqual(201, made.status, made.bytes)
        return made.json()["token"]

    def make_account(self, name, role, **more):
        account = {"name": name, "role": role, "password": "twelve and more", **more}
        self.assertEqual(201, self.service.ask("POST", "/api/v1/accounts", account).status)
        self.addCleanup(self.drop_account, name)

    def drop_account(self, name):
        self.be(self.admin)
        self.service.ask("DELETE", f"/api/v1/accounts/{name}")

    def stored(self):
        """How many rows every table holds, but the one into which the service judges meanwhile."""
        query = ("SELECT table, sum(rows) AS rows FROM system.parts WHERE active AND database = "
                 "currentDatabase() AND table != 'synchrony_window' GROUP BY table ORDER BY table")
        answer = self.service.ask("POST", "/api/v1/sql", {"statement": query})
        self.assertEqual(200, answer.status, answer.bytes)
        return answer.json()["rows"]

    # --- rights ---

    def test_every_route_refuses_whoever_has_too_few_rights(self):
        tokens = {scope: self.make_token(scope) for scope in SCOPES}
        tried = 0
        for method, path, scope, _ in self.routes():
            if scope is None:
                continue
            with self.subTest(method=method, path=path):
                self.assertIn(scope, (*SCOPES, "own", "any"))
                self.assertEqual(401, self.status_of(method, path))
                self.assertEqual(401, self.status_of(method, path, Authorization="Bearer ygr_no"))
                self.assertEqual(401, self.status_of(method, path, Authorization="Basic YTpi"))
                for other in SCOPES:
                    status = self.status_of(method, path, Authorization="Bearer " + tokens[other])
                    if scope in (other, "any"):
                        self.assertNotIn(status, (401, 403))
                    else:
                        self.assertEqual(403, status, other)
                tried += 1
        self.assertGreater(tried, 15)

    def test_a_role_is_not_exceeded_by_a_session_or_a_token(self):
        self.make_account("vera", "viewer")
        self.make_account("anna", "analyst")
        for name, role_scopes in (("vera", {"read"}), ("anna", {"read", "sql", "write"})):
            self.assertEqual(200, self.service.log_in(name, "twelve and more").status)
            for method, path, scope, _ in self.routes():
                if scope is None or path.endswith("/session"):
                    continue
                with self.subTest(name=name, method=method, path=path):
                    status = self.status_of(method, path, Cookie=self.service.cookie,
                                            **{"X-CSRF-Token": self.service.csrf})
                    if scope in role_scopes | {"any"}:
                        self.assertNotIn(status, (401, 403))
                    else:
                        self.assertEqual(403, status)
            for scope in set(SCOPES) - role_scopes:
                wide = {"name": "wide", "scopes": ["read", scope]}
                self.assertEqual(403, self.service.ask("POST", "/api/v1/tokens", wide).status)

    def test_a_token_makes_no_wider_token(self):
        token = self.make_token("read")
        self.be(None)
        self.service.token = token
        wide = {"name": "wide", "scopes": ["read", "sql"]}
        self.assertEqual(403, self.service.ask("POST", "/api/v1/tokens", wide).status)

    # --- sessions ---

    def test_nothing_is_changed_without_the_csrf_token(self):
        self.make_account("vera", "viewer")
        self.service.log_in("vera", "twelve and more")
        others = self.service.csrf
        self.be(self.admin)
        for method, path, scope, _ in self.routes():
            if method == "GET" or scope is None:
                continue
            for wrong in ({}, {"X-CSRF-Token": others}, {"X-CSRF-Token": ""},
                          {"X-CSRF-Token": self.admin[1][:-1]}):
                with self.subTest(method=method, path=path, wrong=wrong):
                    self.assertEqual(403, self.status_of(method, path, Cookie=self.admin[0],
                                                         **wrong))
        self.assertEqual(200, self.service.get("/api/v1/session").status, "still logged in")

    def test_logging_in_takes_no_session_from_the_client(self):
        self.make_account("vera", "viewer")
        name = self.admin[0].split("=")[0]
        fixed = f"{name}=" + "A" * len(self.admin[0].split("=")[1])
        answer = self.service.ask("POST", "/api/v1/session",
                                  {"name": "vera", "password": "twelve and more"},
                                  {"Cookie": fixed})
        self.assertEqual(200, answer.status)
        given = answer.headers["Set-Cookie"]
        self.assertNotIn(fixed, given)
        flags = {part.strip().lower() for part in given.split(";")[1:]}
        self.assertIn("httponly", flags)
        self.assertIn("path=/", flags)
        self.assertIn("samesite=strict", flags)
        self.assertFalse([flag for flag in flags if flag.startswith("domain")])
        self.assertEqual(401, self.status_of("GET", "/api/v1/session", Cookie=fixed))
        mine = (self.service.cookie, self.service.csrf)
        again = self.service.log_in("vera", "twelve and more")
        self.assertNotEqual(given, again.headers["Set-Cookie"], "each log-in has its own")
        self.be(mine)
        self.assertEqual(204, self.service.ask("DELETE", "/api/v1/session").status)
        self.assertEqual(401, self.status_of("GET", "/api/v1/session", Cookie=mine[0]))

    def test_guessing_passwords_becomes_slow(self):
        self.make_account("greta", "viewer")
        self.be(None)
        statuses = []
        for guess in range(12):
            answer = self.service.ask("POST", "/api/v1/session",
                                      {"name": "greta", "password": f"wrong guess {guess}"})
            statuses.append(answer.status)
            if answer.status == 429:
                break
        self.assertEqual(401, statuses[0])
        self.assertEqual(429, statuses[-1], statuses)
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        right = self.service.ask("POST", "/api/v1/session",
                                 {"name": "greta", "password": "twelve and more"})
        self.assertEqual(429, right.status, "nor is the right one taken while that lasts")

    # --- what the requests look like ---

    def test_paths_lead_nowhere_else(self):
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
                     "/assets/../../../etc/passwd", "/assets/..%5c..%5cetc/passwd",
                     "//etc/passwd", "/etc/passwd", "/.%00./etc/passwd", "/assets/%00",
                     "/%c0%ae%c0%ae/etc/passwd", "/....//....//etc/passwd", "/state.db",
                     "/data/state.db", "/api/v1/../../state.db", "/api/v1/telescope/sources/..",
                     "/api/v1/telescope/sources/%2e%2e%2f%2e%2e%2fstate.db"):
            with self.subTest(path=path), Raw(self.service.port) as raw:
                raw.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         f"Cookie: {self.admin[0]}\r\n\r\n".encode())
                status, _, body = raw.answer()
                self.assertIn(status, (200, 400, 404))
                if status == 200:  # the console, whatever the view is called
                    self.assertIn(b"<html", body.lower())
                self.assertNotIn(b"root:", body)
                self.assertNotIn(b"SQLite format", body)

    def test_a_request_cannot_break_the_headers_of_an_answer(self):
        for target in ("/api/v1/telescope/totals?period=2026%0d%0aX-Injected:%20yes",
                       "/api/v1/nothing%0d%0aX-Injected:%20yes",
                       "/api/v1/telescope/sources/1%0d%0aX-Injected:%20yes",
                       "/api/v1/telescope/ranking?by=x%0aX-Injected:%20yes"):
            with self.subTest(target=target), Raw(self.service.port) as raw:
                raw.send(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         f"Cookie: {self.admin[0]}\r\n\r\n".encode())
                status, head, _ = raw.answer()
                self.assertIn(status, (400, 404))
                self.assertNotIn("x-injected", head.lower())
        for bad in (b"Host: localhost\r\nHost: elsewhere\r\n", b"Host: localhost\r\nX: a\rb\r\n",
                    b"Host: localhost\r\nX: a\x00b\r\n", b"Host : localhost\r\n",
                    b"Host: localhost\r\n folded: yes\r\n",
                    b"Host: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n",
                    b"Host: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                    b"Host: localhost\r\nTransfer-Encoding: gzip\r\n", b""):
            with self.subTest(bad=bad), Raw(self.service.port) as raw:
                raw.send(b"GET /healthz HTTP/1.1\r\n" + bad + b"Connection: close\r\n\r\nabc")
                self.assertIn(raw.answer()[0], (400, 421, 501))
        self.assertEqual(421, self.status_of("GET", "/healthz", Host="elsewhere.example"))

    def test_what_is_too_large_is_refused(self):
        long = b"a" * 200_000
        for status, request in (
                (414, b"GET /" + long + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                (431, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + long + b"\r\n\r\n"),
                (431, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 30_000 + b"\r\n"),
                (413, b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n"
                      b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"),
                (413, b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n"
                      b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                      b"200000\r\n" + b"a" * 0x200000 + b"\r\n0\r\n\r\n")):
            with self.subTest(status=status), Raw(self.service.port) as raw:
                try:
                    raw.send(request)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it may have heard enough
                self.assertEqual(status, raw.answer()[0])
        deep = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
        answer = self.service.ask("POST", "/api/v1/session", deep,
                                  {"Content-Type": "application/json"})
        self.assertEqual(400, answer.status)
        self.assertEqual(200, self.service.get("/healthz").status)

    def test_slow_requests_are_cut_off_and_hold_nobody_up(self):
        """With --request-timeout 1s. Each reads until the server closes: nobody watches a clock."""
        header = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "
        body = (b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
        slow = [Raw(self.service.port) for _ in range(60)]
        for number, raw in enumerate(slow):
            self.addCleanup(raw.socket.close)
            raw.send(body if number % 2 else header)
        self.assertEqual(200, self.service.get("/api/v1/telescope/totals").status)
        for raw in slow:
            self.assertIn(raw.answer()[0], (0, 408))

    # --- what is in the requests ---

    def test_no_text_parameter_of_any_route_becomes_sql(self):
        before = self.stored()
        put = self.service.ask("PUT", "/api/v1/warning/members/M", {"live": ["192.0.2.0/24"]})
        self.assertEqual(200, put.status)
        self.make_account("mia", "member", member="M")
        self.assertEqual(200, self.service.log_in("mia", "twelve and more").status)
        member = (self.service.cookie, self.service.csrf)
        tried = 0
        for method, path, scope, operation in self.routes():
            if method != "GET":
                continue
            self.be(member if scope == "own" else self.admin)
            texts = [p for p in operation.get("parameters", [])
                     if p["schema"].get("type") == "string" and "enum" not in p["schema"]]
            for parameter in texts:
                for text in INJECTIONS:
                    if parameter["in"] == "path":
                        target = path.replace("999999", urllib.parse.quote(text, safe=""))
                    else:
                        target = path + "?" + urllib.parse.urlencode({parameter["name"]: text})
                    with self.subTest(target=target):
                        answer = self.service.get(target)
                        self.assertIn(answer.status, (200, 400, 404, 422), answer.bytes[:300])
                        self.assertNotIn(b"DB::Exception", answer.bytes)
                        self.assertNotIn(b"root:", answer.bytes)
                        if answer.status == 200:  # a text that names nothing finds nothing
                            self.assertEqual([], answer.json()["rows"])
                        tried += 1
        self.assertGreater(tried, 500)
        self.be(self.admin)
        self.assertEqual(before, self.stored())

    def test_sql_only_reads_and_only_the_store(self):
        before = self.stored()
        outside = self.folder_path / "outside.csv"
        secret = self.folder_path / "secret.csv"
        secret.write_text("secret\n", encoding="utf-8")
        refused = [
            f"SELECT 1 INTO OUTFILE '{outside}'", f"SELECT 1 INTO/**/OUTFILE '{outside}'",
            f"SELECT * FROM file('{secret}', 'LineAsString')",
            f"SELECT * FROM `file`('{secret}', 'LineAsString')",
            f"SELECT file('{secret}')", f"SELECT * FROM FILE ('{secret}')",
            f"SELECT * FROM '{secret}'", f"SELECT * FROM `{secret}`",
            f"DESCRIBE file('{secret}', 'LineAsString')",
            f"WITH x AS (SELECT * FROM file('{secret}', 'LineAsString')) SELECT * FROM x",
            f"SELECT (SELECT any(line) FROM file('{secret}', 'LineAsString'))",
            f"EXPLAIN SELECT * FROM file('{secret}', 'LineAsString')",
            "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
            "SELECT * FROM remote('127.0.0.1', system.one)",
            "SELECT * FROM remoteSecure('127.0.0.1', system.one)",
            "SELECT * FROM cluster('default', system.one)",
            "SELECT * FROM s3('http://127.0.0.1:1/x', 'LineAsString')",
            "SELECT * FROM executable('id', 'TabSeparated', 'x String')",
            "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
            "SELECT * FROM sqlite('state.db', 'account')",
            "INSERT INTO activity (packets) VALUES (1)", "INSERT INTO FUNCTION file('x') SELECT 1",
            "CREATE TABLE x (a UInt8) ENGINE = Memory", "CREATE VIEW x AS SELECT 1",
            "CREATE TEMPORARY TABLE x (a UInt8)", "CREATE FUNCTION x AS (a) -> a",
            "DROP TABLE activity", "TRUNCATE TABLE activity", "ALTER TABLE activity DELETE WHERE 1",
            "RENAME TABLE activity TO x", "OPTIMIZE TABLE numbers FINAL", "DETACH TABLE activity",
            "ATTACH TABLE activity", "DELETE FROM activity WHERE 1", "SYSTEM SHUTDOWN",
            "SYSTEM DROP MARK CACHE", "KILL QUERY WHERE 1", "GRANT ALL ON *.* TO default",
            "CREATE USER x", "BACKUP TABLE activity TO Disk('x', 'y')", "USE system",
            "SET max_memory_usage = 0", "SET readonly = 0",
            "SELECT 1 SETTINGS readonly = 0", "SELECT 1 SETTINGS max_execution_time = 0",
            "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE activity", "SELECT 1;; DROP TABLE activity",
            "SELECT 1 FORMAT Native", "", ";", "--", "not sql", "SELECT '" + "a" * 10]
        for statement in refused:
            with self.subTest(statement=statement):
                answer = self.service.ask("POST", "/api/v1/sql", {"statement": statement})
                self.assertEqual(400, answer.status, answer.bytes[:300])
                self.assertEqual("application/problem+json", answer.headers["Content-Type"])
                self.assertNotIn(b"secret\\n", answer.bytes)
        self.assertFalse(outside.exists())
        self.assertEqual(before, self.stored())
        harmless = self.service.ask("POST", "/api/v1/sql", {"statement": "SELECT 'file()' AS t"})
        self.assertEqual([{"t": "file()"}], harmless.json()["rows"])

    def test_sql_has_limits(self):
        for statement in ("SELECT number FROM numbers(100001)",
                          "SELECT groupArray(number) FROM numbers(10000000000)",
                          "SELECT repeat('a', 1000) FROM numbers(90000)"):
            with self.subTest(statement=statement):
                answer = self.service.ask("POST", "/api/v1/sql", {"statement": statement})
                self.assertEqual(422, answer.status, answer.bytes[:300])
        answer = self.service.ask("POST", "/api/v1/sql",
                                  {"statement": "SELECT number FROM numbers(100000)"})
        self.assertEqual(100_000, len(answer.json()["rows"]))
        for body in ({}, {"statement": 1}, {"statement": "SELECT 1", "more": True}, [], "text"):
            self.assertEqual(400, self.service.ask("POST", "/api/v1/sql", body).status)

    # --- what the answers say ---

    def test_every_answer_has_the_headers_that_protect_a_browser(self):
        targets = [(method, path) for method, path, _, _ in self.routes()]
        targets += [("GET", "/"), ("GET", "/api/v1/nothing"), ("PUT", "/healthz"),
                    ("GET", "/api/v1/telescope/ranking?by=colour"),
                    ("GET", "/api/v1/telescope/report?format=html"),
                    ("GET", "/api/v1/telescope/ranking?format=csv")]
        for method, path in targets:
            with self.subTest(method=method, path=path):
                connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
                connection.request(method, path, None, {"Cookie": self.admin[0]})
                headers = connection.getresponse().headers
                connection.close()
                for name, value in MUST_BE_SAID.items():
                    self.assertEqual(value, headers[name], name)
                policy = headers["Content-Security-Policy"]
                self.assertIn("default-src 'none'", policy)
                self.assertIn("frame-ancestors 'none'", policy)
                self.assertIn("base-uri 'none'", policy)
                scripts = re.search(r"script-src ([^;]*)", policy)
                self.assertIn(scripts and scripts[1], (None, "'self'"))
                self.assertNotIn("unsafe-eval", policy)
                if path.startswith("/api/"):
                    self.assertEqual("no-store", headers["Cache-Control"])
                self.assertNotIn("Access-Control-Allow-Origin", headers)
                self.assertNotIn("Server", headers)

    def test_errors_tell_nothing_about_the_machine(self):
        self.be(None)
        for path in ("/api/v1/telescope/totals", "/api/v1/nothing", "/api/v1/sql"):
            text = self.service.get(path).bytes.decode()
            self.assertNotIn(str(self.folder_path), text)
            self.assertEqual({"type", "title", "status", "detail"}, set(json.loads(text)))


if __name__ == "__main__":
    unittest.main()
