// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <nlohmann/json.hpp>
#include <optional>

#include "http/event_stream.h"
#include "http/requests_for_tests.h"
#include "http/schema.h"

namespace yagura::http {
namespace {

using ::testing::HasSubstr;

Response echo(const Call&) { return json("{}"); }

Route route(Method method, std::string pattern, Handler handler = echo) {
  Route made;
  made.method = method;
  made.pattern = std::move(pattern);
  made.summary = "A route of the test";
  made.answers = {{}};
  made.handler = std::move(handler);
  return made;
}

Route table_route(Handler handler = echo) {
  Route made = route(Method::get, "/api/table", std::move(handler));
  made.parameters = {integer_parameter("limit", "Rows at most", 1, 10'000, 100),
                     text_parameter("source", "An address"),
                     time_parameter("from", "The beginning"),
                     boolean_parameter("exact-hosts", "Counts hosts exactly"),
                     choice_parameter("order", "By what", {"packets", "hosts"}, "packets")};
  return made;
}

Router make_router(std::vector<Route> routes, Authenticator authenticator = {},
                   Fallback fallback = {}) {
  auto router = Router::create(std::move(routes), std::move(authenticator), std::move(fallback));
  EXPECT_TRUE(router) << router.error().message();
  return std::move(*router);
}

std::string detail_of(const Response& response) {
  return nlohmann::json::parse(response.body)["detail"];
}

Response get(const Router& router, std::string_view target) {
  return router.answer(request_for(Method::get, target), 0).response;
}

// The detail of the 400 that `target` gets.
std::string refusal(const Router& router, std::string_view target) {
  const Response response = get(router, target);
  EXPECT_EQ(response.status, 400) << target;
  return detail_of(response);
}

TEST(RouterTest, FindsTheRouteAndItsParameters) {
  std::string seen;
  Route one = route(Method::get, "/api/sources/{address}/ports", [&](const Call& call) {
    seen = *call.text("address");
    return json("[]");
  });
  one.parameters = {path_parameter("address", "Whose")};
  const Router router = make_router({one});
  const auto routed =
      router.answer(request_for(Method::get, "/api/sources/2001:db8::%31/ports"), 0);
  EXPECT_EQ(routed.response.status, 200);
  EXPECT_EQ(routed.route, "/api/sources/{address}/ports");
  EXPECT_EQ(seen, "2001:db8::1");
}

TEST(RouterTest, AnswersOnlyThePathsOfItsRoutes) {
  Route one = route(Method::get, "/api/{name}");
  one.parameters = {path_parameter("name", "Whose")};
  const Router router = make_router({one, route(Method::get, "/api/a/b")});
  EXPECT_EQ(get(router, "/api/x").status, 200);
  for (const auto* target : {"/", "/api", "/api/", "//api/x", "/api/x/", "/api/a/b/", "/API/x",
                             "/api/..", "/api/%2e%2e", "/api/.", "/x/../api/a"}) {
    const auto routed = router.answer(request_for(Method::get, target), 0);
    EXPECT_EQ(routed.response.status, 404) << target;
    EXPECT_EQ(routed.route, "(none)");
  }
  EXPECT_EQ(detail_of(get(router, "/nowhere")), "there is no /nowhere");
}

TEST(RouterTest, PrefersAFixedSegmentToAParameter) {
  Route any = route(Method::get, "/api/{name}", [](const Call&) { return text("any"); });
  any.parameters = {path_parameter("name", "Whose")};
  const Router router =
      make_router({any, route(Method::get, "/api/top", [](const Call&) { return text("top"); })});
  EXPECT_EQ(get(router, "/api/top").body, "top");
  EXPECT_EQ(get(router, "/api/tops").body, "any");
}

TEST(RouterTest, SaysWhichMethodsThereAre) {
  const Router router = make_router({route(Method::get, "/a"), route(Method::delete_, "/a")});
  const auto routed = router.answer(request_for(Method::post, "/a"), 0);
  EXPECT_EQ(routed.response.status, 405);
  EXPECT_EQ(routed.response.headers.find("Allow"), "GET, HEAD, DELETE");
  EXPECT_EQ(routed.route, "/a");
}

TEST(RouterTest, AnswersHeadAsGetButOpensNoStream) {
  EventHub hub;
  const Router router =
      make_router({route(Method::get, "/a", [](const Call&) { return text("body"); }),
                   route(Method::get, "/stream", [&](const Call&) { return hub.subscribe(); })});
  EXPECT_EQ(router.answer(request_for(Method::head, "/a"), 0).response.body, "body");
  EXPECT_FALSE(router.answer(request_for(Method::head, "/stream"), 0).response.events);
  EXPECT_FALSE(hub.has_subscribers());
  EXPECT_TRUE(get(router, "/stream").events);
  EXPECT_TRUE(make_router({route(Method::post, "/a")})
                  .answer(request_for(Method::head, "/a"), 0)
                  .response.headers.find("Allow"));
}

TEST(RouterTest, GivesHandlersTypedValuesAndDefaults) {
  bool called = false;
  const Router router = make_router({table_route([&](const Call& call) {
    called = true;
    EXPECT_EQ(call.integer("limit"), 100);
    EXPECT_EQ(call.text("order"), "packets");
    EXPECT_EQ(call.boolean("exact-hosts"), false);
    EXPECT_FALSE(call.text("source"));
    EXPECT_FALSE(call.time("from"));
    EXPECT_EQ(call.worker(), 3u);
    return json("{}");
  })});
  EXPECT_EQ(router.answer(request_for(Method::get, "/api/table"), 3).response.status, 200);
  EXPECT_TRUE(called);
  const Router given = make_router({table_route([&](const Call& call) {
    EXPECT_EQ(call.integer("limit"), 10'000);
    EXPECT_EQ(call.text("order"), "hosts");
    EXPECT_EQ(call.boolean("exact-hosts"), true);
    EXPECT_EQ(call.text("source"), "192.0.2.0/24");
    EXPECT_EQ(call.time("from"), Timestamp::from_seconds(1'237'107'906));
    return json("{}");
  })});
  EXPECT_EQ(get(given,
                "/api/table?limit=10000&order=hosts&exact-hosts=true&source=192.0.2.0%2F24"
                "&from=2009-03-15T09:05:06Z")
                .status,
            200);
}

TEST(RouterTest, RefusesValuesOutOfBoundsAndSaysWhatIsPossible) {
  const Router router = make_router({table_route()});
  EXPECT_EQ(refusal(router, "/api/table?limit=10001"),
            "parameter 'limit': 10001 is more than 10000");
  EXPECT_EQ(refusal(router, "/api/table?limit=0"), "parameter 'limit': 0 is less than 1");
  for (const auto* value : {"", "x", "1x", "1.5", "+1", "99999999999999999999", "0x10", "%201"})
    EXPECT_THAT(refusal(router, std::string("/api/table?limit=") + value),
                HasSubstr("is not a whole number"));
  EXPECT_EQ(refusal(router, "/api/table?order=host"),
            "parameter 'order': 'host' is not one of packets, hosts; did you mean 'hosts'?");
  EXPECT_EQ(refusal(router, "/api/table?exact-hosts=1"),
            "parameter 'exact-hosts': '1' is neither true nor false");
  EXPECT_THAT(refusal(router, "/api/table?from=yesterday"), HasSubstr("parameter 'from': "));
  EXPECT_EQ(refusal(router, "/api/table?source="), "parameter 'source': it is empty");
  EXPECT_EQ(refusal(router, "/api/table?source=a%0d%0ab"),
            "parameter 'source': it holds a control character");
  EXPECT_EQ(refusal(router, "/api/table?source=" + std::string(257, 'a')),
            "parameter 'source': it is longer than 256 bytes");
  EXPECT_EQ(get(router, "/api/table?source=" + std::string(256, 'a')).status, 200);
}

TEST(RouterTest, RefusesUnknownAndRepeatedParameters) {
  const Router router = make_router({table_route(), route(Method::get, "/api/none")});
  EXPECT_EQ(refusal(router, "/api/table?limt=5"), "no parameter 'limt'; did you mean 'limit'?");
  EXPECT_EQ(refusal(router, "/api/table?zzzzzz=5"),
            "no parameter 'zzzzzz'; there are limit, source, from, exact-hosts, order");
  EXPECT_EQ(refusal(router, "/api/none?limit=5"), "no parameter 'limit': there are none here");
  EXPECT_EQ(refusal(router, "/api/table?limit=5&limit=5"), "parameter 'limit' is given twice");
}

TEST(RouterTest, RefusesAMissingParameter) {
  Route one = route(Method::get, "/a");
  one.parameters = {text_parameter("link", "The link")};
  one.parameters[0].required = true;
  EXPECT_EQ(refusal(make_router({one}), "/a"), "parameter 'link' is missing");
}

TEST(RouterTest, ChecksTheBody) {
  Route one = route(Method::post, "/a");
  one.body = BodyRule{schema::object({{"name", schema::text()}}), "name and password"};
  const Router router = make_router({one, route(Method::delete_, "/a")});
  Request request = request_for(Method::post, "/a");
  EXPECT_EQ(detail_of(router.answer(request, 0).response),
            "the body is missing: name and password");
  request.body = "{}";
  EXPECT_EQ(router.answer(request, 0).response.status, 415);
  request.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(router.answer(request, 0).response.status, 415);
  for (const auto* type : {"application/json", "Application/JSON; charset=utf-8"}) {
    request.headers.set("Content-Type", type);
    EXPECT_EQ(router.answer(request, 0).response.status, 200) << type;
  }
  request.method = Method::delete_;
  EXPECT_EQ(router.answer(request, 0).response.status, 400);
}

class AccessTest : public ::testing::Test {
 protected:
  // Who asks is what the Authorization header says: a name and a scope, or "bad".
  static tl::expected<Principal, Response> authenticate(const Request& request, size_t) {
    const auto header = request.headers.find("Authorization");
    if (!header) return Principal{};
    if (*header == "bad") return tl::unexpected(problem(401, "the token is no good"));
    if (*header == "forged") return tl::unexpected(problem(403, "the CSRF token is missing"));
    return Principal{"somebody", "viewer", {std::string(*header)}};
  }

  Response ask(std::string_view target, std::string_view authorization) {
    Request request = request_for(Method::get, target);
    if (!authorization.empty()) request.headers.set("Authorization", authorization);
    return router_.answer(request, 0).response;
  }

  static std::vector<Route> routes() {
    Route closed = table_route([](const Call& call) { return text(call.principal().name); });
    closed.scope = "read";
    return {closed, route(Method::get, "/open",
                          [](const Call& call) { return text(call.principal().name); })};
  }

  Router router_ = make_router(routes(), authenticate);
};

TEST_F(AccessTest, NeedsALoginAndTheScope) {
  const Response nobody = ask("/api/table", "");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.headers.find("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(ask("/api/table", "admin").status, 403);
  EXPECT_EQ(detail_of(ask("/api/table", "admin")), "this needs the scope 'read'");
  EXPECT_EQ(ask("/api/table", "read").body, "somebody");
}

TEST_F(AccessTest, PassesOnTheRefusalOfTheAuthenticator) {
  const Response bad = ask("/api/table", "bad");
  EXPECT_EQ(bad.status, 401);
  EXPECT_EQ(bad.headers.find("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(detail_of(bad), "the token is no good");
  EXPECT_EQ(ask("/api/table", "forged").status, 403);
}

TEST_F(AccessTest, AsksWhoItIsBeforeItLooksAtParameters) {
  EXPECT_EQ(ask("/api/table?nonsense=1", "").status, 401);
  EXPECT_EQ(ask("/api/table?nonsense=1", "read").status, 400);
}

TEST_F(AccessTest, AnOpenRouteKnowsWhoAsksAndTakesABadTokenForNobody) {
  EXPECT_EQ(ask("/open", "read").body, "somebody");
  EXPECT_EQ(ask("/open", "").body, "");
  EXPECT_EQ(ask("/open", "bad").status, 200);
  EXPECT_EQ(ask("/open", "bad").body, "");
}

TEST_F(AccessTest, WithoutAnAuthenticatorNobodyMay) {
  EXPECT_EQ(get(make_router(routes()), "/api/table").status, 401);
}

TEST(RouterTest, AsksTheFallbackForWhatHasNoRoute) {
  const Router router = make_router({route(Method::get, "/a")}, {}, [](const Request& request) {
    return request.path == "/b" ? text("file") : problem(404, "");
  });
  const auto routed = router.answer(request_for(Method::get, "/b"), 0);
  EXPECT_EQ(routed.response.body, "file");
  EXPECT_EQ(routed.route, "(files)");
  EXPECT_EQ(router.answer(request_for(Method::post, "/b"), 0).response.status, 404);
  EXPECT_EQ(router.answer(request_for(Method::get, "/c"), 0).route, "(none)");
  EXPECT_EQ(router.answer(request_for(Method::delete_, "/a"), 0).response.status, 405);
}

TEST(RouterTest, NeverLetsAHeaderOutThatEndsItsLine) {
  std::string name, value, type = "text/plain";
  const Router router = make_router({route(Method::get, "/a", [&](const Call&) {
    Response response = text("x");
    response.content_type = type;
    response.headers.add(name, value);
    return response;
  })});
  name = "Location";
  value = "/fine";
  EXPECT_EQ(get(router, "/a").status, 200);
  value = "/x\r\nSet-Cookie: a=b";
  const Response refused = get(router, "/a");
  EXPECT_EQ(refused.status, 500);
  EXPECT_FALSE(refused.headers.find("Location"));
  value = "x";
  name = "Bad Name";
  EXPECT_EQ(get(router, "/a").status, 500);
  name = "Fine";
  type = "text/plain\n";
  EXPECT_EQ(get(router, "/a").status, 500);
}

TEST(RouterTest, AnswersForAHandlerThatFails) {
  const Router router = make_router(
      {route(Method::get, "/a", [](const Call&) -> Response { throw std::bad_alloc(); })});
  const auto routed = router.answer(request_for(Method::get, "/a"), 0);
  EXPECT_EQ(routed.response.status, 500);
  EXPECT_EQ(routed.route, "/a");
}

TEST(RouterTest, RefusesDeclarationsThatContradictThemselves) {
  const auto error = [](Route bad) {
    const auto router = Router::create({std::move(bad)});
    return router ? std::string() : router.error().message();
  };
  EXPECT_EQ(error(route(Method::get, "/a")), "");
  EXPECT_EQ(error(route(Method::get, "a")), "route GET a: the pattern does not begin with a slash");
  EXPECT_THAT(error(route(Method::get, "/{a}")), HasSubstr("a parameter of the pattern"));
  EXPECT_THAT(error(route(Method::get, "/{a")), HasSubstr("'{a' is no segment"));
  EXPECT_THAT(error(route(Method::get, "/..")), HasSubstr("'..' is no segment"));
  EXPECT_THAT(error(route(Method::head, "/a")), HasSubstr("HEAD comes with GET"));
  EXPECT_THAT(error(route(Method::get, "/a", {})), HasSubstr("no handler"));
  Route one = route(Method::get, "/a");
  one.answers.clear();
  EXPECT_THAT(error(one), HasSubstr("declares no answer"));
  one.answers = {{200, "", {"application/json"}, "{not json"}};
  EXPECT_THAT(error(one), HasSubstr("the schema of its answer 200 is none"));
  one = route(Method::get, "/a");
  one.body = BodyRule{"{}", ""};
  EXPECT_THAT(error(one), HasSubstr("a GET has no body"));
  one = route(Method::get, "/a");
  const auto with = [&](Parameter parameter) {
    one.parameters = {std::move(parameter)};
    return error(one);
  };
  EXPECT_THAT(with(path_parameter("x", "")), HasSubstr("'x' is not in the pattern"));
  EXPECT_THAT(with(integer_parameter("x", "", 1, 5, 6)), HasSubstr("6 is more than 5"));
  EXPECT_THAT(with(choice_parameter("x", "", {})), HasSubstr("has choices"));
  EXPECT_THAT(with(choice_parameter("x", "", {"a"}, "b")), HasSubstr("not one of a"));
  Parameter bounded = text_parameter("x", "");
  bounded.minimum = 1;
  EXPECT_THAT(with(bounded), HasSubstr("only an integer has bounds"));
  one.parameters = {text_parameter("x", ""), text_parameter("x", "")};
  EXPECT_THAT(error(one), HasSubstr("declared twice"));
}

TEST(RouterTest, RefusesTwoRoutesForOneRequest) {
  Route a = route(Method::get, "/x/{a}"), b = route(Method::get, "/x/{b}");
  a.parameters = {path_parameter("a", "")};
  b.parameters = {path_parameter("b", "")};
  EXPECT_THAT(Router::create({a, b}).error().message(), HasSubstr("the same requests as /x/{a}"));
  b.method = Method::delete_;
  EXPECT_TRUE(Router::create({a, b}));
}

TEST(OpenApiTest, DescribesEveryRoute) {
  Route post = route(Method::post, "/api/table");
  post.body = BodyRule{schema::object({{"name", schema::text()}, {"note?", schema::text()}}), "it"};
  post.scope = "admin";
  Route one = route(Method::get, "/api/{id}");
  one.parameters = {path_parameter("id", "Which")};
  one.answers = {
      {200, "Rows", {"application/json", "text/csv"}, schema::array(schema::anything())}};
  const Router router = make_router({table_route(), post, one});
  const auto document = nlohmann::json::parse(openapi_json(router.routes(), "Yagura", "1.2"));
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["info"]["title"], "Yagura");
  EXPECT_EQ(document["info"]["version"], "1.2");
  ASSERT_EQ(document["paths"].size(), 2u);

  const auto& table = document["paths"]["/api/table"]["get"];
  const auto& limit = table["parameters"][0];
  EXPECT_EQ(limit["name"], "limit");
  EXPECT_EQ(limit["in"], "query");
  EXPECT_EQ(limit["required"], false);
  EXPECT_EQ(
      limit["schema"],
      nlohmann::json::parse(R"({"type":"integer","minimum":1,"maximum":10000,"default":100})"));
  EXPECT_EQ(table["parameters"][3]["schema"]["default"], false);
  EXPECT_EQ(table["parameters"][4]["schema"]["enum"], nlohmann::json({"packets", "hosts"}));
  EXPECT_EQ(table["security"], nlohmann::json::array());
  EXPECT_TRUE(table["responses"].contains("400"));
  EXPECT_FALSE(table["responses"].contains("401"));

  const auto& change = document["paths"]["/api/table"]["post"];
  EXPECT_EQ(change["requestBody"]["content"]["application/json"]["schema"]["required"],
            nlohmann::json({"name"}));
  EXPECT_EQ(change["security"][0]["token"], nlohmann::json({"admin"}));
  EXPECT_TRUE(change["responses"].contains("403"));
  EXPECT_TRUE(change["responses"].contains("415"));

  const auto& single = document["paths"]["/api/{id}"]["get"];
  EXPECT_EQ(single["parameters"][0]["required"], true);
  EXPECT_EQ(single["operationId"], "get_api_by_id");
  EXPECT_TRUE(single["responses"]["200"]["content"].contains("text/csv"));
  EXPECT_EQ(single["responses"]["200"]["content"]["application/json"]["schema"]["type"], "array");
}

TEST(SchemaTest, PiecesMakeJsonSchema) {
  const auto made =
      nlohmann::json::parse(schema::object({{"time", schema::time("When")},
                                            {"asn", schema::nullable(schema::integer())},
                                            {"order", schema::one_of({"a", "b\""})},
                                            {"share?", schema::number()},
                                            {"more?", schema::boolean()}},
                                           true));
  EXPECT_EQ(made["required"], nlohmann::json({"time", "asn", "order"}));
  EXPECT_EQ(made["additionalProperties"], true);
  EXPECT_EQ(
      made["properties"]["time"],
      nlohmann::json::parse(R"({"type":"string","format":"date-time","description":"When"})"));
  EXPECT_EQ(made["properties"]["asn"]["anyOf"][1]["type"], "null");
  EXPECT_EQ(made["properties"]["order"]["enum"][1], "b\"");
  EXPECT_TRUE(schema::is_schema("true"));
  EXPECT_FALSE(schema::is_schema("[]"));
  EXPECT_FALSE(schema::is_schema(""));
}

}  // namespace
}  // namespace yagura::http
