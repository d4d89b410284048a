// SPDX-License-Identifier: Apache-2.0
#include "http/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace yagura::http {
namespace {

using ::testing::ElementsAre;
using State = RequestParser::State;

// What is left of `bytes` after they were given in pieces of `size`, as a connection does it.
std::string feed(RequestParser& parser, std::string_view bytes, size_t size) {
  std::string buffer;
  while (true) {
    while (!buffer.empty() && (parser.state() == State::header || parser.state() == State::body)) {
      const size_t taken = parser.take(buffer);
      buffer.erase(0, taken);
      if (taken == 0) break;
    }
    const bool open = parser.state() == State::header || parser.state() == State::body;
    if (bytes.empty() || !open) break;
    buffer += bytes.substr(0, size);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return buffer + std::string(bytes);
}

// The status of the refusal, 0 of what is complete, 1 of what goes on.
int outcome(std::string_view bytes, ParserLimits limits = {}) {
  int first = -1;
  for (const size_t size : {bytes.size(), size_t{1}, size_t{7}}) {
    RequestParser parser(limits);
    feed(parser, bytes, size);
    const int now = parser.state() == State::refused    ? parser.refusal().status
                    : parser.state() == State::complete ? 0
                                                        : 1;
    if (first < 0) first = now;
    EXPECT_EQ(now, first) << bytes << " in pieces of " << size;
  }
  return first;
}

TEST(RequestParserTest, ReadsARequestInPiecesOfAnySizeAndLeavesTheNext) {
  const std::string bytes =
      "\r\nPOST /a%20b?x=1 HTTP/1.1\r\nHost: localhost\r\nCookie: a=1; b=2\r\nCookie: c=3\r\n"
      "Content-Length: 5\r\n\r\nhelloGET / HT";
  for (size_t size = 1; size <= bytes.size(); ++size) {
    RequestParser parser({});
    EXPECT_EQ(feed(parser, bytes, size), "GET / HT");
    ASSERT_EQ(parser.state(), State::complete);
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_FALSE(parser.expects_continue());
    const Request request = parser.release();
    EXPECT_EQ(request.method, Method::post);
    EXPECT_EQ(request.path, "/a b");
    EXPECT_EQ(request.query, (std::vector<NameValue>{{"x", "1"}}));
    EXPECT_EQ(request.headers.find("host"), "localhost");
    EXPECT_THAT(request.cookies,
                ElementsAre(NameValue{"a", "1"}, NameValue{"b", "2"}, NameValue{"c", "3"}));
    EXPECT_EQ(request.body, "hello");
  }
}

TEST(RequestParserTest, ReadsChunksAndDropsTheirTrailers) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nAuthorization: late\r\n\r\n";
  for (size_t size = 1; size <= bytes.size(); ++size) {
    RequestParser parser({});
    EXPECT_EQ(feed(parser, bytes, size), "");
    ASSERT_EQ(parser.state(), State::complete) << size;
    const Request request = parser.release();
    EXPECT_EQ(request.body, "abcde");
    EXPECT_FALSE(request.headers.find("Authorization"));
  }
}

TEST(RequestParserTest, SaysWhetherTheConnectionGoesOn) {
  const auto keeps = [](std::string_view bytes) {
    RequestParser parser({});
    feed(parser, bytes, bytes.size());
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(RequestParserTest, KnowsWhoWaitsBeforeTheBody) {
  RequestParser parser({});
  feed(parser, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n",
       99);
  EXPECT_EQ(parser.state(), State::body);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n"), 417);
}

TEST(RequestParserTest, RefusesWhatIsNoRequest) {
  const std::string end = "\r\nHost: a\r\n\r\n";
  for (const std::string& bytes :
       {"nonsense\r\n\r\n" + end, "GET /" + end, "GET / HTTP/2.0" + end, "GET / HTTP/0.9" + end,
        "GET  / HTTP/1.1" + end, "GET / HTTP/1.1 " + end, " GET / HTTP/1.1" + end,
        "GET x HTTP/1.1" + end, "GET http://a/ HTTP/1.1" + end, "GET /%zz HTTP/1.1" + end,
        "OPTIONS * HTTP/1.1" + end, "\x16\x03\x01\x02\r\n\r\n" + end})
    EXPECT_EQ(outcome(bytes), 400) << bytes;
  EXPECT_EQ(outcome("BREW / HTTP/1.1" + end), 501);
  EXPECT_EQ(outcome("CONNECT /a HTTP/1.1" + end), 501);
}

TEST(RequestParserTest, RefusesHeadersThatTwoReadersCouldUnderstandDifferently) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const auto* headers :
       {"Host: b\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: -1\r\n",
        "Content-Length: +5\r\n", "Content-Length: 5, 6\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Name : x\r\n", ": x\r\n",
        "Na me: x\r\n", "X: a\001b\r\n", "X: a\rb\r\n", "no colon\r\n"})
    EXPECT_EQ(outcome(start + headers + "\r\n"), 400) << headers;
  for (const auto* headers :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: xchunked\r\n"})
    EXPECT_EQ(outcome(start + headers + "\r\n"), 501) << headers;
  EXPECT_EQ(outcome("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 501);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(outcome("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(RequestParserTest, RefusesBadChunks) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto* body : {"x\r\n", "-1\r\n", "3\r\nabcd\r\n0\r\n\r\n", "\r\n", "3 x\r\n",
                           "0x3\r\n", ";\r\n", "3\r\nab\r\n\r\n", "fffffffffffffffff\r\n"})
    EXPECT_EQ(outcome(start + body), 400) << body;
}

TEST(RequestParserTest, LimitsTheHeaderToTheByte) {
  ParserLimits limits;
  limits.header_bytes = 256;
  limits.target_bytes = 64;
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string fits = start + std::string(256 - start.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(outcome(fits, limits), 0);
  EXPECT_EQ(outcome(start + std::string(256 - start.size() - 3, 'x') + "\r\n\r\n", limits), 431);
  EXPECT_EQ(outcome(start + std::string(1000, 'x'), limits), 431);
}

TEST(RequestParserTest, LimitsTheTargetToTheByte) {
  ParserLimits limits;
  limits.header_bytes = 256;
  limits.target_bytes = 64;
  const auto with = [&](size_t size) {
    return outcome("GET /" + std::string(size - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", limits);
  };
  EXPECT_EQ(with(64), 0);
  EXPECT_EQ(with(65), 414);
  EXPECT_EQ(with(1000), 414);
}

TEST(RequestParserTest, LimitsTheBodyToTheByte) {
  ParserLimits limits;
  limits.body_bytes = 10;
  const std::string sized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  EXPECT_EQ(outcome(sized + "10\r\n\r\n0123456789", limits), 0);
  EXPECT_EQ(outcome(sized + "11\r\n\r\n", limits), 413);  // before a byte of it has come
  EXPECT_EQ(outcome(sized + "99999999999999\r\n\r\n", limits), 413);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(outcome(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits), 0);
  EXPECT_EQ(outcome(chunked + "5\r\n01234\r\n6\r\n", limits), 413);
}

TEST(RequestParserTest, LimitsTrailers) {
  ParserLimits limits;
  limits.header_bytes = 256;
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  std::string trailers;
  for (int i = 0; i < 20; ++i) trailers += "X: 0123456789\r\n";
  EXPECT_EQ(outcome(start + "\r\n", limits), 0);
  EXPECT_EQ(outcome(start + "X: 0123456789\r\n\r\n", limits), 0);
  EXPECT_EQ(outcome(start + trailers, limits), 400);
}

TEST(RequestParserTest, LimitsAChunkHeaderThatDoesNotEnd) {
  ParserLimits limits;
  limits.header_bytes = 256;
  EXPECT_EQ(outcome("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
                        std::string(1000, 'x'),
                    limits),
            400);
}

}  // namespace
}  // namespace yagura::http
