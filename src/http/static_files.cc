// SPDX-License-Identifier: Apache-2.0
#include "http/static_files.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "http/compress.h"

namespace yagura::http {
namespace {

constexpr std::string_view start_page = "/index.html";
constexpr std::string_view a_year = "public, max-age=31536000, immutable";

std::string tag_of(std::string_view bytes, std::string_view form) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("\"{:016x}{:016x}{}\"", hash.high64, hash.low64, form);
}

// Weak comparison (RFC 9110 13.1.2).
bool has_tag(const Request& request, std::string_view tag) {
  const auto known = request.headers.find("If-None-Match");
  return known && any_element(*known, [tag](std::string_view element) {
           if (element == "*") return true;
           if (element.starts_with("W/")) element.remove_prefix(2);
           return element == tag;
         });
}

bool names_a_view(const Request& request) {
  return request.segments.front() != "api" && request.path.find('.') == std::string::npos;
}

}  // namespace

Result<StaticFiles> StaticFiles::create(std::span<const StaticFile> files) {
  StaticFiles made;
  for (const StaticFile& file : files) {
    if (!file.path.starts_with('/'))
      return failure(
          fmt::format("static file '{}': its path does not begin with a slash", file.path));
    made.entries_.push_back({file, tag_of(file.bytes, ""), tag_of(file.bytes, "-gzip")});
  }
  const auto by_path = [](const Entry& a, const Entry& b) { return a.file.path < b.file.path; };
  std::sort(made.entries_.begin(), made.entries_.end(), by_path);
  const auto twice =
      std::adjacent_find(made.entries_.begin(), made.entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.file.path == b.file.path; });
  if (twice != made.entries_.end())
    return failure(fmt::format("static file '{}' is there twice", twice->file.path));
  return made;
}

const StaticFiles::Entry* StaticFiles::find(std::string_view path) const {
  const auto entry = std::lower_bound(
      entries_.begin(), entries_.end(), path,
      [](const Entry& candidate, std::string_view wanted) { return candidate.file.path < wanted; });
  return entry != entries_.end() && entry->file.path == path ? &*entry : nullptr;
}

Response StaticFiles::answer(const Request& request) const {
  const Entry* entry = find(request.path);
  if (!entry && names_a_view(request)) entry = find(start_page);
  if (!entry) return problem(404, "there is no such file");

  const bool compressed = !entry->file.gzip.empty() && accepts_gzip(request);
  const std::string& tag = compressed ? entry->gzip_tag : entry->tag;
  Response response;
  response.headers.set("ETag", tag);
  response.headers.set("Cache-Control", entry->file.immutable ? a_year : "no-cache");
  if (!entry->file.gzip.empty()) response.headers.set("Vary", "Accept-Encoding");
  if (has_tag(request, tag)) {
    response.status = 304;
    return response;
  }
  if (compressed) response.headers.set("Content-Encoding", "gzip");
  response.content_type = entry->file.content_type;
  response.body = compressed ? entry->file.gzip : entry->file.bytes;
  return response;
}

}  // namespace yagura::http
