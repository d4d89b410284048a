// SPDX-License-Identifier: Apache-2.0
#include "telescope/pipeline.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>
#include <set>

#include "state/temporary_folder.h"
#include "telescope/rows_for_tests.h"
#include "telescope/tools.h"
#include "telescope/traffic_for_tests.h"

namespace yagura::telescope {
namespace {

constexpr Duration three_years = Duration::days(3 * 365);

// What a pipeline gives: the rows that stand, and the tail of what is still open.
struct Outcome {
  CollectingSink rows, tail;

  std::vector<std::string> all() const {
    std::vector<std::string> texts = rows.texts;
    texts.insert(texts.end(), tail.texts.begin(), tail.texts.end());
    return texts;
  }
};

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    const auto csv = folder_.path() / "asn.csv";
    std::ofstream(csv) << "32.0.0.0,63.255.255.255,64500,First\n"
                          "64.0.0.0,95.255.255.255,64501,Second\n";
    places_ = enrich::Places::load({{}, {csv}}).value();
    // Every sixteenth address of a part of the sources is listed; others behave.
    std::vector<state::ScannerEntry> entries;
    for (uint32_t n = 0; n < 16; ++n)
      entries.push_back({Prefix::of(IpAddress::from_v4(0x2000'0000u + n * 0x0800'0000u), 99),
                         static_cast<uint16_t>(2 + n % 3),
                         "test list",
                         {},
                         {}});
    registry_ = SurveyRegistry(entries, {}, {});
  }

  std::unique_ptr<Pipeline> make(RowSink& sink, size_t window_packets_max) {
    PipelineOptions options;
    options.sensor = 1;
    options.dark_space = &dark_space_;
    options.places = &places_;
    options.registry = &registry_;
    options.key = 0x5eed;
    options.folder = runs_;
    options.file_stem = "c" + std::to_string(++commits_);
    options.window_packets_max = window_packets_max;
    std::filesystem::create_directories(options.folder);
    return std::make_unique<Pipeline>(options, sink);
  }

  static void feed(Pipeline& pipeline, std::span<const TrafficFrame> frames) {
    for (const TrafficFrame& frame : frames) {
      const capture::Packet packet = packet_of(frame);
      if (!pipeline.ready(packet.time)) {
        ASSERT_TRUE(pipeline.advance(packet.time));
      }
      uint32_t position;
      if (!pipeline.find_dark(packet.destination, position)) continue;
      pipeline.add(packet, classify(packet), position);
    }
  }

  // Carries the frames through, saved and loaded into a fresh pipeline at each cut.
  Outcome run(std::span<const TrafficFrame> frames, const std::set<size_t>& cuts = {},
              size_t window_packets_max = 4 << 20) {
    Outcome outcome;
    auto pipeline = make(outcome.rows, window_packets_max);
    size_t from = 0;
    for (const size_t cut : cuts) {
      feed(*pipeline, frames.subspan(from, cut - from));
      from = cut;
      ByteWriter saved;
      pipeline->save(saved);
      CollectingSink thrown_away;
      EXPECT_TRUE(pipeline->emit_tail(thrown_away));
      keep_only_files_of(saved.bytes());
      pipeline = make(outcome.rows, window_packets_max);
      const auto loaded = pipeline->load(saved.bytes());
      EXPECT_TRUE(loaded) << loaded.error().message();
    }
    feed(*pipeline, frames.subspan(from));
    EXPECT_TRUE(pipeline->emit_tail(outcome.tail));
    return outcome;
  }

  // As the telescope sweeps its folder.
  void keep_only_files_of(const std::string& state) {
    const auto files = Pipeline::run_files_of(state);
    ASSERT_TRUE(files);
    const std::set<std::string> wanted(files->begin(), files->end());
    size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(runs_)) {
      if (wanted.contains(entry.path().filename()))
        ++found;
      else
        std::filesystem::remove(entry.path());
    }
    EXPECT_EQ(found, wanted.size()) << "a run file of the saved state is gone";
  }

  static std::set<size_t> random_cuts(std::mt19937_64& random, size_t frames, size_t count) {
    std::set<size_t> cuts;
    while (cuts.size() < count) cuts.insert(random() % (frames + 1));
    return cuts;
  }

  state::TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  DarkSpace dark_space_{traffic_dark_space()};
  enrich::Places places_;
  SurveyRegistry registry_;
  int commits_ = 0;
};

// --- Where packets are cut makes no difference ---

struct SplitCase {
  const char* name;
  Duration length, gap;
  size_t packets, window_packets_max;
};

class PipelineSplitTest : public PipelineTest, public testing::WithParamInterface<SplitCase> {};

TEST_P(PipelineSplitTest, CuttingAStreamAtAnyPacketGivesTheSameRows) {
  const SplitCase& given = GetParam();
  std::mt19937_64 random(22);
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const Traffic traffic(
        {.seed = seed, .packets = given.packets, .length = given.length, .gap = given.gap});
    const Outcome once = run(traffic.frames, {}, given.window_packets_max);
    for (const size_t count : {1u, 20u}) {
      const auto cuts = random_cuts(random, traffic.frames.size(), count);
      const Outcome cut = run(traffic.frames, cuts, given.window_packets_max);
      EXPECT_EQ(difference(once.rows.texts, cut.rows.texts), "") << "seed " << seed;
      EXPECT_EQ(difference(once.tail.texts, cut.tail.texts), "") << "the tail, seed " << seed;
      EXPECT_EQ(once.rows.texts, cut.rows.texts) << "the same rows in another order";
      EXPECT_EQ(once.rows.findings, cut.rows.findings);
      EXPECT_EQ(once.tail.findings, cut.tail.findings);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Streams, PipelineSplitTest,
    testing::Values(SplitCase{"Dense", Duration::hours(4), {}, 12'000, 4 << 20},
                    SplitCase{"Spilled", Duration::hours(4), {}, 12'000, 40},
                    SplitCase{"SpilledBurst", Duration::minutes(12), {}, 6'000, 100},
                    SplitCase{"TwoDays", Duration::hours(40), {}, 6'000, 4 << 20},
                    SplitCase{"ThreeYearsGap", Duration::hours(5), three_years, 6'000, 4 << 20},
                    SplitCase{"ThreeYearsGapSpilled", Duration::hours(5), three_years, 6'000, 25}),
    [](const auto& given) { return given.param.name; });

TEST_F(PipelineTest, ATailIsWhatTheWholeWouldSayIfTimeEndedThere) {
  const Traffic traffic({.seed = 4, .packets = 8000, .length = Duration::hours(5)});
  std::mt19937_64 random(23);
  CollectingSink rows;
  auto pipeline = make(rows, 60);
  size_t from = 0;
  for (const size_t cut : random_cuts(random, traffic.frames.size(), 8)) {
    feed(*pipeline, std::span(traffic.frames).subspan(from, cut - from));
    from = cut;
    ByteWriter saved;
    pipeline->save(saved);
    CollectingSink tail, tail_again, unused;
    ASSERT_TRUE(pipeline->emit_tail(tail));
    // Written again from the saved state, as after a crash.
    keep_only_files_of(saved.bytes());
    auto loaded = make(unused, 60);
    ASSERT_TRUE(loaded->load(saved.bytes()));
    ASSERT_TRUE(loaded->emit_tail(tail_again));
    EXPECT_EQ(tail.texts, tail_again.texts);
    EXPECT_TRUE(unused.texts.empty());

    runs_ = folder_.path() / "other";
    const Outcome prefix = run(std::span(traffic.frames).first(cut), {}, 60);
    runs_ = folder_.path() / "runs";
    EXPECT_EQ(rows.texts, prefix.rows.texts);
    EXPECT_EQ(tail.texts, prefix.tail.texts);
    pipeline = make(rows, 60);
    ASSERT_TRUE(pipeline->load(saved.bytes()));
  }
}

TEST_F(PipelineTest, ASpilledWindowGivesTheSameRows) {
  for (const Duration length : {Duration::minutes(4), Duration::hours(3)}) {
    const Traffic traffic({.seed = 5, .packets = 8000, .length = length});
    const Outcome whole = run(traffic.frames), spilled = run(traffic.frames, {}, 50);
    EXPECT_EQ(difference(whole.all(), spilled.all()), "");
  }
}

// --- The rows against slow twins ---

struct DarkPacket {
  capture::Packet packet;
  Classified classified;
  uint32_t position;
};

class PipelineTwinTest : public PipelineTest {
 protected:
  std::vector<DarkPacket> dark_packets(std::span<const TrafficFrame> frames) const {
    std::vector<DarkPacket> packets;
    for (const TrafficFrame& frame : frames) {
      DarkPacket p{packet_of(frame), {}, 0};
      p.classified = classify(p.packet);
      const DarkDay day = dark_space_.on(frame.time.floor(Duration::days(1)));
      if (day.find(p.packet.destination, p.position)) packets.push_back(p);
    }
    return packets;
  }
  static uint32_t bucket(const DarkPacket& p, int64_t seconds) {
    return static_cast<uint32_t>(p.packet.time.seconds() / seconds * seconds);
  }
};

// What a source did in a bucket.
struct SourceTwin {
  struct Class {
    uint64_t packets = 0, bytes = 0;
    uint32_t first = UINT32_MAX, last = 0;
    int ttl_min = 255, ttl_max = 0;
    std::set<uint32_t> windows, dark;
    std::map<uint16_t, uint32_t> ports;
    std::map<Mark, uint32_t> marks;
  };
  std::map<PacketClass, Class> classes;

  void add(const DarkPacket& p) {
    Class& c = classes[p.classified.class_];
    const auto second = static_cast<uint32_t>(p.packet.time.seconds());
    ++c.packets;
    c.bytes += p.packet.ip_length;
    c.first = std::min(c.first, second);
    c.last = std::max(c.last, second);
    c.ttl_min = std::min<int>(c.ttl_min, p.packet.ttl);
    c.ttl_max = std::max<int>(c.ttl_max, p.packet.ttl);
    c.windows.insert(second / 300);
    c.dark.insert(p.position);
    ++c.ports[p.classified.service_port];
    for (int mark = 1; mark < 16; ++mark)
      if ((p.classified.marks >> mark & 1) != 0) ++c.marks[static_cast<Mark>(mark)];
  }
  Tool tool() const {
    const auto it = classes.find(PacketClass::scan_tcp);
    if (it == classes.end()) return Tool::none;
    MarkCounts counts{};
    for (const auto& [mark, n] : it->second.marks) counts[static_cast<size_t>(mark)] = n;
    return tool_of(syn_count(it->second.packets, counts), counts);
  }
  bool behaves(double dark_addresses) const {
    std::set<std::pair<bool, uint16_t>> ports;
    uint64_t packets = 0;
    for (const auto& [class_, c] : classes) {
      if (class_ != PacketClass::scan_tcp && class_ != PacketClass::scan_udp &&
          class_ != PacketClass::probe_amplification)
        continue;
      packets += c.packets;
      for (const auto& [port, n] : c.ports) ports.insert({class_ == PacketClass::scan_tcp, port});
    }
    return ports.size() >= 30 && static_cast<double>(packets) >= dark_addresses;
  }
};
using Buckets = std::map<std::pair<uint32_t, IpAddress>, SourceTwin>;

// 20 sources each send hundreds of packets a day, some to many ports: some behave like a survey.
TrafficOptions busy_traffic(uint64_t seed) {
  return {.seed = seed, .packets = 24'000, .sources = 60, .length = Duration::hours(6)};
}

TEST_F(PipelineTwinTest, EveryClassComesUp) {
  std::map<PacketClass, int> packets;
  const Traffic traffic(busy_traffic(6));
  for (const DarkPacket& p : dark_packets(traffic.frames)) ++packets[p.classified.class_];
  for (int c = 1; c <= 9; ++c) EXPECT_GT(packets[static_cast<PacketClass>(c)], 50) << c;
}

TEST_F(PipelineTwinTest, NumbersEqualSetsOfHostsOverThePackets) {
  const Traffic traffic(busy_traffic(7));
  const auto packets = dark_packets(traffic.frames);
  const Outcome outcome = run(traffic.frames);

  using Key = std::tuple<Level, uint32_t, Dimension, uint32_t, PacketClass, uint16_t>;
  std::map<Key, std::pair<int64_t, std::set<IpAddress>>> twin;
  std::set<std::pair<uint32_t, IpAddress>> findings;
  const std::array<std::pair<Level, int64_t>, 3> levels = {
      {{Level::five_minutes, 300}, {Level::hour, 3600}, {Level::day, 86'400}}};
  for (const auto& [level, seconds] : levels) {
    Buckets buckets;
    for (const DarkPacket& p : packets)
      buckets[{bucket(p, seconds), p.classified.accounted}].add(p);
    for (const auto& [key, source] : buckets) {
      const auto& [time, address] = key;
      const Timestamp day = Timestamp::from_seconds(time).floor(Duration::days(1));
      uint16_t organisation = registry_.on(day)->find(address).organisation;
      if (level == Level::day && organisation == 0 &&
          source.behaves(dark_space_.on(day).addresses())) {
        organisation = unknown_organisation;
        findings.insert({time, address});
      }
      const auto place = places_.find(address);
      for (const auto& [class_, c] : source.classes) {
        const auto count = [&](Dimension d, uint32_t value, PacketClass as, uint64_t n) {
          auto& number = twin[{level, time, d, value, as, organisation}];
          number.first += static_cast<int64_t>(n);
          number.second.insert(address);
        };
        for (const PacketClass as : {class_, PacketClass::any, PacketClass::scans}) {
          if (as == PacketClass::scans && !is_scan(class_)) continue;
          count(Dimension::total, 0, as, c.packets);
          count(Dimension::country, 0, as, c.packets);
          count(Dimension::asn, place.asn, as, c.packets);
          if (source.tool() != Tool::none)
            count(Dimension::tool, static_cast<uint32_t>(source.tool()), as, c.packets);
          if (organisation != 0) count(Dimension::organisation, organisation, as, c.packets);
        }
        for (const auto& [port, n] : c.ports) {
          using enum PacketClass;
          if (class_ == scan_tcp || class_ == backscatter_tcp || class_ == other_tcp)
            count(Dimension::tcp_port, port, class_, n);
          if (class_ == scan_udp || class_ == probe_amplification || class_ == backscatter_udp)
            count(Dimension::udp_port, port, class_, n);
          if (class_ == scan_udp || class_ == probe_amplification)
            count(Dimension::udp_port, port, scans, n);
        }
      }
    }
  }
  std::vector<std::string> expected;
  for (const auto& [key, number] : twin) {
    NumbersRow row;
    std::tie(row.level, row.time, row.dimension, row.value, row.class_, row.organisation) = key;
    row.packets = number.first;
    row.hosts = static_cast<int64_t>(number.second.size());
    expected.push_back(row_text(row));
  }
  std::vector<std::string> actual = outcome.rows.of_table("numbers");
  const auto tail = outcome.tail.of_table("numbers");
  actual.insert(actual.end(), tail.begin(), tail.end());
  EXPECT_EQ(difference(expected, actual), "");
  auto found = outcome.rows.findings;
  found.insert(found.end(), outcome.tail.findings.begin(), outcome.tail.findings.end());
  EXPECT_EQ(std::set(found.begin(), found.end()), findings);
  EXPECT_EQ(found.size(), findings.size());
  EXPECT_FALSE(findings.empty()) << "the traffic is to have sources that behave like a survey";
}

// The arrays of a row in vectors.
struct Arrays {
  std::vector<uint16_t> ports;
  std::vector<uint32_t> port_packets, mark_packets;
  std::vector<Mark> marks;

  explicit Arrays(const SourceTwin::Class& c) {
    for (const auto& [port, n] : c.ports) ports.push_back(port), port_packets.push_back(n);
    for (const auto& [mark, n] : c.marks) marks.push_back(mark), mark_packets.push_back(n);
  }
  template <typename Row>
  void point(Row& row) const {
    row.ports = ports;
    row.port_packets = port_packets;
    row.marks = marks;
    row.mark_packets = mark_packets;
  }
};

TEST_F(PipelineTwinTest, SourceDaysEqualTheirTwin) {
  const Traffic traffic(busy_traffic(8));
  Buckets days;
  for (const DarkPacket& p : dark_packets(traffic.frames))
    days[{bucket(p, 86'400), p.classified.accounted}].add(p);
  std::vector<std::string> expected;
  for (const auto& [key, source] : days) {
    const auto& [time, address] = key;
    const Timestamp day = Timestamp::from_seconds(time);
    SurveyVerdict verdict = registry_.on(day)->find(address);
    if (verdict.organisation == 0 && source.behaves(dark_space_.on(day).addresses()))
      verdict = {unknown_organisation, SurveyEvidence::behaviour};
    for (const auto& [class_, c] : source.classes) {
      const Arrays arrays(c);
      SourceDayRow row;
      row.day = static_cast<uint16_t>(time / 86'400);
      row.source = address;
      row.class_ = class_;
      row.scope = scope_of(address);
      row.packets = c.packets;
      row.bytes = c.bytes;
      row.first = c.first;
      row.last = c.last;
      row.windows = static_cast<uint16_t>(c.windows.size());
      arrays.point(row);
      row.tool = source.tool();
      row.organisation = verdict.organisation;
      row.survey_evidence = verdict.evidence;
      row.country = places_.find(address).country;
      row.asn = places_.find(address).asn;
      expected.push_back(row_text(row));
    }
  }
  for (const size_t window_packets_max : {size_t{4} << 20, size_t{100}}) {
    const Outcome outcome = run(traffic.frames, {}, window_packets_max);
    auto actual = outcome.rows.of_table("source_day");
    EXPECT_GT(actual.size(), 100u);
    const auto tail = outcome.tail.of_table("source_day");
    EXPECT_GT(tail.size(), 100u);
    actual.insert(actual.end(), tail.begin(), tail.end());
    EXPECT_EQ(difference(expected, actual), "");
  }
}

TEST_F(PipelineTwinTest, ActivityEqualsItsTwin) {
  const Traffic traffic(busy_traffic(9));
  Buckets windows;
  for (const DarkPacket& p : dark_packets(traffic.frames))
    windows[{bucket(p, 300), p.classified.accounted}].add(p);
  const Outcome outcome = run(traffic.frames, {}, 100);
  // The hash of a lone dark address is checked for what it is for, not for its value.
  const auto without_hash = [](std::string text) {
    const size_t at = text.find(" dark_hash=");
    return text.erase(at, text.find(' ', at + 1) - at);
  };
  std::vector<std::string> expected, actual;
  for (const auto& [key, source] : windows) {
    for (const auto& [class_, c] : source.classes) {
      const Arrays arrays(c);
      ActivityRow row;
      row.window = key.first;
      row.sensor = 1;
      row.source = key.second;
      row.class_ = class_;
      row.scope = scope_of(key.second);
      row.packets = static_cast<uint32_t>(c.packets);
      row.bytes = c.bytes;
      row.dark_addresses = static_cast<uint32_t>(c.dark.size());
      row.first_second = static_cast<uint16_t>(c.first - row.window);
      row.last_second = static_cast<uint16_t>(c.last - row.window);
      row.ttl_min = static_cast<uint8_t>(c.ttl_min);
      row.ttl_max = static_cast<uint8_t>(c.ttl_max);
      arrays.point(row);
      expected.push_back(without_hash(row_text(row)));
    }
  }
  for (const std::string& text : outcome.all()) {
    if (!text.starts_with("activity ")) continue;
    actual.push_back(without_hash(text));
    EXPECT_EQ(text.find(" dark_addresses=1 ") != std::string::npos,
              text.find(" dark_hash=0 ") == std::string::npos)
        << text;
  }
  EXPECT_EQ(difference(expected, actual), "");
}

// --- Saved states ---

TEST_F(PipelineTest, AStateThatIsCutOrOfAnotherVersionIsRefused) {
  const Traffic traffic({.seed = 10, .packets = 200, .length = Duration::hours(2)});
  CollectingSink sink;
  auto pipeline = make(sink, 20);
  feed(*pipeline, traffic.frames);
  ByteWriter saved;
  pipeline->save(saved);
  const std::string& state = saved.bytes();
  for (size_t size = 0; size < state.size(); size += 1 + size / 64) {
    // The dark space's mark is checked, not read softly: what stands before it can be cut.
    const auto files = Pipeline::run_files_of(std::string_view(state).substr(0, size));
    auto fresh = make(sink, 20);
    EXPECT_FALSE(fresh->load(std::string_view(state).substr(0, size))) << size;
    if (size < 16) {
      EXPECT_FALSE(files);
    }
  }
  std::string other = state;
  other[0] = static_cast<char>(other[0] + 1);
  EXPECT_FALSE(make(sink, 20)->load(other));
  EXPECT_FALSE(make(sink, 20)->load(state + '\0'));
}

TEST_F(PipelineTest, KeepsNoRunFilesOfWhatIsMerged) {
  const Traffic traffic({.seed = 11, .packets = 6000, .length = Duration::hours(30)});
  CollectingSink sink;
  auto pipeline = make(sink, 50);
  feed(*pipeline, traffic.frames);
  const auto files = pipeline->run_files();
  EXPECT_LT(files.size(), 40u);
  std::set<std::filesystem::path> there;
  for (const auto& entry : std::filesystem::directory_iterator(runs_)) there.insert(entry.path());
  EXPECT_EQ(there, std::set(files.begin(), files.end()));
}

TEST_F(PipelineTest, AStreamWithoutDarkPacketsGivesNoRows) {
  Traffic traffic({.seed = 12, .packets = 50, .length = Duration::hours(2)});
  for (TrafficFrame& frame : traffic.frames)
    if (frame.bytes[0] >> 4 == 4)
      frame.bytes[16] = 8;
    else
      frame.bytes[24] = 9;
  const Outcome outcome = run(traffic.frames, {10, 20});
  EXPECT_EQ(outcome.all(), std::vector<std::string>());
}

TEST_F(PipelineTest, AnEmptyStreamGivesNothingAndCanGoOn) {
  const Traffic traffic({.seed = 13, .packets = 500, .length = Duration::minutes(30)});
  const Outcome once = run(traffic.frames), cut = run(traffic.frames, {0});
  EXPECT_EQ(once.all(), cut.all());
  EXPECT_EQ(run({}).all(), std::vector<std::string>());
}

}  // namespace
}  // namespace yagura::telescope
