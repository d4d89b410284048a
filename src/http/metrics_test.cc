// SPDX-License-Identifier: Apache-2.0
#include "http/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::http {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, CountsRequestsByRouteAndStatusClass) {
  Metrics metrics;
  metrics.count_request("/api/{id}", 200, Duration::milliseconds(1));
  metrics.count_request("/api/{id}", 204, Duration::milliseconds(7));
  metrics.count_request("/api/{id}", 404, Duration::seconds(60));
  const std::string text = metrics.text();
  EXPECT_THAT(text,
              HasSubstr("# TYPE yagura_http_requests_total counter\n"
                        "yagura_http_requests_total{route=\"/api/{id}\",status=\"2xx\"} 2\n"
                        "yagura_http_requests_total{route=\"/api/{id}\",status=\"4xx\"} 1\n"));
}

TEST(MetricsTest, ShowsDurationsAsACumulativeHistogram) {
  Metrics metrics;
  metrics.count_request("/a", 200, Duration::milliseconds(5));  // on the bound: within
  metrics.count_request("/a", 200, Duration::milliseconds(6));
  metrics.count_request("/a", 200, Duration::seconds(60));
  const std::string text = metrics.text();
  const std::string name = "yagura_http_request_duration_seconds";
  EXPECT_THAT(text, HasSubstr("# TYPE " + name + " histogram\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{route=\"/a\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{route=\"/a\",le=\"0.01\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{route=\"/a\",le=\"10\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{route=\"/a\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(name + "_sum{route=\"/a\"} 60.011\n"));
  EXPECT_THAT(text, HasSubstr(name + "_count{route=\"/a\"} 3\n"));
}

TEST(MetricsTest, ShowsConnectionsStreamsQueueAndRefusals) {
  Metrics metrics;
  metrics.connection_opened();
  metrics.connection_opened();
  metrics.connection_closed();
  metrics.stream_opened();
  metrics.set_queue_length(7);
  metrics.count_refusal(Metrics::Refusal::queue);
  const std::string text = metrics.text();
  for (const auto* line : {"\nyagura_http_connections 1\n", "\nyagura_http_connections_total 2\n",
                           "\nyagura_http_streams 1\n", "\nyagura_http_queue_length 7\n",
                           "\nyagura_http_refused_total{reason=\"queue\"} 1\n",
                           "\nyagura_http_refused_total{reason=\"host\"} 0\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(MetricsTest, ReadsTheNumbersOfOthersWhenAsked) {
  Metrics metrics;
  double value = 1;
  metrics.watch(MetricKind::counter, "yagura_drops_total", "Packets\nlost \\ dropped",
                {{"sensor", "a\"\\\n"}}, [&] { return value; });
  metrics.watch(MetricKind::counter, "yagura_drops_total", "", {{"sensor", "b"}},
                [] { return 2.5; });
  metrics.watch(MetricKind::gauge, "yagura_up", "Whether it runs", {}, [] { return 1.0; });
  value = 1e15;
  EXPECT_THAT(metrics.text(),
              HasSubstr("# HELP yagura_drops_total Packets\\nlost \\\\ dropped\n"
                        "# TYPE yagura_drops_total counter\n"
                        "yagura_drops_total{sensor=\"a\\\"\\\\\\n\"} 1000000000000000\n"
                        "yagura_drops_total{sensor=\"b\"} 2.5\n"
                        "# HELP yagura_up Whether it runs\n# TYPE yagura_up gauge\nyagura_up 1\n"));
}

}  // namespace
}  // namespace yagura::http
