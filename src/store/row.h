// SPDX-License-Identifier: Apache-2.0
//
// How a row struct is described: a constexpr tuple of columns, each a name and a member. The block
// codec (native_block.h) and the check of the schema against the code derive from it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>

namespace yagura::store {

// One column. `type` overrides the store type that follows from the member's C++ type (uint32_t as
// DateTime, say); `names` makes it an enumeration whose i-th value is called names[i] ("" = none).
//
// C++ to store types: uintN_t/intN_t -> UIntN/IntN, float/double -> Float32/Float64, IpAddress ->
// IPv6, std::string_view -> String, enum class : uint8_t with names -> Enum8, std::span<const T> ->
// Array(T).
template <typename Row, typename Member>
struct Column {
  std::string_view name;
  Member Row::* member;
  std::string_view type;
  std::span<const std::string_view> names;
};

template <typename Row, typename Member>
constexpr Column<Row, Member> column(std::string_view name, Member Row::* member,
                                     std::string_view type = {}) {
  return {name, member, type, {}};
}

template <typename Row, typename Member, size_t N>
constexpr Column<Row, Member> column(std::string_view name, Member Row::* member,
                                     const std::array<std::string_view, N>& names) {
  return {name, member, {}, std::span<const std::string_view>(names)};
}

}  // namespace yagura::store
