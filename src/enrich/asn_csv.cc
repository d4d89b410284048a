// SPDX-License-Identifier: Apache-2.0
#include "enrich/asn_csv.h"

#include <fmt/core.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

namespace yagura::enrich {
namespace {

constexpr size_t piece_size = size_t{1} << 20;
constexpr size_t typical_row = 56;  // bytes; only how much room is made beforehand

// What stands before the next comma, taken off `line` with it; false where there is no comma.
bool take_field(std::string_view& line, std::string_view& field) {
  const size_t comma = line.find(',');
  if (comma == std::string_view::npos) return false;
  field = line.substr(0, comma);
  line.remove_prefix(comma + 1);
  return true;
}

// Dotted decimal up to a comma, taken off `line`; false, and nothing taken, for anything else. Half
// a million rows are read at every start: this spares each a search and a copy.
bool take_dotted(std::string_view& line, IpAddress& address) {
  uint32_t word = 0;
  const char* at = line.data();
  const char* const end = at + line.size();
  for (int part = 0; part < 4; ++part) {
    uint32_t value = 0;
    const char* const digits = at;
    while (at != end && *at >= '0' && *at <= '9' && at - digits < 3)
      value = value * 10 + static_cast<uint32_t>(*at++ - '0');
    if (at == digits || value > 255 || at == end || *at++ != (part < 3 ? '.' : ',')) return false;
    word = word << 8 | value;
  }
  line.remove_prefix(static_cast<size_t>(at - line.data()));
  address = IpAddress::from_v4(word);
  return true;
}

Result<IpAddress> take_address(std::string_view& line) {
  IpAddress address;
  if (take_dotted(line, address)) return address;
  std::string_view field;
  if (!take_field(line, field)) return failure("not four fields (first, last, AS number, name)");
  return IpAddress::parse(field);
}

// The last field of a line, its quotes taken off.
Result<std::string> parse_name(std::string_view field) {
  if (field.empty() || field.front() != '"') {
    if (field.find(',') != std::string_view::npos) return failure("more than four fields");
    return std::string(field);
  }
  std::string name;
  for (size_t i = 1; i < field.size(); ++i) {
    if (field[i] != '"') {
      name += field[i];
    } else if (i + 1 == field.size()) {
      return name;
    } else if (field[i + 1] == '"') {
      name += '"';
      ++i;
    } else {
      return failure("text after the name's closing quote");
    }
  }
  return failure("the name's closing quote is missing");
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

bool AsnCsvReader::is_new(uint32_t asn) {
  if (asn >= met_.size()) return met_above_.insert(asn).second;
  const bool met = met_[asn];
  met_[asn] = true;
  return !met;
}

Result<void> AsnCsvReader::read_row(std::string_view line) {
  TRY(const IpAddress first, take_address(line));
  TRY(const IpAddress last, take_address(line));
  if (first.is_v4() != last.is_v4()) return failure("an IPv4 and an IPv6 address in one range");
  if (last < first)
    return failure(fmt::format("the range ends at {}, before it begins", last.to_string()));
  std::string_view number;
  if (!take_field(line, number)) return failure("not four fields (first, last, AS number, name)");
  uint32_t asn = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, asn);
  if (error != std::errc() || stop != end)
    return failure(fmt::format("'{}' is not an AS number", number));
  if (is_new(asn)) {
    TRY(const std::string name, parse_name(line));
    table_.names.add(asn, name);
  }
  table_.ranges.push_back({first, last, asn});
  return {};
}

Result<void> AsnCsvReader::read(std::string_view lines) {
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    ++lines_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() > max_asn_line)
      return failure(fmt::format("line {}: longer than {} bytes", lines_, max_asn_line));
    if (auto row = read_row(line); !row)
      return failure(row.error().within(fmt::format("line {}", lines_)));
  }
  return {};
}

Result<void> read_asn_csv_file(const std::filesystem::path& path, AsnTable& table) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) return failure(errno_text(errno));
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  if (!unknown) table.ranges.reserve(table.ranges.size() + size / typical_row);
  AsnCsvReader reader(table);
  std::string piece(piece_size, '\0');
  size_t held = 0;  // bytes of a line begun, at the front of `piece`
  while (true) {
    const size_t got = std::fread(piece.data() + held, 1, piece.size() - held, file.get());
    if (std::ferror(file.get())) return failure(errno_text(errno));
    const std::string_view bytes(piece.data(), held + got);
    if (got == 0) return reader.read(bytes);
    const size_t whole = bytes.rfind('\n') + 1;  // npos + 1 is 0: no line ends here
    TRY_VOID(reader.read(bytes.substr(0, whole)));
    held = bytes.size() - whole;
    if (held > max_asn_line + 1)
      return failure(
          fmt::format("line {}: longer than {} bytes", reader.lines() + 1, max_asn_line));
    std::memmove(piece.data(), piece.data() + whole, held);
  }
}

}  // namespace yagura::enrich
