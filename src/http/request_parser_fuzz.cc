// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a connection, given at once and in pieces whose size the first byte says: both ways
// it is the same requests and the same refusal. Each request goes to a router with a route of every
// kind, whose answers must be fit to be sent.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "http/request_parser.h"
#include "http/response_text.h"
#include "http/router.h"

using namespace yagura;
using namespace yagura::http;

namespace {

using State = RequestParser::State;

constexpr ParserLimits limits{512, 128, 256};

struct Heard {
  std::vector<Request> requests;
  int refused = 0;  // the status
};

Heard listen(std::string_view bytes, size_t piece) {
  Heard heard;
  RequestParser parser(limits);
  std::string buffer;
  while (true) {
    while (!buffer.empty()) {
      const size_t taken = parser.take(buffer);
      CHECK(taken <= buffer.size());
      buffer.erase(0, taken);
      if (parser.state() == State::refused) {
        heard.refused = parser.refusal().status;
        CHECK(heard.refused >= 400);
        return heard;
      }
      if (parser.state() == State::complete) {
        const bool more = parser.keep_alive();
        heard.requests.push_back(parser.release());
        if (!more) return heard;
        parser = RequestParser(limits);
      } else if (taken == 0) {
        break;
      }
    }
    CHECK(buffer.size() <= limits.header_bytes);
    if (bytes.empty()) return heard;
    buffer += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
}

Router make_router() {
  Route all;
  all.pattern = "/a/{name}";
  all.parameters = {path_parameter("name", ""),
                    text_parameter("text", ""),
                    integer_parameter("limit", "", -5, 10'000, 7),
                    time_parameter("from", ""),
                    boolean_parameter("exact", ""),
                    choice_parameter("order", "", {"packets", "hosts"})};
  all.answers = {{}};
  all.handler = [](const Call& call) {
    CHECK(!call.text("name")->empty());
    CHECK(*call.integer("limit") >= -5 && *call.integer("limit") <= 10'000);
    const auto time = call.time("from");
    CHECK(!time || time->nanoseconds >= 0);
    Response response = text(std::string(call.text("text").value_or("")));
    response.headers.set("Location", call.text("order").value_or("none"));
    return response;
  };
  Route post = all;
  post.method = Method::post;
  post.body = BodyRule{"true", "anything", "text/plain"};
  auto router = Router::create({std::move(all), std::move(post)});
  CHECK(router);
  return std::move(*router);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Router router = make_router();
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Heard whole = listen(bytes, limits.header_bytes);
  const Heard pieces = listen(bytes, size_t{data[0]} % 64 + 1);
  CHECK(whole.refused == pieces.refused && whole.requests.size() == pieces.requests.size());
  for (size_t i = 0; i < whole.requests.size(); ++i) {
    const Request& request = whole.requests[i];
    CHECK(request.path == pieces.requests[i].path && request.body == pieces.requests[i].body);
    CHECK(request.headers.all() == pieces.requests[i].headers.all());
    CHECK(request.body.size() <= limits.body_bytes);
    const RoutedResponse routed = router.answer(request, 0);
    CHECK(routed.response.status >= 200 && routed.response.status != 500);
    const std::string head = head_text(routed.response, true, {});
    CHECK(head.find("\r\n\r\n") == head.size() - 4);
  }
  return 0;
}
