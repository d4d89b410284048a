// SPDX-License-Identifier: Apache-2.0
#include "telescope/survey.h"

#include <algorithm>
#include <bitset>
#include <cctype>

namespace yagura::telescope {
namespace {

// Whether `name` is `suffix` (which begins with a dot) or ends with it, case ignored.
bool ends_with_labels(std::string_view name, std::string_view suffix) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  if (name.size() + 1 == suffix.size()) suffix.remove_prefix(1);
  if (name.size() < suffix.size()) return false;
  return std::equal(suffix.begin(), suffix.end(),
                    name.end() - static_cast<ptrdiff_t>(suffix.size()), same);
}

}  // namespace

bool behaves_like_a_survey(std::span<const SourceRow> rows, double dark_addresses) {
  uint64_t packets = 0;
  size_t bound = 0;
  for (const SourceRow& row : rows) {
    if (!is_scan(row.class_) || row.class_ == PacketClass::scan_icmp) continue;
    packets += row.packets;
    bound += row.ports.size();
  }
  // The cheap tests first: nearly no source passes them.
  if (static_cast<double>(packets) < dark_addresses || bound < survey_ports_minimum) return false;
  std::bitset<65536> tcp, udp;
  for (const SourceRow& row : rows) {
    if (!is_scan(row.class_) || row.class_ == PacketClass::scan_icmp) continue;
    auto& ports = row.class_ == PacketClass::scan_tcp ? tcp : udp;
    for (const uint16_t port : row.ports) ports.set(port);
  }
  return tcp.count() + udp.count() >= survey_ports_minimum;
}

SurveyVerdict SurveyDay::find(IpAddress source) {
  if (const uint16_t* organisation = cursor_.find(source))
    return {*organisation, SurveyEvidence::list};
  if (named_ != nullptr && !named_->empty()) {
    const auto it = named_->find(source);
    if (it != named_->end()) return {it->second, SurveyEvidence::name};
  }
  return {};
}

SurveyRegistry::SurveyRegistry(std::vector<state::ScannerEntry> entries,
                               const std::vector<state::ScannerName>& names,
                               const std::vector<state::SourceName>& source_names)
    : entries_(std::move(entries)) {
  for (const auto& source : source_names) {
    const state::ScannerName* best = nullptr;
    for (const auto& name : names)
      if (ends_with_labels(source.name, name.suffix) &&
          (best == nullptr || name.suffix.size() > best->suffix.size()))
        best = &name;
    if (best != nullptr) named_[source.source] = best->organisation;
  }
}

Result<SurveyRegistry> SurveyRegistry::load(state::Database& database) {
  TRY(auto entries, state::scanner_entries(database));
  TRY(const auto names, state::scanner_names(database));
  TRY(const auto source_names, state::source_names(database));
  return SurveyRegistry(std::move(entries), names, source_names);
}

std::unique_ptr<SurveyDay> SurveyRegistry::on(Timestamp day) const& {
  std::vector<std::pair<Prefix, uint16_t>> valid;
  for (const auto& entry : entries_)
    if ((!entry.from || *entry.from <= day) && (!entry.until || day < *entry.until))
      valid.emplace_back(entry.prefix, entry.organisation);
  // A list that names the organisation beats one that does not, whatever the order of import.
  std::stable_sort(valid.begin(), valid.end(), [](const auto& a, const auto& b) {
    return (a.second != unknown_organisation) < (b.second != unknown_organisation);
  });
  return std::make_unique<SurveyDay>(PrefixMap<uint16_t>::from_prefixes(std::move(valid)), &named_);
}

}  // namespace yagura::telescope
