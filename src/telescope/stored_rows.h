// SPDX-License-Identifier: Apache-2.0
//
// Reads stored activity (or source_day) rows back as sources of a bucket, all sensors together: the
// ground for counting numbers again when something about the past has changed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "store/engine.h"
#include "telescope/source_row.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

// `rows` are the classes of one source in the bucket that begins at `time` (seconds since the
// epoch). Buckets rise, sources rise within a bucket.
using StoredVisitor = std::function<Result<void>(uint32_t time, std::span<const SourceRow> rows)>;

// Visits the activity of the day that begins at `day`, in buckets of `level`; only of `sources`
// unless that is empty. Days older than the retention of `activity` have none.
Result<void> visit_activity(store::Connection& connection, Level level, uint32_t day,
                            std::span<const IpAddress> sources, const StoredVisitor& visit);

// The same from source_day, where the bucket is the day itself.
Result<void> visit_source_days(store::Connection& connection, uint32_t day,
                               std::span<const IpAddress> sources, const StoredVisitor& visit);

Result<bool> has_activity(store::Connection& connection, uint32_t day);

// "[::1,::2]", as a parameter of type Array(IPv6) is written.
std::string address_array(std::span<const IpAddress> addresses);

}  // namespace yagura::telescope
