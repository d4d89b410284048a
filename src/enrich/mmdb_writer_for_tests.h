// SPDX-License-Identifier: Apache-2.0
//
// Writes small mmdb files (MaxMind DB format 2.0, 24-bit records) for tests.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.h"

namespace yagura::enrich {

// Values of the data section, encoded.
inline std::string mmdb_value(int type, std::string_view payload) {
  std::string bytes;
  const auto size = static_cast<uint8_t>(payload.size() < 29 ? payload.size() : 29);
  bytes += static_cast<char>(type << 5 | size);
  if (size == 29) bytes += static_cast<char>(payload.size() - 29);
  return bytes.append(payload);
}
inline std::string mmdb_text(std::string_view text) { return mmdb_value(2, text); }
inline std::string mmdb_uint(int type, uint64_t value) {
  std::string payload;
  for (int shift = 24; shift >= 0; shift -= 8) payload += static_cast<char>(value >> shift);
  payload.erase(0, type == 5 ? 2 : 0);
  return mmdb_value(type, payload);
}
inline std::string mmdb_uint16(uint64_t value) { return mmdb_uint(5, value); }
inline std::string mmdb_uint32(uint64_t value) { return mmdb_uint(6, value); }
inline std::string mmdb_map(const std::vector<std::pair<std::string_view, std::string>>& entries) {
  std::string bytes(1, static_cast<char>(7 << 5 | entries.size()));
  for (const auto& [key, value] : entries) bytes += mmdb_text(key) + value;
  return bytes;
}

inline std::string flat_country(std::string_view code) {
  return mmdb_map({{"country_code", mmdb_text(code)}});
}
inline std::string nested_country(std::string_view code) {
  return mmdb_map({{"country", mmdb_map({{"geoname_id", mmdb_uint32(1861060)},
                                         {"iso_code", mmdb_text(code)}})}});
}
inline std::string asn_record(uint32_t asn, std::string_view name) {
  return mmdb_map({{"autonomous_system_number", mmdb_uint32(asn)},
                   {"autonomous_system_organization", mmdb_text(name)}});
}

class MmdbWriter {
 public:
  explicit MmdbWriter(int ip_version = 6) : ip_version_(ip_version) {}

  // Networks must not overlap.
  void add(std::string_view network, const std::string& record) {
    uint32_t offset = 0;
    for (const auto& known : records_) {
      if (known == record) break;
      offset += static_cast<uint32_t>(known.size());
    }
    if (offset == data_size_) {
      records_.push_back(record);
      data_size_ += static_cast<uint32_t>(record.size());
    }
    put(path_of(network), {Kind::data, offset});
  }
  // A further road into the subtree of IPv4, as writers make for 2002::/16.
  void add_ipv4_alias(std::string_view network) {
    const uint32_t ipv4 = node_of(std::vector<bool>(96));
    put(path_of(network, false), {Kind::node, ipv4});
  }
  // Two faults that no sound file has: a network that leads back up, and `depth` nodes on the way
  // to :: with the same on both sides, so that 2^depth ways lead down.
  void add_loop(std::string_view network) { put(path_of(network), {Kind::node, 1}); }
  void add_many_ways(int depth) {
    uint32_t at = 0;
    for (int i = 0; i < depth; ++i) {
      const uint32_t next = node_of(std::vector<bool>(static_cast<size_t>(i) + 1));
      nodes_[at][1] = nodes_[at][0];
      at = next;
    }
  }

  std::string bytes() const {
    std::string out;
    for (const auto& node : nodes_)
      for (const Record& side : node) {
        const auto count = static_cast<uint32_t>(nodes_.size());
        const uint32_t number = side.kind == Kind::node   ? side.value
                                : side.kind == Kind::data ? count + 16 + side.value
                                                          : count;
        for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
      }
    out.append(16, '\0');
    for (const auto& record : records_) out += record;
    return out + "\xab\xcd\xefMaxMind.com" + metadata();
  }

 private:
  enum class Kind { empty, node, data };
  struct Record {
    Kind kind = Kind::empty;
    uint32_t value = 0;
  };

  std::string metadata() const {
    return mmdb_map({{"binary_format_major_version", mmdb_uint16(2)},
                     {"binary_format_minor_version", mmdb_uint16(0)},
                     {"build_epoch", std::string("\x04\x02\x65\x00\x00\x00", 6)},  // uint64
                     {"database_type", mmdb_text("Test")},
                     {"description", mmdb_map({})},
                     {"languages", std::string("\x00\x04", 2)},  // an empty array
                     {"ip_version", mmdb_uint16(static_cast<uint64_t>(ip_version_))},
                     {"node_count", mmdb_uint32(nodes_.size())},
                     {"record_size", mmdb_uint16(24)}});
  }

  std::vector<bool> path_of(std::string_view network, bool move_ipv4 = true) const {
    const Prefix prefix = Prefix::parse(network).value();
    std::array<uint8_t, 16> bytes;
    prefix.first().write_bytes(bytes.data());
    if (prefix.is_v4() && move_ipv4) bytes[10] = bytes[11] = 0;  // IPv4 stands under ::/96
    std::vector<bool> path;
    for (size_t i = ip_version_ == 4 ? 96 : 0; i < static_cast<size_t>(prefix.length()); ++i)
      path.push_back(bytes[i / 8] >> (7 - i % 8) & 1);
    return path;
  }

  // The node that stands at `path`, made where there is none.
  uint32_t node_of(const std::vector<bool>& path) {
    uint32_t at = 0;
    for (const bool bit : path) {
      Record& side = nodes_[at][bit];
      if (side.kind != Kind::node) {
        side = {Kind::node, static_cast<uint32_t>(nodes_.size())};
        nodes_.emplace_back();
      }
      at = nodes_[at][bit].value;
    }
    return at;
  }
  void put(std::vector<bool> path, Record record) {
    const bool last = path.back();
    path.pop_back();
    nodes_[node_of(path)][last] = record;
  }

  int ip_version_;
  std::vector<std::array<Record, 2>> nodes_ = std::vector<std::array<Record, 2>>(1);
  std::vector<std::string> records_;
  uint32_t data_size_ = 0;
};

}  // namespace yagura::enrich
