// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <charconv>
#include <cmath>

namespace yagura {
namespace {

// The bits of a 64-bit half that a prefix of `bits` (0-64) covers.
constexpr uint64_t half_mask(int bits) {
  if (bits <= 0) return 0;
  if (bits >= 64) return ~uint64_t{0};
  return ~uint64_t{0} << (64 - bits);
}

struct SpecialRange {
  Prefix prefix;
  AddressScope scope;
};

Prefix known(const char* text) {
  auto prefix = Prefix::parse(text);
  CHECK(prefix.has_value());
  return *prefix;
}

AddressScope scope_of_v4(uint32_t a) {
  const auto in = [a](uint32_t network, int length) { return (a ^ network) >> (32 - length) == 0; };
  if (in(0x00000000, 8)) return AddressScope::reserved;        // 0/8, RFC 791
  if (in(0x0A000000, 8)) return AddressScope::private_use;     // 10/8, RFC 1918
  if (in(0x64400000, 10)) return AddressScope::private_use;    // 100.64/10, RFC 6598
  if (in(0x7F000000, 8)) return AddressScope::private_use;     // loopback
  if (in(0xA9FE0000, 16)) return AddressScope::private_use;    // link-local
  if (in(0xAC100000, 12)) return AddressScope::private_use;    // 172.16/12
  if (in(0xC0A80000, 16)) return AddressScope::private_use;    // 192.168/16
  if (in(0xC0000000, 24)) return AddressScope::reserved;       // 192.0.0/24, RFC 6890
  if (in(0xC0000200, 24)) return AddressScope::documentation;  // 192.0.2/24
  if (in(0xC0586300, 24)) return AddressScope::reserved;       // 192.88.99/24, RFC 7526
  if (in(0xC6120000, 15)) return AddressScope::documentation;  // 198.18/15, RFC 2544
  if (in(0xC6336400, 24)) return AddressScope::documentation;  // 198.51.100/24
  if (in(0xCB007100, 24)) return AddressScope::documentation;  // 203.0.113/24
  if (a == 0xFFFFFFFF) return AddressScope::multicast;         // limited broadcast
  if (in(0xE0000000, 4)) return AddressScope::multicast;
  if (in(0xF0000000, 4)) return AddressScope::reserved;  // 240/4, RFC 1112
  return AddressScope::global;
}

AddressScope scope_of_v6(IpAddress address) {
  static const SpecialRange special[] = {
      {known("ff00::/8"), AddressScope::multicast},
      {known("fc00::/7"), AddressScope::private_use},
      {known("fe80::/10"), AddressScope::private_use},
      {known("::1/128"), AddressScope::private_use},
      {known("2001:db8::/32"), AddressScope::documentation},
      {known("3fff::/20"), AddressScope::documentation},    // RFC 9637
      {known("2001:2::/48"), AddressScope::documentation},  // benchmarking, RFC 5180
  };
  for (const auto& range : special)
    if (range.prefix.contains(address)) return range.scope;
  // Only 2000::/3 and the NAT64 prefix 64:ff9b::/96 are in global use.
  if (address.high() >> 61 == 1) return AddressScope::global;
  if (address.high() == 0x0064'ff9b'0000'0000ULL && address.low() >> 32 == 0)
    return AddressScope::global;
  return AddressScope::reserved;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.size() < sizeof buffer) {
    text.copy(buffer, text.size());
    buffer[text.size()] = 0;
    uint8_t bytes[16];
    if (inet_pton(AF_INET, buffer, bytes) == 1) return from_v4_bytes(bytes);
    if (inet_pton(AF_INET6, buffer, bytes) == 1) return from_v6_bytes(bytes);
  }
  return failure(fmt::format("'{}' is not an IP address", text));
}

std::string IpAddress::to_string() const {
  if (is_v4()) {
    const uint32_t a = v4();
    return fmt::format("{}.{}.{}.{}", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
  }
  uint8_t bytes[16];
  write_bytes(bytes);
  char buffer[INET6_ADDRSTRLEN];
  CHECK(inet_ntop(AF_INET6, bytes, buffer, sizeof buffer) != nullptr);
  return buffer;
}

Prefix Prefix::of(IpAddress address, int length) {
  CHECK(0 <= length && length <= 128);
  Prefix prefix;
  prefix.first_ = IpAddress::from_halves(address.high() & half_mask(length),
                                         address.low() & half_mask(length - 64));
  prefix.length_ = length;
  return prefix;
}

Result<Prefix> Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return failure(fmt::format("'{}' is not an IP address or prefix", text));
  // "::ffff:198.51.100.0/120" is an IPv6 spelling: its length counts in 128 bits.
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  const int width = dotted ? 32 : 128;
  int length = width;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty() ||
        length < 0 || length > width)
      return failure(fmt::format("'{}': the prefix length must be 0 to {}", text, width));
  }
  const Prefix prefix = of(*address, dotted ? length + 96 : length);
  if (prefix.first() != *address)
    return failure(
        fmt::format("'{}' has host bits set; the network is {}", text, prefix.to_string()));
  return prefix;
}

IpAddress Prefix::last() const {
  return IpAddress::from_halves(first_.high() | ~half_mask(length_),
                                first_.low() | ~half_mask(length_ - 64));
}

double Prefix::address_count() const { return std::ldexp(1.0, 128 - length_); }

std::string Prefix::to_string() const {
  return fmt::format("{}/{}", first_.to_string(), printed_length());
}

Prefix whole_ipv4() { return Prefix::of(IpAddress::from_v4(0), 96); }

AddressScope scope_of(IpAddress address) {
  return address.is_v4() ? scope_of_v4(address.v4()) : scope_of_v6(address);
}

}  // namespace yagura
