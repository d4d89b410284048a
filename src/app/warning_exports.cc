// SPDX-License-Identifier: Apache-2.0
#include "app/warning_exports.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "warning/exchange_formats.h"
#include "warning/kept.h"

namespace yagura::app {
namespace {

using warning::Notice;
using warning::Told;

// Reports have no column for the member.
std::vector<Told> all_of(std::span<const Notice> notices) {
  std::vector<Told> all;
  for (const Notice& notice : notices)
    all.insert(all.end(), notice.told.begin(), notice.told.end());
  return all;
}

std::string darknet(std::span<const Notice> notices) {
  return warning::shadowserver_darknet_csv(all_of(notices));
}

std::string ddos_targets(std::span<const Notice> notices) {
  return warning::shadowserver_ddos_target_csv(all_of(notices));
}

std::string intelmq(std::span<const Notice> notices) {
  std::string lines;
  for (const Notice& notice : notices)
    lines += warning::intelmq_json_lines(notice, model::Language::english);
  return lines;
}

std::string cef(std::span<const Notice> notices) {
  std::string lines;
  for (const Notice& notice : notices)
    for (const Told& told : notice.told)
      lines += warning::cef_line(told, notice, {YAGURA_VERSION}) + "\n";
  return lines;
}

constexpr std::array forms = {
    ExportForm{"shadowserver-darknet", "event4_honeypot_darknet.csv", "text/csv; charset=utf-8",
               darknet},
    ExportForm{"shadowserver-ddos", "event4_honeypot_ddos_target.csv", "text/csv; charset=utf-8",
               ddos_targets},
    ExportForm{"intelmq", "warnings.ndjson", "application/x-ndjson", intelmq},
    ExportForm{"cef", "warnings.cef", "text/plain; charset=utf-8", cef}};

}  // namespace

std::span<const ExportForm> export_forms() { return forms; }

const ExportForm* export_form(std::string_view name) {
  const auto form = std::find_if(forms.begin(), forms.end(),
                                 [&](const ExportForm& each) { return each.name == name; });
  return form == forms.end() ? nullptr : &*form;
}

std::string export_forms_text() {
  std::string text;
  for (const ExportForm& form : forms) {
    if (!text.empty()) text += ", ";
    text += form.name;
  }
  return text;
}

Result<std::string> exported(const ExportForm& form, std::span<const state::Warning> warnings,
                             const ExportContext& context) {
  std::map<int64_t, std::string_view> names;
  for (const state::Member& member : context.members) names[member.id] = member.name;
  std::vector<Notice> notices;  // one a member
  std::map<int64_t, size_t> places;
  for (const state::Warning& warning : warnings) {
    const auto [place, added] = places.emplace(warning.member, notices.size());
    if (added) {
      notices.emplace_back().member = names[warning.member];
      notices.back().made = context.now;
    }
    TRY(notices[place->second].told.emplace_back(),
        warning::told_of(warning, warning::change_of(warning), context.places));
  }
  return form.write(notices);
}

}  // namespace yagura::app
