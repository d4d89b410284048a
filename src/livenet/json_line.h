// SPDX-License-Identifier: Apache-2.0
//
// A line of JSON that is an object, with what stands at a JSON pointer (RFC 6901) of it: what
// several detectors' files are made of. Keeps the parser, simdjson's, behind one file.
//
// Keeps buffers between lines: one belongs to one thread. What it gave holds until the next line.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace yagura::livenet {

class JsonLine {
 public:
  JsonLine();
  ~JsonLine();

  // False where it is no object of JSON; then nothing is to be asked of it.
  bool parse(std::string_view line);
  // Empty where there is no text.
  std::string_view text(std::string_view pointer) const;
  std::optional<int64_t> integer(std::string_view pointer) const;
  bool is_object(std::string_view pointer) const;

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace yagura::livenet
