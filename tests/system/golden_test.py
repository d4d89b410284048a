# SPDX-License-Identifier: Apache-2.0
"""Golden numbers: real captures whose answers are known from elsewhere.

Every expected value was counted in the capture by another program (tshark, or a few lines of
Python over its bytes), never by Yagura.
"""

import harness

BACKSCATTER_DARK = "192.150.186.0/23"
LABORATORY = "198.18.20.0/24"


class BackscatterOfADay(harness.SystemTest):
    """One day at the border of a /23 that is part dark, part live: one victim of a flood."""

    # Stretches without 300 s of silence, with at least 25 packets and 60 s, out of the 13 there
    # are: packets, start, end, dark addresses, bytes, whole five minutes from the packet that made
    # it an attack (the 25th) to the last. Of the third, the 25th came 1,804 s and the last 2,096 s
    # after the first.
    EPISODES = [
        (3265, "2009-03-15T08:45:06.081731", "2009-03-16T03:06:10.030091", 510, 143_536, 218),
        (44, "2009-03-16T03:12:11.864008", "2009-03-16T03:42:19.475241", 40, 1936, 2),
        (28, "2009-03-16T04:45:53.554828", "2009-03-16T05:20:50.089374", 26, 1232, 0),
        (37, "2009-03-16T05:26:06.838306", "2009-03-16T06:21:02.854194", 33, 1628, 2),
    ]

    def backscatter(self):
        folder = self.data_folder()
        folder.read(self.capture("backscatter_2009.pcap"), dark=BACKSCATTER_DARK)
        return folder

    def test_only_packets_to_the_dark_addresses_count(self):
        rows = self.backscatter().sql(
            "SELECT class, toString(source) AS source, sum(packets) AS packets "
            "FROM activity GROUP BY ALL")
        self.assertEqual(1, len(rows), rows)  # the 202 live hosts that answer are not there
        self.assertEqual("backscatter_tcp", rows[0]["class"])
        self.assertEqual("202.229.120.98", rows[0]["source"].removeprefix("::ffff:"))
        self.assertEqual("3468", rows[0]["packets"])

    def test_its_four_episodes_are_attacks_with_start_and_end(self):
        attacks = self.backscatter().json("telescope", "attacks")
        self.assertEqual({"202.229.120.98"}, {attack["victim"] for attack in attacks})
        told = sorted((attack["packets"], attack["start"].rstrip("Z0"), attack["end"].rstrip("Z0"),
                       attack["dark_addresses"]) for attack in attacks)
        expected = sorted((packets, start.rstrip("0"), end.rstrip("0"), dark)
                          for packets, start, end, dark, _, _ in self.EPISODES)
        self.assertEqual(expected, told)

    def test_every_attack_has_a_start_record_updates_and_an_end_record(self):
        rows = self.backscatter().sql(
            "SELECT toString(start) AS start, countIf(record = 'start') AS starts, "
            "countIf(record = 'update') AS updates, countIf(record = 'end') AS ends, "
            "maxIf(packets, record = 'end') AS packets, maxIf(bytes, record = 'end') AS bytes "
            "FROM attack GROUP BY start ORDER BY start")
        self.assertEqual(4, len(rows))
        for row, (packets, start, _, _, size, updates) in zip(rows, self.EPISODES):
            self.assertEqual(("1", "1"), (row["starts"], row["ends"]), row)
            self.assertEqual((str(packets), str(size)), (row["packets"], row["bytes"]), row)
            self.assertEqual(start, row["start"].replace(" ", "T").rstrip("0"))
            self.assertEqual(str(updates), row["updates"], row)

    def test_the_statistics_add_up_to_the_packets(self):
        rows = self.backscatter().sql(
            "SELECT level, sum(packets) AS packets, max(hosts) AS hosts FROM "
            "(SELECT level, time, sum(packets) AS packets, sum(hosts) AS hosts FROM numbers "
            "WHERE dimension = 'total' AND class = 'any' GROUP BY level, time) "
            "GROUP BY level ORDER BY level")
        self.assertEqual([{"level": level, "packets": "3468", "hosts": "1"}
                          for level in ("5min", "hour", "day")], rows)


class RecordedProbes(harness.SystemTest):
    """What real tools sent, recorded between two network namespaces (tests/record_probes)."""

    # capture, source, packets, tool; hping3 leaves no mark.
    PROBES = [
        ("recorded_zmap.pcap", "203.0.113.10", 256, "zmap"),
        ("recorded_masscan.pcap", "203.0.113.20", 512, "masscan"),
        ("recorded_nmap.pcap", "203.0.113.30", 320, "nmap"),
        ("recorded_hping3.pcap", "203.0.113.40", 300, "none"),
    ]

    def test_each_tool_is_recognised_alone(self):
        for capture, source, packets, tool in self.PROBES:
            with self.subTest(tool=tool):
                folder = self.data_folder()
                folder.read(self.capture(capture), dark=LABORATORY)
                self.assertEqual([(source, str(packets), tool)], tools_by_source(folder))

    def test_each_tool_is_recognised_among_the_others(self):
        folder = self.data_folder()
        folder.read(*(self.capture(probe[0]) for probe in self.PROBES), dark=LABORATORY)
        self.assertEqual(sorted((source, str(packets), tool)
                                for _, source, packets, tool in self.PROBES),
                         tools_by_source(folder))

    def test_each_scan_is_an_event_of_its_size(self):
        folder = self.data_folder()
        folder.read(*(self.capture(probe[0]) for probe in self.PROBES), dark=LABORATORY)
        events = {event["source"]: event for event in folder.json("telescope", "events")}
        self.assertEqual({source for _, source, _, _ in self.PROBES}, set(events))
        for _, source, packets, _ in self.PROBES:
            self.assertEqual(packets, events[source]["packets"], source)


class MiraiSyns(harness.SystemTest):
    """Two real SYNs of Mirai whose TCP data offset points past their end."""

    def test_both_are_seen_and_known(self):
        folder = self.data_folder()
        folder.read(self.capture("mirai_syns.pcap"),
                    dark=["185.100.143.115/32", "95.130.237.126/32"])
        self.assertEqual([("116.90.231.16", "2", "mirai")], tools_by_source(folder))
        self.assertEqual([{"port": "23", "packets": "2"}], folder.sql(
            "SELECT port, sum(count) AS packets FROM activity "
            "ARRAY JOIN ports AS port, port_packets AS count GROUP BY port"))


class SharedCaptures(harness.SystemTest):
    """Captures whose licence keeps them out of the repository."""

    def test_an_nmap_scan_is_nmap_and_its_chance_ip_id_is_not_zmap(self):
        folder = self.data_folder()
        folder.read(self.shared_capture("ndpi_synscan-nmap.pcap"), dark="64.13.134.52/32")
        self.assertEqual([("172.16.0.8", "1994", "nmap")], tools_by_source(folder))
        # One of its packets has the IP id 54321, but neither ZMap's window nor its bare header.
        marks = folder.sql("SELECT DISTINCT mark FROM activity ARRAY JOIN marks AS mark")
        self.assertEqual([{"mark": "nmap"}], marks)

    def test_an_iot_bot_scans_its_ports_and_is_not_mirai(self):
        folder = self.data_folder()
        folder.read(self.shared_capture("slips_test7-iot-scan.pcap"), dark="0.0.0.0/0")
        rows = folder.sql(
            "SELECT port, sum(count) AS packets FROM activity "
            "ARRAY JOIN ports AS port, port_packets AS count "
            "WHERE source = toIPv6('192.168.2.16') AND class = 'scan_tcp' "
            "GROUP BY port HAVING packets >= 40 ORDER BY packets DESC")
        # tshark: tcp.flags.syn==1 && tcp.flags.ack==0 && ip.src==192.168.2.16 && !icmp
        self.assertEqual([("23", "255"), ("8080", "180"), ("2323", "128"), ("9527", "48")],
                         [(row["port"], row["packets"]) for row in rows])
        tools = folder.sql("SELECT DISTINCT tool FROM source_day "
                           "WHERE source = toIPv6('192.168.2.16')")
        self.assertEqual([{"tool": "none"}], tools)


def tools_by_source(folder):
    """[(source, TCP scan packets, tool)] in order of source."""
    rows = folder.sql("SELECT toString(source) AS source, sum(packets) AS packets, "
                      "any(tool) AS tool FROM source_day WHERE class = 'scan_tcp' "
                      "GROUP BY source_day.source ORDER BY source_day.source")
    return [(row["source"].removeprefix("::ffff:"), row["packets"], row["tool"]) for row in rows]
