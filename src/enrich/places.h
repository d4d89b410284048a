// SPDX-License-Identifier: Apache-2.0
//
// Country and autonomous system of an address. Read-only after loading; reading is thread-safe.
//
// Countries come from an mmdb file, in the flat schema of the ip-location-db packages
// ("country_code") or MaxMind's nested one ("country.iso_code"); autonomous systems from an mmdb
// ("autonomous_system_number", "autonomous_system_organization") or the ip-location-db CSV (start,
// end, number, "name"). Both are flattened into sorted ranges when loaded: sources are looked up in
// rising order, where a walk beats a tree.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/prefix_map.h"
#include "base/result.h"
#include "enrich/asn_names.h"

namespace yagura::enrich {

// Two letters as first × 256 + second ('J' × 256 + 'P'); 0 = unknown.
using CountryCode = uint16_t;
constexpr CountryCode country_code(char first, char second) {
  return static_cast<CountryCode>(static_cast<uint8_t>(first) << 8 | static_cast<uint8_t>(second));
}
std::string country_text(CountryCode code);     // "JP"; "??" for 0
std::string country_name(CountryCode code);     // "Japan"; the code where no name is known
std::string country_name_ja(CountryCode code);  // "日本"; the code where no name is known
Result<CountryCode> parse_country(std::string_view text);

struct Place {
  CountryCode country = 0;
  uint32_t asn = 0;
  bool operator==(const Place&) const = default;
};

struct PlaceFiles {
  std::filesystem::path country;           // mmdb; empty = no countries
  std::vector<std::filesystem::path> asn;  // mmdb or CSV files (IPv4 and IPv6); empty = none
};

class Places {
 public:
  Places() = default;  // knows nothing: every look-up is unknown
  static Result<Places> load(const PlaceFiles& files);

  Place find(IpAddress address) const;
  std::string_view asn_name(uint32_t asn) const;  // empty if unknown

  // For look-ups in rising order.
  class Cursor {
   public:
    explicit Cursor(const Places& places) : cursor_(places.map_) {}
    Place find(IpAddress address) {
      const Place* place = cursor_.find(address);
      return place ? *place : Place{};
    }

   private:
    PrefixMap<Place>::Cursor cursor_;
  };

 private:
  PrefixMap<Place> map_;
  AsnNames asn_names_;
};

}  // namespace yagura::enrich
