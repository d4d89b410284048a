// SPDX-License-Identifier: Apache-2.0
//
// The networks of an mmdb file (MaxMind DB format 2.0) as ranges, by one walk over its whole tree.
//
// IPv4 networks stand under ::/96 in such a tree and come out in the IPv4-mapped space. Further
// roads into the same subtree (2002::/16, 2001::/32 and others, which writers add so that embedded
// addresses find their IPv4 place) are left out: a source keeps the place of the address it has.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/prefix_map.h"
#include "base/result.h"
#include "enrich/asn_csv.h"
#include "enrich/places.h"

namespace yagura::enrich {

// Countries by "country_code" or "country.iso_code". A file in which no network has one is refused.
Result<std::vector<PrefixMap<CountryCode>::Range>> read_country_mmdb(
    const std::filesystem::path& file);

// Autonomous systems by "autonomous_system_number" and "autonomous_system_organization".
Result<void> read_asn_mmdb(const std::filesystem::path& file, AsnTable& table);

}  // namespace yagura::enrich
