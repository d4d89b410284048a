# SPDX-License-Identifier: Apache-2.0
"""Which members' addresses were in the dark: planted hosts give exactly the expected warnings."""

import csv
import io
import ipaddress
import json
import signal
import struct
import time

import harness
from harness import FAILED
from serve_test import ADMIN, Service

START = 1_767_225_600  # 2026-01-01
OTHERS_DARK = "198.18.0.0/16"
OWN_DARK = "198.51.100.128/25"  # of the City of A
TCP, UDP = 6, 17
SYN, SYN_ACK = 2, 18

MEMBERS = ("member,use,prefix\n"
           "City of A,live,198.51.100.0/24\n"
           f"City of A,dark,{OWN_DARK}\n"
           "\"B, a university\",live,203.0.113.0/24\n"
           "\"B, a university\",live,2001:db8::/48\n")


def ip_packet(source, destination, protocol, segment):
    addresses = ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 1, 0, 60, protocol, 0,
                       *addresses) + segment


def tcp(source, destination, source_port, destination_port, flags):
    return ip_packet(source, destination, TCP, struct.pack(
        ">HHIIBBHHH", source_port, destination_port, 5, 0, 0x50, flags, 1024, 0, 0))


def udp(source, destination, source_port, destination_port):
    payload = b"\x1b" + bytes(47)
    return ip_packet(source, destination, UDP, struct.pack(
        ">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload)


def pcap(packets):
    """A capture of raw IP packets, each with the seconds since START."""
    records = [struct.pack("<IIII", START + second, 0, len(packet), len(packet)) + packet
               for second, packet in sorted(packets, key=lambda each: each[0])]
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(records)


def planted():
    """What arrives at the dark space of others, and at that of the City of A."""
    others, own = [], []
    for i in range(30):  # infected: searches for SMB
        others.append((60 + i, tcp("198.51.100.7", f"198.18.3.{i}", 40000 + i, 445, SYN)))
    for i in range(3):  # the same within its organisation
        own.append((500 + i, tcp("198.51.100.8", f"198.51.100.{130 + i}", 40000, 22, SYN)))
    for i in range(40):  # the victim of a flood of SYNs with forged sources
        others.append((900 + i, tcp("203.0.113.80", f"198.18.{i}.1", 443, 1024 + i, SYN_ACK)))
    for i in range(8):  # a clock set by a server that is no longer there
        others.append((i * 600, udp("203.0.113.9", "198.18.7.7", 123, 123)))
    others.append((1200, tcp("203.0.113.10", "198.18.9.9", 5555, 80, SYN)))  # once
    for i in range(30):  # nobody's
        others.append((100 + i, tcp("192.0.2.99", f"198.18.3.{i}", 40000, 445, SYN)))
    return pcap(others), pcap(own)


# What the planted hosts are told of, in order of address.
EXPECTED = [("203.0.113.10", "external", "low", 1), ("203.0.113.80", "under_attack", "medium", 40),
            ("203.0.113.9", "misconfiguration", "low", 8), ("198.51.100.7", "external", "high", 30),
            ("198.51.100.8", "internal", "medium", 3)]


def told(rows):
    return sorted((row["address"], row["kind"], row["severity"], row["packets"]) for row in rows)


class PlantedTest(harness.SystemTest):

    def setUp(self):
        super().setUp()
        others, own = planted()
        self.folder = self.data_folder()
        self.folder.read(self.write("others.pcap", others), dark=OTHERS_DARK, sensor="tokyo")
        self.folder.read(self.write("own.pcap", own), dark=OWN_DARK, sensor="city-a")


class WarningTest(PlantedTest):

    def import_members(self, text=MEMBERS):
        return self.folder.try_run("warning", "members", "import",
                                   self.write("members.csv", text.encode()))

    def test_planted_hosts_give_exactly_the_expected_warnings(self):
        self.assertEqual("note: 2 members with 4 blocks\n", self.import_members().err)
        found = self.folder.json("warning", "scan")
        self.assertEqual(
            [("City of A", "198.51.100.8", "internal", "medium", 3, ["22/tcp"]),
             ("City of A", "198.51.100.7", "external", "high", 30, ["445/tcp"]),
             ("B, a university", "203.0.113.9", "misconfiguration", "low", 8, ["123/udp"]),
             ("B, a university", "203.0.113.10", "external", "low", 1, ["80/tcp"]),
             ("B, a university", "203.0.113.80", "under_attack", "medium", 40, ["443/tcp"])],
            [(each["member"], each["address"], each["kind"], each["severity"], each["packets"],
              each["services"]) for each in found])
        self.assertEqual(("2026-01-01T00:01:00Z", "2026-01-01T00:01:29Z"),
                         (found[1]["first"], found[1]["last"]))

    def test_no_dark_address_is_told(self):
        self.import_members()
        dark = [ipaddress.ip_network(OTHERS_DARK), ipaddress.ip_network(OWN_DARK)]
        for form in ("json", "csv", "table"):
            out = self.folder.run("warning", "scan", "--format", form).out
            for word in out.replace('"', " ").replace(",", " ").split():
                try:
                    address = ipaddress.ip_address(word)
                except ValueError:
                    continue
                self.assertFalse(any(address in network for network in dark), out)

    def test_one_member_alone_is_judged(self):
        self.import_members()
        found = self.folder.json("warning", "scan", "--member", "city of a")
        self.assertEqual({"City of A"}, {each["member"] for each in found})
        done = self.folder.try_run("warning", "scan", "--member", "nobody")
        self.assertEqual(FAILED, done.code)
        self.assert_says('there is no member "nobody"', done)

    def test_without_members_it_says_how_to_register_one(self):
        done = self.folder.try_run("warning", "scan")
        self.assertEqual(FAILED, done.code)
        self.assert_says("members add", done)

    def test_what_is_exported_can_be_imported(self):
        self.import_members()
        exported = self.folder.run("warning", "members", "blocks", "--format", "csv").out
        other = self.data_folder()
        other.run("warning", "members", "import", self.write("again.csv", exported.encode()))
        self.assertEqual(exported,
                         other.run("warning", "members", "blocks", "--format", "csv").out)
        rows = list(csv.DictReader(io.StringIO(exported)))
        self.assertEqual(["City of A"] * 2 + ["B, a university"] * 2,
                         [row["member"] for row in rows])

    def test_a_claim_on_what_another_member_has_is_refused_as_a_whole(self):
        self.import_members()
        done = self.import_members("C,live,192.0.2.0/24\nD,live,203.0.113.128/25\n")
        self.assertEqual(FAILED, done.code)
        self.assert_says('203.0.113.128/25 of "D" overlaps 203.0.113.0/24 of "B, a university"',
                         done)
        self.assertEqual(2, len(self.folder.json("warning", "members")))

    def test_a_file_that_cannot_be_read_changes_nothing(self):
        self.import_members()
        done = self.import_members("City of A,live,198.51.100.0/25\nB,live,203.0.113.1/24\n")
        self.assertEqual(FAILED, done.code)
        self.assert_says("members.csv: line 2: .*203.0.113.0/24", done)
        blocks = json.loads(self.folder.run("warning", "members", "blocks", "city of A",
                                            "--format", "json").out)
        self.assertEqual(["198.51.100.0/24", OWN_DARK], [block["prefix"] for block in blocks])

    def test_members_can_come_before_the_first_packet(self):
        new = self.plain_data_folder()
        done = new.try_run("warning", "members")
        self.assertEqual(FAILED, done.code)
        self.assert_says("there is no data in", done)
        self.assertFalse(new.path.exists())
        new.run("warning", "members", "add", "A", "--live", "203.0.113.80")
        new.read(self.scratch / "others.pcap", dark=OTHERS_DARK)
        found, = new.json("warning", "scan")
        self.assertEqual(("A", "under_attack"), (found["member"], found["kind"]))

    def test_contacts_that_are_exported_can_be_imported(self):
        self.import_members()
        lines = ("member,target,language,quiet\n"
                 "City of A,mailto:soc@city.example,ja,22:00-07:00 +09:00\n"
                 "\"B, a university\",https://hooks.b.example/x\n")
        path = self.write("contacts.csv", lines.encode())
        done = self.folder.try_run("warning", "contacts", "import", path)
        self.assertEqual("note: 2 contacts\n", done.err)
        exported = self.folder.run("warning", "contacts", "--format", "csv").out
        other = self.data_folder()
        other.run("warning", "members", "import", self.scratch / "members.csv")
        other.run("warning", "contacts", "import", self.write("again.csv", exported.encode()))
        self.assertEqual(exported, other.run("warning", "contacts", "--format", "csv").out)
        self.assertIn("22:00-07:00 +09:00", exported)
        bad = self.write("bad.csv", b"City of A,mailto:x@city.example\nC,mailto:c@c.example\n")
        done = self.folder.try_run("warning", "contacts", "import", bad)
        self.assertEqual(FAILED, done.code)
        self.assert_says('bad.csv: there is no member "C"', done)
        self.assertEqual(exported, self.folder.run("warning", "contacts", "--format", "csv").out)

    def test_members_are_added_and_removed_one_by_one(self):
        self.folder.run("warning", "members", "add", "A", "--live", "198.51.100.0/25")
        self.folder.run("warning", "members", "add", "a", "--live", "198.51.100.128/25",
                        "--dark", "198.51.100.192/26")
        member, = self.folder.json("warning", "members")
        self.assertEqual(("A", 2, 256, 1, 64),
                         (member["member"], member["live_blocks"], member["live_addresses"],
                          member["dark_blocks"], member["dark_addresses"]))
        self.folder.run("warning", "members", "remove", "A")
        self.assertEqual([], self.folder.json("warning", "members"))
        self.assertEqual(FAILED, self.folder.try_run("warning", "members", "remove", "A").code)


class RoutesTest(PlantedTest):
    """The same over HTTP, beside an observing service."""

    def setUp(self):
        super().setUp()
        self.service = Service(self, self.folder)
        self.assertEqual(200, self.service.set_up().status)

    def import_members(self, text=MEMBERS):
        return self.service.ask("POST", "/api/v1/warning/blocks", text.encode(),
                                {"Content-Type": "text/csv"})

    def test_members_are_registered_read_and_deleted(self):
        put = self.service.ask("PUT", "/api/v1/warning/members/City%20of%20A",
                               {"live": ["198.51.100.0/24"], "dark": [OWN_DARK]})
        self.assertEqual((200, ["198.51.100.0/24"], [OWN_DARK]),
                         (put.status, put.json()["live"], put.json()["dark"]))
        self.assertEqual(put.json(),
                         self.service.get("/api/v1/warning/members/city%20of%20a").json())
        listed, = self.service.get("/api/v1/warning/members").json()["rows"]
        self.assertEqual(("City of A", 256, 128),
                         (listed["member"], listed["live_addresses"], listed["dark_addresses"]))
        gone = self.service.ask("DELETE", "/api/v1/warning/members/City%20of%20A")
        self.assertEqual(204, gone.status)
        self.assertEqual(404, self.service.get("/api/v1/warning/members/City%20of%20A").status)
        actions = [entry["action"] for entry in
                   self.service.get("/api/v1/audit", limit=2).json()["rows"]]
        self.assertEqual(["member.delete", "member.register"], actions)

    def test_what_was_judged_is_what_the_command_line_says(self):
        self.assertEqual(204, self.import_members().status)
        rows = self.service.get("/api/v1/warning/scan").json()["rows"]
        self.assertEqual(5, len(rows))
        self.assertEqual(self.folder.json("warning", "scan"), rows)
        one = self.service.get("/api/v1/warning/scan", member="city of a", limit=1).json()
        self.assertEqual((1, True), (len(one["rows"]), one["more"]))
        self.assertEqual(404, self.service.get("/api/v1/warning/scan", member="C").status)

    def test_contacts_are_imported_and_listed(self):
        self.import_members()
        csv_type = {"Content-Type": "text/csv"}
        path = "/api/v1/warning/contacts"
        taken = self.service.ask("POST", path, b"City of A,mailto:soc@city.example,ja\n", csv_type)
        self.assertEqual(204, taken.status, taken.bytes)
        for status, body in ((404, b"C,mailto:c@c.example\n"), (400, b"City of A,nobody\n")):
            self.assertEqual(status, self.service.ask("POST", path, body, csv_type).status)
        row, = self.service.get(path).json()["rows"]
        self.assertEqual(("City of A", "mailto:soc@city.example", "ja"),
                         (row["member"], row["target"], row["language"]))

    def test_what_the_command_line_changes_is_seen_without_a_restart(self):
        self.folder.run("warning", "members", "add", "A", "--live", "203.0.113.80")
        found, = self.service.get("/api/v1/warning/scan").json()["rows"]
        self.assertEqual("under_attack", found["kind"])

    def test_what_is_refused_is_said_and_changes_nothing(self):
        self.import_members()
        before = self.service.get("/api/v1/warning/blocks", format="csv").bytes
        for status, said, answer in (
                (409, "overlaps", self.import_members("C,live,203.0.113.0/25\n")),
                (400, "line 1", self.import_members("C;live\n")),
                (409, "overlaps", self.service.ask("PUT", "/api/v1/warning/members/C",
                                                   {"live": ["203.0.113.0/25"]})),
                (400, "no live block", self.service.ask("PUT", "/api/v1/warning/members/C",
                                                        {"live": []})),
                (400, "live", self.service.ask("PUT", "/api/v1/warning/members/C",
                                               {"live": ["203.0.113.1/25"]})),
                (400, "begin", self.service.ask("PUT", "/api/v1/warning/members/%3DC",
                                                {"live": ["192.0.2.0/24"]})),
                (404, "no member", self.service.ask("DELETE", "/api/v1/warning/members/C"))):
            self.assertEqual(status, answer.status, answer.bytes)
            self.assertIn(said, answer.json()["detail"])
        self.assertEqual(before, self.service.get("/api/v1/warning/blocks", format="csv").bytes)

    def test_only_an_admin_changes_members(self):
        created = self.service.ask("POST", "/api/v1/accounts", {
            "name": "ann", "role": "analyst", "password": "a good long secret"})
        self.assertEqual(201, created.status, created.bytes)
        self.service.log_in("ann", "a good long secret")
        self.assertEqual(403, self.import_members().status)
        self.assertEqual(403, self.service.ask("PUT", "/api/v1/warning/members/C",
                                               {"live": ["192.0.2.0/24"]}).status)
        self.assertEqual(403, self.service.ask("DELETE", "/api/v1/warning/members/C").status)
        self.assertEqual(200, self.service.get("/api/v1/warning/members").status)


class ObservingTest(harness.SystemTest):
    """Warnings as a service gives them, from two spool folders."""

    def setUp(self):
        super().setUp()
        self.others, self.own = planted()
        self.folder = self.data_folder()
        self.folder.run("warning", "members", "import", self.write("m.csv", MEMBERS.encode()))
        for name in ("tokyo", "city-a"):
            (self.scratch / name).mkdir()
        self.config = self.write("yagura.toml", (
            f'[[sensor]]\nname = "tokyo"\ndark = ["{OTHERS_DARK}"]\nspool = "tokyo"\n'
            f'[[sensor]]\nname = "city-a"\ndark = ["{OWN_DARK}"]\nspool = "city-a"\n').encode())

    def serve(self):
        return Service(self, self.folder, "--config", self.config)

    def put(self, sensor, name, capture):
        part = self.scratch / f"{name}.part"
        part.write_bytes(capture)
        part.rename(self.scratch / sensor / name)

    def wait_for(self, wanted, service):
        """Until the warnings are `wanted`, or too long."""
        for _ in range(harness.TIME_LIMIT * 10):
            found = service.get("/api/v1/warning/warnings").json()["rows"]
            if wanted(found):
                return found
            time.sleep(0.1)
        self.fail(f"in vain: {found}")

    def test_a_service_gives_exactly_the_expected_warnings(self):
        service = self.serve()
        self.assertEqual(200, service.set_up().status)
        self.put("tokyo", "hour.pcap", self.others)
        self.put("city-a", "hour.pcap", self.own)
        found = self.wait_for(lambda rows: told(rows) == sorted(EXPECTED), service)
        self.assertEqual(found, self.folder.json("warning", "list"))
        self.assertIn("\nyagura_warnings_open 5\n", service.get("/metrics").bytes.decode())
        states = {row["address"]: row["state"] for row in found}
        self.assertEqual("continuing", states["203.0.113.9"])  # for 70 minutes
        self.assertEqual("new", states["198.51.100.7"])
        one = service.get("/api/v1/warning/warnings", member="city of a", limit=1).json()
        self.assertEqual((1, True), (len(one["rows"]), one["more"]))
        self.assertEqual(404, service.get("/api/v1/warning/warnings", member="C").status)

    def test_a_warning_is_acknowledged(self):
        service = self.serve()
        self.assertEqual(200, service.set_up().status)
        self.put("tokyo", "hour.pcap", self.others)
        number = self.wait_for(lambda rows: len(rows) == 4, service)[0]["id"]
        path = f"/api/v1/warning/warnings/{number}/acknowledge"
        self.assertEqual(204, service.ask("POST", path).status)
        row, = [row for row in service.get("/api/v1/warning/warnings").json()["rows"]
                if row["id"] == number]
        self.assertEqual("admin", row["acknowledged_by"])
        for other in ("0", "x", "99999999999999999999"):
            path = f"/api/v1/warning/warnings/{other}/acknowledge"
            self.assertEqual(404, service.ask("POST", path).status)

    def test_a_member_registered_while_it_observes_is_warned(self):
        service = self.serve()
        self.assertEqual(200, service.set_up().status)
        put = service.ask("PUT", "/api/v1/warning/members/C", {"live": ["192.0.2.99"]})
        self.assertEqual(200, put.status)
        # What arrives within the tenth of a second in which the service sees it is not judged.
        for i in range(harness.TIME_LIMIT):
            sent = [(i * 60, tcp("192.0.2.99", "198.18.3.1", 40000, 445, SYN))]
            self.put("tokyo", f"{i}.pcap", pcap(sent))
            time.sleep(0.1)
            if service.get("/api/v1/warning/warnings").json()["rows"]:
                break
        found, = service.get("/api/v1/warning/warnings").json()["rows"]
        self.assertEqual(("C", "192.0.2.99"), (found["member"], found["address"]))

    def test_silence_resolves_a_warning_also_over_a_restart(self):
        service = self.serve()
        self.assertEqual(200, service.set_up().status)
        self.put("tokyo", "hour.pcap", self.others)
        self.wait_for(lambda rows: len(rows) == 4, service)
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(0, service.process.wait(timeout=harness.TIME_LIMIT))
        self.assertEqual(4, len(self.folder.json("warning", "list")))
        service = self.serve()
        self.assertEqual(200, service.log_in(*ADMIN).status)
        later = [(26 * 3600, tcp("192.0.2.99", "198.18.3.1", 40000, 445, SYN))]
        self.put("tokyo", "later.pcap", pcap(later))
        self.wait_for(lambda rows: rows == [], service)
        resolved = service.get("/api/v1/warning/warnings", state="resolved").json()["rows"]
        self.assertEqual(sorted(each for each in EXPECTED if each[1] != "internal"),
                         told(resolved))

    def test_killed_it_counts_every_packet_once(self):
        rounds = 6
        parts = [pcap([(i * 600 + k, tcp("198.51.100.7", f"198.18.{i}.{k}", 40000, 445, SYN))
                       for k in range(50)]) for i in range(rounds)]
        for i in range(rounds):
            service = self.serve()
            answer = service.set_up() if i == 0 else service.log_in(*ADMIN)
            self.assertEqual(200, answer.status)
            self.put("tokyo", f"{i}.pcap", parts[i])
            self.wait_for(lambda rows: len(rows) == 1, service)
            service.process.kill()  # before, within or after the commit
            service.process.wait()
        service = self.serve()
        self.assertEqual(200, service.log_in(*ADMIN).status)
        found, = self.wait_for(
            lambda rows: [row["packets"] for row in rows] == [50 * rounds], service)
        self.assertEqual(("2026-01-01T00:00:00Z", 256), (found["first"], found["dark_addresses"]))
