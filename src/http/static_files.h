// SPDX-License-Identifier: Apache-2.0
//
// The files of the console, compiled into the program: a look-up in a table. There is no file
// system behind it, so there is nothing to traverse to.
//
// Immutable once made; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace yagura::http {

// Views of constants of the program.
struct StaticFile {
  std::string_view path;  // "/assets/main-3f2a.js"
  std::string_view bytes;
  std::string_view content_type;
  std::string_view gzip;   // the same compressed; empty: only plain
  bool immutable = false;  // its name holds a hash of its content: cached for a year
};

class StaticFiles {
 public:
  // Fails on two files of one path and on a path without the slash in front. The views in `files`
  // must stay valid.
  static Result<StaticFiles> create(std::span<const StaticFile> files);

  // GET and HEAD: the file, 304 where If-None-Match has its tag, or 404. "/" and every path without
  // a dot that is not under /api are /index.html, whose script shows the view the path names.
  Response answer(const Request& request) const;

 private:
  struct Entry {
    StaticFile file;
    std::string tag;       // strong, with the quotes
    std::string gzip_tag;  // of the compressed form (RFC 9110 8.8.3.3)
  };
  const Entry* find(std::string_view path) const;

  std::vector<Entry> entries_;  // by path
};

}  // namespace yagura::http
