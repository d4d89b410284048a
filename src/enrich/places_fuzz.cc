// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses the reader: CSV of autonomous systems, mmdb of countries, mmdb of systems.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "enrich/asn_csv.h"
#include "enrich/mmdb_ranges.h"

using namespace yagura;
using namespace yagura::enrich;

namespace {

void read_csv(std::string_view bytes) {
  AsnTable table;
  AsnCsvReader reader(table);
  const auto read = reader.read(bytes);
  CHECK(read.has_value() || !read.error().message().empty());
  table.names.seal();
  for (const auto& range : table.ranges) CHECK(range.first <= range.last);
  for (const auto& range : table.ranges)
    CHECK(table.names.find(range.value).size() <= max_asn_line);
}

// libmaxminddb reads files only: a file in memory.
void read_mmdb(std::string_view bytes, bool countries) {
  const int file = ::memfd_create("fuzz", 0);
  CHECK(file >= 0);
  CHECK(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (countries) {
    if (const auto ranges = read_country_mmdb(path))
      for (const auto& range : *ranges) CHECK(range.first <= range.last && range.value != 0);
  } else {
    AsnTable table;
    if (read_asn_mmdb(path, table))
      for (const auto& range : table.ranges) CHECK(range.first <= range.last);
  }
  ::close(file);
}

}  // namespace

// libmaxminddb 1.7 (Debian 12) keeps what it holds of a description that it refuses: mended in a
// later one (its pull request 356). That a file is closed which was opened is seen by the unit
// tests.
// NOLINTNEXTLINE(bugprone-reserved-identifier): LeakSanitizer looks for this name.
extern "C" const char* __lsan_default_suppressions() { return "leak:libmaxminddb\n"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      read_csv(bytes);
      break;
    case 1:
      read_mmdb(bytes, true);
      break;
    default:
      read_mmdb(bytes, false);
      break;
  }
  return 0;
}
