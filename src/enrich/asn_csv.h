// SPDX-License-Identifier: Apache-2.0
//
// Autonomous systems from the CSV of ip-location-db: first address, last address, number, name, one
// range a line, RFC 4180 quotes around the name where it needs them. Bytes in, rows out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/prefix_map.h"
#include "base/result.h"
#include "enrich/asn_names.h"

namespace yagura::enrich {

struct AsnTable {
  std::vector<PrefixMap<uint32_t>::Range> ranges;  // as given: in any order, maybe overlapping
  AsnNames names;                                  // not sealed yet
};

// A line longer than this is refused: no name of a network is.
constexpr size_t max_asn_line = 4096;

// Reads the rows of a file given piece by piece.
class AsnCsvReader {
 public:
  explicit AsnCsvReader(AsnTable& table) : table_(table) {}

  // Whole lines; the last one of the file may lack its end. Errors say "line 12: 'x' is not an AS
  // number".
  Result<void> read(std::string_view lines);

  size_t lines() const { return lines_; }  // read so far

 private:
  Result<void> read_row(std::string_view line);
  bool is_new(uint32_t asn);

  AsnTable& table_;
  size_t lines_ = 0;
  // Numbers met before: their names need no reading. Nearly all are below 2^20.
  std::vector<bool> met_ = std::vector<bool>(size_t{1} << 20);
  std::unordered_set<uint32_t> met_above_;
};

// The same of a whole file, read in bounded memory beside the rows.
Result<void> read_asn_csv_file(const std::filesystem::path& file, AsnTable& table);

}  // namespace yagura::enrich
