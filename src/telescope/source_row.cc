// SPDX-License-Identifier: Apache-2.0
#include "telescope/source_row.h"

namespace yagura::telescope {

ActivityRow activity_row(const SourceRow& row, uint32_t window, uint16_t sensor) {
  ActivityRow out;
  out.window = window;
  out.sensor = sensor;
  out.source = row.source;
  out.class_ = row.class_;
  out.scope = row.scope;
  out.packets = static_cast<uint32_t>(row.packets);
  out.bytes = row.bytes;
  out.dark_addresses = row.dark_addresses;
  out.dark_hash = row.dark_hash;
  out.first_second = static_cast<uint16_t>(row.first - window);
  out.last_second = static_cast<uint16_t>(row.last - window);
  out.ttl_min = row.ttl_min;
  out.ttl_max = row.ttl_max;
  out.ports = row.ports;
  out.port_packets = row.port_packets;
  out.marks = row.marks;
  out.mark_packets = row.mark_packets;
  return out;
}

SourceDayRow source_day_row(const SourceRow& row, Timestamp day, const SourceFacts& facts,
                            SurveyEvidence evidence) {
  SourceDayRow out;
  out.day = static_cast<uint16_t>(day.seconds() / 86400);
  out.source = row.source;
  out.class_ = row.class_;
  out.scope = row.scope;
  out.packets = row.packets;
  out.bytes = row.bytes;
  out.first = row.first;
  out.last = row.last;
  out.windows = static_cast<uint16_t>(row.windows);
  out.ports = row.ports;
  out.port_packets = row.port_packets;
  out.marks = row.marks;
  out.mark_packets = row.mark_packets;
  out.tool = facts.tool;
  out.organisation = facts.organisation;
  out.survey_evidence = evidence;
  out.country = facts.place.country;
  out.asn = facts.place.asn;
  return out;
}

}  // namespace yagura::telescope
