# SPDX-License-Identifier: Apache-2.0
"""What an account of a member organisation may do: everything with its own, nothing else.

The routes come from the service's own OpenAPI document, so a new one is tried without anybody
thinking of it.
"""

import re
import time

import harness
from serve_test import ADMIN, Service
from warning_test import MEMBERS, OTHERS_DARK, OWN_DARK, planted

PASSWORD = "a good long secret"
# What everybody who is logged in may do with the own account, and what nobody need be for.
ANYBODY = re.compile(r"/api/v1/(session|tokens|setup)|/metrics$|/healthz$|/api/openapi.json$")


class PortalTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.folder = self.data_folder()
        self.folder.run("warning", "members", "import", self.write("m.csv", MEMBERS.encode()))
        others, own = planted()
        for name, capture in (("tokyo", others), ("city-a", own)):
            (self.scratch / name).mkdir()
            (self.scratch / name / "hour.pcap").write_bytes(capture)
        config = self.write("yagura.toml", (
            f'[[sensor]]\nname = "tokyo"\ndark = ["{OTHERS_DARK}"]\nspool = "tokyo"\n'
            f'[[sensor]]\nname = "city-a"\ndark = ["{OWN_DARK}"]\nspool = "city-a"\n').encode())
        self.service = Service(self, self.folder, "--config", config, "--commit-interval", "1s")
        self.assertEqual(200, self.service.set_up().status)
        for _ in range(harness.TIME_LIMIT * 10):
            self.rows = self.service.get("/api/v1/warning/warnings").json()["rows"]
            if len(self.rows) == 5:
                break
            time.sleep(0.1)
        self.make_account("ann", "City of A")
        self.make_account("bob", "B, a university")

    def make_account(self, name, member):
        made = self.service.ask("POST", "/api/v1/accounts", {
            "name": name, "role": "member", "member": member, "password": PASSWORD})
        self.assertEqual((201, member), (made.status, made.json()["member"]), made.bytes)

    def log_in(self, name):
        answer = self.service.log_in(name, PASSWORD if name != ADMIN[0] else ADMIN[1])
        self.assertEqual(200, answer.status)
        return answer.json()

    def portal(self, path, method="GET", body=None, **query):
        return self.service.ask(method, "/api/v1/portal/" + path, body, **query)

    def test_a_member_sees_its_own_and_only_that(self):
        session = self.log_in("ann")
        self.assertEqual(("member", "City of A", ["own"]),
                         (session["role"], session["member"], session["scopes"]))
        organisation = self.portal("organisation").json()
        self.assertEqual(("City of A", ["198.51.100.0/24"], [OWN_DARK]),
                         (organisation["name"], organisation["live"], organisation["dark"]))
        rows = self.portal("warnings").json()["rows"]
        self.assertEqual({"198.51.100.7", "198.51.100.8"}, {row["address"] for row in rows})
        self.assertNotIn("member", rows[0])
        for _ in range(harness.TIME_LIMIT * 10):  # until a commit has stored it
            history = self.portal("history").json()["rows"]
            if len(history) == 2:
                break
            time.sleep(0.1)
        self.assertEqual({"198.51.100.7", "198.51.100.8"}, {row["address"] for row in history})
        self.assertEqual(400, self.portal("warnings", member="B, a university").status)
        self.assertEqual(400, self.portal("history", member="B, a university").status)

    def test_a_member_gets_nothing_from_any_other_route(self):
        document = self.service.get("/api/openapi.json").json()
        self.log_in("ann")
        tried = 0
        for path, methods in document["paths"].items():
            if path.startswith("/api/v1/portal/") or ANYBODY.search(path):
                continue
            target = path.replace("{address}", "198.51.100.7").replace("{id}", "1")
            target = re.sub(r"\{\w+\}", "City%20of%20A", target)
            for method in methods:
                with self.subTest(path=path, method=method):
                    answer = self.service.ask(method.upper(), target,
                                              {} if method in ("post", "put", "patch") else None)
                    self.assertEqual(403, answer.status, answer.bytes[:200])
                    tried += 1
        self.assertGreaterEqual(tried, 40)

    def test_what_is_anothers_is_as_if_it_did_not_exist(self):
        contact = self.service.ask("POST", "/api/v1/warning/members/City%20of%20A/contacts",
                                   {"target": "mailto:soc@city.example"}).json()
        self.log_in("bob")
        for row in self.rows:
            if row["member"] != "City of A":
                continue
            for path, body in (("acknowledge", None), ("mute", {"until": None}),
                               ("comments", {"text": "x"})):
                answer = self.portal(f"warnings/{row['id']}/{path}", "POST", body)
                self.assertEqual(404, answer.status)
                missing = self.portal(f"warnings/999999/{path}", "POST", body)
                self.assertEqual(missing.bytes.replace(b"999999", str(row["id"]).encode()),
                                 answer.bytes)
            self.assertEqual(404, self.portal(f"warnings/{row['id']}/comments").status)
        self.assertEqual(404, self.portal(f"contacts/{contact['id']}", "DELETE").status)
        self.assertEqual(404, self.portal(f"contacts/{contact['id']}/test", "POST").status)
        self.log_in(ADMIN[0])
        member = self.service.get("/api/v1/warning/members/City%20of%20A").json()
        self.assertEqual([contact["id"]], [each["id"] for each in member["contacts"]])
        self.assertEqual({None}, {row["acknowledged"] for row in self.rows})

    def test_a_token_of_a_member_pulls_its_warnings(self):
        self.log_in("ann")
        self.assertEqual(403, self.service.ask("POST", "/api/v1/tokens", {
            "name": "all", "scopes": ["read"]}).status)
        token = self.service.ask("POST", "/api/v1/tokens", {"name": "pull", "scopes": ["own"]})
        self.assertEqual(201, token.status, token.bytes)
        self.service.cookie = self.service.csrf = None
        self.service.token = token.json()["token"]
        answer = self.portal("exports/shadowserver-darknet")
        self.assertEqual(("text/csv; charset=utf-8", 200),
                         (answer.headers["Content-Type"], answer.status))
        self.assertIn("event4_honeypot_darknet.csv", answer.headers["Content-Disposition"])
        self.assertIn(b"198.51.100.7", answer.bytes)
        self.assertEqual(404, self.portal("exports/nothing").status)
        self.assertEqual(403, self.service.get("/api/v1/warning/warnings").status)

    def test_operators_have_no_portal(self):
        self.assertEqual(403, self.portal("warnings").status)

    def test_a_member_works_on_its_warnings(self):
        number = next(row["id"] for row in self.rows if row["member"] == "City of A")
        operators = f"/api/v1/warning/warnings/{number}/comments"
        self.assertEqual(204, self.service.ask("POST", operators,
                                               {"text": "ask B, a university"}).status)
        self.log_in("ann")
        self.assertEqual(204, self.portal(f"warnings/{number}/acknowledge", "POST").status)
        self.assertEqual(204, self.portal(f"warnings/{number}/mute", "POST",
                                          {"until": "2099-01-01"}).status)
        self.assertEqual(400, self.portal(f"warnings/{number}/mute", "POST",
                                          {"until": "tomorrow"}).status)
        self.assertEqual(204, self.portal(f"warnings/{number}/comments", "POST",
                                          {"text": "host taken off the net"}).status)
        comments = self.portal(f"warnings/{number}/comments").json()["rows"]
        self.assertEqual([("ann", "host taken off the net")],
                         [(each["by"], each["text"]) for each in comments])
        row, = [row for row in self.portal("warnings").json()["rows"] if row["id"] == number]
        self.assertEqual(("ann", "2099-01-01T00:00:00Z", 1),
                         (row["acknowledged_by"], row["muted_until"], row["comments"]))
        for said in ("", "x" * 2001):
            self.assertEqual(400, self.portal(f"warnings/{number}/comments", "POST",
                                              {"text": said}).status)
        self.log_in(ADMIN[0])
        self.assertEqual(2, len(self.service.get(operators).json()["rows"]))

    def test_blocks_within_the_allocation_change_at_once_and_others_wait(self):
        self.log_in("ann")
        half = self.portal("blocks", "PUT", {"live": ["198.51.100.0/25"], "dark": []})
        self.assertEqual((200, ["198.51.100.0/25"], ["198.51.100.0/24", OWN_DARK]),
                         (half.status, half.json()["live"], half.json()["allocation"]))
        # What is another's and what is nobody's get the same answer.
        for beyond in ("203.0.113.0/25", "192.0.2.0/24", "198.18.0.0/16"):
            claimed = self.portal("blocks", "PUT", {"live": ["198.51.100.0/24", beyond]})
            self.assertEqual((202, ["198.51.100.0/25"]), (claimed.status, claimed.json()["live"]))
        self.log_in(ADMIN[0])
        path = "/api/v1/warning/members/City%20of%20A/claim/"
        claim, = self.service.get("/api/v1/warning/claims").json()["rows"]
        self.assertEqual(("City of A", 2), (claim["member"], claim["live"]))
        self.assertEqual(204, self.service.ask("POST", path + "approve").status)
        member = self.service.get("/api/v1/warning/members/City%20of%20A").json()
        self.assertEqual((["198.18.0.0/16", "198.51.100.0/24"], None),
                         (member["live"], member["claim"]))
        self.log_in("ann")
        self.portal("blocks", "PUT", {"live": ["203.0.113.0/25"]})
        self.log_in(ADMIN[0])
        refused = self.service.ask("POST", path + "approve")
        self.assertEqual(409, refused.status)
        self.assertIn("B, a university", refused.json()["detail"])
        self.assertEqual(204, self.service.ask("POST", path + "refuse").status)
        self.assertEqual(404, self.service.ask("POST", path + "refuse").status)
        self.assertEqual([], self.folder.json("warning", "claims"))

    def test_a_member_keeps_its_mail_contacts(self):
        self.log_in("ann")
        for target in ("https://127.0.0.1/x", "syslog+udp://127.0.0.1:514", "mailto:x", "soc@a.b"):
            self.assertEqual(400, self.portal("contacts", "POST", {"target": target}).status)
        made = self.portal("contacts", "POST", {
            "target": "mailto:soc@city.example", "language": "ja", "quiet": "22:00-07:00 +09:00"})
        self.assertEqual(201, made.status, made.bytes)
        self.assertEqual(202, self.portal(f"contacts/{made.json()['id']}/test", "POST").status)
        contact, = self.portal("organisation").json()["contacts"]
        self.assertEqual(("mailto:soc@city.example", "ja", "22:00-07:00 +09:00"),
                         (contact["target"], contact["language"], contact["quiet"]))
        self.log_in(ADMIN[0])
        hook = self.service.ask("POST", "/api/v1/warning/members/City%20of%20A/contacts",
                                {"target": "https://hooks.example/services/secret"})
        self.assertRegex(hook.json()["secret"], "^whsec_")
        self.log_in("ann")
        targets = [each["target"] for each in self.portal("organisation").json()["contacts"]]
        self.assertEqual(["mailto:soc@city.example", "https://hooks.example/..."], targets)
        self.assertEqual(204, self.portal(f"contacts/{made.json()['id']}", "DELETE").status)

    def test_an_account_goes_with_its_organisation(self):
        self.assertEqual(204, self.service.ask("DELETE",
                                               "/api/v1/warning/members/City%20of%20A").status)
        self.assertEqual(401, self.service.log_in("ann", PASSWORD).status)

    def test_accounts_keep_to_their_side(self):
        for body in ({"role": "member"}, {"role": "viewer", "member": "City of A"},
                     {"role": "member", "member": "C"}):
            made = self.service.ask("POST", "/api/v1/accounts",
                                    {"name": "eve", "password": PASSWORD, **body})
            self.assertIn(made.status, (400, 404))
        self.assertEqual(409, self.service.ask("PATCH", "/api/v1/accounts/ann",
                                               {"role": "admin"}).status)
        self.assertEqual(409, self.service.ask("PATCH", "/api/v1/accounts/admin",
                                               {"role": "member"}).status)
