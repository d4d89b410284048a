# SPDX-License-Identifier: Apache-2.0
"""A synthetic capture is reproduced to the packet and the host.

The generator counts what it writes by sorting, and shares nothing with the analysers. Figures of
several days, of a small dark space and a large one, with IPv6, attacks and a campaign.
"""

import harness

LEVELS = {"windows": "5min", "hours": "hour", "days": "day"}


class GroundTruth(harness.SystemTest):

    # name: flags. The days of a /24 cross two midnights and a window without packets at every hour.
    CAPTURES = {
        "20 million of a /16": ["--packets", "20M", "--sources", "400k"],
        "an hour of a /16": ["--packets", "200k", "--sources", "9k", "--ipv6", "10",
                             "--campaign-sources", "200"],
        "three days of a /24": ["--packets", "40k", "--sources", "3k", "--dark", "198.18.7.0/24",
                                "--start", "2026-02-27T22:00:00Z", "--duration", "50h",
                                "--survey-scanners", "5", "--victims", "12"],
        "random ports": ["--packets", "100k", "--sources", "2k", "--ports", "random",
                         "--duration", "3h", "--dark", "198.18.0.0/20"],
    }

    def test_every_figure_is_the_generators(self):
        for name, flags in self.CAPTURES.items():
            file = name.replace(" ", "-").replace("/", "") + ".pcap"
            capture, truth = self.generate(file, *flags)
            folder = self.data_folder()
            folder.read(capture, dark=[truth["dark"], "2001:db8:da::/48"])
            for figure in ("totals", "periods", "ports", "tools", "attacks", "survey"):
                with self.subTest(capture=name, figure=figure):
                    getattr(self, f"check_{figure}")(truth, folder)

    def check_totals(self, truth, folder):
        rows = folder.sql("SELECT class, sum(packets) AS packets, uniqExact(source) AS hosts "
                          "FROM activity GROUP BY class")
        told = {row["class"]: tally(row) for row in rows}
        self.assertEqual({name: tally(entry) for name, entry in truth["total"].items()
                          if name not in ("any", "scans") and entry["packets"]}, told)

    def check_periods(self, truth, folder):
        rows = folder.sql("SELECT level, toString(time) AS time, class, sum(packets) AS packets, "
                          "sum(hosts) AS hosts FROM numbers WHERE dimension = 'total' "
                          "GROUP BY numbers.level, numbers.time, numbers.class")
        for key, level in LEVELS.items():
            told = {(row["time"], row["class"]): tally(row) for row in rows
                    if row["level"] == level}
            expected = {(period["start"].replace("T", " ").rstrip("Z"), name): tally(entry)
                        for period in truth[key] for name, entry in period.items()
                        if name != "start" and entry["packets"]}
            self.assertEqual(expected, told, key)

    def check_ports(self, truth, folder):
        for protocol, class_ in (("tcp", "scan_tcp"), ("udp", "scans")):
            rows = folder.sql(
                f"SELECT block * 32 + place - 1 AS port, sum(p) AS total "
                f"FROM port_numbers ARRAY JOIN packets AS p, arrayEnumerate(packets) AS place "
                f"WHERE level = 'day' AND dimension = '{protocol}_port' AND class = '{class_}' "
                f"GROUP BY port HAVING total > 0")
            told = {int(row["port"]): int(row["total"]) for row in rows}
            expected = {entry["port"]: entry["packets"] for entry in truth[f"{protocol}_ports"]}
            self.assertEqual(expected, told, protocol)
            protocols = {"tcp": "'scan_tcp'", "udp": "'scan_udp', 'probe_amplification'"}
            rows = folder.sql(
                f"SELECT port, uniqExact(source) AS hosts FROM source_day ARRAY JOIN ports AS port "
                f"WHERE class IN ({protocols[protocol]}) GROUP BY port")
            told = {int(row["port"]): int(row["hosts"]) for row in rows}
            expected = {entry["port"]: entry["hosts"] for entry in truth[f"{protocol}_ports"]}
            self.assertEqual(expected, told, f"hosts by {protocol} port")

    def check_tools(self, truth, folder):
        rows = folder.sql("SELECT toString(day) AS day, tool, uniqExact(source) AS hosts "
                          "FROM source_day WHERE class = 'scan_tcp' AND tool != 'none' "
                          "GROUP BY source_day.day, tool")
        told = {(row["day"], row["tool"]): int(row["hosts"]) for row in rows}
        expected = {(entry["day"], name): tool["hosts"] for entry in truth["tools"]
                    for name, tool in entry.items() if name != "day" and tool["hosts"]}
        self.assertEqual(expected, told)

    def check_attacks(self, truth, folder):
        fields = ("victim", "start", "end", "packets", "dark_addresses")
        told = sorted(tuple(attack[field] for field in fields)
                      for attack in folder.json("telescope", "attacks", "--limit", "100000"))
        expected = sorted(tuple(attack[field] for field in fields) for attack in truth["attacks"])
        self.assertEqual([exact(attack) for attack in expected], [exact(attack) for attack in told])

    def check_survey(self, truth, folder):
        rows = folder.sql("SELECT DISTINCT toString(day) AS day, toString(source) AS source "
                          "FROM source_day WHERE survey_evidence = 'behaviour'")
        told = {(row["day"], row["source"].removeprefix("::ffff:")) for row in rows}
        self.assertEqual({(entry["day"], entry["address"]) for entry in truth["survey_behaviour"]},
                         told)


def tally(entry):
    return int(entry["packets"]), int(entry["hosts"])


def exact(attack):
    """Times of an attack to the microsecond, whatever zeros they end in."""
    return tuple(value.rstrip("Z").rstrip("0").rstrip(".") if isinstance(value, str) else value
                 for value in attack)
