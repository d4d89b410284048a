// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace yagura {
namespace {

std::string group_thousands(std::string digits) {
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

// One code point of UTF-8 at the start of `text`: its bytes and value, or 0 bytes where the
// sequence is malformed (overlong and surrogate forms count as malformed).
struct CodePoint {
  size_t bytes = 0;
  uint32_t value = 0;
};

CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  uint32_t value = lead & (0xffU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[bytes] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  return {bytes, value};
}

// Characters that change what a reader sees without being seen: C1 controls, direction marks.
bool is_unseen(uint32_t code_point) {
  return (code_point >= 0x80 && code_point < 0xa0) || code_point == 0x061c ||
         (code_point >= 0x200b && code_point <= 0x200f) ||
         (code_point >= 0x2028 && code_point <= 0x202e) ||
         (code_point >= 0x2060 && code_point <= 0x206f) || code_point == 0xfeff;
}

}  // namespace

std::string format_count(uint64_t value) { return group_thousands(std::to_string(value)); }

std::string format_signed_count(int64_t value) {
  if (value >= 0) return format_count(static_cast<uint64_t>(value));
  return "-" + format_count(0 - static_cast<uint64_t>(value));
}

std::string format_number(double value, int decimals) {
  if (!std::isfinite(value)) return "";
  const std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  const size_t point = std::min(text.find('.'), text.size());
  const bool negative = value < 0 && text.find_first_not_of("0.") != std::string::npos;
  return (negative ? "-" : "") + group_thousands(text.substr(0, point)) + text.substr(point);
}

std::string format_share(double fraction) {
  if (!std::isfinite(fraction)) return "";
  if (fraction > 0 && fraction < 0.0005) return "<0.1 %";
  return fmt::format("{:.1f} %", fraction * 100);
}

std::string format_change(double fraction) {
  if (!std::isfinite(fraction)) return "";
  if (fraction >= 9) return "x " + format_number(fraction + 1, 0);
  const double percent = fraction * 100;
  if (std::abs(percent) < 0.05) return "0 %";
  return fmt::format("{:+.{}f} %", percent, std::abs(percent) < 9.95 ? 1 : 0);
}

std::string format_bytes(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::string_view units = "KMGTPE";
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}iB", value, units[unit]);
}

std::string format_short(double value) {
  if (!std::isfinite(value)) return "";
  constexpr std::array<std::string_view, 5> units = {"", " k", " M", " G", " T"};
  double rest = std::abs(value);
  size_t unit = 0;
  while (rest >= 999.5 && unit + 1 < units.size()) {
    rest /= 1000;
    ++unit;
  }
  const int decimals = rest >= 99.95 || (unit == 0 && rest == std::floor(rest)) ? 0
                       : rest >= 9.995                                          ? 1
                                                                                : 2;
  return fmt::format("{}{:.{}f}{}", value < 0 ? "-" : "", rest, decimals, units[unit]);
}

Result<uint64_t> parse_bytes(std::string_view text) {
  const auto refuse = [&] {
    return failure("'" + std::string(text) +
                   "' is not a size; write 500M, 1.5G or a number of bytes");
  };
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || value < 0) return refuse();
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  if (!unit.empty()) {
    constexpr std::string_view letters = "KMGT";
    const size_t power = letters.find(unit[0] == 'k' ? 'K' : unit[0]);
    const std::string_view rest = unit.substr(1);
    const bool bytes_only = unit == "B";
    if (!bytes_only && (power == std::string_view::npos ||
                        !(rest.empty() || rest == "B" || rest == "iB" || rest == "i")))
      return refuse();
    if (!bytes_only) value *= std::pow(1024.0, static_cast<double>(power + 1));
  }
  if (value >= 0x1p63) return refuse();
  return static_cast<uint64_t>(std::llround(value));
}

size_t valid_utf8(std::string_view text) {
  size_t valid = 0;
  while (valid < text.size()) {
    const size_t bytes = first_code_point(text.substr(valid)).bytes;
    if (bytes == 0) break;
    valid += bytes;
  }
  return valid;
}

std::string escape_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const auto byte = static_cast<uint8_t>(text[0]);
    if (point.bytes == 0 || point.value == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (point.value < 0x20) {
      out += point.value == '\n'   ? "\\n"
             : point.value == '\r' ? "\\r"
             : point.value == '\t' ? "\\t"
                                   : fmt::format("\\x{:02x}", byte);
    } else if (is_unseen(point.value)) {
      out += fmt::format("\\u{{{:04x}}}", point.value);
    } else {
      out += text.substr(0, point.bytes);
    }
    text.remove_prefix(std::max<size_t>(point.bytes, 1));
  }
  return out;
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : escape_terminal(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (point.bytes == 0) {
      out += "\xef\xbf\xbd";
    } else if (point.value == '"' || point.value == '\\') {
      out += '\\';
      out += text[0];
    } else if (point.value == '\n') {
      out += "\\n";
    } else if (point.value < 0x20 || point.value == 0x7f) {
      out += fmt::format("\\u{:04x}", point.value);
    } else {
      out += text.substr(0, point.bytes);
    }
    text.remove_prefix(std::max<size_t>(point.bytes, 1));
  }
  return out + '"';
}

std::string csv_field(std::string_view text) {
  std::string field = escape_terminal(text);
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    field.insert(0, "'");
  if (field.find_first_of(",\"") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  const size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[++i];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += line[i];
  }
  if (quoted) return std::nullopt;
  for (auto& field : fields) field = trim(field);
  return fields;
}

size_t display_width(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

std::string shorten(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view ending = std::string_view("...").substr(0, width);
  size_t keep = width - ending.size();
  size_t bytes = 0;
  while (keep > 0) {
    bytes += std::max<size_t>(first_code_point(text.substr(bytes)).bytes, 1);
    --keep;
  }
  return std::string(text.substr(0, bytes)) + std::string(ending);
}

std::string wrap(std::string_view text, size_t width, std::string_view indent) {
  std::string out;
  std::string line(indent);
  bool empty = true;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (word.empty()) continue;
    if (!empty && display_width(line) + 1 + display_width(word) > width) {
      out += line + '\n';
      line = indent;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  return empty ? out : out + line + '\n';
}

namespace {

// Optimal string alignment distance.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr size_t longest = 64;  // bounds the work; no name of ours is as long
  if (word.size() > longest) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view candidate : candidates) {
    size_t distance = edit_distance(word, candidate);
    // A beginning of three letters or more is meant as the word.
    if (word.size() >= 3 && candidate.starts_with(word)) distance = std::min<size_t>(distance, 1);
    // Of two equally near the shorter: "stor" means "store" rather than "store.memory".
    const bool shorter = !best.empty() && candidate.size() < best.size();
    if (distance < best_distance || (distance == best_distance && shorter)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace yagura
