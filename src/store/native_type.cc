// SPDX-License-Identifier: Apache-2.0
#include "store/native_type.h"

#include <array>
#include <charconv>

namespace yagura::store {
namespace {

struct PlainType {
  std::string_view name;
  Kind kind;
  size_t width;
};
constexpr std::array<PlainType, 18> plain_types = {{
    {"UInt8", Kind::unsigned_integer, 1},
    {"UInt16", Kind::unsigned_integer, 2},
    {"UInt32", Kind::unsigned_integer, 4},
    {"UInt64", Kind::unsigned_integer, 8},
    {"Int8", Kind::signed_integer, 1},
    {"Int16", Kind::signed_integer, 2},
    {"Int32", Kind::signed_integer, 4},
    {"Int64", Kind::signed_integer, 8},
    {"Bool", Kind::boolean, 1},
    {"Float32", Kind::real, 4},
    {"Float64", Kind::real, 8},
    {"Date", Kind::date, 2},
    {"Date32", Kind::date, 4},
    {"DateTime", Kind::date_time, 4},
    {"IPv4", Kind::ipv4, 4},
    {"IPv6", Kind::ipv6, 16},
    {"String", Kind::string, 0},
    {"Nothing", Kind::unsigned_integer, 1},
}};

// Bounds that no type of ours comes near, against text that only looks like a type.
constexpr size_t longest_fixed_string = 1 << 20;
constexpr size_t most_names = 65'536;

// "Array(UInt8)" with "Array" gives "UInt8"; none if it is not of that form.
std::optional<std::string_view> inside(std::string_view text, std::string_view name) {
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') return std::nullopt;
  return text.substr(1, text.size() - 2);
}

// Takes a number off the front of `text`.
std::optional<int64_t> take_number(std::string_view& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

// Takes a 'quoted' name off the front of `text`.
std::optional<std::string> take_name(std::string_view& text) {
  if (!text.starts_with('\'')) return std::nullopt;
  std::string name;
  size_t at = 1;
  for (; at < text.size() && text[at] != '\''; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    name += text[at];
  }
  if (at >= text.size()) return std::nullopt;
  text.remove_prefix(at + 1);
  return name;
}

bool take(std::string_view& text, std::string_view part) {
  if (!text.starts_with(part)) return false;
  text.remove_prefix(part.size());
  return true;
}

// 'a' = 1, 'b' = 2
std::optional<NativeType> parse_names(std::string_view text, size_t width) {
  NativeType type{.kind = Kind::enumeration, .width = width};
  do {
    auto name = take_name(text);
    if (!name || !take(text, " = ")) return std::nullopt;
    const auto value = take_number(text);
    if (!value || type.names.size() == most_names) return std::nullopt;
    type.names.emplace_back(*value, std::move(*name));
  } while (take(text, ", "));
  if (!text.empty()) return std::nullopt;
  return type;
}

std::optional<NativeType> parse_value_type(std::string_view text) {
  for (const PlainType& plain : plain_types) {
    if (text == plain.name) return NativeType{.kind = plain.kind, .width = plain.width};
  }
  if (inside(text, "DateTime")) return NativeType{.kind = Kind::date_time, .width = 4};
  if (auto arguments = inside(text, "DateTime64")) {
    const auto decimals = take_number(*arguments);
    if (!decimals || *decimals < 0 || *decimals > 9) return std::nullopt;
    if (!arguments->empty() && !arguments->starts_with(", '")) return std::nullopt;
    return NativeType{.kind = Kind::date_time, .width = 8, .decimals = static_cast<int>(*decimals)};
  }
  if (auto arguments = inside(text, "FixedString")) {
    const auto width = take_number(*arguments);
    if (!width || *width < 1 || *width > static_cast<int64_t>(longest_fixed_string)) {
      return std::nullopt;
    }
    if (!arguments->empty()) return std::nullopt;
    return NativeType{.kind = Kind::fixed_string, .width = static_cast<size_t>(*width)};
  }
  if (const auto names = inside(text, "Enum8")) return parse_names(*names, 1);
  if (const auto names = inside(text, "Enum16")) return parse_names(*names, 2);
  return std::nullopt;
}

}  // namespace

std::optional<NativeType> parse_native_type(std::string_view text) {
  if (const auto value = inside(text, "Nullable")) {
    auto type = parse_value_type(*value);
    if (type) type->nullable = true;
    return type;
  }
  if (const auto element = inside(text, "Array")) {
    auto type = parse_value_type(*element);
    if (type) type->array = true;
    return type;
  }
  return parse_value_type(text);
}

}  // namespace yagura::store
