// SPDX-License-Identifier: Apache-2.0
//
// What the readers of scanner lists share: a list under construction whose complaints are bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "enrich/scanner_lists.h"

namespace yagura::enrich {

class ScannerListBuilder {
 public:
  explicit ScannerListBuilder(std::string format) { list_.format = std::move(format); }

  void add(ListedScanner scanner) { list_.scanners.push_back(std::move(scanner)); }
  void add_organisation(std::string name);  // once each
  // "line 12: ..."; past a thousand they are only counted.
  void complain(std::string_view unit, size_t number, std::string_view what);

  bool has_complaints() const { return complaints_ > 0; }
  ScannerList& list() { return list_; }
  ScannerList finish();

 private:
  ScannerList list_;
  size_t complaints_ = 0;
};

// An address or prefix of a list. Prefixes wider than IPv4 /8 or IPv6 /16 are refused: one slip of
// the pen would make a scanner of half the Internet.
Result<Prefix> parse_listed_prefix(std::string_view text);

// A file's name without folders and ending: what a list is called that says no name of its own.
std::string_view stem_of(std::string_view file_name);

// The readers, one per format. `name` is the file's.
Result<ScannerList> read_json_scanner_list(std::string_view name, std::string_view bytes);
Result<ScannerList> read_scanner_organisations(std::string_view bytes);
Result<ScannerList> read_text_scanner_list(std::string_view name, std::string_view bytes);

}  // namespace yagura::enrich
