// SPDX-License-Identifier: Apache-2.0
#include "telescope/payload_shapes.h"

#include <algorithm>

namespace yagura::telescope {
namespace {

using namespace std::string_view_literals;

// --- Reading a payload ---

// Big-endian number of `size` bytes at `at`; the caller has checked that they are there.
uint32_t big(Payload p, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) value = value << 8 | p[at + i];
  return value;
}

bool has_at(Payload p, size_t at, std::string_view bytes) {
  return p.size() >= at + bytes.size() &&
         std::equal(bytes.begin(), bytes.end(), p.begin() + static_cast<ptrdiff_t>(at),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
}

bool starts(Payload p, std::string_view bytes) { return has_at(p, 0, bytes); }

bool contains(Payload p, std::string_view bytes) {
  const std::string_view text(reinterpret_cast<const char*>(p.data()), p.size());
  return text.find(bytes) != std::string_view::npos;
}

bool printable(uint8_t c) { return c >= 0x20 && c < 0x7f; }

// Reads the header of a BER element (X.690) with `tag` at `at`; steps behind it.
bool ber(Payload p, size_t& at, uint8_t tag, uint32_t& length) {
  if (p.size() < at + 2 || p[at] != tag) return false;
  length = p[at + 1];
  at += 2;
  if (length < 0x80) return true;
  const size_t bytes = length & 0x7f;
  if (bytes == 0 || bytes > 4 || p.size() < at + bytes) return false;
  length = big(p, at, bytes);
  at += bytes;
  return true;
}

// Steps over a BER element with `tag` that must lie in the payload.
bool skip_ber(Payload p, size_t& at, uint8_t tag) {
  uint32_t length;
  if (!ber(p, at, tag, length) || length > p.size() - at) return false;
  at += length;
  return true;
}

// --- QOTD (RFC 865) and CHARGEN (RFC 864): any datagram is a request, so probes are tiny ---

bool tiny(Payload p) { return p.size() <= 4; }

bool quote(Payload p) {  // up to 512 printable characters
  if (p.size() < 16 || p.size() > 512) return false;
  return std::all_of(p.begin(), p.end(),
                     [](uint8_t c) { return printable(c) || c == '\r' || c == '\n' || c == '\t'; });
}

bool character_run(Payload p) {  // a stretch of the 95 printable characters in their order
  if (p.size() < 16) return false;
  size_t i = 0;
  for (; i + 1 < 16; ++i) {
    if (!printable(p[i])) return false;
    if (p[i + 1] != p[i] + 1 && !(p[i] == '~' && (p[i + 1] == ' ' || p[i + 1] == '!')))
      return false;
  }
  return true;
}

// --- DNS (RFC 1035) and its multicast form (RFC 6762) ---

// Steps over a domain name without compression, as questions have it.
bool skip_name(Payload p, size_t& at) {
  const size_t start = at;
  while (at < p.size() && at - start < 255) {
    const uint8_t length = p[at];
    if (length == 0) {
      ++at;
      return true;
    }
    if (length > 63) return false;
    at += 1U + length;
  }
  return false;
}

// A header with sane counts, and whole questions behind it. Bit 6 of the flags' second byte is
// reserved and zero.
bool dns_message(Payload p, bool response) {
  if (p.size() < 12 || (p[2] >> 7 != 0) != response) return false;
  if ((p[2] & 0x78) != 0 || (p[3] & 0x40) != 0) return false;  // opcode QUERY, Z
  const uint32_t questions = big(p, 4, 2);
  if (questions > (response ? 1U : 4U)) return false;
  for (size_t at = 6; at < 12; at += 2)
    if (big(p, at, 2) > 255) return false;
  size_t at = 12;
  for (uint32_t i = 0; i < questions; ++i) {
    if (!skip_name(p, at) || p.size() < at + 4) return false;
    const uint32_t dns_class = big(p, at + 2, 2) & 0x7fff;  // mDNS: the top bit asks for unicast
    if (dns_class != 1 && dns_class != 3 && dns_class != 255) return false;
    at += 4;
  }
  return true;
}
bool dns_request(Payload p) {
  return dns_message(p, false) && big(p, 4, 2) >= 1 && big(p, 6, 2) == 0;
}
bool dns_response(Payload p) { return dns_message(p, true); }
bool mdns_response(Payload p) { return dns_message(p, true) && big(p, 6, 2) >= 1; }

// --- TFTP (RFC 1350, 2347). Servers answer from a port of their own, a few from 69 ---

bool tftp_request(Payload p) {  // read or write request: name, NUL, mode
  if (p.size() < 8 || p[0] != 0 || (p[1] != 1 && p[1] != 2)) return false;
  size_t at = 2;
  while (at < p.size() && printable(p[at])) ++at;
  if (at >= p.size() || p[at] != 0) return false;
  ++at;
  const auto mode = [&](std::string_view name) {
    return p.size() > at + name.size() && p[at + name.size()] == 0 &&
           std::equal(name.begin(), name.end(), p.begin() + static_cast<ptrdiff_t>(at),
                      [](char a, uint8_t b) { return a == static_cast<char>(b | 0x20); });
  };
  return mode("octet") || mode("netascii") || mode("mail");
}
bool tftp_response(Payload p) {
  if (p.size() < 4 || p.size() > 516 || p[0] != 0) return false;
  if (p[1] == 3) return big(p, 2, 2) == 1;                       // DATA, first block
  if (p[1] == 5) return p[2] == 0 && p[3] <= 8 && p.size() > 4;  // ERROR
  return p[1] == 6;                                              // OACK
}

// --- ONC RPC: portmap (RFC 1833, 5531) and VxWorks WDB (program 0x55555555) ---

bool rpc_call(Payload p, uint32_t program) {
  return p.size() >= 40 && big(p, 4, 4) == 0 && big(p, 8, 4) == 2 && big(p, 12, 4) == program;
}
bool rpc_reply(Payload p) {
  return p.size() >= 16 && big(p, 4, 4) == 1 && big(p, 8, 4) <= 1 && big(p, 12, 4) <= 2;
}
bool portmap_request(Payload p) { return rpc_call(p, 100000); }
bool wdb_request(Payload p) { return rpc_call(p, 0x55555555); }

// --- NTP: modes 6 and 7 amplify (RFC 9327; ntpd's mode 7: monlist is request 20 or 42). An
// ordinary client request does not, so it is no request here; any server's answer is backscatter
// ---

bool ntp_request(Payload p) {
  if (p.size() < 4) return false;
  const int mode = p[0] & 7, version = p[0] >> 3 & 7;
  if (version < 1 || version > 4) return false;
  if (mode == 7) return (p[0] & 0x80) == 0 && (p[2] == 2 || p[2] == 3 || p[2] == 0);
  return mode == 6 && p.size() >= 12 && (p[0] & 0xc0) == 0 && (p[1] & 0xe0) == 0;
}
bool ntp_response(Payload p) {
  if (p.size() < 4) return false;
  const int mode = p[0] & 7, version = p[0] >> 3 & 7;
  if (version < 1 || version > 4) return false;
  if (mode == 7) return (p[0] & 0x80) != 0;
  if (mode == 6) return p.size() >= 12 && (p[1] & 0x80) != 0;
  return (mode == 4 || mode == 2) && p.size() >= 48 && p[1] <= 16;
}

// --- NetBIOS name service (RFC 1002 4.2): a name is 32 letters A to P ---

bool netbios_name(Payload p, bool response) {
  if (p.size() < 50 || (p[2] >> 7 != 0) != response || p[12] != 0x20) return false;
  const Payload name = p.subspan(13, 32);
  return std::all_of(name.begin(), name.end(), [](uint8_t c) { return c >= 'A' && c <= 'P'; }) &&
         p[45] == 0;
}
bool netbios_request(Payload p) { return netbios_name(p, false) && big(p, 4, 2) == 1; }
bool netbios_response(Payload p) { return netbios_name(p, true); }

// --- SNMP v1, v2c (RFC 1157, 3416) and v3 (RFC 3412) ---

// The PDU's tag of v1 and v2c; of v3, where it may be encrypted, 0xa0 for a message that wants a
// report (a request) and 0xa2 for one that does not. 0 if it is not SNMP.
uint8_t snmp_pdu(Payload p) {
  size_t at = 0;
  uint32_t length;
  if (!ber(p, at, 0x30, length) || p.size() < at + 3) return 0;
  if (p[at] != 2 || p[at + 1] != 1) return 0;
  const uint8_t version = p[at + 2];
  at += 3;
  if (version <= 1) return skip_ber(p, at, 0x04) && at < p.size() ? p[at] : 0;
  if (version != 3 || !ber(p, at, 0x30, length)) return 0;
  if (!skip_ber(p, at, 0x02) || !skip_ber(p, at, 0x02)) return 0;  // message id, greatest size
  if (!ber(p, at, 0x04, length) || length != 1 || at >= p.size()) return 0;
  return (p[at] & 4) != 0 ? 0xa0 : 0xa2;
}
bool snmp_request(Payload p) {
  const uint8_t pdu = snmp_pdu(p);
  return pdu == 0xa0 || pdu == 0xa1 || pdu == 0xa3 || pdu == 0xa5;  // get, next, set, bulk
}
bool snmp_response(Payload p) {
  const uint8_t pdu = snmp_pdu(p);
  return pdu == 0xa2 || pdu == 0xa8;  // response, report
}

// --- CLDAP: an LDAP message (RFC 4511 4.1.1) in a datagram ---

uint8_t ldap_operation(Payload p) {
  size_t at = 0;
  uint32_t length;
  if (!ber(p, at, 0x30, length) || !skip_ber(p, at, 0x02) || at >= p.size()) return 0;
  return p[at];
}
bool cldap_request(Payload p) { return ldap_operation(p) == 0x63; }  // searchRequest
bool cldap_response(Payload p) {
  const uint8_t operation = ldap_operation(p);
  return operation == 0x64 || operation == 0x65;  // searchResEntry, searchResDone
}

// --- SLP (RFC 2608 8): version 2, function, length ---

bool slp(Payload p, std::string_view functions) {
  return p.size() >= 14 && p[0] == 2 && big(p, 2, 3) >= 14 &&
         functions.find(static_cast<char>(p[1])) != std::string_view::npos;
}
bool slp_request(Payload p) { return slp(p, "\x01\x06\x09"sv); }
bool slp_response(Payload p) { return slp(p, "\x02\x07\x0a\x08\x0b"sv); }

// --- DTLS (RFC 6347 4.2.1): a ClientHello makes a server send its certificates ---

bool dtls_handshake(Payload p, std::string_view types) {
  return p.size() >= 14 && p[0] == 22 && p[1] == 0xfe && (p[2] == 0xff || p[2] == 0xfd) &&
         big(p, 3, 2) == 0 && types.find(static_cast<char>(p[13])) != std::string_view::npos;
}
bool dtls_request(Payload p) { return dtls_handshake(p, "\x01"sv); }
bool dtls_response(Payload p) { return dtls_handshake(p, "\x02\x03"sv); }

// --- RIP (RFC 1058 3.4, RFC 2453): a request for the whole table is one entry of metric 16 ---

bool rip(Payload p, uint8_t command) {
  return p.size() >= 24 && p[0] == command && (p[1] == 1 || p[1] == 2) && big(p, 2, 2) == 0 &&
         (p.size() - 4) % 20 == 0;
}
bool rip_request(Payload p) { return rip(p, 1); }
bool rip_response(Payload p) { return rip(p, 2); }

// --- DB2 discovery (as probed by Metasploit's db2_discover) ---

bool db2_request(Payload p) { return starts(p, "DB2GETADDR"); }
bool db2_response(Payload p) { return starts(p, "DB2RETADDR"); }

// --- IPMI over RMCP (IPMI 2.0 13.1.3, ASF 2.0 3.2): class 6 is an ASF ping, class 7 is IPMI ---

bool ipmi(Payload p, bool response) {
  if (!starts(p, "\x06\x00\xff"sv) || p.size() < 12) return false;
  if (p[3] == 6) return big(p, 4, 4) == 0x11be && p[8] == (response ? 0x40 : 0x80);
  if (p[3] != 7) return false;
  if (p[4] == 6) return p[5] == (response ? 0x11 : 0x10);  // RMCP+: open session
  const size_t message = p[4] == 0 ? 14 : 30;              // behind a 16-byte code if there is one
  return p.size() > message + 1 && (p[message + 1] >> 2 & 1) == (response ? 1 : 0) &&
         p[message] == (response ? 0x81 : 0x20);
}
bool ipmi_request(Payload p) { return ipmi(p, false); }
bool ipmi_response(Payload p) { return ipmi(p, true); }

// --- OpenVPN (its network protocol document): a hard reset is an opcode, an 8-byte session id,
// with --tls-auth a code and time, and behind that an empty acknowledgement list and packet id 0
// ---

bool openvpn_request(Payload p) {
  if (p.empty() || (p[0] != 0x38 && p[0] != 0x08 && p[0] != 0x50)) return false;  // client reset
  if (p.size() == 1 || p.size() == 14) return p.size() == 1 || big(p, 9, 4) == 0;
  // MD5, SHA-1, SHA-256, SHA-384, SHA-512 codes
  return p.size() == 38 || p.size() == 42 || p.size() == 54 || p.size() == 70 || p.size() == 86;
}
bool openvpn_response(Payload p) {  // server reset
  return p.size() >= 14 && (p[0] == 0x40 || p[0] == 0x10);
}

// --- SQL Server Resolution Protocol ([MC-SQLR] 2.2) ---

bool sql_browser_request(Payload p) {
  return (p.size() == 1 && (p[0] == 2 || p[0] == 3)) ||
         (p.size() > 2 && p.size() <= 34 && p[0] == 4 && p.back() == 0);
}
bool sql_browser_response(Payload p) {
  return p.size() >= 3 && p[0] == 5 && contains(p, "ServerName;");
}

// --- Citrix ICA browser (as probed by Metasploit): little-endian length, kind, 02 fd a8 e3 ---

bool citrix_request(Payload p) {
  return has_at(p, 1, "\x00\x01"sv) && has_at(p, 4, "\x02\xfd\xa8\xe3"sv);
}
bool citrix_response(Payload p) {
  return has_at(p, 2, "\x02"sv) && has_at(p, 4, "\x02\xfd\xa8\xe3"sv);
}

// --- L2TP (RFC 2661 3.1, 4.1): SCCRQ (1) and SCCRP (2), in the message type AVP ---

bool l2tp(Payload p, uint32_t type) {
  return p.size() >= 20 && p[0] == 0xc8 && p[1] == 2 && big(p, 14, 4) == 0 && big(p, 18, 2) == type;
}
bool l2tp_request(Payload p) { return l2tp(p, 1); }
bool l2tp_response(Payload p) { return l2tp(p, 2); }

// --- XDMCP (version 1): queries 1-3, willing 5, unwilling 6 ---

bool xdmcp(Payload p, uint32_t first, uint32_t last) {
  return p.size() >= 7 && big(p, 0, 2) == 1 && big(p, 2, 2) >= first && big(p, 2, 2) <= last;
}
bool xdmcp_request(Payload p) { return xdmcp(p, 1, 3); }
bool xdmcp_response(Payload p) { return xdmcp(p, 5, 6); }

// --- SSDP (UPnP Device Architecture 1.1, 1.3.2) and Plex's GDM, which answers a lone "M" too ---

bool ssdp_request(Payload p) { return starts(p, "M-SEARCH "); }
bool http_response(Payload p) { return starts(p, "HTTP/1.1 200") || starts(p, "HTTP/1.0 200"); }
bool plex_request(Payload p) { return ssdp_request(p) || (p.size() == 1 && p[0] == 'M'); }

// --- Apple Remote Desktop (NETSCOUT ASERT, June 2019): 00 14, answered by 00 01 and a length ---

bool ard_request(Payload p) { return p.size() <= 8 && starts(p, "\x00\x14\x00"sv); }
bool ard_response(Payload p) {
  return p.size() >= 64 && starts(p, "\x00\x01"sv) && big(p, 2, 2) + 4 >= p.size();
}

// --- STUN (RFC 8489 5): binding request and answer, with the magic cookie ---

bool stun(Payload p) { return p.size() >= 20 && (p[3] & 3) == 0 && big(p, 4, 4) == 0x2112a442; }
bool stun_request(Payload p) { return stun(p) && big(p, 0, 2) == 0x0001; }
bool stun_response(Payload p) {
  return stun(p) && (big(p, 0, 2) == 0x0101 || big(p, 0, 2) == 0x0111);
}

// --- WS-Discovery (OASIS WS-DD 1.1). Devices answer broken XML too, with a fault ---

bool wsd_response(Payload p) {
  return !p.empty() && p[0] == '<' &&
         (contains(p, "ProbeMatch") || contains(p, "ResolveMatch") || contains(p, "Fault") ||
          contains(p, ":Hello"));
}
bool wsd_request(Payload p) {
  return !p.empty() && p[0] == '<' && !wsd_response(p) &&
         (contains(p, "Probe") || contains(p, "Resolve") || p.size() <= 16);
}

// --- pcAnywhere (as probed by Nmap): NQ and ST, answered by NR and ST with more ---

bool pcanywhere_request(Payload p) { return p.size() == 2 && (starts(p, "NQ") || starts(p, "ST")); }
bool pcanywhere_response(Payload p) { return p.size() > 2 && (starts(p, "NR") || starts(p, "ST")); }

// --- CoAP (RFC 7252 3): version 1, token of at most 8 bytes, method 0.01-0.07 or answer 2.xx-5.xx
// ---

bool coap(Payload p) {
  return p.size() >= 4 && p[0] >> 6 == 1 && (p[0] & 15) <= 8 && p.size() >= 4U + (p[0] & 15);
}
bool coap_request(Payload p) {
  const int type = p.empty() ? 0 : p[0] >> 4 & 3;
  if (!coap(p) || type > 1) return false;            // confirmable or not
  if (p[1] == 0) return type == 0 && p.size() == 4;  // ping
  return p[1] <= 7;
}
bool coap_response(Payload p) {
  return coap(p) && (p[1] >> 5 == 2 || p[1] >> 5 == 4 || p[1] >> 5 == 5);
}

// --- Ubiquiti discovery (Rapid7, January 2019): version, command, length; empty when it asks ---

bool ubiquiti_request(Payload p) {
  return p.size() == 4 && (p[0] == 1 || p[0] == 2) && p[2] == 0 && p[3] == 0;
}
bool ubiquiti_response(Payload p) {
  return p.size() > 4 && (p[0] == 1 || p[0] == 2) && big(p, 2, 2) > 0 &&
         big(p, 2, 2) + 4 >= p.size();
}

// --- memcached (its protocol.txt, "UDP protocol"): request id, number, count, zero; then text ---

bool memcached(Payload p) {
  return p.size() >= 10 && big(p, 2, 2) < big(p, 4, 2) && big(p, 6, 2) == 0;
}
bool memcached_request(Payload p) {
  if (!memcached(p) || big(p, 4, 2) != 1) return false;
  for (std::string_view word : {"stats"sv, "get"sv, "version"sv, "set "sv, "add "sv, "flush_all"sv})
    if (has_at(p, 8, word)) return true;
  return false;
}
bool memcached_response(Payload p) {
  if (!memcached(p)) return false;
  if (big(p, 2, 2) > 0) return true;  // a later datagram of a long value
  for (std::string_view word : {"STAT "sv, "VALUE "sv, "END\r"sv, "ERROR"sv, "VERSION "sv,
                                "STORED"sv, "CLIENT_ERROR"sv, "SERVER_ERROR"sv})
    if (has_at(p, 8, word)) return true;
  return false;
}

// --- Games: Source engine queries (Valve developer wiki, "Server queries"), Quake III ---

bool source_request(Payload p) {
  if (!starts(p, "\xff\xff\xff\xff"sv) || p.size() < 5) return false;
  switch (p[4]) {
    case 'T':
      return has_at(p, 5, "Source Engine Query");
    case 'U':
    case 'V':
      return p.size() == 9;  // players, rules; with a challenge
    case 'W':
    case 'i':
      return p.size() <= 9;  // challenge, ping
    case 'g':
      return has_at(p, 4, "getstatus") || has_at(p, 4, "getinfo");
    default:
      return false;
  }
}
bool source_response(Payload p) {
  if (starts(p, "\xfe\xff\xff\xff"sv)) return p.size() > 12;  // split
  if (!starts(p, "\xff\xff\xff\xff"sv) || p.size() < 6) return false;
  return "ImDEAj"sv.find(static_cast<char>(p[4])) != std::string_view::npos ||
         has_at(p, 4, "statusResponse") || has_at(p, 4, "infoResponse") || has_at(p, 4, "print");
}

// --- Lantronix setup (30718): 00 00 00 f6/f8, answered by f7/f9 ---

bool lantronix_request(Payload p) {
  return p.size() >= 4 && p.size() <= 8 && starts(p, "\x00\x00\x00"sv) &&
         (p[3] == 0xf6 || p[3] == 0xf8);
}
bool lantronix_response(Payload p) {
  return p.size() > 8 && starts(p, "\x00\x00\x00"sv) && (p[3] == 0xf7 || p[3] == 0xf9);
}

// --- DVR/DHCPDiscover (NETSCOUT ASERT, July 2021): DHIP and JSON; answers any single byte ---

bool dvr_response(Payload p) { return contains(p, "client.notifyDevInfo"); }
bool dvr_request(Payload p) {
  return (p.size() == 1 && p[0] != 0) || (contains(p, "DHDiscover") && !dvr_response(p));
}

// --- BACnet/IP (ASHRAE 135 annex J): 81, unicast or broadcast, length, version 1; the APDU's kind
// is in its first half byte: 0 and 1 ask (10 00 is I-Am, an answer), 3 and 5 answer ---

bool bacnet(Payload p, bool response) {
  if (p.size() < 8 || p[0] != 0x81 || (p[1] != 0x0a && p[1] != 0x0b) || p[4] != 1) return false;
  if ((p[5] & 0x28) != 0) return false;  // addressed beyond the next network
  const int kind = p[6] >> 4;
  if (kind == 1) return (p[7] == 0) == response;
  return response ? kind == 3 || kind == 5 : kind == 0;
}
bool bacnet_request(Payload p) { return bacnet(p, false); }
bool bacnet_response(Payload p) { return bacnet(p, true); }

constexpr std::array table = {
    Amplifier{17, "QOTD", tiny, quote},
    Amplifier{19, "CHARGEN", tiny, character_run},
    Amplifier{53, "DNS", dns_request, dns_response},
    Amplifier{69, "TFTP", tftp_request, tftp_response},
    Amplifier{111, "portmap", portmap_request, rpc_reply},
    Amplifier{123, "NTP", ntp_request, ntp_response},
    Amplifier{137, "NetBIOS", netbios_request, netbios_response},
    Amplifier{161, "SNMP", snmp_request, snmp_response},
    Amplifier{177, "XDMCP", xdmcp_request, xdmcp_response},
    Amplifier{389, "CLDAP", cldap_request, cldap_response},
    Amplifier{427, "SLP", slp_request, slp_response},
    Amplifier{443, "DTLS", dtls_request, dtls_response},
    Amplifier{520, "RIP", rip_request, rip_response},
    Amplifier{523, "DB2", db2_request, db2_response},
    Amplifier{623, "IPMI", ipmi_request, ipmi_response},
    Amplifier{1194, "OpenVPN", openvpn_request, openvpn_response},
    Amplifier{1434, "SQL browser", sql_browser_request, sql_browser_response},
    Amplifier{1604, "Citrix", citrix_request, citrix_response},
    Amplifier{1701, "L2TP", l2tp_request, l2tp_response},
    Amplifier{1900, "SSDP", ssdp_request, http_response},
    Amplifier{3283, "ARD", ard_request, ard_response},
    Amplifier{3478, "STUN", stun_request, stun_response},
    Amplifier{3702, "WS-Discovery", wsd_request, wsd_response},
    Amplifier{5353, "mDNS", dns_request, mdns_response},
    Amplifier{5632, "pcAnywhere", pcanywhere_request, pcanywhere_response},
    Amplifier{5683, "CoAP", coap_request, coap_response},
    Amplifier{10001, "Ubiquiti", ubiquiti_request, ubiquiti_response},
    Amplifier{11211, "memcached", memcached_request, memcached_response},
    Amplifier{17185, "VxWorks", wdb_request, rpc_reply},
    Amplifier{27015, "Source engine", source_request, source_response},
    Amplifier{27960, "Quake", source_request, source_response},
    Amplifier{30718, "Lantronix", lantronix_request, lantronix_response},
    Amplifier{32410, "Plex", plex_request, http_response},
    Amplifier{32412, "Plex", plex_request, http_response},
    Amplifier{32414, "Plex", plex_request, http_response},
    Amplifier{37810, "DVR", dvr_request, dvr_response},
    Amplifier{47808, "BACnet", bacnet_request, bacnet_response},
};

constexpr bool rising() {
  for (size_t i = 1; i < table.size(); ++i)
    if (table[i - 1].port >= table[i].port) return false;
  return true;
}
static_assert(rising());

constexpr std::array<uint64_t, 1024> port_bits() {
  std::array<uint64_t, 1024> bits{};
  for (const Amplifier& amplifier : table)
    bits[amplifier.port >> 6] |= 1ULL << (amplifier.port & 63);
  return bits;
}

}  // namespace

std::span<const Amplifier> amplifiers() { return table; }

namespace internal {

constinit const std::array<uint64_t, 1024> amplifier_ports = port_bits();

const Amplifier* find_amplifier(uint16_t port) {
  const auto it = std::lower_bound(table.begin(), table.end(), port,
                                   [](const Amplifier& a, uint16_t b) { return a.port < b; });
  return it != table.end() && it->port == port ? &*it : nullptr;
}

}  // namespace internal
}  // namespace yagura::telescope
