// SPDX-License-Identifier: Apache-2.0
//
// What the server counts, as text in the format that Prometheus reads (exposition format 0.0.4).
// Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"
#include "http/message.h"

namespace yagura::http {

enum class MetricKind : uint8_t { counter, gauge };

class Metrics {
 public:
  // Reasons for which the server turned somebody away before a route was found.
  enum class Refusal : uint8_t {
    connections,  // too many at a time
    queue,        // no worker free
    malformed,    // no HTTP, or HTTP beyond its limits
    timeout,      // header, body, handshake or answer took too long
    tls,          // the handshake failed
    host,         // a name that is not ours
  };
  static constexpr size_t refusals = 6;

  // One request answered. `route` is the pattern, of which there are few, never the path.
  void count_request(std::string_view route, int status, Duration taken);
  void count_refusal(Refusal refusal);
  void connection_opened();
  void connection_closed();
  void stream_opened();
  void stream_closed();
  void set_queue_length(size_t length);

  // Somebody else's number, read by `text`: `value` must stay callable and thread-safe, and must
  // not call this object. `name` as Prometheus wants it ("yagura_packets_total"), the `labels` are
  // pairs that are always the same. Series of one name are given one after the other.
  void watch(MetricKind kind, std::string name, std::string help, std::vector<NameValue> labels,
             std::function<double()> value);

  std::string text() const;

 private:
  // Upper bounds of the histogram in seconds: around the 100 ms that a view may take.
  static constexpr std::array<double, 10> bounds = {0.005, 0.01, 0.025, 0.05, 0.1,
                                                    0.25,  0.5,  1.0,   2.5,  10.0};
  struct Watched {
    MetricKind kind;
    std::string name;
    std::string help;
    std::vector<NameValue> labels;
    std::function<double()> value;
  };
  struct Durations {
    std::array<uint64_t, bounds.size() + 1> counts{};  // the last: beyond all bounds
    double sum = 0;
  };

  std::string requests_text() const YAGURA_REQUIRES(mutex_);

  mutable Mutex mutex_;
  // By route and hundreds of the status.
  std::map<std::pair<std::string, int>, uint64_t> requests_ YAGURA_GUARDED_BY(mutex_);
  std::map<std::string, Durations, std::less<>> durations_ YAGURA_GUARDED_BY(mutex_);
  std::array<uint64_t, refusals> refused_ YAGURA_GUARDED_BY(mutex_){};
  uint64_t connections_ YAGURA_GUARDED_BY(mutex_) = 0;
  uint64_t connections_ever_ YAGURA_GUARDED_BY(mutex_) = 0;
  uint64_t streams_ YAGURA_GUARDED_BY(mutex_) = 0;
  size_t queue_length_ YAGURA_GUARDED_BY(mutex_) = 0;
  std::vector<Watched> watched_ YAGURA_GUARDED_BY(mutex_);
};

}  // namespace yagura::http
