// SPDX-License-Identifier: Apache-2.0
#include "http/compress.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace yagura::http {
namespace {

std::string unzipped(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

// Rows as the API gives them.
std::string rows() {
  std::string text;
  for (int i = 0; i < 2000; ++i)
    text += "{\"port\": " + std::to_string(i * 7919 % 65536) +
            ", \"packets\": " + std::to_string(i * i) + "},\n";
  return text;
}

Request accepting(std::string_view encodings) {
  Request request;
  if (!encodings.empty()) request.headers.set("Accept-Encoding", encodings);
  return request;
}

TEST(CompressTest, GivesLargeTextsInGzipToWhoAcceptsIt) {
  for (const auto& make : {&csv, +[](std::string body) { return json(std::move(body)); },
                           +[](std::string body) { return text(std::move(body)); }}) {
    Response response = make(rows());
    const std::string whole = response.body;
    compress(accepting("br, gzip;q=0.5"), response);
    EXPECT_EQ(response.headers.find("Content-Encoding"), "gzip");
    EXPECT_EQ(response.headers.find("Vary"), "Accept-Encoding");
    EXPECT_LT(response.body.size(), whole.size() / 2);
    EXPECT_TRUE(unzipped(response.body) == whole);
  }
}

TEST(CompressTest, LeavesItToWhoDoesNot) {
  for (const char* encodings : {"", "br", "gzip;q=0", "gzip; q=0.00", "xgzip"}) {
    Response response = json(rows());
    compress(accepting(encodings), response);
    EXPECT_FALSE(response.headers.find("Content-Encoding")) << encodings;
    EXPECT_EQ(response.headers.find("Vary"), "Accept-Encoding") << encodings;
    EXPECT_TRUE(response.body == rows()) << encodings;
  }
}

TEST(CompressTest, LeavesWhatIsSmallCompressedTaggedOrNoText) {
  const auto untouched = [](Response response) {
    const std::string body = response.body;
    compress(accepting("gzip"), response);
    return response.body == body && !response.headers.find("Vary");
  };
  EXPECT_TRUE(untouched(json(rows().substr(0, smallest_compressed - 1))));
  EXPECT_FALSE(untouched(json(rows().substr(0, smallest_compressed))));
  Response response = json(rows());
  response.headers.set("ETag", "\"a\"");
  EXPECT_TRUE(untouched(response));
  response = json(rows());
  response.headers.set("Content-Encoding", "br");
  EXPECT_TRUE(untouched(response));
  response = json(rows());
  response.content_type = "image/png";
  EXPECT_TRUE(untouched(response));
}

TEST(CompressTest, LeavesWhatDoesNotGetSmaller) {
  std::string noise;
  uint64_t state = 1;  // xorshift64: nothing repeats
  for (size_t i = 0; i < smallest_compressed; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    noise += static_cast<char>(state);
  }
  Response response = text(noise);
  compress(accepting("gzip"), response);
  EXPECT_TRUE(response.body == noise);
  EXPECT_FALSE(response.headers.find("Content-Encoding"));
}

}  // namespace
}  // namespace yagura::http
