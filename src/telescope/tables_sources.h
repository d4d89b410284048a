// SPDX-License-Identifier: Apache-2.0
//
// Questions about sources: lists of them, everything known of one, survey scanners.
//
// They are answered from the daily rows, so a period counts in whole days.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "telescope/tables.h"
#include "telescope/tables_events.h"

namespace yagura::telescope {

// A service port with the protocol that follows from the class.
struct ServicePort {
  PacketClass class_ = PacketClass::other;
  uint16_t port = 0;
  uint64_t packets = 0;
};
// "23/tcp", "53/udp", "echo/icmp"-like "8.0/icmp", "47/ip".
std::string service_text(PacketClass class_, uint16_t port);

struct SourceSummary {
  IpAddress source;
  AddressScope scope = AddressScope::global;
  uint64_t packets = 0;  // to the port asked for, if one was
  uint64_t bytes = 0;
  Timestamp first, last;
  uint64_t days = 0;
  std::vector<PacketClass> classes;
  std::vector<ServicePort> ports;  // up to five, most packets first
  Tool tool = Tool::none;
  uint16_t organisation = 0;
  SurveyEvidence evidence = SurveyEvidence::none;
  enrich::CountryCode country = 0;
  uint32_t asn = 0;
};
enum class SourceOrder { packets, bytes, first, last, days };
inline constexpr Choice<SourceOrder> source_order_choices[] = {{"packets", SourceOrder::packets},
                                                               {"bytes", SourceOrder::bytes},
                                                               {"first", SourceOrder::first},
                                                               {"last", SourceOrder::last},
                                                               {"days", SourceOrder::days}};
struct SourceQuestion {
  Period period;
  Filter filter;
  SourceOrder order = SourceOrder::packets;
  uint64_t limit = 50;
  uint64_t offset = 0;
};
Result<std::vector<SourceSummary>> sources(store::Connection& connection,
                                           const SourceQuestion& question);

// What one source did in one class, over all days.
struct ClassRecord {
  PacketClass class_ = PacketClass::other;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t days = 0;
  Timestamp first, last;
  uint64_t ports = 0;
};
struct MarkCount {
  Mark mark = Mark::null_scan;
  uint64_t packets = 0;
};
struct Sample {
  Timestamp time;
  PacketClass class_ = PacketClass::other;
  IpAddress destination;
  uint8_t protocol = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t ttl = 0;
  uint16_t ip_id = 0;
  uint16_t ip_length = 0;
  uint8_t tcp_flags = 0;
  uint16_t tcp_window = 0;
  uint32_t tcp_sequence = 0;
  std::string payload;
};

// How a source behaved towards the dark space in the 5-minute rows that are still kept.
struct SourceBehaviour {
  uint64_t windows = 0;  // it was seen in
  uint64_t hours = 0;    // it was seen in
  uint64_t packets = 0;
  uint64_t services = 0;      // distinct class and port
  uint64_t known_dark = 0;    // distinct dark addresses, of windows that hit only one
  uint64_t most_dark = 0;     // dark addresses hit in one window
  uint64_t most_packets = 0;  // in one window
  bool answers = false;       // backscatter classes only: replies, not requests
  Timestamp first, last;
};
struct Verdict {
  bool holds = false;
  std::string reason;
};
// A host with a wrong address in its settings: it asks one dark address for one service, slowly and
// steadily, for a day or more.
Verdict misconfiguration(const SourceBehaviour& behaviour);

struct SourcePage {
  SourceSummary summary;  // ports: up to 20
  std::vector<ClassRecord> classes;
  std::vector<MarkCount> marks;
  SourceBehaviour behaviour;
  std::vector<Event> events;    // latest first, up to 20
  std::vector<Attack> attacks;  // as victim, latest first, up to 20
  std::vector<Sample> samples;  // latest first, up to 20
};
// Whose reverse-DNS names may tell who they are: sources that scanned in the period and are of no
// known organisation, those first that behave like survey scanners, then those with most packets.
Result<std::vector<IpAddress>> sources_of_nobody_known(store::Connection& connection,
                                                       const Period& period, uint64_t limit);

// Nothing if the source was never seen.
Result<std::optional<SourcePage>> source_page(store::Connection& connection, IpAddress source);
// What the source is taken for, and why: "survey scanner" because "listed as shodan", …; the
// strongest first.
struct Judgement {
  std::string verdict;
  std::string reason;
};
std::vector<Judgement> judge(const SourcePage& page, std::string_view organisation_name);

// The addresses of a survey organisation, by how each was recognised.
struct SurveyScanner {
  uint16_t organisation = 0;
  int64_t packets = 0;
  uint64_t hosts = 0;  // distinct, over whole days
  uint64_t ports = 0;  // distinct TCP and UDP ports
  double share = 0;    // of all packets of the scan classes
  uint64_t listed_hosts = 0, named_hosts = 0, behaving_hosts = 0;
  uint64_t days = 0;
};
// Of the sources that pass the filter; its class and survey are the question's own.
Result<std::vector<SurveyScanner>> survey_scanners(store::Connection& connection,
                                                   const Period& period, const Filter& filter,
                                                   uint64_t limit);

}  // namespace yagura::telescope
