// SPDX-License-Identifier: Apache-2.0
#include "enrich/scanner_lists.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "enrich/scanner_list_builder.h"

namespace yagura::enrich {
namespace {

constexpr size_t most_complaints = 1000;
constexpr size_t longest_complaint = 200;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr int widest_v4 = 8, widest_v6 = 16;

}  // namespace

void ScannerListBuilder::add_organisation(std::string name) {
  auto& names = list_.organisations;
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

void ScannerListBuilder::complain(std::string_view unit, size_t number, std::string_view what) {
  if (++complaints_ > most_complaints) return;
  std::string text = fmt::format("{} {}: {}", unit, number, what);
  if (text.size() > longest_complaint) text.replace(longest_complaint, std::string::npos, "...");
  list_.problems.push_back(std::move(text));
}

ScannerList ScannerListBuilder::finish() {
  if (complaints_ > most_complaints)
    list_.problems.push_back(fmt::format("and {} more", complaints_ - most_complaints));
  return std::move(list_);
}

Result<Prefix> parse_listed_prefix(std::string_view text) {
  TRY(const Prefix prefix, Prefix::parse(text));
  const int widest = prefix.is_v4() ? widest_v4 : widest_v6;
  if (prefix.printed_length() < widest)
    return failure(fmt::format("{} is too wide for a scanner: /{} is the widest taken",
                               prefix.to_string(), widest));
  return prefix;
}

std::string_view stem_of(std::string_view file_name) {
  file_name.remove_prefix(file_name.rfind('/') + 1);  // npos + 1 is 0
  return file_name.substr(0, file_name.rfind('.'));
}

Result<ScannerList> read_scanner_list(std::string_view name, std::string_view bytes) {
  if (bytes.starts_with(byte_order_mark)) bytes.remove_prefix(byte_order_mark.size());
  const std::string_view text = trim(bytes);
  if (text.empty()) return failure(fmt::format("{}: an empty file", name));
  auto list = text.front() == '[' || text.front() == '{' ? read_json_scanner_list(name, text)
              : text.starts_with("scanner name,")        ? read_scanner_organisations(text)
                                                         : read_text_scanner_list(name, bytes);
  return within(name, std::move(list));
}

}  // namespace yagura::enrich
