// SPDX-License-Identifier: Apache-2.0
#include "http/static_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "http/requests_for_tests.h"

namespace yagura::http {
namespace {

using ::testing::HasSubstr;

class StaticFilesTest : public ::testing::Test {
 protected:
  Response get(std::string_view target, std::string_view encoding = {}, std::string_view tag = {}) {
    Request request = request_for(Method::get, target);
    if (!encoding.empty()) request.headers.set("Accept-Encoding", encoding);
    if (!tag.empty()) request.headers.set("If-None-Match", tag);
    return files_.answer(request);
  }

  const std::vector<StaticFile> list_ = {
      {"/index.html", "<!doctype html>", "text/html; charset=utf-8", "", false},
      {"/assets/main-3f2a.js", "plain script", "text/javascript", "gzipped", true},
      {"/icon.svg", "<svg/>", "image/svg+xml", "", false}};
  const StaticFiles files_ = *StaticFiles::create(list_);
};

TEST_F(StaticFilesTest, AnswersWithTheFileOfThePath) {
  const Response response = get("/icon.svg");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "<svg/>");
  EXPECT_EQ(response.content_type, "image/svg+xml");
  EXPECT_EQ(response.headers.find("Cache-Control"), "no-cache");
  EXPECT_FALSE(response.headers.find("Vary"));
}

TEST_F(StaticFilesTest, ViewsOfTheConsoleAreItsPage) {
  for (const auto* target : {"/", "/sources", "/sources/2001:db8::1", "/setup?link=x"})
    EXPECT_EQ(get(target).body, "<!doctype html>") << target;
}

TEST_F(StaticFilesTest, NothingElseIsThere) {
  for (const auto* target :
       {"/missing.js", "/api", "/api/v1/x", "/assets/../index.html", "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/assets/main-3f2a.js/",
        "//icon.svg", "/icon.svg%20"})
    EXPECT_EQ(get(target).status, 404) << target;
}

TEST_F(StaticFilesTest, KeepsFilesWithAHashInTheirNameForAYear) {
  EXPECT_EQ(get("/assets/main-3f2a.js").headers.find("Cache-Control"),
            "public, max-age=31536000, immutable");
}

TEST_F(StaticFilesTest, SendsTheCompressedFormToWhoCanReadIt) {
  for (const auto* encoding : {"gzip", "br, GZIP;q=0.5", "deflate,gzip ;q=0.001"}) {
    const Response response = get("/assets/main-3f2a.js", encoding);
    EXPECT_EQ(response.body, "gzipped") << encoding;
    EXPECT_EQ(response.headers.find("Content-Encoding"), "gzip");
    EXPECT_EQ(response.headers.find("Vary"), "Accept-Encoding");
  }
  for (const auto* encoding : {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip"}) {
    const Response response = get("/assets/main-3f2a.js", encoding);
    EXPECT_EQ(response.body, "plain script") << encoding;
    EXPECT_FALSE(response.headers.find("Content-Encoding"));
    EXPECT_EQ(response.headers.find("Vary"), "Accept-Encoding");
  }
  EXPECT_EQ(get("/icon.svg", "gzip").body, "<svg/>");
}

TEST_F(StaticFilesTest, SaysNotModifiedToWhoHasIt) {
  const std::string plain(*get("/assets/main-3f2a.js").headers.find("ETag"));
  const std::string packed(*get("/assets/main-3f2a.js", "gzip").headers.find("ETag"));
  EXPECT_NE(plain, packed);
  for (const std::string& tag : {plain, "W/" + plain, "\"x\", " + plain, std::string("*")}) {
    const Response response = get("/assets/main-3f2a.js", "", tag);
    EXPECT_EQ(response.status, 304) << tag;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.headers.find("ETag"), plain);
  }
  EXPECT_EQ(get("/assets/main-3f2a.js", "", packed).status, 200);
  EXPECT_EQ(get("/assets/main-3f2a.js", "gzip", packed).status, 304);
  EXPECT_EQ(get("/icon.svg", "", plain).status, 200);
}

TEST_F(StaticFilesTest, RefusesABundleThatContradictsItself) {
  const std::vector<StaticFile> twice = {{"/a", "1", "x", "", false}, {"/a", "2", "x", "", false}};
  EXPECT_THAT(StaticFiles::create(twice).error().message(), HasSubstr("'/a' is there twice"));
  const std::vector<StaticFile> relative = {{"a", "1", "x", "", false}};
  EXPECT_THAT(StaticFiles::create(relative).error().message(), HasSubstr("begin with a slash"));
}

}  // namespace
}  // namespace yagura::http
