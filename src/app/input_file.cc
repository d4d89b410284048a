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

}  // namespace yagura::app
