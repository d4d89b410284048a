// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/response_text.h"

namespace yagura::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MessageTest, MethodsAreUpperCaseWordsAndNoOthers) {
  for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                              Method::delete_, Method::options})
    EXPECT_EQ(parse_method(method_name(method)), method);
  EXPECT_EQ(method_name(Method::delete_), "DELETE");
  EXPECT_FALSE(parse_method("get"));
  EXPECT_FALSE(parse_method("BREW"));
}

TEST(MessageTest, HeadersAreFoundWhateverTheirCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("content-type", "b");
  EXPECT_EQ(headers.find("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.count("Content-type"), 2u);
  headers.set("content-TYPE", "c");
  EXPECT_EQ(headers.count("Content-Type"), 1u);
  EXPECT_EQ(headers.find("Content-Type"), "c");
  EXPECT_FALSE(headers.find("Content"));
}

TEST(MessageTest, AHeaderCannotHoldALineEnd) {
  EXPECT_TRUE(is_header_value("text/html; charset=utf-8\t\xc3\xa9"));
  for (const auto* value : {"a\r\nSet-Cookie: b", "a\n", "\r", "\x01", "\x7f"})
    EXPECT_FALSE(is_header_value(value)) << value;
  EXPECT_FALSE(is_header_value(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_header_name("X-CSRF-Token"));
  for (const auto* name : {"", "a b", "a:", "a\r\n", "\xc3\xa9"})
    EXPECT_FALSE(is_header_name(name)) << name;
}

TEST(MessageTest, AProblemIsAsRfc9457HasIt) {
  const Response response = problem(404, "there is no \"/x\"\n");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["type"], "about:blank");
  EXPECT_EQ(body["title"], "Not Found");
  EXPECT_EQ(body["status"], 404);
  EXPECT_EQ(body["detail"], "there is no \"/x\"\n");
}

TEST(MessageTest, ACookieIsClosedToScriptsAndOtherSites) {
  Cookie cookie{"yagura_session", "abc123"};
  EXPECT_EQ(*set_cookie(cookie), "yagura_session=abc123; Path=/; HttpOnly; SameSite=Strict");
  cookie.secure = true;
  cookie.max_age_seconds = 0;
  EXPECT_EQ(*set_cookie(cookie),
            "yagura_session=abc123; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
}

TEST(MessageTest, ACookieRefusesWhatWouldEndIt) {
  for (const auto* value : {"a;b", "a b", "a\r\nb", "a,b", "\"a\"", "a\\b", "\xc3\xa9"})
    EXPECT_FALSE(set_cookie({"name", value})) << value;
  EXPECT_FALSE(set_cookie({"na me", "a"}));
  Cookie cookie{"name", "a"};
  for (const auto* path : {"", "x", "/;Domain=x", "/\r\n"}) {
    cookie.path = path;
    EXPECT_FALSE(set_cookie(cookie)) << path;
  }
}

TEST(ResponseTextTest, DatesAsTheRfcDoes) {
  // The example of RFC 9110 5.6.7: 784111777 s.
  EXPECT_EQ(http_date(Timestamp::from_seconds(784'111'777)), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(ResponseTextTest, AddsTheHeadersThatProtectABrowser) {
  const std::string head = head_text(json("{}"), true, Timestamp::from_seconds(784'111'777));
  EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                              "Content-Type: application/json\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "
                              "style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                              "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
                              "form-action 'self'\r\n"));
  for (const auto* line : {"X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
                           "Cross-Origin-Opener-Policy: same-origin",
                           "Cross-Origin-Resource-Policy: same-origin", "Cache-Control: no-store"})
    EXPECT_THAT(head, HasSubstr(std::string("\r\n") + line + "\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Connection:")));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(ResponseTextTest, LeavesTheResponsesOwnPolicyButNotItsFraming) {
  Response response = text("hi");
  response.headers.set("content-security-policy", "default-src 'self'");
  response.headers.set("Content-Length", "100");
  response.headers.set("Transfer-Encoding", "chunked");
  const std::string head = head_text(response, false, {});
  EXPECT_THAT(head, HasSubstr("content-security-policy: default-src 'self'\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("default-src 'none'")));
  EXPECT_THAT(head, HasSubstr("Content-Length: 2\r\nConnection: close\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("100")));
  EXPECT_THAT(head, Not(HasSubstr("chunked")));
}

TEST(ResponseTextTest, GivesNoLengthToAnswersWithoutContent) {
  Response response = no_content();
  EXPECT_THAT(head_text(response, true, {}), Not(HasSubstr("Content-Length")));
  response.status = 304;
  EXPECT_THAT(head_text(response, true, {}), Not(HasSubstr("Content-Length")));
}

}  // namespace
}  // namespace yagura::http
