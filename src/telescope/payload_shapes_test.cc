// SPDX-License-Identifier: Apache-2.0
#include "telescope/payload_shapes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "telescope/captures_for_tests.h"

namespace yagura::telescope {
namespace {

using namespace std::string_view_literals;

// Bytes from hexadecimal digits; `text` in quotes may stand between them: "1700 'abc' 00".
std::vector<uint8_t> bytes(std::string_view text) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
    } else if (text[i] == '\'') {
      for (++i; text[i] != '\''; ++i) out.push_back(static_cast<uint8_t>(text[i]));
      ++i;
    } else {
      const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
      out.push_back(static_cast<uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
      i += 2;
    }
  }
  return out;
}

struct Case {
  uint16_t port;
  std::string_view what;
  std::string_view payload;
};

// From the documents named in payload_shapes.cc, and the probe bytes of the public scanners
// (zmap's udp-probes, nmap-payloads, Metasploit's udp_probe).
constexpr Case requests[] = {
    {17, "a carriage return", "0d"},
    {17, "an empty datagram", ""},
    {19, "one byte", "01"},
    {53, "ANY of the root with EDNS",
     "1234 0100 0001 0000 0000 0001 00 00ff 0001 00 0029 1000 00000000 0000"},
    {53, "TXT version.bind in class CHAOS",
     "0006 0100 0001 0000 0000 0000 07 'version' 04 'bind' 00 0010 0003"},
    {69, "read request", "0001 'r7tftp.txt' 00 'octet' 00"},
    {69, "read request, mode in capitals", "0001 'a' 00 'NETASCII' 00"},
    {111, "portmap DUMP",
     "65726a12 00000000 00000002 000186a0 00000002 00000004 00000000 00000000 00000000 00000000"},
    {123, "monlist", "17 00 03 2a 00000000"},
    {123, "monlist of version 2, old request", "17 00 03 14 00000000"},
    {123, "readvar", "16 02 0001 0000 0000 0000 0000"},
    {137, "NBSTAT *",
     "80f0 0010 0001 0000 0000 0000 20 'CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 00 0021 0001"},
    {161, "v2c getBulk public",
     "3026 020101 0406 'public' a519 02047f2a3b4c 020100 02017f 300b 3009 06052b06010201 0500"},
    {161, "v1 get public",
     "3029 020100 0406 'public' a01c 02044c33a756 020100 020100 300e 300c 06082b06010201010500 "
     "0500"},
    {161, "v3 discovery",
     "303a 020103 300f 02024a69 0203 00ffe3 040104 020103 0410 300e 0400 020100 020100 0400 0400 "
     "0400 3012 0400 0400 a00c 0202 37f0 020100 020100 3000"},
    {177, "query", "0001 0002 0001 00"},
    {389, "rootDSE search",
     "3025 020101 6320 0400 0a0100 0a0100 020100 020100 010100 870b 'objectClass' 3000"},
    {427, "service type request",
     "02 09 00001d 0000 000000 0001 0002 'en' 0000 ffff 0007 'default'"},
    {443, "DTLS 1.0 ClientHello", "16 feff 0000 000000000000 0036 01 00002a 0000 000000 00002a"},
    {520, "whole table", "01 01 0000 0000 0000 00000000 00000000 00000000 00000010"},
    {523, "discovery", "'DB2GETADDR' 00 'SQL08020' 00"},
    {623, "get channel authentication capabilities",
     "06 00 ff 07 00 00000000 00000000 09 20 18 c8 81 00 38 8e 04 b5"},
    {623, "ASF ping", "06 00 ff 06 000011be 80 00 00 00"},
    {623, "RMCP+ open session", "06 00 ff 07 06 10 00000000 00000000 2000"},
    {1194, "client hard reset", "38 64c178 01b89bcb8f 00 00000000"},
    {1434, "broadcast query", "02"},
    {1434, "instance query", "04 'MSSQLSERVER' 00"},
    {1604, "hello", "1e 00 01 30 02 fd a8 e3 00000000000000000000000000000000000000000000"},
    {1701, "SCCRQ", "c802 003c 0000 0000 0000 0000 8008 0000 0000 0001 8008 0000 0002 0100"},
    {1900, "M-SEARCH", "'M-SEARCH * HTTP/1.1' 0d0a 'HOST: 239.255.255.250:1900' 0d0a"},
    {3283, "ARD", "0014 0001 03"},
    {3478, "binding", "0001 0000 2112a442 000102030405060708090a0b"},
    {3702, "Probe",
     "'<?xml version=\"1.0\"?><s:Envelope><s:Body><d:Probe/></s:Body></s:Envelope>'"},
    {3702, "broken XML", "'<:/>'"},
    {5353, "service types",
     "0000 0000 0001 0000 0000 0000 09 '_services' 07 '_dns-sd' 04 '_udp' 05 'local' 00 000c 8001"},
    {5632, "status", "'ST'"},
    {5683, "GET /.well-known/core", "40 01 7d70 bb '.well-known' 04 'core'"},
    {5683, "ping", "40 00 0001"},
    {10001, "version 1", "01000000"},
    {10001, "version 2", "02080000"},
    {11211, "stats", "0000 0000 0001 0000 'stats' 0d0a"},
    {11211, "gets", "abcd 0000 0001 0000 'gets a b c' 0d0a"},
    {17185, "WDB",
     "1a09fa9c 00000000 00000002 55555555 00000001 00000001 00000000 00000000 00000000 00000000"},
    {27015, "A2S_INFO", "ffffffff 54 'Source Engine Query' 00"},
    {27015, "A2S_PLAYER", "ffffffff 55 ffffffff"},
    {27960, "getstatus", "ffffffff 'getstatus' 0a"},
    {30718, "setup", "000000f8"},
    {32414, "one letter", "'M'"},
    {32412, "M-SEARCH", "'M-SEARCH * HTTP/1.1' 0d0a"},
    {37810, "one byte", "ff"},
    {37810, "search",
     "20000000 'DHIP' 0000000000000000 31000000 00000000 31000000 00000000 "
     "'{\"method\":\"DHDiscover.search\",\"params\":{}}'"},
    {47808, "readProperty", "81 0a 0011 01 04 00 05 01 0c 0c 023fffff 19 4b"},
    {47808, "Who-Is", "81 0b 0008 01 00 10 08"},
};

constexpr Case responses[] = {
    {17, "a quote", "'\"Deep peace of the running wave\"' 0d0a"},
    {53, "answer",
     "1234 8180 0001 0001 0000 0000 00 00ff 0001 00 0001 0001 00000e10 0004 c0000201"},
    {53, "refused, header only", "1234 8105 0000 0000 0000 0000"},
    {69, "first block", "0003 0001 'data'"},
    {69, "error", "0005 0001 'File not found' 00"},
    {111, "accepted", "65726a12 00000001 00000000 00000000 00000000 00000000 00000001"},
    {123, "monlist", "97 00 03 2a 0006 0048 0000"},
    {123, "readvar", "16 82 0001 0615 0000 0000 01d4"},
    {137, "NBSTAT",
     "80f0 8400 0000 0001 0000 0000 20 'CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 00 0021 0001 00000000"},
    {161, "response",
     "3029 020100 0406 'public' a21c 02044c33a756 020100 020100 300e 300c 06082b06010201010500 "
     "0500"},
    {177, "willing", "0001 0005 0010 0000"},
    {389, "entry", "308186 020101 648180 0400"},
    {389, "done", "300c 020101 6507 0a0100 0400 0400"},
    {427, "service reply", "02 02 000020 0000 000000 0001 0002 'en' 0000"},
    {443, "HelloVerifyRequest", "16 feff 0000 000000000000 0023 03 000017 0000 000000 000017"},
    {520, "table", "02 01 0000 0002 0000 c0000200 00000000 00000000 00000001"},
    {523, "discovery", "'DB2RETADDR' 00 'SQL09075' 00"},
    {623, "get channel authentication capabilities",
     "06 00 ff 07 00 00000000 00000000 10 81 1c 63 20 00 38 00 01 80"},
    {623, "ASF pong", "06 00 ff 06 000011be 40 00 00 10"},
    {1194, "server hard reset", "40 0011223344556677 01 00000000 64c17801b89bcb8f 00000000"},
    {1434, "instances", "05 4600 'ServerName;HOST;InstanceName;MSSQLSERVER;'"},
    {1604, "hello", "30 00 02 31 02 fd a8 e3 02 00 06 44"},
    {1701, "SCCRP", "c802 003c 0001 0000 0000 0001 8008 0000 0000 0002"},
    {1900, "200", "'HTTP/1.1 200 OK' 0d0a"},
    {3478, "binding", "0101 0008 2112a442 000102030405060708090a0b 0020 0008"},
    {3702, "ProbeMatches", "'<?xml version=\"1.0\"?><s:Envelope><d:ProbeMatches/>'"},
    {5353, "answer", "0000 8400 0000 0001 0000 0000 05 'local' 00"},
    {5632, "name", "'NRHOST_______AHM_3___' 00"},
    {5683, "2.05", "60 45 7d70 c1 28 ff '</a>'"},
    {10001, "device", "01 00 0005 02000a0000"},
    {11211, "STAT", "0000 0000 0002 0000 'STAT pid 1' 0d0a"},
    {11211, "a later datagram", "0000 0001 0002 0000 'xyz'"},
    {17185, "WDB", "1a09fa9c 00000001 00000000 00000000 00000000"},
    {27015, "A2S_INFO", "ffffffff 49 11 'name' 00"},
    {27960, "status", "ffffffff 'statusResponse' 0a"},
    {30718, "setup", "000000f9 0000 5800 0000"},
    {32414, "200", "'HTTP/1.0 200 OK' 0d0a"},
    {37810, "device", "20000000 'DHIP' 00 '{\"method\":\"client.notifyDevInfo\"}'"},
    {47808, "ComplexACK", "81 0a 0014 01 00 30 01 0c"},
    {47808, "I-Am", "81 0b 0014 01 00 10 00 c4"},
};

TEST(PayloadShapes, KnowRequestsFromResponses) {
  for (const Case& c : requests) {
    const Amplifier* amplifier = amplifier_on(c.port);
    ASSERT_NE(amplifier, nullptr) << c.port;
    EXPECT_TRUE(amplifier->request(bytes(c.payload))) << amplifier->name << ": " << c.what;
    EXPECT_FALSE(amplifier->response(bytes(c.payload))) << amplifier->name << ": " << c.what;
  }
  for (const Case& c : responses) {
    const Amplifier* amplifier = amplifier_on(c.port);
    ASSERT_NE(amplifier, nullptr) << c.port;
    EXPECT_TRUE(amplifier->response(bytes(c.payload))) << amplifier->name << ": " << c.what;
    EXPECT_FALSE(amplifier->request(bytes(c.payload))) << amplifier->name << ": " << c.what;
  }
}

TEST(PayloadShapes, KnowTheResponsesThatAreLong) {
  std::vector<uint8_t> chargen;
  for (int i = 0; i < 72; ++i) chargen.push_back(static_cast<uint8_t>('!' + i));
  EXPECT_TRUE(amplifier_on(19)->response(chargen));
  std::vector<uint8_t> ntp(48);
  ntp[0] = 0x24;  // version 4, server
  ntp[1] = 2;
  EXPECT_TRUE(amplifier_on(123)->response(ntp));
  ntp[0] = 0x23;  // client: no response, and no amplification either
  EXPECT_FALSE(amplifier_on(123)->response(ntp));
  EXPECT_FALSE(amplifier_on(123)->request(ntp));
  std::vector<uint8_t> ard(1006);
  ard[1] = 1;
  ard[2] = 0x03;
  ard[3] = 0xea;
  EXPECT_TRUE(amplifier_on(3283)->response(ard));
  EXPECT_FALSE(amplifier_on(3283)->request(ard));
}

// Each case breaks one byte or length of a good one.
constexpr Case neither[] = {
    {17, "half a kilobyte of nothing", "0000000000"},
    {53, "a question that runs past the end", "1234 0100 0001 0000 0000 0000 07 'vers'"},
    {53, "no question", "1234 0100 0000 0000 0000 0000 00 00ff 0001"},
    {53, "an update", "1234 2800 0001 0000 0000 0000 00 00ff 0001"},
    {53, "class 7", "1234 0100 0001 0000 0000 0000 00 00ff 0007"},
    {69, "no mode", "0001 'r7tftp.txt' 00"},
    {69, "an unknown mode", "0001 'r7tftp.txt' 00 'morse' 00"},
    {111, "another program",
     "65726a12 00000000 00000002 000186a3 00000002 00000004 00000000 00000000 00000000 00000000"},
    {123, "version 0", "07 00 03 2a 00000000"},
    {123, "mode 6, short", "16 02 0001"},
    {137, "a name with a digit",
     "80f0 0010 0001 0000 0000 0000 20 '1KAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' 00 0021 0001"},
    {161, "a trap", "3029 020100 0406 'public' a41c 0204"},
    {161, "a community that runs past the end", "3029 020100 04ff 'public' a01c"},
    {161, "a length of five bytes", "30 85 0000000001 020100"},
    {389, "a bind", "300c 020101 6007 020103 0400 8000"},
    {520, "version 9", "01 09 0000 0000 0000 00000000 00000000 00000000 00000010"},
    {623, "sequence number", "06 00 01 07 00 00000000 00000000 09 20 18 c8 81 00 38 8e 04 b5"},
    {1194, "a data packet", "30 64c178 01b89bcb8f 00 00000000"},
    {1604, "another magic", "1e 00 01 30 02 fd a8 e4 0000"},
    {1900, "a NOTIFY", "'NOTIFY * HTTP/1.1' 0d0a"},
    {3478, "no cookie", "0001 0000 2112a443 000102030405060708090a0b"},
    {3702, "no XML", "'Probe'"},
    {5683, "version 2", "80 01 7d70"},
    {5683, "a token of nine bytes", "49 01 7d70 000102030405060708"},
    {10001, "a third version", "03000000"},
    {11211, "no frame", "'stats' 0d0a '       '"},
    {27015, "no mark", "'Source Engine Query' 00"},
    {37810, "a zero", "00"},
    {47808, "another service", "82 0a 0011 01 04 00 05"},
};

TEST(PayloadShapes, AreNotFooledByWhatIsAlmostRight) {
  for (const Case& c : neither) {
    const Amplifier* amplifier = amplifier_on(c.port);
    ASSERT_NE(amplifier, nullptr) << c.port;
    EXPECT_FALSE(amplifier->request(bytes(c.payload))) << amplifier->name << ": " << c.what;
    EXPECT_FALSE(amplifier->response(bytes(c.payload))) << amplifier->name << ": " << c.what;
  }
}

TEST(PayloadShapes, ReadNothingPastTheEnd) {
  // Every prefix of every case, at every port, in a block of exactly its size: ASan watches.
  const auto check = [](const std::vector<uint8_t>& whole) {
    for (size_t size = 0; size <= whole.size(); ++size) {
      const std::vector<uint8_t> cut(whole.begin(),
                                     whole.begin() + static_cast<std::ptrdiff_t>(size));
      const std::vector<uint8_t> exact(cut);
      for (const Amplifier& amplifier : amplifiers())
        EXPECT_FALSE(amplifier.request(exact) && amplifier.response(exact)) << amplifier.name;
    }
  };
  for (const Case& c : requests) check(bytes(c.payload));
  for (const Case& c : responses) check(bytes(c.payload));
  for (const Case& c : neither) check(bytes(c.payload));
}

TEST(PayloadShapes, AreRareInRandomBytes) {
  // Ports that answer anything are left out: their shape is that there is next to nothing.
  std::minstd_rand random(1);
  for (const Amplifier& amplifier : amplifiers()) {
    int hits = 0;
    for (int i = 0; i < 20'000; ++i) {
      std::vector<uint8_t> payload(8 + random() % 60);
      for (uint8_t& byte : payload) byte = static_cast<uint8_t>(random() >> 8);
      hits += amplifier.request(payload) || amplifier.response(payload);
    }
    EXPECT_LE(hits, amplifier.port == 5683 || amplifier.port == 123 ? 2500 : 250) << amplifier.name;
  }
}

TEST(PayloadShapes, HaveEveryPortOnceAndNoOther) {
  size_t found = 0;
  for (uint32_t port = 0; port < 65536; ++port)
    if (const Amplifier* amplifier = amplifier_on(static_cast<uint16_t>(port))) {
      EXPECT_EQ(amplifier->port, port);
      ++found;
    }
  EXPECT_EQ(found, amplifiers().size());
}

// --- Real captures: packets whose kind tshark told us ---

struct Counts {
  int requests = 0, responses = 0, udp = 0;
};
Counts count(const std::filesystem::path& path, uint16_t port) {
  Counts counts;
  const CaptureForTests capture(path);
  for (const capture::Packet& p : capture.packets()) {
    if (p.protocol != capture::protocol_udp) continue;
    ++counts.udp;
    const Payload payload(p.payload, p.payload_length);
    const Amplifier* amplifier = amplifier_on(port);
    if (p.destination_port == port) counts.requests += amplifier->request(payload);
    if (p.source_port == port) counts.responses += amplifier->response(payload);
  }
  return counts;
}

TEST(PayloadShapesRealCaptures, KnowCldap) {
  const auto path = shared_capture("suricata_cldap.pcap");
  NEEDS_CAPTURE(path);
  const Counts counts = count(path, 389);
  EXPECT_EQ(counts.requests, 1);
  EXPECT_EQ(counts.responses, 1);
}

TEST(PayloadShapesRealCaptures, KnowSnmp) {
  const auto path = shared_capture("suricata_snmp-get.pcap");
  NEEDS_CAPTURE(path);
  const Counts counts = count(path, 161);
  EXPECT_EQ(counts.requests, 4);
  EXPECT_EQ(counts.responses, 4);
}

TEST(PayloadShapesRealCaptures, KnowPlexDiscovery) {
  const auto path = shared_capture("ndpi_ssdp-m-search.pcap");
  NEEDS_CAPTURE(path);
  EXPECT_EQ(count(path, 32412).requests, 19);
}

TEST(PayloadShapesRealCaptures, KnowNtpAnswersAndLeaveOrdinaryQueriesAlone) {
  const auto path = shared_capture("zeek_NTP_sync.pcap");
  NEEDS_CAPTURE(path);
  const Counts counts = count(path, 123);  // 15 symmetric active, 15 passive
  EXPECT_EQ(counts.requests, 0);
  EXPECT_EQ(counts.responses, 15);
  EXPECT_EQ(count(path, 53).requests, 1);
  EXPECT_EQ(count(path, 53).responses, 1);
}

TEST(PayloadShapesRealCaptures, KnowDnsAndNetbiosInAMix) {
  const auto path = shared_capture("suricata_sip.pcap");
  NEEDS_CAPTURE(path);
  const Counts dns = count(path, 53);
  EXPECT_EQ(dns.requests, 303);
  EXPECT_EQ(dns.responses, 54);
  EXPECT_EQ(count(path, 137).requests, 111);
}

}  // namespace
}  // namespace yagura::telescope
