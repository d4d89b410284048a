// SPDX-License-Identifier: Apache-2.0
//
// The report as one page of HTML: no script, and a content security policy that forbids every
// request, so that it can be mailed and opened anywhere.
#include <fmt/format.h>

#include "base/text.h"
#include "telescope/report_document.h"
#include "telescope/report_plot.h"

namespace yagura::telescope {
namespace {

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--soft:#5c6670;--rule:#d5dae0;
--zebra:#f5f7f9;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b5489a;--c4:#8a6d00;--c5:#3d8fc4;
--c6:#7a4fc9;--c7:#6b6b6b;--c8:#a3a3a3;--c9:#1b1b1b}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e6e9ec;--soft:#9aa5b0;
--rule:#333a41;
--zebra:#1b1f23;--c0:#56b4e9;--c1:#f0894a;--c2:#3cc79b;--c3:#e08cc9;--c4:#e0b93a;--c5:#9ad0f5;
--c6:#b79bf0;--c7:#a8a8a8;--c8:#6e7276;--c9:#e8eaed}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:64rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,"Noto Sans",sans-serif}
h1{font-size:1.7rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;padding-top:.6rem;
border-top:1px solid var(--rule)}
p{margin:.4rem 0;max-width:48rem}.subtitle,.note{color:var(--soft)}
nav ul{columns:3;padding:0;list-style:none;font-size:.9rem}nav a,summary{color:var(--c0)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.6rem 0;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:.18rem .6rem;text-align:left;white-space:nowrap}
th{border-bottom:2px solid var(--rule);font-weight:600}td.n,th.n{text-align:right}
tbody tr:nth-child(even){background:var(--zebra)}
td.text{white-space:normal;overflow-wrap:anywhere;max-width:24rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.4rem;margin:.6rem 0}
dt{color:var(--soft)}dd{margin:0;font-variant-numeric:tabular-nums}
figure{margin:.6rem 0}svg{width:100%;height:auto;display:block}
svg text{fill:var(--ink);font:12px system-ui,"Noto Sans",sans-serif}svg .tick{fill:var(--soft)}
.grid{stroke:var(--rule);stroke-width:1}.line{fill:none;stroke-width:1.8;stroke-linejoin:round;
stroke-linecap:round}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.c7{stroke:var(--c7)}
.c8{stroke:var(--c8)}.c9{stroke:var(--c9)}
.bar{stroke:none}.bar.c0{fill:var(--c0)}.bar.c1{fill:var(--c1)}.bar.c2{fill:var(--c2)}
.bar.c3{fill:var(--c3)}.bar.c4{fill:var(--c4)}.bar.c5{fill:var(--c5)}.bar.c6{fill:var(--c6)}
.bar.c7{fill:var(--c7)}.bar.c8{fill:var(--c8)}.bar.c9{fill:var(--c9)}
@media print{:root{--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;--zebra:#fff;--c0:#0072b2;
--c1:#d55e00;--c2:#009e73;--c3:#b5489a;--c4:#8a6d00;--c5:#3d8fc4;
--c6:#7a4fc9;--c7:#6b6b6b;--c8:#a3a3a3;--c9:#1b1b1b}
body{max-width:none;padding:0;font-size:10pt}nav,details:not([open]){display:none}
section{break-inside:auto}h2{break-after:avoid}figure,tr,dl{break-inside:avoid}
td,th{white-space:normal}}
)css";

std::string table_html(const Table& table) {
  if (table.rows.empty()) return "<p class=\"note\">none</p>\n";
  std::string out = "<div class=\"scroll\"><table><thead><tr>";
  for (const Column& column : table.columns)
    if (column.for_people())
      out += fmt::format("<th scope=\"col\"{}>{}</th>",
                         is_right_aligned(column.kind) ? " class=\"n\"" : "",
                         escape_html(column.heading));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (size_t c = 0; c < table.columns.size(); ++c) {
      const Column& column = table.columns[c];
      if (!column.for_people()) continue;
      const bool text = column.kind == CellKind::text || column.kind == CellKind::json;
      out += fmt::format("<td{}>{}</td>",
                         is_right_aligned(column.kind) ? " class=\"n\""
                         : text                        ? " class=\"text\""
                                                       : "",
                         escape_html(cell_text(column, row[c])));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string facts_html(const Facts& facts) {
  std::string out = "<dl>\n";
  for (const Fact& fact : facts)
    if (fact.column.for_people() && !std::holds_alternative<std::monostate>(fact.cell))
      out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(fact.column.heading),
                         escape_html(cell_text(fact.column, fact.cell)));
  return out + "</dl>\n";
}

std::string section_html(const Section& section) {
  std::string out = fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", escape_html(section.key),
                                escape_html(section.title));
  if (!section.facts.empty()) out += facts_html(section.facts);
  if (const std::string svg = plot_svg(section); !svg.empty())
    out += "<figure>\n" + svg + "</figure>\n";
  if (!section.table.columns.empty()) {
    if (section.long_table)
      out += fmt::format("<details><summary>The {} rows behind the plot</summary>\n{}</details>\n",
                         format_count(section.table.rows.size()), table_html(section.table));
    else
      out += table_html(section.table);
  }
  for (const std::string& note : section.notes)
    out += fmt::format("<p class=\"note\">{}</p>\n", escape_html(note));
  return out + "</section>\n";
}

}  // namespace

std::string document_html(const Document& document) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n"
      "<p class=\"subtitle\">{2}</p>\n</header>\n<nav aria-label=\"Sections\"><ul>\n",
      escape_html(document.title), style, escape_html(document.subtitle));
  for (const Section& section : document.sections)
    out += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", escape_html(section.key),
                       escape_html(section.title));
  out += "</ul></nav>\n<main>\n";
  for (const Section& section : document.sections) out += section_html(section);
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace yagura::telescope
