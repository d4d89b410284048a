// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "warning/exchange_formats.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

// "2026-01-01T12:00:01+00:00": the one form of IntelMQ's DateTime without a fraction.
std::string time_text(Timestamp time) {
  std::string text = format_time(to_second(time));
  text.pop_back();  // the Z
  return text + "+00:00";
}

// The fields of one event, in the order in which they are put.
class Event {
 public:
  // IntelMQ knows no empty values.
  void put(std::string_view name, std::string_view text) {
    if (!text.empty()) put_json(name, json_quote(text));
  }
  void put(std::string_view name, uint64_t number) { put_json(name, std::to_string(number)); }
  void put_json(std::string_view name, std::string_view value) {
    fields_ += fmt::format("{}\"{}\":{}", fields_.empty() ? "" : ",", name, value);
  }
  std::string line() const { return fmt::format("{{{}}}\n", fields_); }

 private:
  std::string fields_;
};

// Types and their taxonomies are those of the Reference Security Incident Taxonomy.
struct Classification {
  std::string_view taxonomy, type, identifier;
};

Classification classified(const Episode& episode) {
  switch (episode.kind) {
    case Kind::under_attack:
      return {"availability", "ddos", "backscatter"};
    case Kind::misconfiguration:
      return {"availability", "misconfiguration", "darknet-misconfiguration"};
    case Kind::external:
    case Kind::internal:
      break;
  }
  if (episode.tool == model::Tool::mirai) return {"malicious-code", "infected-system", "mirai"};
  return {"information-gathering", "scanner",
          episode.kind == Kind::internal ? "darknet-internal" : "darknet-external"};
}

void put_common(Event& event, const Notice& notice) {
  event.put("feed.provider", "Yagura");
  event.put("feed.name", "Early Warning");
  event.put("extra.notice", notice.id);
  event.put("extra.member", notice.member);
}

std::string services_json(const Episode& episode) {
  std::string out;
  for (const Service& service : episode.services)
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ",", service_text(service));
  return fmt::format("[{}]", out);
}

std::string event_line(const Notice& notice, const Told& told, model::Language language) {
  const Episode& episode = told.episode;
  const bool victim = episode.kind == Kind::under_attack;
  const std::string_view side = victim ? "destination" : "source";
  const Classification classification = classified(episode);
  Event event;
  event.put("time.source", time_text(victim ? episode.first : episode.last));
  event.put(fmt::format("{}.ip", side), episode.address.to_string());
  if (told.asn != 0) event.put(fmt::format("{}.asn", side), told.asn);
  if (!told.country.empty()) event.put(fmt::format("{}.geolocation.cc", side), told.country);
  if (!episode.services.empty()) {
    const Service& most = episode.services.front();
    if (has_port(most)) event.put("destination.port", most.port);
    const std::string_view protocol = protocol_name(most.protocol);
    if (!protocol.empty()) event.put("protocol.transport", protocol);
  }
  event.put("classification.taxonomy", classification.taxonomy);
  event.put("classification.type", classification.type);
  event.put("classification.identifier", classification.identifier);
  if (episode.tool == model::Tool::mirai) event.put("malware.name", "mirai");
  event.put("event_description.text", explanation_of(episode, language));
  put_common(event, notice);
  event.put_json("extra.warning", std::to_string(told.warning));
  event.put("extra.change", change_names[static_cast<size_t>(told.change)]);
  event.put("extra.kind", name_of(episode.kind));
  event.put("extra.severity", name_of(severity_of(episode)));
  event.put("extra.first_seen", time_text(episode.first));
  event.put("extra.last_seen", time_text(episode.last));
  event.put("extra.packets", episode.packets);
  event.put("extra.bytes", episode.bytes);
  event.put("extra.dark_addresses", episode.dark_addresses);
  if (!episode.services.empty()) event.put_json("extra.services", services_json(episode));
  if (episode.tool != model::Tool::none)
    event.put("extra.tool", model::tool_names[static_cast<size_t>(episode.tool)]);
  return event.line();
}

std::string test_line(const Notice& notice) {
  Event event;
  event.put("time.source", time_text(notice.made));
  event.put("classification.taxonomy", "test");
  event.put("classification.type", "test");
  event.put("classification.identifier", "delivery");
  put_common(event, notice);
  return event.line();
}

}  // namespace

std::string intelmq_json_lines(const Notice& notice, model::Language language) {
  if (notice.test) return test_line(notice);
  std::string out;
  for (const Told& told : notice.told) out += event_line(notice, told, language);
  return out;
}

}  // namespace yagura::warning
