// SPDX-License-Identifier: Apache-2.0
#include "app/input_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace yagura::app {

Result<std::string> read_input_file(const std::string& path, std::uintmax_t largest) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return failure(fmt::format("reading {}: {}", path, error.message()));
  if (size > largest)
    return failure(fmt::format("reading {}: {} is more than the {} that are read of such a file",
                               path, format_bytes(size), format_bytes(largest)));
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(fmt::format("reading {}: {}", path, errno_text(errno)));
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

Result<std::string> read_input(const std::string& path, std::uintmax_t largest) {
  const std::filesystem::path place = path == "-" ? "/dev/stdin" : path;
  std::error_code error;
  const auto kind = std::filesystem::status(place, error).type();
  if (kind == std::filesystem::file_type::directory)
    return failure(fmt::format("reading {}: it is a folder; name the files in it", path));
  if (path != "-" && (error || kind == std::filesystem::file_type::regular ||
                      kind == std::filesystem::file_type::not_found))
    return read_input_file(path, largest);
  std::ifstream file(place, std::ios::binary);
  if (!file) return failure(fmt::format("reading {}: {}", path, errno_text(errno)));
  constexpr size_t piece = 1 << 20;
  std::string bytes;
  while (file && bytes.size() <= largest) {
    const size_t had = bytes.size();
    bytes.resize(had + piece);
    file.read(bytes.data() + had, piece);
    bytes.resize(had + static_cast<size_t>(file.gcount()));
  }
  if (bytes.size() > largest)
    return failure(fmt::format("reading {}: more than the {} that are read of such a file", path,
                               format_bytes(largest)));
  return bytes;
}

}  // namespace yagura::app
