// SPDX-License-Identifier: Apache-2.0
#include "telescope/report_document.h"

#include <fmt/format.h>

#include "base/text.h"

namespace yagura::telescope {

const Section* Document::find(std::string_view key) const {
  for (const Section& section : sections)
    if (section.key == key) return &section;
  return nullptr;
}

std::string document_text(const Document& document, size_t width) {
  constexpr size_t text_width = 96;  // of sentences: longer lines are hard to read
  constexpr size_t indent = 2;
  std::string out = escape_terminal(document.title) + "\n" +
                    std::string(display_width(document.title), '=') + "\n" +
                    wrap(escape_terminal(document.subtitle), std::min(width, text_width));
  for (const Section& section : document.sections) {
    if (section.long_table && section.facts.empty()) continue;  // a plot: nothing to read
    const std::string title = escape_terminal(section.title);
    out += "\n" + title + "\n" + std::string(display_width(title), '-') + "\n";
    if (!section.facts.empty())
      out += facts_text(section.facts, std::min(width, text_width), indent);
    if (!section.table.columns.empty() && !section.long_table) {
      if (!section.facts.empty()) out += "\n";
      out += table_text(section.table, width, indent);
    }
    for (const std::string& note : section.notes)
      out += wrap(escape_terminal(note), std::min(width, text_width), "  ");
  }
  return out;
}

std::string document_json(const Document& document) {
  std::string out = fmt::format("{{\n  \"title\": {},\n  \"subtitle\": {}",
                                json_quote(document.title), json_quote(document.subtitle));
  std::string remarks;
  for (const Section& section : document.sections) {
    const bool facts = !section.facts.empty(), rows = !section.table.columns.empty();
    const std::string key = json_quote(section.key);
    if (facts && rows)
      out += fmt::format(",\n  {}: {{\n    \"facts\": {},\n    \"rows\": {}\n  }}", key,
                         facts_json(section.facts, "    "), table_json(section.table, "    "));
    else if (facts)
      out += fmt::format(",\n  {}: {}", key, facts_json(section.facts, "  "));
    else if (rows)
      out += fmt::format(",\n  {}: {}", key, table_json(section.table, "  "));
    if (section.notes.empty()) continue;
    remarks += fmt::format("{}\n    {}: [", remarks.empty() ? "" : ",", key);
    for (size_t i = 0; i < section.notes.size(); ++i)
      remarks += (i == 0 ? "" : ", ") + json_quote(section.notes[i]);
    remarks += "]";
  }
  if (!remarks.empty()) out += ",\n  \"remarks\": {" + remarks + "\n  }";
  return out + "\n}\n";
}

std::string document_csv(const Document& document) {
  std::string out;
  for (const Section& section : document.sections) {
    if (!section.facts.empty())
      out += fmt::format("# {}\r\n{}\r\n", section.key, facts_csv(section.facts));
    if (!section.table.columns.empty())
      out += fmt::format("# {}{}\r\n{}\r\n", section.key, section.facts.empty() ? "" : " rows",
                         table_csv(section.table));
  }
  return out;
}

}  // namespace yagura::telescope
