// SPDX-License-Identifier: Apache-2.0
#include "http/metrics.h"

#include <fmt/format.h>

#include <utility>

namespace yagura::http {
namespace {

constexpr std::array<std::string_view, Metrics::refusals> refusal_names = {
    "connections", "queue", "malformed", "timeout", "tls", "host"};

// The value of a label: backslash, quote and line end escaped.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

std::string head(std::string_view name, std::string_view help, std::string_view type) {
  std::string escaped;
  for (const char c : help) {
    if (c == '\\' || c == '\n') escaped += '\\';
    escaped += c == '\n' ? 'n' : c;
  }
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped, type);
}

std::string single(std::string_view name, std::string_view help, std::string_view type,
                   uint64_t value) {
  return fmt::format("{}{} {}\n", head(name, help, type), name, value);
}

}  // namespace

void Metrics::count_request(std::string_view route, int status, Duration taken) {
  const double seconds = taken.as_seconds();
  size_t bucket = 0;
  while (bucket < bounds.size() && seconds > bounds[bucket]) ++bucket;
  const MutexLock lock(mutex_);
  ++requests_[{std::string(route), status / 100}];
  Durations& durations = durations_[std::string(route)];
  ++durations.counts[bucket];
  durations.sum += seconds;
}

void Metrics::count_refusal(Refusal refusal) {
  const MutexLock lock(mutex_);
  ++refused_[static_cast<size_t>(refusal)];
}

void Metrics::connection_opened() {
  const MutexLock lock(mutex_);
  ++connections_;
  ++connections_ever_;
}

void Metrics::connection_closed() {
  const MutexLock lock(mutex_);
  --connections_;
}

void Metrics::stream_opened() {
  const MutexLock lock(mutex_);
  ++streams_;
}

void Metrics::stream_closed() {
  const MutexLock lock(mutex_);
  --streams_;
}

void Metrics::set_queue_length(size_t length) {
  const MutexLock lock(mutex_);
  queue_length_ = length;
}

void Metrics::watch(MetricKind kind, std::string name, std::string help,
                    std::vector<NameValue> labels, std::function<double()> value) {
  const MutexLock lock(mutex_);
  watched_.push_back({kind, std::move(name), std::move(help), std::move(labels), std::move(value)});
}

std::string Metrics::requests_text() const {
  constexpr std::string_view requests = "yagura_http_requests_total";
  std::string out = head(requests, "Requests answered, by route and status class.", "counter");
  for (const auto& [key, count] : requests_)
    out += fmt::format("{}{{route={},status=\"{}xx\"}} {}\n", requests, quoted(key.first),
                       key.second, count);
  constexpr std::string_view durations = "yagura_http_request_duration_seconds";
  out +=
      head(durations, "From the last byte of the request to the first of the answer.", "histogram");
  for (const auto& [route, measured] : durations_) {
    uint64_t sum = 0;
    for (size_t i = 0; i < measured.counts.size(); ++i) {
      sum += measured.counts[i];
      const std::string bound = i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf";
      out +=
          fmt::format("{}_bucket{{route={},le=\"{}\"}} {}\n", durations, quoted(route), bound, sum);
    }
    out += fmt::format("{0}_sum{{route={1}}} {2}\n{0}_count{{route={1}}} {3}\n", durations,
                       quoted(route), measured.sum, sum);
  }
  return out;
}

std::string Metrics::text() const {
  const MutexLock lock(mutex_);
  std::string out = requests_text();
  constexpr std::string_view refused = "yagura_http_refused_total";
  out += head(refused, "Turned away before a route was found, by reason.", "counter");
  for (size_t i = 0; i < refusals; ++i)
    out += fmt::format("{}{{reason=\"{}\"}} {}\n", refused, refusal_names[i], refused_[i]);
  out += single("yagura_http_connections", "Connections open.", "gauge", connections_);
  out += single("yagura_http_connections_total", "Connections accepted.", "counter",
                connections_ever_);
  out += single("yagura_http_streams", "Event streams open.", "gauge", streams_);
  out += single("yagura_http_queue_length", "Requests that wait for a worker.", "gauge",
                queue_length_);
  std::string_view before;
  for (const Watched& watched : watched_) {
    if (watched.name != before)
      out += head(watched.name, watched.help,
                  watched.kind == MetricKind::counter ? "counter" : "gauge");
    before = watched.name;
    std::string labels;
    for (const NameValue& label : watched.labels)
      labels += fmt::format("{}{}={}", labels.empty() ? "" : ",", label.name, quoted(label.value));
    out += fmt::format("{}{} {}\n", watched.name, labels.empty() ? "" : '{' + labels + '}',
                       watched.value());
  }
  return out;
}

}  // namespace yagura::http
