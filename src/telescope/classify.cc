// SPDX-License-Identifier: Apache-2.0
#include "telescope/classify.h"

#include "telescope/payload_shapes.h"

namespace yagura::telescope {
namespace {

using capture::Packet;

constexpr uint16_t bit(Mark mark) { return static_cast<uint16_t>(1U << static_cast<int>(mark)); }

// The six flags of RFC 793; ECE and CWR say nothing about what a packet is for.
constexpr uint8_t flag_mask =
    capture::fin | capture::syn | capture::rst | capture::psh | capture::ack | capture::urg;

// --- Tools ---

// At most one mark, the least likely coincidence first: Mirai's rule matches by chance once in
// 2^32 SYNs, masscan's and ZMap's once in 2^16 and less for the other fields, Nmap's shape may be
// anybody's. So a verdict belongs to a source, not to a packet (tools.h).
uint16_t tool_mark(const Packet& p) {
  const bool v4 = p.destination.is_v4();
  const bool bare = p.tcp_options_length == 0;
  const bool one_option = p.tcp_options_length == 4;  // in a SYN: the MSS
  if (v4) {
    const uint32_t destination = p.destination.v4();
    if (p.tcp_sequence == destination) return bit(Mark::mirai);
    const uint32_t id = (destination ^ p.destination_port ^ p.tcp_sequence) & 0xffff;
    if (p.ip_id == id) {
      if (bare && p.tcp_window == 1024) return bit(Mark::masscan);
      // Sent with 255: the next lower start in use is 128.
      if (one_option && p.tcp_window == 1025 && p.ttl > 128) return bit(Mark::masscan_2023);
    }
    if (p.ip_id == 54321 && p.tcp_window == 65535 && bare && !p.is(capture::dont_fragment))
      return bit(Mark::zmap);
  }
  const bool window =
      p.tcp_window == 1024 || p.tcp_window == 2048 || p.tcp_window == 3072 || p.tcp_window == 4096;
  return one_option && window ? bit(Mark::nmap) : 0;
}

// Unicornscan's sequence numbers, solved for the key of the run.
uint32_t unicornscan_key(const Packet& p) {
  const uint32_t ports = (static_cast<uint32_t>(p.destination_port) << 16) + p.source_port;
  return p.tcp_sequence ^ __builtin_bswap32(p.destination.v4()) ^ ports;
}

// --- Signs of a forged source or a broken sender, after corsaro3's spoofed filter ---

// corsaro's combinations (S, A, R, F, SF, SA, FA, AP, FAP) and RST+ACK, which RFC 9293 3.10.7.1
// makes every closed port send.
// One bit per combination.
constexpr uint64_t usual_flags = [] {
  using namespace capture;
  uint64_t set = 0;
  for (const int flags : {int{syn}, int{ack}, int{rst}, int{fin}, syn | fin, syn | ack, fin | ack,
                          ack | psh, fin | ack | psh, rst | ack})
    set |= 1ULL << flags;
  return set;
}();

bool usual_protocol(const Packet& p) {
  switch (p.protocol) {
    case capture::protocol_tcp:
      return !p.is(capture::has_ports) || (usual_flags >> (p.tcp_flags & flag_mask) & 1) != 0;
    case capture::protocol_udp:
    case capture::protocol_ipv6_in_ip:
      return true;
    case capture::protocol_icmp:
      return p.source.is_v4();
    case capture::protocol_icmp6:
      return !p.source.is_v4();
    default:
      return false;
  }
}

// No common system starts above 128 but for ICMP; ZMap and masscan do, openly.
bool odd_ttl(const Packet& p, uint16_t tool) {
  if (p.ttl < 200 || p.protocol == capture::protocol_icmp || p.protocol == capture::protocol_icmp6)
    return false;
  const bool masscan_shape = p.protocol == capture::protocol_tcp &&
                             (p.tcp_flags & flag_mask) == capture::syn && p.tcp_window == 1024 &&
                             p.tcp_options_length == 0;
  return !masscan_shape && (tool & (bit(Mark::masscan_2023) | bit(Mark::zmap))) == 0;
}

// `mark` if `condition`: added up rather than branched on, for hardly a packet shows any.
constexpr unsigned when(bool condition, Mark mark) {
  return static_cast<unsigned>(condition) << static_cast<int>(mark);
}

uint16_t odd_marks(const Packet& p, uint16_t tool) {
  const bool v4_edge = p.source.is_v4() && ((p.source.v4() + 1) & 0xff) <= 1;
  const bool fragment =
      (p.traits & (capture::later_fragment | capture::reserved_fragment_bit)) != 0;
  const bool ports = p.is(capture::has_ports);
  const unsigned marks =
      when(!usual_protocol(p), Mark::odd_protocol) | when(odd_ttl(p, tool), Mark::high_ttl) |
      when(fragment, Mark::odd_fragment) | when(v4_edge, Mark::source_ends_0_or_255) |
      when(p.source == p.destination, Mark::source_is_destination) |
      when(ports && (p.source_port == 0 || p.destination_port == 0), Mark::port_zero) |
      when(ports && p.protocol == capture::protocol_udp && p.destination_port == 80,
           Mark::udp_port_80);
  return static_cast<uint16_t>(marks);
}

// --- Classes ---

void classify_tcp(const Packet& p, Classified& c) {
  using namespace capture;
  const uint8_t flags = p.tcp_flags & flag_mask;
  c.service_port = p.destination_port;
  if ((flags & (syn | ack | rst | fin)) == syn) {
    c.class_ = PacketClass::scan_tcp;
    c.marks = tool_mark(p);
    if (p.destination.is_v4()) c.unicornscan_key = unicornscan_key(p);
  } else if (flags == 0 && !p.is(transport_cut)) {  // of a cut header the flags may be missing
    c.class_ = PacketClass::scan_tcp;
    c.marks = bit(Mark::null_scan);
  } else if (flags == fin) {
    c.class_ = PacketClass::scan_tcp;
    c.marks = bit(Mark::fin_scan);
  } else if (flags == (fin | psh | urg)) {
    c.class_ = PacketClass::scan_tcp;
    c.marks = bit(Mark::xmas_scan);
  } else if ((flags & (syn | ack)) == (syn | ack) || (flags & rst) != 0) {
    c.class_ = PacketClass::backscatter_tcp;
    c.service_port = c.attacked_port = p.source_port;
  } else {
    c.class_ = PacketClass::other_tcp;
  }
}

void classify_udp(const Packet& p, Classified& c) {
  const Payload payload(p.payload, p.payload == nullptr ? 0 : p.payload_length);
  c.service_port = p.destination_port;
  c.class_ = PacketClass::scan_udp;
  if (const Amplifier* responder = amplifier_on(p.source_port);
      responder != nullptr && responder->response(payload)) {
    c.class_ = PacketClass::backscatter_udp;
    c.service_port = c.attacked_port = p.source_port;
  } else if (const Amplifier* asked = amplifier_on(p.destination_port);
             asked != nullptr && asked->request(payload)) {
    c.class_ = PacketClass::probe_amplification;
  }
}

enum class IcmpKind { error, reply, request, neither };

// IANA's registries of ICMP types. Errors answer a packet somebody sent in the dark address's name.
IcmpKind icmp_kind(uint8_t type) {
  switch (type) {
    case 3:   // destination unreachable
    case 4:   // source quench
    case 5:   // redirect
    case 11:  // time exceeded
    case 12:  // parameter problem
      return IcmpKind::error;
    case 0:   // echo reply
    case 14:  // timestamp reply
    case 16:  // information reply
    case 18:  // address mask reply
      return IcmpKind::reply;
    case 8:   // echo
    case 10:  // router solicitation
    case 13:  // timestamp
    case 15:  // information
    case 17:  // address mask
    case 42:  // extended echo (RFC 8335)
      return IcmpKind::request;
    default:
      return IcmpKind::neither;
  }
}
IcmpKind icmp6_kind(uint8_t type) {
  switch (type) {
    case 1:  // destination unreachable
    case 2:  // packet too big
    case 3:  // time exceeded
    case 4:  // parameter problem
      return IcmpKind::error;
    case 129:
      return IcmpKind::reply;  // echo reply
    case 128:                  // echo
    case 130:                  // multicast listener query
    case 133:                  // router solicitation
    case 135:                  // neighbour solicitation
    case 139:                  // node information query
    case 144:                  // home agent discovery
    case 146:                  // mobile prefix solicitation
    case 160:                  // extended echo (RFC 8335)
      return IcmpKind::request;
    default:
      return IcmpKind::neither;
  }
}

// False if it is neither an error with the packet it is about, nor a reply, nor a request.
bool classify_icmp(const Packet& p, IcmpKind kind, Classified& c) {
  if (kind == IcmpKind::neither) return false;
  if (kind == IcmpKind::error) {
    if (!p.is(capture::has_inner)) return false;
    c.accounted = p.inner_destination;
    c.protocol = p.inner_protocol;
    c.attacked_port = p.inner_destination_port;
  }
  c.class_ = kind == IcmpKind::request ? PacketClass::scan_icmp : PacketClass::backscatter_icmp;
  c.service_port = static_cast<uint16_t>(p.icmp_type << 8 | p.icmp_code);
  return true;
}

// An ICMP header whose type was not captured decodes as type 0, which is a real one.
bool icmp_readable(const Packet& p) { return !p.is(capture::transport_cut) || p.icmp_type != 0; }

}  // namespace

Classified classify(const Packet& p) {
  Classified c;
  c.accounted = p.source;
  c.protocol = p.protocol;
  bool known = false;
  if (p.is(capture::later_fragment)) {
    // No transport header: whatever stands there is somebody's payload.
  } else if (p.protocol == capture::protocol_tcp) {
    known = p.is(capture::has_ports);
    if (known) classify_tcp(p, c);
  } else if (p.protocol == capture::protocol_udp) {
    known = p.is(capture::has_ports);
    if (known) classify_udp(p, c);
  } else if (p.protocol == capture::protocol_icmp && p.source.is_v4()) {
    known = icmp_readable(p) && classify_icmp(p, icmp_kind(p.icmp_type), c);
  } else if (p.protocol == capture::protocol_icmp6 && !p.source.is_v4()) {
    known = icmp_readable(p) && classify_icmp(p, icmp6_kind(p.icmp_type), c);
  }
  if (!known) {
    c.class_ = PacketClass::other;
    c.service_port = p.protocol;
  }
  c.marks = static_cast<uint16_t>(c.marks | odd_marks(p, c.marks));
  return c;
}

}  // namespace yagura::telescope
