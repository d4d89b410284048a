// SPDX-License-Identifier: Apache-2.0
#include "telescope/report_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "telescope/report_plot.h"

namespace yagura::telescope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Timestamp hour(int n) { return Timestamp::from_seconds(1'767'225'600 + 3600 * n); }

Document sample() {
  Document document;
  document.title = "Observation report";
  document.subtitle = "What was sent to 192.0.2.0/24 on 2026-01-01.";
  Section summary;
  summary.key = "summary";
  summary.title = "At a glance";
  summary.facts = {{{"packets", "packets", CellKind::count}, uint64_t{12'345}},
                   {{"hosts", "hosts", CellKind::count}, uint64_t{67}}};
  document.sections.push_back(summary);
  Section ports;
  ports.key = "ports";
  ports.title = "Ports";
  ports.table.columns = {{"name", "port", CellKind::text},
                         {"packets", "packets", CellKind::count},
                         {"share", "share", CellKind::share},
                         {"iot", "IoT", CellKind::boolean}};
  ports.table.add({std::string("23/tcp"), uint64_t{9000}, 0.729, true});
  ports.table.add({std::string("<b>&\x1b"), uint64_t{3345}, 0.271, false});
  ports.plot = Plot{PlotKind::bars, "name", {"share"}, "iot", "IoT port"};
  ports.notes = {"Shares are of all packets."};
  document.sections.push_back(ports);
  Section series;
  series.key = "packets_over_time";
  series.title = "Packets over time";
  series.long_table = true;
  series.table.columns = {{"time", "time", CellKind::time},
                          {"packets", "packets", CellKind::count}};
  series.table.add({hour(0), uint64_t{10}});
  series.table.add({hour(1), Cell()});
  series.table.add({hour(2), uint64_t{30}});
  series.plot = Plot{PlotKind::lines, "time", {"packets"}, "", ""};
  document.sections.push_back(series);
  return document;
}

TEST(ReportDocument, AsTextIsPleasantToRead) {
  EXPECT_EQ(document_text(sample()),
            "Observation report\n"
            "==================\n"
            "What was sent to 192.0.2.0/24 on 2026-01-01.\n"
            "\n"
            "At a glance\n"
            "-----------\n"
            "  packets  12,345\n"
            "  hosts        67\n"
            "\n"
            "Ports\n"
            "-----\n"
            "  port      packets   share  IoT\n"
            "  --------  -------  ------  ---\n"
            "  23/tcp      9,000  72.9 %  yes\n"
            "  <b>&\\x1b    3,345  27.1 %\n"
            "  Shares are of all packets.\n");
}

TEST(ReportDocument, AsJsonHoldsEverySection) {
  const auto json = nlohmann::json::parse(document_json(sample()));
  EXPECT_EQ(json["title"], "Observation report");
  EXPECT_EQ(json["summary"]["packets"], 12'345);
  EXPECT_EQ(json["ports"][0]["name"], "23/tcp");
  EXPECT_EQ(json["ports"][1]["name"], "<b>&\x1b");
  EXPECT_EQ(json["packets_over_time"].size(), 3u);
  EXPECT_TRUE(json["packets_over_time"][1]["packets"].is_null());
  EXPECT_EQ(json["remarks"]["ports"][0], "Shares are of all packets.");
}

TEST(ReportDocument, AsCsvIsABlockPerSection) {
  const std::string csv = document_csv(sample());
  EXPECT_THAT(csv, HasSubstr("# summary\r\nkey,value\r\npackets,12345\r\n"));
  EXPECT_THAT(csv, HasSubstr("# ports\r\nname,packets,share,iot\r\n23/tcp,9000,0.729,true\r\n"));
  EXPECT_THAT(csv, HasSubstr("2026-01-01T01:00:00Z,\r\n"));
}

TEST(ReportDocument, AsHtmlEscapesWhatCameFromOutside) {
  const std::string page = document_html(sample());
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;&amp;\\x1b"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
}

TEST(ReportDocument, AsHtmlAsksNobodyForAnything) {
  const std::string page = document_html(sample());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* request : {"<script", "<link", "http:", "https:", "@import", "url("})
    EXPECT_THAT(page, Not(HasSubstr(request)));
}

TEST(ReportDocument, AsHtmlHasAPlotAndItsTableForEverySection) {
  const std::string page = document_html(sample());
  const auto count = [&](const std::string& what) {
    size_t n = 0;
    for (size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<svg "), 2u);
  EXPECT_EQ(count("</svg>"), 2u);
  EXPECT_EQ(count("<table>"), 2u);
  EXPECT_EQ(count("<section "), 3u);
  EXPECT_EQ(count("</section>"), 3u);
  EXPECT_THAT(page, HasSubstr("<summary>The 3 rows behind the plot</summary>"));
}

TEST(ReportPlot, ALineBreaksWhereNothingWasObserved) {
  Section section = *sample().find("packets_over_time");
  section.table.add({hour(3), uint64_t{40}});
  const std::string svg = plot_svg(section);
  // The first point stands alone, the last two are joined.
  EXPECT_THAT(svg, HasSubstr("<circle class=\"bar c0\" cx=\"64.0\""));
  const size_t path = svg.find(" d=\"");
  ASSERT_NE(path, std::string::npos);
  const std::string data = svg.substr(path, svg.find('"', path + 4) - path);
  EXPECT_EQ(std::count(data.begin(), data.end(), 'M'), 1) << data;
  EXPECT_EQ(std::count(data.begin(), data.end(), 'L'), 1) << data;
}

TEST(ReportPlot, MarkedBarsLookDifferentAndTheLegendSaysWhy) {
  const std::string svg = plot_svg(*sample().find("ports"));
  EXPECT_THAT(svg, HasSubstr("class=\"bar c1\""));
  EXPECT_THAT(svg, HasSubstr("class=\"bar c0\""));
  EXPECT_THAT(svg, HasSubstr("IoT port"));
}

TEST(ReportPlot, WithoutRowsThereIsNoPlot) {
  Section section = *sample().find("ports");
  section.table.rows.clear();
  EXPECT_EQ(plot_svg(section), "");
  section = *sample().find("packets_over_time");
  section.table.rows.resize(1);
  EXPECT_THAT(plot_svg(section), HasSubstr("<circle")) << "a lone point is a dot";
}

TEST(AxisTicks, AreRoundAndReachTheTop) {
  EXPECT_THAT(axis_ticks(97, 5), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(axis_ticks(3, 5), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(axis_ticks(0, 5), ElementsAre(0, 1));
  for (const double top : {0.003, 7.0, 1234.0, 9.9e9}) {
    const auto ticks = axis_ticks(top, 5);
    EXPECT_GE(ticks.back(), top);
    EXPECT_LE(ticks.size(), 7u);
  }
}

TEST(TimeTicks, StandAtWholeHoursDaysMonthsAndYears) {
  EXPECT_THAT(time_ticks(hour(0), hour(6), 8),
              ElementsAre(hour(0), hour(1), hour(2), hour(3), hour(4), hour(5), hour(6)));
  const auto months = time_ticks(*parse_time("2026-01-15"), *parse_time("2026-08-20"), 8);
  EXPECT_EQ(months.front(), *parse_time("2026-02"));
  EXPECT_EQ(months.back(), *parse_time("2026-08"));
  const auto years = time_ticks(*parse_time("2009-03-15"), *parse_time("2026-01-02"), 8);
  EXPECT_LE(years.size(), 9u);
  for (const Timestamp year : years) EXPECT_EQ(year, start_of_year(year_of(year)));
  EXPECT_THAT(time_ticks(hour(0), hour(0), 8), ElementsAre(hour(0)));
}

}  // namespace
}  // namespace yagura::telescope
