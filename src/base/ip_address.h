// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 addresses and prefixes as one type each.
//
// An IPv4 address is held as its IPv4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 2.5.5.2), so
// that one code path, one column type and one order serve both; it prints as dotted decimal.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura {

class IpAddress {
 public:
  constexpr IpAddress() = default;  // ::
  static constexpr IpAddress from_v4(uint32_t host_order) {
    return IpAddress(0, 0x0000'ffff'0000'0000ULL | host_order);
  }
  // The two halves in host order: `high` holds the first eight bytes of the address.
  static constexpr IpAddress from_halves(uint64_t high, uint64_t low) {
    return IpAddress(high, low);
  }
  // 4 or 16 bytes in network order.
  static IpAddress from_v4_bytes(const uint8_t* bytes) {
    uint32_t word;
    std::memcpy(&word, bytes, 4);
    return from_v4(__builtin_bswap32(word));
  }
  static IpAddress from_v6_bytes(const uint8_t* bytes) {
    uint64_t high, low;
    std::memcpy(&high, bytes, 8);
    std::memcpy(&low, bytes + 8, 8);
    return IpAddress(__builtin_bswap64(high), __builtin_bswap64(low));
  }
  static Result<IpAddress> parse(std::string_view text);

  constexpr bool is_v4() const { return high_ == 0 && (low_ >> 32) == 0xffff; }
  // Host order; only for is_v4().
  constexpr uint32_t v4() const { return static_cast<uint32_t>(low_); }
  constexpr uint64_t high() const { return high_; }
  constexpr uint64_t low() const { return low_; }
  void write_bytes(uint8_t* out) const {  // 16 bytes, network order
    const uint64_t high = __builtin_bswap64(high_), low = __builtin_bswap64(low_);
    std::memcpy(out, &high, 8);
    std::memcpy(out + 8, &low, 8);
  }
  std::string to_string() const;

  constexpr auto operator<=>(const IpAddress&) const = default;

 private:
  constexpr IpAddress(uint64_t high, uint64_t low) : high_(high), low_(low) {}

  uint64_t high_ = 0;
  uint64_t low_ = 0;
};
static_assert(sizeof(IpAddress) == 16);

// A network: an address whose bits past `length` are zero. `length` counts in the 128-bit space
// (an IPv4 /24 is 120); `printed_length` is what people write.
class Prefix {
 public:
  constexpr Prefix() = default;  // ::/0
  // The network of `length` bits (0-128, in the 128-bit space) that holds `address`.
  static Prefix of(IpAddress address, int length);
  // "198.51.100.0/24", "2001:db8::/32", or a lone address. Host bits set are an error that names
  // the network meant.
  static Result<Prefix> parse(std::string_view text);

  IpAddress first() const { return first_; }
  IpAddress last() const;
  int length() const { return length_; }
  int printed_length() const { return is_v4() ? length_ - 96 : length_; }
  bool is_v4() const { return length_ >= 96 && first_.is_v4(); }
  bool contains(IpAddress address) const { return first_ <= address && address <= last(); }
  bool contains(const Prefix& other) const {
    return length_ <= other.length_ && contains(other.first_);
  }
  // How many addresses, as a double (2^128 does not fit an integer; exact up to 2^53).
  double address_count() const;
  std::string to_string() const;

  constexpr auto operator<=>(const Prefix&) const = default;

 private:
  IpAddress first_;
  int length_ = 0;
};

// 0.0.0.0/0 in the mapped space.
Prefix whole_ipv4();

// Where a source address stands in the Internet's plan, from the IANA special-purpose registries
// (RFC 6890 and updates): a column of its own that excludes nothing.
enum class AddressScope : uint8_t {
  global = 1,
  private_use = 2,    // RFC 1918, 100.64/10 (RFC 6598), fc00::/7, link-local, loopback
  documentation = 3,  // RFC 5737, RFC 3849, 198.18/15 benchmarking (RFC 2544)
  reserved = 4,       // 0/8, 240/4, 192.0.0/24, 192.88.99/24, unspecified, other special use
  multicast = 5,      // 224/4, ff00::/8, and the limited broadcast address
};
AddressScope scope_of(IpAddress address);

}  // namespace yagura

template <>
struct std::hash<yagura::IpAddress> {
  size_t operator()(const yagura::IpAddress& address) const noexcept {
    uint64_t x = address.low() * 0x9E3779B97F4A7C15ULL ^ address.high() * 0xC2B2AE3D27D4EB4FULL;
    x ^= x >> 32;
    return static_cast<size_t>(x * 0xD6E8FEB86659FD93ULL);
  }
};
