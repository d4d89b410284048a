// SPDX-License-Identifier: Apache-2.0
#include "telescope/source_reader.h"

namespace yagura::telescope {

void SourceReader::keep(const SourceRow& row) {
  rows_.push_back(row);
  sizes_.push_back({row.ports.size(), row.marks.size(), row.dark.size()});
  ports_.insert(ports_.end(), row.ports.begin(), row.ports.end());
  port_packets_.insert(port_packets_.end(), row.port_packets.begin(), row.port_packets.end());
  marks_.insert(marks_.end(), row.marks.begin(), row.marks.end());
  mark_packets_.insert(mark_packets_.end(), row.mark_packets.begin(), row.mark_packets.end());
  dark_.insert(dark_.end(), row.dark.begin(), row.dark.end());
}

Result<std::span<const SourceRow>> SourceReader::next() {
  rows_.clear();
  sizes_.clear();
  ports_.clear();
  port_packets_.clear();
  marks_.clear();
  mark_packets_.clear();
  dark_.clear();
  if (!started_) {
    started_ = true;
    TRY(has_ahead_, stream_->next(ahead_));
  }
  while (has_ahead_ && (rows_.empty() || ahead_.source == rows_[0].source)) {
    keep(ahead_);
    TRY(has_ahead_, stream_->next(ahead_));
  }
  // Only now do the vectors stand still.
  Sizes at{0, 0, 0};
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Sizes& n = sizes_[i];
    rows_[i].ports = std::span(ports_).subspan(at.ports, n.ports);
    rows_[i].port_packets = std::span(port_packets_).subspan(at.ports, n.ports);
    rows_[i].marks = std::span(marks_).subspan(at.marks, n.marks);
    rows_[i].mark_packets = std::span(mark_packets_).subspan(at.marks, n.marks);
    rows_[i].dark = std::span(dark_).subspan(at.dark, n.dark);
    at = {at.ports + n.ports, at.marks + n.marks, at.dark + n.dark};
  }
  return std::span<const SourceRow>(rows_);
}

SourceDayRow source_day_row(const SourceRow& row, Timestamp day, const SourceFacts& facts,
                            SurveyVerdict verdict) {
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
  out.organisation = verdict.organisation;
  out.survey_evidence = verdict.evidence;
  out.country = facts.place.country;
  out.asn = facts.place.asn;
  return out;
}

}  // namespace yagura::telescope
