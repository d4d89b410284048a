// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "warning/exchange_formats.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

// For content and quoted attributes. Beside what escape_html() takes care of, XML has no place for
// the two code points that are no characters and end the basic plane.
std::string xml_text(std::string_view text) {
  std::string out = escape_html(text);
  for (const std::string_view none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (size_t at = out.find(none); at != std::string::npos; at = out.find(none, at))
      out.replace(at, none.size(), "\xef\xbf\xbd");
  }
  return out;
}

std::string element(std::string_view name, std::string_view content) {
  return fmt::format("    <{0}>{1}</{0}>\n", name, xml_text(content));
}
std::string element(std::string_view name, uint64_t content) {
  return element(name, std::to_string(content));
}

std::string service_element(const Service& service) {
  std::string attributes;
  const std::string_view protocol = protocol_name(service.protocol);
  if (!protocol.empty()) attributes += fmt::format(" protocol=\"{}\"", protocol);
  if (has_port(service)) attributes += fmt::format(" port=\"{}\"", service.port);
  return fmt::format("    <service{} packets=\"{}\"/>\n", attributes, service.packets);
}

std::string warning_element(const Told& told, model::Language language) {
  const Episode& episode = told.episode;
  std::string out =
      fmt::format("  <warning number=\"{}\" change=\"{}\" kind=\"{}\" severity=\"{}\">\n",
                  told.warning, change_names[static_cast<size_t>(told.change)],
                  name_of(episode.kind), name_of(severity_of(episode)));
  out += element("address", episode.address.to_string());
  if (told.asn != 0) out += element("asn", told.asn);
  if (!told.country.empty()) out += element("country", told.country);
  out += element("first", format_time(to_second(episode.first)));
  out += element("last", format_time(to_second(episode.last)));
  out += element("packets", episode.packets);
  out += element("bytes", episode.bytes);
  out += element("dark_addresses", episode.dark_addresses);
  for (const Service& service : episode.services) out += service_element(service);
  if (episode.packets_elsewhere > 0) out += element("packets_elsewhere", episode.packets_elsewhere);
  if (episode.tool != model::Tool::none)
    out += element("tool", model::tool_names[static_cast<size_t>(episode.tool)]);
  out += element("explanation", explanation_of(episode, language));
  return out + "  </warning>\n";
}

}  // namespace

std::string xml_of(const Notice& notice, model::Language language) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<notice xmlns=\"urn:yagura:warning:1\" id=\"{}\" made=\"{}\"\n"
      "        test=\"{}\" language=\"{}\" left_out=\"{}\">\n",
      xml_text(notice.id), format_time(to_second(notice.made)), notice.test,
      model::code_of(language), notice.left_out);
  out += fmt::format("  <member>{}</member>\n", xml_text(notice.member));
  for (const Told& told : notice.told) out += warning_element(told, language);
  return out + "</notice>\n";
}

}  // namespace yagura::warning
