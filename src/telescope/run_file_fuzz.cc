// SPDX-License-Identifier: Apache-2.0
//
// A run file, edited: it is refused, or every row of it can be read to the end of its arrays. The
// first byte says whether the rest is the file itself or edits of a sound one, and whether the
// checksum at its end is set right.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "base/edits_for_tests.h"
#include "base/temporary_folder_for_tests.h"
#include "telescope/run_file.h"

using namespace yagura;
using namespace yagura::telescope;

namespace {

std::string sound_file() {
  const TemporaryFolder folder;
  const auto path = folder.path() / "sound.run";
  auto writer = RunFileWriter::create(path, RunFileWriter::Dark::kept);
  CHECK(writer.has_value());
  const std::array<uint16_t, 3> ports = {22, 23, 2323};
  const std::array<uint32_t, 3> counts = {1, 2, 3};
  const std::array<Mark, 2> marks = {Mark(0), Mark(1)};
  for (uint32_t source = 0; source < 6; ++source) {
    std::vector<SourceRow> rows(1 + source % 2);
    for (SourceRow& row : rows) {
      row.source = IpAddress::from_v4(0xcb00'7100u + source);
      row.class_ = PacketClass(&row - rows.data());
      row.packets = 6;
      row.ports = std::span(ports).first(source % 4);
      row.port_packets = std::span(counts).first(source % 4);
      row.marks = std::span(marks).first(source % 3);
      row.mark_packets = std::span(counts).first(source % 3);
      row.dark = std::span(counts).first(source % 4);
    }
    CHECK(writer->add(rows).has_value());
  }
  CHECK(writer->finish().has_value());
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Looks at all of a row, for the sanitizers to see.
uint64_t sum_of(const SourceRow& row) {
  uint64_t sum = row.packets + row.bytes;
  CHECK(row.ports.size() == row.port_packets.size());
  CHECK(row.marks.size() == row.mark_packets.size());
  for (size_t i = 0; i < row.ports.size(); ++i) sum += row.ports[i] + row.port_packets[i];
  for (size_t i = 0; i < row.marks.size(); ++i) sum += uint64_t(row.marks[i]) + row.mark_packets[i];
  for (const uint32_t dark : row.dark) sum += dark;
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string sound = sound_file();
  if (size == 0) return 0;
  std::string bytes = (data[0] & 1) == 0
                          ? std::string(reinterpret_cast<const char*>(data) + 1, size - 1)
                          : edited(sound, {data + 1, size - 1});
  if ((data[0] & 2) == 0 && bytes.size() >= 8) {
    bytes.resize(bytes.size() - 8);
    const uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
    bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  }
  const int file = ::memfd_create("fuzz", 0);
  CHECK(file >= 0);
  CHECK(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  if (auto reader = RunFileReader::open("/proc/self/fd/" + std::to_string(file))) {
    for (;;) {
      const auto rows = (*reader)->next();
      CHECK(rows.has_value() || bytes != sound);
      if (!rows || rows->empty()) break;
      volatile uint64_t sum = 0;
      for (const SourceRow& row : *rows) sum = sum + sum_of(row);
    }
  } else {
    CHECK(bytes != sound);
  }
  ::close(file);
  return 0;
}
