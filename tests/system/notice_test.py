# SPDX-License-Identifier: Apache-2.0
"""What members are sent, to a real mail server, a webhook and a syslog server, over crashes."""

import base64
import collections
import ipaddress
import json
import pathlib
import random
import shutil
import subprocess
import time

import harness
from receivers import MailServer, SyslogServer, Webhook
from serve_test import ADMIN, Service
from warning_test import MEMBERS, OTHERS_DARK, OWN_DARK, SYN, pcap, planted, tcp

CITY, UNIVERSITY = "City of A", "B, a university"
SCHEMA = pathlib.Path(__file__).parents[2] / "data" / "warning.xsd"
DARKNET_COLUMNS = (
    "timestamp,protocol,src_ip,src_port,src_asn,src_geo,src_region,src_city,src_hostname,src_naics,"
    "src_sector,device_vendor,device_type,device_model,severity,dst_ip,dst_port,dst_asn,dst_geo,"
    "dst_region,dst_city,dst_hostname,dst_naics,dst_sector,public_source,infection,family,tag,"
    "application,version,event_id,count").split(",")
QUICK = ("--first-wait", "1s", "--mail-from", "warning@yagura.example")


class NoticeTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        self.mail_server = MailServer(self)
        self.folder = self.data_folder()
        self.folder.run("warning", "members", "import", self.write("m.csv", MEMBERS.encode()))
        for name in ("tokyo", "city-a"):
            (self.scratch / name).mkdir()
        self.config = self.write("yagura.toml", (
            f'[[sensor]]\nname = "tokyo"\ndark = ["{OTHERS_DARK}"]\nspool = "tokyo"\n'
            f'[[sensor]]\nname = "city-a"\ndark = ["{OWN_DARK}"]\nspool = "city-a"\n').encode())

    def add_contact(self, member, target, *flags):
        return self.folder.run("warning", "contacts", "add", member, target, *flags).err

    def serve(self, *flags, spacing="1s", tls="--no-relay-tls"):
        return Service(self, self.folder, "--config", self.config, "--relay",
                       self.mail_server.url, "--notice-spacing", spacing, *QUICK, tls, *flags)

    def put(self, sensor, name, capture):
        part = self.scratch / f"{name}.part"
        part.write_bytes(capture)
        part.rename(self.scratch / sensor / name)

    def wait_for(self, condition):
        for _ in range(harness.TIME_LIMIT * 10):
            if found := condition():
                return found
            time.sleep(0.1)
        self.fail("in vain: " + "\n".join(
            f"{mail.to} {mail.id}: {mail.warnings()}" for mail in self.mail_server.mails()))

    def told(self, mailbox):
        """How often a mailbox was told what, by mails with different ids."""
        mails = {mail.id: mail for mail in self.mail_server.mails() if mail.to == mailbox}
        return collections.Counter(
            (address, change) for mail in mails.values() for address, change, _ in mail.warnings())


class PlantedNoticeTest(NoticeTest):

    EXPECTED = {"soc@city.example": {"198.51.100.7", "198.51.100.8"},
                "noc@university.example": {"203.0.113.9", "203.0.113.10", "203.0.113.80"}}

    def put_planted(self):
        others, own = planted()
        self.put("tokyo", "hour.pcap", others)
        self.put("city-a", "hour.pcap", own)

    def put_silence(self):
        later = [(26 * 3600, tcp("192.0.2.99", "198.18.3.1", 40000, 445, SYN))]
        own = [(26 * 3600, tcp("192.0.2.99", "198.51.100.130", 40000, 445, SYN))]
        self.put("tokyo", "later.pcap", pcap(later))
        self.put("city-a", "later.pcap", pcap(own))

    def all_told(self, change):
        def done():
            return all({(address, change) for address in addresses} <= set(self.told(mailbox))
                       for mailbox, addresses in self.EXPECTED.items())
        self.wait_for(done)

    def test_each_begin_and_end_is_told_once_in_the_language_of_the_contact(self):
        self.add_contact(CITY, "mailto:soc@city.example", "--language", "ja")
        self.add_contact(UNIVERSITY, "mailto:noc@university.example")
        webhook, syslog = Webhook(self), SyslogServer(self)
        said = self.add_contact(CITY, webhook.url)
        webhook.secret = said.split()[-1]
        self.add_contact(CITY, f"syslog+tcp://127.0.0.1:{syslog.port}")
        self.serve()
        self.put_planted()
        self.all_told("new")
        self.put_silence()
        self.all_told("resolved")
        for mailbox, addresses in self.EXPECTED.items():
            told = {key: n for key, n in self.told(mailbox).items() if key[1] != "continuing"}
            self.assertEqual({(address, change): 1 for address in addresses
                              for change in ("new", "resolved")}, told)
        mails = self.mail_server.mails()
        self.assertEqual(len(mails), len({mail.id for mail in mails}))
        self.check_mails(mails)
        self.check_others(webhook, syslog)

    def check_mails(self, mails):
        for mail in mails:
            japanese = mail.to == "soc@city.example"
            self.assertEqual("ja" if japanese else "en", mail.message["Content-Language"])
            self.assertEqual(japanese, any("\u3041" <= c <= "\u30ff" for c in mail.text))
            xml = self.scratch / "notice.xml"
            xml.write_bytes(mail.files["warning.xml"])
            valid = subprocess.run(["xmllint", "--noout", "--schema", str(SCHEMA), str(xml)],
                                   capture_output=True, text=True, check=False)
            self.assertEqual(0, valid.returncode, valid.stderr)
            for name in mail.files:
                if name == "event4_honeypot_darknet.csv":
                    rows = mail.table(name)
                    self.assertEqual(DARKNET_COLUMNS, list(rows[0]))
                    self.assertEqual({""}, {row["dst_ip"] for row in rows})
        kinds = {address: kind for mail in mails for address, change, kind in mail.warnings()
                 if change == "resolved"}
        self.assertEqual({"198.51.100.7": "external", "198.51.100.8": "internal",
                          "203.0.113.9": "misconfiguration", "203.0.113.10": "external",
                          "203.0.113.80": "under_attack"}, kinds)
        victim, = [mail for mail in mails if mail.to == "noc@university.example" and
                   ("203.0.113.80", "resolved", "under_attack") in mail.warnings()]
        row, = victim.table("event4_honeypot_ddos_target.csv")
        self.assertEqual("203.0.113.80", row["dst_ip"])

    def check_others(self, webhook, syslog):
        everything = {(address, change) for address in self.EXPECTED["soc@city.example"]
                      for change in ("new", "resolved")}

        def hooked():
            return collections.Counter(
                (warning["address"], warning["change"]) for _, body in webhook.taken
                for warning in json.loads(body)["warnings"])
        self.wait_for(lambda: set(hooked()) == everything)
        self.assertEqual({1}, set(hooked().values()))
        self.assertEqual([], webhook.refused)
        self.wait_for(lambda: len(syslog.lines()) == len(everything))
        for line in syslog.lines():
            self.assertRegex(line, r"^<1[34]\d>1 \S+Z \S+ yagura - \S+ - \ufeffCEF:0\|Yagura\|")

    def test_nobody_learns_a_dark_address_or_another_member(self):
        self.add_contact(CITY, "mailto:soc@city.example", "--language", "ja")
        self.add_contact(CITY, "mailto:csirt@city.example")
        self.add_contact(UNIVERSITY, "mailto:noc@university.example")
        webhook, syslog = Webhook(self), SyslogServer(self)
        webhook.secret = self.add_contact(CITY, webhook.url).split()[-1]
        self.add_contact(CITY, f"syslog+tcp://127.0.0.1:{syslog.port}")
        service = self.serve()
        self.assertEqual(200, service.set_up().status)
        self.put_planted()
        self.all_told("new")
        self.put_silence()
        self.all_told("resolved")
        self.wait_for(lambda: len(syslog.lines()) == 4)
        city = [body for _, body in webhook.taken] + [syslog.bytes]
        university = []
        for mail in self.mail_server.mails():
            out = city if mail.to.endswith("@city.example") else university
            out += [mail.bytes, mail.text.encode(), *mail.files.values()]
        city += self.portal_bytes(service, "ann", CITY)
        university += self.portal_bytes(service, "bob", UNIVERSITY)
        self.assertGreater(len(city), 20)
        self.assertGreater(len(university), 10)
        dark = [f"198.18.3.{i}" for i in range(30)] + [f"198.18.{i}.1" for i in range(40)]
        dark += ["198.18.7.7", "198.18.9.9", "198.51.100.131", "198.51.100.132"]
        for sent in city:
            self.assert_hides(sent, dark + ["203.0.113.80", "203.0.113.9"], UNIVERSITY)
        for sent in university:
            self.assert_hides(sent, dark + ["198.51.100.7", "198.51.100.8"], CITY)

    def portal_bytes(self, service, name, member):
        """Every byte that the routes of the portal give an account of a member."""
        password = "a good long secret"
        made = service.ask("POST", "/api/v1/accounts", {
            "name": name, "role": "member", "member": member, "password": password})
        self.assertEqual(201, made.status, made.bytes)
        document = service.get("/api/openapi.json").json()
        self.assertEqual(200, service.log_in(name, password).status)
        bodies = []
        numbers = [row["id"] for row in
                   service.get("/api/v1/portal/warnings", state="all").json()["rows"]]
        for path, methods in document["paths"].items():
            if "get" not in methods or not path.startswith("/api/v1/portal/"):
                continue
            for number in numbers:
                for form in ("shadowserver-darknet", "shadowserver-ddos", "intelmq", "cef"):
                    target = path.replace("{id}", str(number)).replace("{form}", form)
                    query = {"state": "all"} if "state" in str(methods["get"]) else {}
                    for form_of_table in ("json", "csv"):
                        if "csv" in str(methods["get"].get("parameters")):
                            query["format"] = form_of_table
                        answer = service.get(target, **query)
                        self.assertEqual(200, answer.status, target)
                        bodies.append(answer.bytes)
        service.log_in(*ADMIN)
        return bodies

    def assert_hides(self, sent, addresses, member):
        self.assertNotIn(member.encode(), sent)
        for address in addresses:
            packed = ipaddress.ip_address(address).packed
            number = int.from_bytes(packed, "big")
            swapped = int.from_bytes(packed, "little")
            forms = [address.encode(), packed.hex().encode(), packed[::-1].hex().encode(),
                     str(number).encode(), str(swapped).encode(), packed, packed[::-1],
                     base64.b64encode(packed).rstrip(b"="),
                     base64.b64encode(packed[::-1]).rstrip(b"=")]
            for form in forms:
                self.assertNotRegex(sent, self.alone(form))

    @staticmethod
    def alone(form):
        """The form, not as a part of a longer number or word."""
        escaped = "".join(f"\\x{byte:02x}" for byte in form)
        return f"(?<![0-9A-Za-z.+/]){escaped}(?![0-9A-Za-z.+/])".encode()

    def test_a_mail_server_that_speaks_tls_is_trusted_by_its_authority_alone(self):
        key, certificate = self.scratch / "key.pem", self.scratch / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key),
             "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        self.mail_server.kill()
        shutil.rmtree(self.scratch / "mails")
        self.mail_server = MailServer(self, (certificate, key))
        self.add_contact(CITY, "mailto:soc@city.example")
        service = self.serve(tls="--relay-tls")
        self.assertEqual(200, service.set_up().status)
        self.assertEqual(202, service.ask("POST", "/api/v1/warning/contacts/1/test").status)

        def failed():
            return [row for row in service.get("/api/v1/warning/outbox").json()["rows"]
                    if row["error"]]
        row, = self.wait_for(failed)
        self.assertRegex(row["error"], "certificate")
        service.end()
        self.serve("--authorities", str(certificate), tls="--relay-tls")
        mail, = self.wait_for(self.mail_server.mails)
        self.assertIn("test", mail.text)

    def test_what_is_refused_for_good_is_seen_and_can_be_tried_again(self):
        self.add_contact(CITY, "mailto:nobody@city.example")
        service = self.serve()
        self.assertEqual(200, service.set_up().status)
        self.assertEqual(202, service.ask("POST", "/api/v1/warning/contacts/1/test").status)
        self.assertEqual(409, service.ask("POST", "/api/v1/warning/contacts/1/test").status)

        def dead():
            return service.get("/api/v1/warning/outbox", state="dead").json()["rows"]
        row, = self.wait_for(dead)
        self.assertEqual((1, "mailto:nobody@city.example"), (row["attempts"], row["target"]))
        self.assertIn("550", row["error"])
        self.assertEqual(204, service.ask(
            "POST", f"/api/v1/warning/outbox/{row['id']}/retry").status)
        self.wait_for(lambda: [each["attempts"] for each in dead()] == [2])
        self.assertEqual(404, service.ask("POST", "/api/v1/warning/outbox/99/retry").status)
        self.wait_for(lambda: "\nyagura_notices_dead 1\n" in
                      service.get("/metrics").bytes.decode())


class FloodTest(NoticeTest):

    def test_many_packets_of_one_host_are_one_notice_and_digests(self):
        self.add_contact(CITY, "mailto:soc@city.example")
        self.serve("--digest-interval", "2s", "--commit-interval", "1s")
        rate = 100_000
        packets = [(i // rate, tcp("198.51.100.7", f"198.18.{i >> 8 & 255}.{i & 255}", 40000, 445,
                                   SYN)) for i in range(3 * rate)]
        self.put("tokyo", "flood.pcap", pcap(packets))

        def digests():
            return self.told("soc@city.example")[("198.51.100.7", "continuing")]
        self.wait_for(lambda: digests() >= 3)
        self.assertEqual(1, self.told("soc@city.example")[("198.51.100.7", "new")])
        last = [mail for mail in self.mail_server.mails()][-1]
        row = last.table("event4_honeypot_darknet.csv")[0]
        self.assertEqual(str(3 * rate), row["count"])

    def test_many_hosts_of_one_organisation_come_together(self):
        self.folder.run("warning", "members", "add", "Big", "--live", "100.64.0.0/16")
        self.add_contact("Big", "mailto:soc@big.example")
        self.serve(spacing="5s")
        hosts = [f"100.64.{i >> 8}.{i & 255}" for i in range(2_000)]
        self.put("tokyo", "many.pcap", pcap([
            (i // 100, tcp(host, "198.18.3.3", 40000, 445, SYN)) for i, host in enumerate(hosts)]))
        everybody = {(host, "new"): 1 for host in hosts}
        self.wait_for(lambda: dict(self.told("soc@big.example")) == everybody)
        mails = self.mail_server.mails()
        self.assertLessEqual(len(mails), 2)
        self.assertEqual(len(hosts), sum(len(mail.warnings()) for mail in mails))
        self.assertLess(max(len(mail.bytes) for mail in mails), 8 << 20)


class QuietTest(NoticeTest):

    def test_low_severity_waits_for_the_end_of_quiet_hours(self):
        hour = time.gmtime().tm_hour
        quiet = f"{(hour - 2) % 24:02}:00-{(hour + 3) % 24:02}:00"
        self.add_contact(UNIVERSITY, "mailto:quiet@university.example", "--quiet", quiet)
        self.add_contact(UNIVERSITY, "mailto:awake@university.example")
        self.serve("--commit-interval", "1s")
        once = [(1, tcp("203.0.113.10", "198.18.9.9", 5555, 80, SYN))]
        often = [(2, tcp("203.0.113.11", f"198.18.9.{i}", 5555, 80, SYN)) for i in range(30)]
        self.put("tokyo", "hour.pcap", pcap(once + often))
        self.wait_for(lambda: len(self.told("awake@university.example")) == 2)
        self.wait_for(lambda: self.told("quiet@university.example"))
        self.assertEqual({("203.0.113.11", "new")}, set(self.told("quiet@university.example")))

    def test_a_muted_address_is_told_to_nobody(self):
        self.add_contact(CITY, "mailto:soc@city.example")
        service = self.serve()
        self.assertEqual(200, service.set_up().status)

        def packets(hour):
            return pcap([(hour * 3600 + i, tcp(f"198.51.100.{host}", "198.18.3.3", 40000, 445, SYN))
                         for i in range(3) for host in (7, 8)])
        self.put("tokyo", "first.pcap", packets(0))
        self.wait_for(lambda: len(self.told("soc@city.example")) == 2)
        muted, = [row["id"] for row in service.get("/api/v1/warning/warnings").json()["rows"]
                  if row["address"] == "198.51.100.7"]
        path = f"/api/v1/warning/warnings/{muted}/mute"
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        self.assertEqual(204, service.ask("POST", path, {"until": until}).status)
        self.put("tokyo", "second.pcap", packets(30))
        self.wait_for(lambda: self.told("soc@city.example")[("198.51.100.8", "new")] == 2)
        told = self.told("soc@city.example")
        self.assertEqual((1, 0), (told[("198.51.100.7", "new")],
                                  told[("198.51.100.7", "resolved")]))
        self.assertEqual(1, told[("198.51.100.8", "resolved")])


class CrashTest(NoticeTest):

    def test_no_notice_is_lost_by_kills_and_repeats_have_the_same_id(self):
        rounds, hosts_a_round = 20, 5
        choice = random.Random(4)
        lines = ["member,use,prefix"] + [f"m{i},live,100.64.{i}.0/24" for i in range(rounds)]
        self.folder.run("warning", "members", "import",
                        self.write("rounds.csv", "\n".join(lines).encode()))
        for i in range(rounds):
            self.add_contact(f"m{i}", f"mailto:soc@m{i}.example")
        service = self.serve()
        everything = collections.Counter()
        for i in range(rounds):
            hosts = [f"100.64.{i}.{k + 1}" for k in range(hosts_a_round)]
            everything.update((host, "new") for host in hosts)
            self.put("tokyo", f"{i:02}.pcap", pcap([
                (i * 60 + k, tcp(host, f"198.18.3.{k}", 40000, 445, SYN))
                for k, host in enumerate(hosts)]))
            time.sleep(choice.random() * 0.6)
            if choice.random() < 0.5:
                self.mail_server.kill()
                time.sleep(choice.random() * 0.3)
                self.mail_server.start()
            else:
                service.process.kill()
                service.process.wait()
                service = self.serve()

        def told():
            return sum((self.told(f"soc@m{i}.example") for i in range(rounds)),
                       collections.Counter())
        self.wait_for(lambda: told() == everything)
        bodies = collections.defaultdict(set)
        for mail in self.mail_server.mails():
            bodies[mail.id].add(mail.bytes)
        self.assertEqual({1}, {len(different) for different in bodies.values()})
