// SPDX-License-Identifier: Apache-2.0
//
// A person's own SQL over HTTP, for those with the scope "sql": guarded as `yagura sql` is (one
// statement that only reads, on a connection that cannot write or reach outside), within limits of
// rows, bytes, time and memory, and for fewer people at once than there are workers, so that the
// console stays quick beside it.
#pragma once

#include <cstddef>
#include <functional>

#include "http/route.h"
#include "store/engine.h"

namespace yagura::app {

struct SqlContext {
  // The read-only connection of a worker thread, and nobody else's at the time.
  std::function<store::Connection&(size_t worker)> connection;
  size_t at_once = 1;  // statements that run side by side; further ones are refused (503)
};

inline constexpr size_t most_sql_rows = 100'000;
inline constexpr size_t most_sql_bytes = size_t{32} << 20;  // of one answer

http::Route sql_route(const SqlContext& context);

}  // namespace yagura::app
