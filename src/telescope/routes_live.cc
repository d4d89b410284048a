// SPDX-License-Identifier: Apache-2.0
#include "telescope/routes_live.h"

#include <string>
#include <vector>

#include "http/schema.h"

namespace yagura::telescope {
namespace {

namespace schema = http::schema;

std::string second_schema() {
  std::vector<http::NameValue> classes;
  for (const std::string_view name : class_names)
    classes.push_back({std::string(name) + "?", schema::integer()});
  return schema::object({{"time", schema::time("its start")},
                         {"packets", schema::integer("to dark addresses")},
                         {"hosts", schema::integer("distinct accounted addresses")},
                         {"classes", schema::object(classes)},
                         {"kernel_drops", schema::integer()},
                         {"queue_drops", schema::integer()},
                         {"late", schema::integer()}});
}

std::string feed_schema() {
  std::vector<std::string> kinds(feed_kind_names.begin(), feed_kind_names.end());
  std::vector<std::string> states(feed_state_names.begin(), feed_state_names.end());
  return schema::object({{"sensor", schema::text()},
                         {"kind", schema::one_of(kinds)},
                         {"name", schema::text("interface, folder or files")},
                         {"state", schema::one_of(states)},
                         {"detail", schema::text("why it failed, or empty")},
                         {"frames", schema::integer()},
                         {"dark_packets", schema::integer()},
                         {"kernel_drops", schema::integer()},
                         {"queue_drops", schema::integer()},
                         {"late", schema::integer()},
                         {"last_packet", schema::nullable(schema::time())},
                         {"files_done", schema::integer()},
                         {"files_waiting", schema::integer()},
                         {"files_set_aside", schema::integer()}});
}

}  // namespace

http::Route live_route(http::EventHub& hub) {
  http::Route route;
  route.pattern = "/api/v1/telescope/live";
  route.summary = "What is observed, as it comes";
  route.tag = "telescope";
  route.answers = {{200,
                    "Server-sent events: packets, second, scan-event, attack, rising-port, alarm, "
                    "synchrony, feeds, warning, and dropped for a reader that is too slow.",
                    {"text/event-stream"},
                    ""}};
  route.scope = "read";
  route.handler = [&hub](const http::Call&) { return hub.subscribe(); };
  return route;
}

http::Route now_route(const Live& live) {
  http::Route route;
  route.pattern = "/api/v1/telescope/now";
  route.summary = "The last ten minutes by second, and the feeds";
  route.tag = "telescope";
  route.answers = {{200,
                    "Oldest second first.",
                    {"application/json"},
                    schema::object({{"seconds", schema::array(second_schema())},
                                    {"feeds", schema::array(feed_schema())},
                                    {"replay", schema::boolean("what is shown is a replay")}})}};
  route.scope = "read";
  route.handler = [&live](const http::Call&) { return http::json(live.now_json()); };
  return route;
}

}  // namespace yagura::telescope
