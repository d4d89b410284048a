# SPDX-License-Identifier: Apache-2.0
"""The HTTP service over the sample of a synthetic hour: every route answers what its description
says and what the command line says, and lets nobody do what they may not.

Answers are checked against the service's own OpenAPI document with python3-jsonschema.
"""

import contextlib
import copy
import csv
import datetime
import http.client
import io
import json
import re
import signal
import sqlite3
import ssl
import struct
import subprocess
import urllib.parse

import jsonschema

import harness

MARKS = 17  # that a saved story counts
ADMIN = ("admin", "correct horse battery")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.bytes = response.read()

    def json(self):
        return json.loads(self.bytes)


class Service:
    """A running `yagura serve`, and a person's browser: cookie and CSRF token are kept."""

    def __init__(self, test, folder, *flags):
        self.begin(test, folder.start("serve", "--port", "0", *flags, text=True))

    def begin(self, test, process):
        self.process = process
        test.addCleanup(self.end)
        line = self.process.stdout.readline()
        address = re.match(r"Yagura serves (https?)://(.*):(\d+)$", line)
        test.assertIsNotNone(address, line)
        self.secure, self.port = address[1] == "https", int(address[3])
        self.cookie = self.csrf = self.token = None

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def ask(self, method, path, body=None, headers=None, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        sent = dict(headers or {})
        if self.cookie:
            sent.setdefault("Cookie", self.cookie)
        if self.csrf and method not in ("GET", "HEAD"):
            sent.setdefault("X-CSRF-Token", self.csrf)
        if self.token:
            sent.setdefault("Authorization", "Bearer " + self.token)
        if body is not None and not isinstance(body, bytes):
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body).encode()
        if self.secure:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=60, context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, sent)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
            self.csrf = answer.json().get("csrf") if answer.bytes else None
        return answer

    def get(self, path, **query):
        return self.ask("GET", path, **query)

    def set_up(self):
        link = None
        while link is None:
            line = self.process.stdout.readline()
            link = re.search(r"/setup\?link=(\S+)", line)
        return self.ask("POST", "/api/v1/setup",
                        {"link": link[1], "name": ADMIN[0], "password": ADMIN[1]})

    def log_in(self, name, password):
        self.cookie = self.csrf = self.token = None
        return self.ask("POST", "/api/v1/session", {"name": name, "password": password})


class ServeTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.folder = self.data_folder()
        self.folder.read(self.capture("synthetic_hour.pcap.zst"), dark=["198.18.0.0/16"])

    def serve(self, *flags):
        return Service(self, self.folder, *flags)

    def served(self):
        service = self.serve()
        self.assertEqual(200, service.set_up().status)
        return service

    def test_every_route_answers_as_it_is_described(self):
        service = self.served()
        document = service.get("/api/openapi.json").json()
        source = service.get("/api/v1/telescope/sources").json()["rows"][0]["source"]
        self.assertEqual(200, service.ask("PUT", "/api/v1/warning/members/A%20%2F%20B",
                                          {"live": ["0.0.0.0/0"]}).status)
        contact = service.ask("POST", "/api/v1/warning/members/A%20%2F%20B/contacts",
                              {"target": "mailto:soc@city.example"})
        self.assertEqual(201, contact.status, contact.bytes)
        self.begin_warning()
        member = self.member_of(service, "A / B")
        asked = 0
        for path, methods in document["paths"].items():
            if "get" not in methods:
                continue
            responses = methods["get"]["responses"]
            if "text/event-stream" in responses["200"].get("content", {}):
                continue
            target = path.replace("{address}", source).replace("{name}", "A%20%2F%20B")
            target = target.replace("{id}", "1").replace("{form}", "intelmq")
            who = member if path.startswith("/api/v1/portal/") else service
            names = {p["name"]: p["schema"] for p in methods["get"].get("parameters", [])
                     if p["in"] == "query"}
            for query in self.variants(names):
                with self.subTest(path=path, query=query):
                    answer = who.get(target, **query)
                    self.assertEqual(200, answer.status, answer.bytes[:500])
                    self.check_described(document, responses, answer)
                    asked += 1
            for query in self.wrong_variants(names):
                with self.subTest(path=path, query=query):
                    answer = who.get(target, **query)
                    self.assertEqual(400, answer.status, answer.bytes[:500])
                    self.check_described(document, responses, answer)
        self.assertGreaterEqual(asked, 60)

    def begin_warning(self):
        """Number 1, of the member that was registered first."""
        with contextlib.closing(sqlite3.connect(self.folder.path / "state.db")) as database:
            story = struct.pack("<BqqQQQQQQqIIII", 1, 0, 0, 1, 40, 1, 0, 0, 1, -1, 0, 0, 0, MARKS)
            database.execute(
                "INSERT INTO warning (member, address, traffic, first, last, state, story) "
                "VALUES (1, '192.0.2.1', 0, 0, 0, 1, ?)", (story + bytes(8 * MARKS),))
            database.commit()

    def member_of(self, service, name):
        """Somebody of a member organisation."""
        made = service.ask("POST", "/api/v1/accounts", {
            "name": "mia", "role": "member", "member": name, "password": "twelve and more"})
        self.assertEqual(201, made.status, made.bytes)
        member = copy.copy(service)
        self.assertEqual(200, member.log_in("mia", "twelve and more").status)
        return member

    def variants(self, names):
        """Queries that a route with these parameters takes: each value of a choice, pages, and a
        filter that leaves little or nothing."""
        yield {}
        for name, schema in names.items():
            for word in schema.get("enum", []):
                yield {name: word}
            if schema["type"] == "boolean":
                yield {name: "true"}
        if "limit" in names and "offset" in names:
            yield {"limit": 1, "offset": 1}
            yield {"limit": names["limit"]["maximum"], "offset": 1_000_000}
        if "format" in names and "csv" in names["format"].get("enum", []):
            yield {"format": "csv", "limit": 2} if "limit" in names else {"format": "csv"}
        for name, value in (("period", "2031"), ("country", "JP"), ("asn", "AS64496"),
                            ("tool", "mirai"), ("class", "scan_tcp"), ("port", "23/tcp"),
                            ("source", "192.0.2.0/24")):
            if name in names:
                yield {name: value}

    def wrong_variants(self, names):
        yield {"no-such-parameter": "1"}
        for name, schema in names.items():
            if schema["type"] == "integer":
                yield {name: schema["maximum"] + 1 if schema["maximum"] < 2**63 - 1 else "many"}
                yield {name: schema["minimum"] - 1}
            elif "enum" in schema or schema["type"] == "boolean":
                yield {name: "neither"}
            elif name in ("period", "from", "until", "last", "port", "country", "asn", "tool",
                          "class", "source", "victim", "organisation"):
                yield {name: "what is this"}

    def check_described(self, document, responses, answer):
        """The answer's status, content type and body are those that the document declares."""
        declared = responses.get(str(answer.status)) or responses["default"]
        kind = answer.headers["Content-Type"].split(";")[0]
        self.assertIn(kind, declared["content"])
        if kind.endswith(("/json", "+json")):
            schema = declared["content"][kind].get("schema", {})
            jsonschema.Draft202012Validator(
                {**schema, "components": document["components"]}).validate(answer.json())
        elif kind == "text/csv" and "Sections" not in declared["description"]:
            lines = list(csv.reader(io.StringIO(answer.bytes.decode())))
            self.assertEqual(1, len({len(line) for line in lines if len(lines) > 1} or {1}))

    def test_what_the_document_declares_of_errors_is_true(self):
        service = self.served()
        document = service.get("/api/openapi.json").json()
        self.assertEqual(200, service.ask("PUT", "/api/v1/warning/members/A",
                                          {"live": ["0.0.0.0/0"]}).status)
        member = self.member_of(service, "A")
        for path, methods in document["paths"].items():
            who = member if path.startswith("/api/v1/portal/") else service
            for method in set(methods) & {"get", "post", "put", "patch", "delete"}:
                responses = methods[method]["responses"]
                session, who.cookie, who.csrf = (who.cookie, who.csrf), None, None
                answer = who.ask(method.upper(), re.sub(r"\{\w+\}", "1", path))
                who.cookie, who.csrf = session
                if answer.status >= 400:
                    with self.subTest(method=method, path=path):
                        self.check_described(document, responses, answer)
                if "requestBody" in methods[method]:
                    taken, = methods[method]["requestBody"]["content"]
                    for body, content_type, status in (
                            (b"not json", taken, 400), (b"{}", "text/plain", 415),
                            (b"{}", taken, 400)):
                        with self.subTest(method=method, path=path, body=body):
                            answer = who.ask(method.upper(), re.sub(r"\{\w+\}", "1", path),
                                             body, {"Content-Type": content_type})
                            self.assertIn(answer.status, {status, 404} if status == 400
                                          else {status})
                            self.check_described(document, responses, answer)

    def test_filters_mean_the_same_on_every_route(self):
        service = self.served()
        everything = {row["class"]: row["packets"]
                      for row in service.get("/api/v1/telescope/totals").json()["rows"]}
        top = service.get("/api/v1/telescope/ranking", by="country", limit=1).json()["rows"][0]
        country = top["country"]
        for name, value in (("country", country), ("tool", "mirai"), ("port", "23/tcp"),
                            ("survey", "without")):
            with self.subTest(name=name):
                rows = service.get("/api/v1/telescope/totals", **{name: value}).json()["rows"]
                told = {row["class"]: row["packets"] for row in rows if not row["is_sum"]}
                self.assertTrue(told)
                for packet_class, packets in told.items():
                    self.assertLessEqual(packets, everything[packet_class])
                # The numbers, the 5-minute rows and the daily rows say the same.
                for step in ("5min", "hour", "day"):
                    one = service.get("/api/v1/telescope/series", step=step, top=20,
                                      **{name: value}).json()
                    both = service.get("/api/v1/telescope/series", step=step, top=20,
                                       source="0.0.0.0/0", **{name: value}).json()
                    by_class = {entry["value"]: sum(values)
                                for entry, values in zip(one["names"], one["values"])}
                    # Of the numbers a tool is decided step by step, of the rows day by day.
                    if name != "tool" or step == "day":
                        self.assertEqual(told, by_class, step)
                        self.assertEqual(one["names"], both["names"], step)
                        self.assertEqual(one["values"], both["values"], step)
                    self.assertEqual(sum(told.values()), sum(map(sum, both["values"])), step)
        both = service.get("/api/v1/telescope/totals", country=country, port="23/tcp").json()
        lines = service.get("/api/v1/telescope/series", by="country", port="23/tcp", step="hour",
                            top=20).json()
        of_country = [sum(values) for entry, values in zip(lines["names"], lines["values"])
                      if entry["value"] == country]
        self.assertEqual([row["packets"] for row in both["rows"] if row["class"] == "scan_tcp"],
                         of_country)

    def test_series_are_compared_with_the_period_before(self):
        service = self.served()
        whole = service.get("/api/v1/telescope/series", step="5min", top=3).json()
        self.assertIsNone(whole["before"])
        half = len(whole["times"]) // 2
        start, middle = whole["times"][0], whole["times"][half]
        length = 300 * half
        later = service.get("/api/v1/telescope/series", step="5min", top=3, compare="true",
                            **{"from": middle, "until": self.plus(middle, length)}).json()
        self.assertEqual(start, later["before"]["period"]["from"])
        self.assertEqual(middle, later["before"]["period"]["until"])
        earlier = service.get("/api/v1/telescope/series", step="5min", top=20,
                              **{"from": start, "until": middle}).json()
        by_name = {entry["value"]: values
                   for entry, values in zip(earlier["names"], earlier["values"])}
        self.assertEqual([by_name[entry["value"]] for entry in later["names"]],
                         later["before"]["values"])

    def plus(self, moment, seconds):
        parsed = datetime.datetime.fromisoformat(moment.rstrip("Z"))
        return (parsed + datetime.timedelta(seconds=seconds)).isoformat() + "Z"

    def test_fine_steps_beyond_the_kept_rows_are_refused(self):
        service = self.served()
        answer = service.get("/api/v1/telescope/series", step="hour", source="0.0.0.0/0",
                             period="2031", top=1)
        self.assertEqual(422, answer.status, answer.bytes)
        self.assertIn("step=day", answer.json()["detail"])
        days = service.get("/api/v1/telescope/series", step="day", source="0.0.0.0/0",
                           period="2031")
        self.assertEqual(200, days.status)

    def test_analysts_ask_in_sql(self):
        service = self.served()
        statement = "SELECT class, sum(packets) AS packets FROM activity GROUP BY class ORDER BY 1"
        answer = service.ask("POST", "/api/v1/sql", {"statement": statement})
        self.assertEqual(200, answer.status, answer.bytes)
        rows = answer.json()["rows"]
        self.assertEqual(["class", "packets"], [c["name"] for c in answer.json()["columns"]])
        self.check_described(
            service.get("/api/openapi.json").json(),
            service.get("/api/openapi.json").json()["paths"]["/api/v1/sql"]["post"]["responses"],
            answer)
        text = service.ask("POST", "/api/v1/sql?format=csv", {"statement": statement}).bytes
        self.stop(service)
        self.assertEqual(self.folder.json("sql", statement), rows)
        self.assertEqual(self.folder.run("sql", statement, "--format", "csv").out.encode(), text)

    def test_rows_are_those_of_the_command_line(self):
        service = self.served()
        questions = {
            ("ranking", "by=tcp-port&survey=without&limit=20"):
                ("top", "--by", "tcp-port", "--survey", "without", "--limit", "20"),
            ("ranking", "by=country&order=hosts&limit=20"):
                ("top", "--by", "country", "--order", "hosts", "--limit", "20"),
            ("ranking", "by=port&country=CN&limit=5"):
                ("top", "--by", "port", "--country", "CN", "--limit", "5"),
            ("sources", "tool=mirai&limit=7"): ("sources", "--tool", "mirai", "--limit", "7"),
            ("events", "port=23&limit=9"): ("events", "--port", "23", "--limit", "9"),
            ("attacks", "limit=50"): ("attacks",),
            ("scanners", "limit=50"): ("scanners",),
            ("activity", "limit=30"): ("activity", "--limit", "30"),
        }
        answers = {question: service.get(f"/api/v1/telescope/{question[0]}?{question[1]}").json()
                   for question in questions}
        report = service.get("/api/v1/telescope/report").json()
        self.stop(service)
        for question, verb in questions.items():
            with self.subTest(question=question):
                self.assertEqual(self.folder.json("telescope", *verb), answers[question]["rows"])
        self.assertEqual(self.folder.json("telescope", "report"), report)

    def test_pages_add_up_to_the_whole(self):
        service = self.served()
        whole = service.get("/api/v1/telescope/sources", limit=50).json()
        self.assertTrue(whole["more"])
        pages = [service.get("/api/v1/telescope/sources", limit=10, offset=offset).json()["rows"]
                 for offset in range(0, 50, 10)]
        self.assertEqual(whole["rows"], sum(pages, []))

    def test_series_add_up_to_the_totals(self):
        service = self.served()
        totals = service.get("/api/v1/telescope/totals").json()["rows"]
        packets = {row["class"]: row["packets"] for row in totals if not row["is_sum"]}
        for step in ("5min", "hour", "day"):
            series = service.get("/api/v1/telescope/series", step=step, top=20).json()
            told = {name["value"]: sum(values)
                    for name, values in zip(series["names"], series["values"])}
            self.assertEqual(packets, told, step)
        ports = service.get("/api/v1/telescope/series", by="tcp-port", top=3).json()
        self.assertEqual(3, len(ports["names"]))
        self.assertEqual(packets["scan_tcp"], sum(map(sum, ports["values"])) + sum(ports["rest"]))

    def test_the_last_hours_are_those_before_the_end_of_the_data(self):
        service = self.served()
        data = service.get("/api/v1/telescope/overview").json()["data"]
        everything = service.get("/api/v1/telescope/totals").json()["period"]
        self.assertEqual(data["from"], everything["from"])
        self.assertLess(data["until"], everything["until"], "the last day is not over")
        last = service.get("/api/v1/telescope/totals", last="1h").json()
        self.assertEqual(data["until"], last["period"]["until"])
        self.assertGreater(sum(row["packets"] for row in last["rows"]), 0)

    def test_what_is_wrong_with_a_question_is_said(self):
        service = self.served()
        for path, words in (
                ("ranking?by=colour", "by"), ("ranking?limit=0", "limit"),
                ("ranking?lmit=5", "limit"), ("sources?country=XYZ", "country"),
                ("sources?port=telnet", "port"), ("sources?period=yesterday", "period"),
                ("sources?source=300.1.1.1", "source"), ("sources/nobody", "nobody"),
                ("series?step=5min&period=2026&top=20", "longer steps"),
                ("sources?tool=%27%20OR%201%3D1%20--", "tool"),
                ("sources?organisation=%27%3BDROP%20TABLE%20activity", "organisation"),
                ("ranking?from=2026-01-02&until=2026-01-01", "until")):
            with self.subTest(path=path):
                answer = service.get("/api/v1/telescope/" + path)
                self.assertEqual(400, answer.status, answer.bytes)
                self.assertEqual("application/problem+json", answer.headers["Content-Type"])
                self.assertIn(words, answer.json()["detail"])
        self.assertEqual(404, service.get("/api/v1/telescope/sources/192.0.2.77").status)
        self.assertEqual(404, service.get("/api/v1/nothing").status)
        self.assertEqual(405, service.ask("PUT", "/api/v1/telescope/totals").status)

    def test_tables_come_as_csv_too(self):
        service = self.served()
        by_format = service.get("/api/v1/telescope/ranking", by="country", format="csv")
        by_accept = service.ask("GET", "/api/v1/telescope/ranking?by=country", None,
                                {"Accept": "text/csv"})
        self.assertTrue(by_format.headers["Content-Type"].startswith("text/csv"))
        self.assertEqual(by_format.bytes, by_accept.bytes)
        self.assertTrue(by_format.bytes.startswith(b"country,name,packets,share,"))
        page = service.get("/api/v1/telescope/report", format="html")
        self.assertTrue(page.headers["Content-Type"].startswith("text/html"))
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])

    def test_nobody_reads_without_logging_in(self):
        service = self.served()
        document = service.get("/api/openapi.json").json()
        service.cookie = service.csrf = None
        open_to_all = {("post", "/api/v1/session"), ("post", "/api/v1/setup"), ("get", "/healthz"),
                       ("get", "/metrics"), ("get", "/api/openapi.json")}
        for path, methods in document["paths"].items():
            for method in set(methods) & {"get", "post", "put", "patch", "delete"}:
                with self.subTest(method=method, path=path):
                    answer = service.ask(method.upper(), re.sub(r"\{\w+\}", "1", path))
                    if (method, path) in open_to_all:
                        self.assertNotIn(answer.status, (401, 403))
                    else:
                        self.assertEqual(401, answer.status)

    def test_roles_scopes_and_csrf(self):
        service = self.served()
        viewer = {"name": "vera", "role": "viewer", "password": "twelve and more"}
        self.assertEqual(201, service.ask("POST", "/api/v1/accounts", viewer).status)
        self.assertEqual(409, service.ask("POST", "/api/v1/accounts", viewer).status)
        csrf, service.csrf = service.csrf, None
        self.assertEqual(403, service.ask("DELETE", "/api/v1/accounts/vera").status)
        self.assertEqual(403, service.ask("DELETE", "/api/v1/accounts/vera",
                                          headers={"X-CSRF-Token": csrf[::-1]}).status)
        service.csrf = csrf
        self.assertEqual(409, service.ask("DELETE", "/api/v1/accounts/admin").status)

        self.assertEqual(401, service.log_in("vera", "not her password").status)
        self.assertEqual(200, service.log_in("vera", "twelve and more").status)
        self.assertEqual(200, service.get("/api/v1/telescope/totals").status)
        for method, path in (("GET", "/api/v1/accounts"), ("GET", "/api/v1/audit"),
                             ("DELETE", "/api/v1/accounts/admin")):
            self.assertEqual(403, service.ask(method, path).status)
        wide = {"name": "wide", "scopes": ["read", "admin"]}
        self.assertEqual(403, service.ask("POST", "/api/v1/tokens", wide).status)
        made = service.ask("POST", "/api/v1/tokens", {"name": "mine", "scopes": ["read"]})
        self.assertEqual(201, made.status)
        self.assertEqual(204, service.ask("DELETE", "/api/v1/session").status)
        service.cookie = service.csrf = None
        service.token = made.json()["token"]
        self.assertEqual(200, service.get("/api/v1/telescope/totals").status)
        self.assertEqual(204, service.ask("DELETE", f"/api/v1/tokens/{made.json()['id']}").status)
        self.assertEqual(401, service.get("/api/v1/telescope/totals").status)

        service.log_in(*ADMIN)
        log = service.get("/api/v1/audit").json()["rows"]
        self.assertEqual([("vera", "token.revoke"), ("vera", "token.create"),
                          ("admin", "account.create"), ("", "account.setup")],
                         [(row["account"], row["action"]) for row in log])
        self.assertNotIn("twelve and more", json.dumps(log))

    def test_sessions_and_rows_outlive_a_kill(self):
        service = self.served()
        before = service.get("/api/v1/telescope/totals").json()
        service.process.kill()
        service.process.communicate()
        again = self.serve()
        again.cookie = service.cookie
        self.assertEqual(before, again.get("/api/v1/telescope/totals").json())
        self.assertEqual(200, again.log_in(*ADMIN).status)

    def test_it_stops_cleanly_when_told_to(self):
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            service = self.serve()
            self.assertEqual(200, service.get("/healthz").status)
            service.process.send_signal(signal_number)
            self.assertEqual(0, service.process.wait(60))
        tools = self.folder.json("telescope", "top", "--by", "tool", "--limit", "1")
        self.assertEqual(1, len(tools))

    def test_a_start_that_cannot_be_is_one_line(self):
        service = self.serve()
        other = self.data_folder()
        for flags, words in (
                (("--port", str(service.port)), "in use"),
                (("--port", "0", "--address", "nowhere"), "nowhere"),
                (("--port", "0", "--certificate", "absent.pem", "--key", "absent.key"),
                 "absent.pem")):
            with self.subTest(flags=flags):
                done = other.try_run("serve", *flags)
                self.assertEqual(1, done.code)
                self.assertEqual(1, len(done.err.strip().splitlines()), done.err)
                self.assertIn(words, done.err)

    def test_tls_by_certificate_files(self):
        key, certificate = str(self.folder.path) + ".key", str(self.folder.path) + ".pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out",
                        certificate, "-subj", "/CN=localhost", "-days", "2"],
                       check=True, capture_output=True)
        service = self.serve("--certificate", certificate, "--key", key)
        self.assertTrue(service.secure)
        answer = service.set_up()
        self.assertEqual(200, answer.status)
        self.assertIn("Secure", answer.headers["Set-Cookie"])
        self.assertEqual(200, service.get("/api/v1/telescope/totals").status)

    def stop(self, service):
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, service.process.wait(60))
