// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "warning/exchange_formats.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

std::string time_json(Timestamp time) { return json_quote(format_time(to_second(time))); }

std::string services_json(const Episode& episode) {
  std::string out;
  for (const Service& service : episode.services) {
    out += out.empty() ? "{" : ",{";
    const std::string_view protocol = protocol_name(service.protocol);
    if (!protocol.empty()) out += fmt::format("\"protocol\":\"{}\",", protocol);
    if (has_port(service)) out += fmt::format("\"port\":{},", service.port);
    out += fmt::format("\"packets\":{}}}", service.packets);
  }
  return out;
}

std::string warning_json(const Told& told, model::Language language) {
  const Episode& episode = told.episode;
  std::string out = fmt::format(
      R"({{"number":{},"change":"{}","kind":"{}","severity":"{}","address":"{}",)", told.warning,
      change_names[static_cast<size_t>(told.change)], name_of(episode.kind),
      name_of(severity_of(episode)), episode.address.to_string());
  if (told.asn != 0) out += fmt::format("\"asn\":{},", told.asn);
  if (!told.country.empty()) out += fmt::format("\"country\":{},", json_quote(told.country));
  out += fmt::format(R"("first":{},"last":{},"packets":{},"bytes":{},"dark_addresses":{},)",
                     time_json(episode.first), time_json(episode.last), episode.packets,
                     episode.bytes, episode.dark_addresses);
  out += fmt::format("\"services\":[{}],", services_json(episode));
  if (episode.packets_elsewhere > 0)
    out += fmt::format("\"packets_elsewhere\":{},", episode.packets_elsewhere);
  if (episode.tool != model::Tool::none)
    out += fmt::format("\"tool\":\"{}\",", model::tool_names[static_cast<size_t>(episode.tool)]);
  return out + fmt::format("\"explanation\":{}}}", json_quote(explanation_of(episode, language)));
}

}  // namespace

std::string json_of(const Notice& notice, model::Language language) {
  std::string out =
      fmt::format(R"({{"format":"urn:yagura:warning:1","id":{},"member":{},"made":{},"test":{},)"
                  R"("language":"{}","left_out":{},"warnings":[)",
                  json_quote(notice.id), json_quote(notice.member), time_json(notice.made),
                  notice.test, model::code_of(language), notice.left_out);
  for (size_t i = 0; i < notice.told.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out += warning_json(notice.told[i], language);
  }
  return out + "]}\n";
}

}  // namespace yagura::warning
