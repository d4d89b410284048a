// SPDX-License-Identifier: Apache-2.0
#include "warning/mail_layout.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace yagura::warning {
namespace {

struct Point {
  size_t bytes = 1;
  uint32_t value = 0;
};

// The first code point; a byte that begins none stands for itself.
Point first_point(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (bytes == 1 || bytes > text.size()) return {1, lead};
  uint32_t value = lead & (0xffU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) value = value << 6 | (static_cast<uint8_t>(text[i]) & 0x3fU);
  return {bytes, value};
}

// The blocks whose characters are wide or full width (Unicode Standard Annex 11), coarsely.
bool is_wide(uint32_t value) {
  struct Range {
    uint32_t first, last;
  };
  constexpr std::array<Range, 10> wide = {{{0x1100, 0x115f},
                                           {0x2e80, 0x303e},
                                           {0x3041, 0xa4cf},
                                           {0xac00, 0xd7a3},
                                           {0xf900, 0xfaff},
                                           {0xfe30, 0xfe6f},
                                           {0xff01, 0xff60},
                                           {0xffe0, 0xffe6},
                                           {0x1f300, 0x1f9ff},
                                           {0x20000, 0x3fffd}}};
  return std::any_of(wide.begin(), wide.end(), [&](const Range& range) {
    return value >= range.first && value <= range.last;
  });
}

bool is_one_of(std::string_view characters, std::string_view character) {
  return characters.find(character) != std::string_view::npos;
}
// What is as one with the character after it, or before it.
bool stays_before(std::string_view character) { return is_one_of("(「『【\uff08", character); }
bool stays_behind(std::string_view character) {
  return is_one_of(".,:;)、。」』】・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ\uff09\uff1a",
                   character);
}

// Bytes at the start of `text`, which begins with no blank, that stay on one line.
size_t unbroken(std::string_view text) {
  enum class Body { none, narrow, wide } body = Body::none;
  size_t end = 0;
  while (end < text.size() && text[end] != ' ') {
    const Point point = first_point(text.substr(end));
    const std::string_view character = text.substr(end, point.bytes);
    const bool wide = is_wide(point.value);
    if (stays_before(character)) {
      if (body != Body::none) break;
    } else if (!stays_behind(character)) {
      if (body == Body::wide || (wide && body == Body::narrow)) break;
      body = wide ? Body::wide : Body::narrow;
    }
    end += point.bytes;
  }
  return end;
}

}  // namespace

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Point point = first_point(text);
    columns += is_wide(point.value) ? 2 : 1;
    text.remove_prefix(point.bytes);
  }
  return columns;
}

std::string padded(std::string_view text, size_t columns, bool right) {
  const std::string blanks(columns - std::min(columns, columns_of(text)), ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

std::string wrapped(std::string_view text, size_t width, std::string_view first,
                    std::string_view indent) {
  std::string out, line(first);
  size_t columns = columns_of(first);
  bool empty = true;
  while (!text.empty()) {
    const size_t blanks = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(blanks);
    const std::string_view piece = text.substr(0, unbroken(text));
    if (piece.empty()) break;
    text.remove_prefix(piece.size());
    const size_t gap = blanks > 0 && !empty ? 1 : 0;
    if (!empty && columns + gap + columns_of(piece) > width) {
      out += line + '\n';
      line = indent;
      columns = columns_of(indent);
    } else {
      line.append(gap, ' ');
      columns += gap;
    }
    line += piece;
    columns += columns_of(piece);
    empty = false;
  }
  return empty ? out : out + line + '\n';
}

std::string mail_table(const std::vector<MailColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  std::vector<std::string> headings;
  for (const MailColumn& column : columns) {
    size_t width = columns_of(column.heading);
    for (const auto& row : rows) {
      const size_t cell = columns_of(row[widths.size()]);
      if (cell <= column.most) width = std::max(width, cell);
    }
    widths.push_back(width);
    headings.emplace_back(column.heading);
  }
  std::string out;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line;
    size_t before = 0;  // columns of the cells so far
    for (size_t i = 0; i < row.size(); ++i) {
      line += padded(row[i], widths[i], columns[i].right);
      before += widths[i];
      if (columns_of(row[i]) > widths[i] && i + 1 < row.size()) {
        out += line + '\n';
        line.assign(before, ' ');
      }
      line += "  ";
      before += 2;
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  };
  add(headings);
  for (const auto& row : rows) add(row);
  return out;
}

}  // namespace yagura::warning
