// SPDX-License-Identifier: Apache-2.0
//
// The values of a result column, one by one: as numbers, as text, as JSON.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "base/time.h"
#include "store/block.h"
#include "store/native_type.h"

namespace yagura::store {
namespace {

NativeType type_of(const ColumnData& column) {
  auto type = parse_native_type(column.type);
  CHECK(type.has_value());
  return *type;
}

// Calls `work` with the column's type, parsing its text only if decode_native has not.
template <typename Work>
auto with_type(const ColumnData& column, const Work& work) {
  if (column.parsed != nullptr) return work(*column.parsed);
  return work(type_of(column));
}

const uint8_t* value_at(const ColumnData& column, const NativeType& type, size_t index) {
  CHECK(type.width > 0 && index < column.values.size() / type.width);
  return column.values.data() + index * type.width;
}

bool is_whole(const NativeType& type) {
  return type.kind != Kind::real && type.kind != Kind::ipv6 && !type.is_text();
}

bool is_signed(const NativeType& type) {
  return type.kind == Kind::signed_integer || type.kind == Kind::enumeration ||
         (type.kind == Kind::date && type.width == 4) ||
         (type.kind == Kind::date_time && type.width == 8);
}

uint64_t unsigned_value(const ColumnData& column, const NativeType& type, size_t index) {
  CHECK(is_whole(type));
  uint64_t value = 0;
  std::memcpy(&value, value_at(column, type, index), type.width);
  if (is_signed(type) && type.width < sizeof value) {
    const unsigned spare = 64 - 8 * static_cast<unsigned>(type.width);
    value = std::bit_cast<uint64_t>(std::bit_cast<int64_t>(value << spare) >> spare);
  }
  return value;
}

double real_value(const ColumnData& column, const NativeType& type, size_t index) {
  if (type.width == sizeof(float)) {
    float value;
    std::memcpy(&value, value_at(column, type, index), sizeof value);
    return static_cast<double>(value);
  }
  double value;
  std::memcpy(&value, value_at(column, type, index), sizeof value);
  return value;
}

IpAddress address_value(const ColumnData& column, const NativeType& type, size_t index) {
  CHECK(type.kind == Kind::ipv4 || type.kind == Kind::ipv6);
  const uint8_t* bytes = value_at(column, type, index);
  if (type.kind == Kind::ipv6) return IpAddress::from_v6_bytes(bytes);
  uint32_t word;  // the engine keeps an IPv4 as a number, so little-endian
  std::memcpy(&word, bytes, sizeof word);
  return IpAddress::from_v4(word);
}

std::string time_text(int64_t ticks, int decimals) {
  int64_t scale = 1'000'000'000;
  for (int i = 0; i < decimals; ++i) scale /= 10;
  int64_t nanoseconds;
  // DateTime64 of few decimals reaches years that Timestamp cannot.
  if (__builtin_mul_overflow(ticks, scale, &nanoseconds)) return std::to_string(ticks);
  return format_time(Timestamp{nanoseconds});
}

std::string day_text(int64_t days) {
  int64_t seconds, nanoseconds;
  if (__builtin_mul_overflow(days, int64_t{86'400}, &seconds) ||
      __builtin_mul_overflow(seconds, int64_t{1'000'000'000}, &nanoseconds)) {
    return std::to_string(days);
  }
  return format_day(Timestamp{nanoseconds});
}

std::string real_text(const ColumnData& column, const NativeType& type, size_t index) {
  const double value = real_value(column, type, index);
  // A Float32 is printed with its own digits: 0.1, not 0.10000000149011612.
  if (type.width == sizeof(float)) return fmt::format("{}", static_cast<float>(value));
  return fmt::format("{}", value);
}

std::string enum_text(int64_t value, const NativeType& type) {
  for (const auto& [known, name] : type.names) {
    if (known == value) return name;
  }
  return std::to_string(value);
}

std::string value_text(const ColumnData& column, const NativeType& type, size_t index) {
  const auto whole = [&] { return unsigned_value(column, type, index); };
  switch (type.kind) {
    case Kind::unsigned_integer:
      return std::to_string(whole());
    case Kind::signed_integer:
      return std::to_string(std::bit_cast<int64_t>(whole()));
    case Kind::boolean:
      return whole() != 0 ? "true" : "false";
    case Kind::real:
      return real_text(column, type, index);
    case Kind::date:
      return day_text(std::bit_cast<int64_t>(whole()));
    case Kind::date_time:
      return time_text(std::bit_cast<int64_t>(whole()), type.decimals);
    case Kind::enumeration:
      return enum_text(std::bit_cast<int64_t>(whole()), type);
    case Kind::ipv4:
    case Kind::ipv6:
      return address_value(column, type, index).to_string();
    case Kind::string:
    case Kind::fixed_string:
      CHECK(index < column.strings.size());
      return column.strings[index];
  }
  return {};
}

bool is_bare_in_json(Kind kind) {
  return kind == Kind::unsigned_integer || kind == Kind::signed_integer || kind == Kind::boolean ||
         kind == Kind::real;
}

// Length of the well-formed UTF-8 character at `at`, 0 if there is none.
size_t utf8_length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<uint8_t>(text[at + i]) : uint8_t{0};
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!follows(1) || !follows(2)) return 0;
    const int code = ((lead & 0x0F) << 12) | ((byte(1) & 0x3F) << 6);
    return code < 0x800 || (code >= 0xD800 && code < 0xE000) ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    const int code = ((lead & 0x07) << 18) | ((byte(1) & 0x3F) << 12);
    return code < 0x10000 || code > 0x10FFFF ? 0 : 4;
  }
  return 0;
}

// Bytes that are no UTF-8 (a packet's payload) appear as U+00XX, so that the JSON stays valid.
std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8_length(text, at);
    const auto c = static_cast<uint8_t>(text[at]);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += static_cast<char>(c);
    } else if (length == 0 || c < 0x20) {
      quoted += fmt::format("\\u{:04x}", c);
    } else {
      quoted += text.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  return quoted + '"';
}

std::string value_json(const ColumnData& column, const NativeType& type, size_t index) {
  if (type.kind == Kind::real && !std::isfinite(real_value(column, type, index))) return "null";
  std::string text = value_text(column, type, index);
  return is_bare_in_json(type.kind) ? text : json_string(text);
}

struct Range {
  size_t begin, end;
};
Range elements_of(const ColumnData& column, size_t row) {
  CHECK(row < column.offsets.size());
  return {row == 0 ? 0 : column.offsets[row - 1], column.offsets[row]};
}

// Array rows as "[a,b]", by `element`.
template <typename Element>
std::string join(const ColumnData& column, size_t row, const Element& element) {
  const Range range = elements_of(column, row);
  std::string text = "[";
  for (size_t i = range.begin; i < range.end; ++i) {
    if (i > range.begin) text += ',';
    text += element(i);
  }
  return text + ']';
}

bool is_null(const ColumnData& column, size_t row) {
  return row < column.nulls.size() && column.nulls[row] != 0;
}

}  // namespace

template <typename T>
std::span<const T> ColumnData::as() const {
  with_type(*this, [](const NativeType& native) { CHECK(native.width == sizeof(T)); });
  return {reinterpret_cast<const T*>(values.data()), values.size() / sizeof(T)};
}
template std::span<const uint8_t> ColumnData::as() const;
template std::span<const uint16_t> ColumnData::as() const;
template std::span<const uint32_t> ColumnData::as() const;
template std::span<const uint64_t> ColumnData::as() const;
template std::span<const int8_t> ColumnData::as() const;
template std::span<const int16_t> ColumnData::as() const;
template std::span<const int32_t> ColumnData::as() const;
template std::span<const int64_t> ColumnData::as() const;
template std::span<const float> ColumnData::as() const;
template std::span<const double> ColumnData::as() const;

uint64_t ColumnData::unsigned_at(size_t row) const {
  return with_type(*this, [&](const NativeType& t) { return unsigned_value(*this, t, row); });
}

int64_t ColumnData::signed_at(size_t row) const { return std::bit_cast<int64_t>(unsigned_at(row)); }

double ColumnData::number_at(size_t row) const {
  return with_type(*this, [&](const NativeType& t) {
    if (t.kind == Kind::real) return real_value(*this, t, row);
    const uint64_t value = unsigned_value(*this, t, row);
    return is_signed(t) ? static_cast<double>(std::bit_cast<int64_t>(value))
                        : static_cast<double>(value);
  });
}

IpAddress ColumnData::address_at(size_t row) const {
  return with_type(*this, [&](const NativeType& t) { return address_value(*this, t, row); });
}

std::string_view ColumnData::string_at(size_t row) const {
  CHECK(row < strings.size());
  return strings[row];
}

std::vector<uint64_t> ColumnData::unsigned_array_at(size_t row) const {
  return with_type(*this, [&](const NativeType& t) {
    const Range range = elements_of(*this, row);
    std::vector<uint64_t> elements;
    elements.reserve(range.end - range.begin);
    for (size_t i = range.begin; i < range.end; ++i) {
      elements.push_back(unsigned_value(*this, t, i));
    }
    return elements;
  });
}

std::vector<IpAddress> ColumnData::address_array_at(size_t row) const {
  return with_type(*this, [&](const NativeType& t) {
    const Range range = elements_of(*this, row);
    std::vector<IpAddress> elements;
    for (size_t i = range.begin; i < range.end; ++i) {
      elements.push_back(address_value(*this, t, i));
    }
    return elements;
  });
}

std::vector<std::string> ColumnData::string_array_at(size_t row) const {
  const Range range = elements_of(*this, row);
  CHECK(range.end <= strings.size());
  const auto at = [this](size_t i) { return strings.begin() + static_cast<std::ptrdiff_t>(i); };
  return {at(range.begin), at(range.end)};
}

std::string ColumnData::text_at(size_t row) const {
  if (is_null(*this, row)) return {};
  return with_type(*this, [&](const NativeType& t) {
    if (!t.array) return value_text(*this, t, row);
    return join(*this, row, [&](size_t i) { return value_text(*this, t, i); });
  });
}

std::string ColumnData::json_at(size_t row) const {
  if (is_null(*this, row)) return "null";
  return with_type(*this, [&](const NativeType& t) {
    if (!t.array) return value_json(*this, t, row);
    return join(*this, row, [&](size_t i) { return value_json(*this, t, i); });
  });
}

}  // namespace yagura::store
