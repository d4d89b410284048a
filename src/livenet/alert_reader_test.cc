// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_reader.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/result_for_tests.h"
#include "base/temporary_folder_for_tests.h"
#include "capture/captures_for_tests.h"

namespace yagura::livenet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ByteString = capture::testing::ByteString;

const std::string header = "time,name,ip,host,short,time_label,event_label\n";
const std::string line_a = "20,a,10.0.0.1,mail,W-a,false_positive,-\n";
const std::string line_b = "10,b,10.0.0.2,web,S-b,dirb,dirb";

class AlertReaderTest : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& bytes) {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  std::vector<std::string> alerts() {
    std::vector<std::string> texts;
    for (const AlertRow& row : log_.rows())
      texts.push_back(log_.rule_name(row.rule) + "@" + log_.host_name(row.host) + " " +
                      std::to_string(row.file) + ":" + std::to_string(row.line));
    return texts;
  }
  TemporaryFolder folder_;
  AlertLog log_;
};

TEST_F(AlertReaderTest, PutsFilesOfSeveralFormsInOrderOfTime) {
  const std::string eve =
      R"({"event_type":"alert","timestamp":"1970-01-01T00:00:15Z","src_ip":"192.0.2.1",)"
      R"("dest_ip":"10.0.0.1","alert":{"signature_id":7,"signature":"s","severity":3}})";
  const auto read =
      value(read_alerts({file("a.csv", header + line_a + line_b), file("eve.json", eve)}, log_));
  EXPECT_THAT(alerts(),
              ElementsAre("suricata S-b@web 0:3", "suricata 7@10.0.0.1 1:1", "wazuh W-a@mail 0:2"));
  EXPECT_EQ(read.count(Line::alert), 3u);
  EXPECT_EQ(read.count(Line::other), 1u);
  EXPECT_EQ(read.bad(), 0u);
  const AlertRow& of_eve = log_.rows()[1];
  EXPECT_EQ(log_.text(of_eve.text), "s");
  EXPECT_EQ(log_.source(of_eve.source), "192.0.2.1");
  EXPECT_EQ(of_eve.severity, model::Severity::low);
}

TEST_F(AlertReaderTest, CountsBadLinesByReasonAndNamesTheFirstOfEach) {
  const auto path = file(
      "a.csv", header + "x,a,1.1.1.1,h,W-a\n\r\n" + line_a + "1,a,,,W-a\n" + "y,a,1.1.1.1,h,W-a\n");
  const auto read = value(read_alerts({path}, log_));
  EXPECT_EQ(read.count(Line::alert), 1u);
  EXPECT_EQ(read.count(Line::bad_time), 2u);
  EXPECT_EQ(read.count(Line::no_host), 1u);
  EXPECT_THAT(read.problems,
              ElementsAre(path.string() + ": line 2: without a time that can be read",
                          path.string() + ": line 5: without a host"));
}

TEST_F(AlertReaderTest, LeavesOutALineThatIsTooLong) {
  const std::string fits(longest_line - 20, 'f');
  const auto path = file("a.csv", header + "1," + fits + ",1.1.1.1,h,W-a\n" + "2," + fits + fits +
                                      ",1.1.1.1,h,W-a\n" + line_a);
  const auto read = value(read_alerts({path}, log_));
  EXPECT_EQ(read.count(Line::too_long), 1u);
  EXPECT_THAT(alerts(), ElementsAre("wazuh W-a@h 0:2", "wazuh W-a@mail 0:4"));
  EXPECT_EQ(log_.text(log_.rows()[0].text).size(), longest_text);
}

TEST_F(AlertReaderTest, NamesAFileThatIsOfNoForm) {
  const auto path = file("a.txt", "hello\n");
  EXPECT_THAT(error_of(read_alerts({path}, log_)),
              HasSubstr("reading " + path.string() + ": neither Suricata's"));
  EXPECT_THAT(error_of(read_alerts({folder_.path() / "none"}, log_)), HasSubstr("No such file"));
  const std::vector<std::filesystem::path> many(most_files + 1, path);
  EXPECT_THAT(error_of(read_alerts(many, log_)), HasSubstr("more than 10,000 files"));
}

TEST_F(AlertReaderTest, UnpacksWhatIsCompressed) {
  for (const bool zstd : {false, true}) {
    log_ = {};
    const auto pack = [&](const std::string& text) {
      const ByteString bytes(text.begin(), text.end());
      const ByteString packed =
          zstd ? capture::testing::zstd(bytes) : capture::testing::gzip(bytes);
      return std::string(packed.begin(), packed.end());
    };
    const auto path = file("eve.json.1.gz", pack(header + line_a) + pack(line_b));
    const auto read = value(read_alerts({path}, log_));
    EXPECT_THAT(alerts(), ElementsAre("suricata S-b@web 0:3", "wazuh W-a@mail 0:2"));
    EXPECT_THAT(read.cut, ElementsAre());
  }
}

TEST_F(AlertReaderTest, SaysWhereCompressedAlertsEndEarly) {
  const std::string text = header + line_a + line_b;
  const ByteString packed = capture::testing::gzip({text.begin(), text.end()});
  const auto path = file("cut.gz", std::string(packed.begin(), packed.end() - 9));
  const auto read = value(read_alerts({path}, log_));
  EXPECT_GE(read.count(Line::alert), 1u);
  ASSERT_EQ(read.cut.size(), 1u);
  EXPECT_THAT(read.cut[0], HasSubstr(path.string() + ": the gzip data is cut at offset"));
}

TEST_F(AlertReaderTest, DoesNotUnpackWithoutEnd) {
  ByteString blanks(small_unpacked + (size_t{1} << 22), '\n');
  std::copy(header.begin(), header.end(), blanks.begin());
  const auto packed = capture::testing::zstd(blanks);
  ASSERT_LT(packed.size(), small_unpacked / most_unpacking);
  const auto path = file("bomb.zst", std::string(packed.begin(), packed.end()));
  EXPECT_THAT(error_of(read_alerts({path}, log_)), HasSubstr("more than 1,000 times its size"));
  blanks.resize(small_unpacked);
  const auto fits = capture::testing::zstd(blanks);
  const auto read =
      value(read_alerts({file("fits.zst", std::string(fits.begin(), fits.end()))}, log_));
  EXPECT_EQ(read.count(Line::other), 1u);
}

TEST_F(AlertReaderTest, ReadsTheSameHoweverTheBytesAreCut) {
  const std::string bytes = header + line_a + "bad\n\n" + line_a + line_b;
  for (size_t size = 1; size < bytes.size(); ++size) {
    std::vector<std::string> seen;
    AlertLines lines([&](const model::Alert& alert, uint32_t line) -> Result<void> {
      seen.push_back(alert.rule + std::to_string(line));
      return {};
    });
    for (size_t at = 0; at < bytes.size(); at += size)
      succeeded(lines.add(std::string_view(bytes).substr(at, size)));
    succeeded(lines.finish());
    EXPECT_THAT(seen, ElementsAre("W-a2", "W-a5", "S-b6")) << size;
  }
}

// "event_type" stands in it, but not at the top.
TEST_F(AlertReaderTest, TellsAWazuhFileThatBeginsWithAnEventOfSuricata) {
  const std::string line =
      R"({"timestamp":"1970-01-01T00:00:15Z","rule":{"id":"86601","level":3},"agent":)"
      R"({"name":"web"},"data":{"event_type":"alert","alert":{"signature_id":"1"}}})";
  const auto read = value(read_alerts({file("alerts.json", line + "\n")}, log_));
  EXPECT_THAT(alerts(), ElementsAre("wazuh 86601@web 0:1"));
  EXPECT_TRUE(read.without_alerts.empty());
}

TEST_F(AlertReaderTest, NamesFilesWithoutAnAlert) {
  const auto path = file("eve.json", R"({"event_type":"flow"})");
  const auto read = value(read_alerts({path, file("a.csv", header + line_a)}, log_));
  EXPECT_EQ(read.count(Line::other), 2u);
  EXPECT_THAT(read.without_alerts, ElementsAre(path.string()));
}

TEST_F(AlertReaderTest, ReadsALogWhoseFirstLineIsCut) {
  const std::string line =
      R"({"timestamp":"1970-01-01T00:00:15Z","rule":{"id":"1"},"agent":{"name":"web"}})";
  const auto path = file("alerts.json", line.substr(30) + "\n" + line + "\n");
  const auto read = value(read_alerts({path}, log_));
  EXPECT_THAT(alerts(), ElementsAre("wazuh 1@web 0:2"));
  EXPECT_THAT(read.problems, ElementsAre(path.string() + ": line 1: malformed"));
}

TEST_F(AlertReaderTest, GivesUpAfterAFewLinesOfNoForm) {
  std::string bytes;
  for (size_t i = 1; i < most_unrecognised; ++i) bytes += "hello\n";
  EXPECT_EQ(value(read_alerts({file("a.csv", bytes + header)}, log_)).bad(), 9u);
  EXPECT_THAT(error_of(read_alerts({file("b.csv", bytes + "hello\n" + header)}, log_)),
              HasSubstr("neither"));
}

TEST_F(AlertReaderTest, LeavesOutWhatHasNotHappenedYet) {
  const auto path = file("a.csv", header + line_a + "4294967295,a,10.0.0.1,mail,W-a,x,-\n");
  const auto read = value(read_alerts({path}, log_, Timestamp::from_seconds(20)));
  EXPECT_THAT(alerts(), ElementsAre("wazuh W-a@mail 0:2"));
  EXPECT_THAT(read.problems,
              ElementsAre(path.string() + ": line 3: of a time that has not come yet"));
}

}  // namespace
}  // namespace yagura::livenet
