// SPDX-License-Identifier: Apache-2.0
#include "app/warning_exports.h"

#include <algorithm>
#include <array>
#include <vector>

#include "warning/exchange_formats.h"
#include "warning/kept.h"

namespace yagura::app {
namespace {

using warning::Told;

std::string cef(std::span<const Told> told) {
  std::string lines;
  for (const Told& each : told) lines += warning::cef_line(each, YAGURA_VERSION) + "\n";
  return lines;
}

constexpr std::array forms = {
    ExportForm{"shadowserver-darknet", "event4_honeypot_darknet.csv", "text/csv; charset=utf-8",
               [](std::span<const Told> told) { return warning::shadowserver_darknet_csv(told); }},
    ExportForm{
        "shadowserver-ddos", "event4_honeypot_ddos_target.csv", "text/csv; charset=utf-8",
        [](std::span<const Told> told) { return warning::shadowserver_ddos_target_csv(told); }},
    ExportForm{"intelmq", "warnings.ndjson", "application/x-ndjson",
               [](std::span<const Told> told) { return warning::intelmq_json_lines(told); }},
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
                             const enrich::Places* places) {
  std::vector<Told> told;
  for (const state::Warning& warning : warnings) {
    TRY(told.emplace_back(), warning::told_of(warning, warning::change_of(warning), places));
  }
  return form.write(told);
}

}  // namespace yagura::app
