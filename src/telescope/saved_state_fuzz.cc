// SPDX-License-Identifier: Apache-2.0
//
// A saved state of a pipeline, edited: a fresh pipeline refuses it, or takes it and can save it
// again. The first byte says whether the rest is the state itself, edits of a sound one, or edits
// of the state file around it, which has its checksum set right.
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <span>
#include <string>

#include "base/edits_for_tests.h"
#include "base/temporary_folder_for_tests.h"
#include "telescope/pipeline.h"
#include "telescope/state_file.h"

using namespace yagura;
using namespace yagura::telescope;

namespace {

struct NoRows : RowSink {
  void add(const ActivityRow&) override {}
  void add(const SourceDayRow&) override {}
  void add(const NumbersRow&) override {}
  void add(const EventRow&) override {}
  void add(const AttackRow&) override {}
  void add(const SynchronyRow&) override {}
  void add(const SynchronyTotalRow&) override {}
  void add(const AlarmRow&) override {}
  void add(const SampleRow&) override {}
  void add_survey_finding(uint32_t, IpAddress) override {}
  Result<void> status() override { return {}; }
};

// What all runs share.
struct Ground {
  TemporaryFolder folder;
  std::vector<state::DarkPrefix> prefixes = {
      {Prefix::parse("198.18.0.0/24").value(), false, {}, {}}};
  DarkSpace dark_space{prefixes};
  enrich::Places places;
  SurveyRegistry registry;
  NoRows rows;

  PipelineOptions options() const {
    PipelineOptions options;
    options.sensor = 1;
    options.dark_space = &dark_space;
    options.places = &places;
    options.registry = &registry;
    options.folder = folder.path();
    options.file_stem = "c1-s1";
    options.window_packets_max = 1000;
    return options;
  }
};

// A TCP SYN or SYN/ACK of one of a few sources.
capture::Packet packet(Timestamp time, uint32_t number) {
  capture::Packet packet;
  packet.time = time;
  packet.source = IpAddress::from_v4(0xcb00'7100u + number % 5);
  packet.destination = IpAddress::from_v4(0xc612'0000u + number % 200);
  packet.captured_length = packet.wire_length = packet.ip_length = 40;
  packet.protocol = capture::protocol_tcp;
  packet.traits = capture::has_ports;
  packet.source_port = static_cast<uint16_t>(number % 5 == 4 ? 80 : 1024 + number);
  packet.destination_port = static_cast<uint16_t>(number % 3 == 0 ? 23 : 1 + number);
  packet.tcp_flags = number % 5 == 4 ? capture::syn | capture::ack : capture::syn;
  packet.ttl = 64;
  return packet;
}

// The state in the middle of a window, with open events, attacks and samples.
std::string sound_state(Ground& ground) {
  Pipeline pipeline(ground.options(), ground.rows);
  for (uint32_t i = 0; i < 300; ++i) {
    const auto next = packet(Timestamp{1'767'225'600'000'000'000 + i * 3'000'000'000LL}, i);
    if (!pipeline.ready(next.time)) CHECK(pipeline.advance(next.time).has_value());
    uint32_t dark;
    if (pipeline.find_dark(next.destination, dark)) pipeline.add(next, classify(next), dark);
  }
  ByteWriter out;
  pipeline.save(out);
  return out.bytes();
}

std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void read_edited_file(const Ground& ground, const std::string& state,
                      std::span<const uint8_t> edits) {
  static const std::string sound = [&] {
    const auto path = ground.folder.path() / "sound.state";
    const auto save = [&](ByteWriter& out) { out.put_bytes(state.data(), 64); };
    CHECK(write_state_file(path, ground.prefixes, save).has_value());
    return file_bytes(path);
  }();
  std::string bytes = edited(sound.substr(0, sound.size() - 8), edits);
  const uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  const auto path = ground.folder.path() / "edited.state";
  std::ofstream(path, std::ios::binary) << bytes;
  if (const auto read = read_state_file(path)) CHECK(!read->dark_space.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Ground ground;
  static const std::string sound = sound_state(ground);
  if (size == 0) return 0;
  const std::span<const uint8_t> rest(data + 1, size - 1);
  if (data[0] % 4 == 0) {
    read_edited_file(ground, sound, rest);
    return 0;
  }
  const std::string state = data[0] % 4 == 1
                                ? std::string(reinterpret_cast<const char*>(data) + 1, size - 1)
                                : edited(sound, rest);
  Pipeline pipeline(ground.options(), ground.rows);
  const auto loaded = pipeline.load(state);
  CHECK(loaded || state != sound);
  if (!loaded) return 0;
  ByteWriter again;
  pipeline.save(again);
  CHECK(!again.bytes().empty());
  return 0;
}
