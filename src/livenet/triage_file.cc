// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/descriptor.h"

namespace yagura::livenet {
namespace {

Result<void> write_and_sync(const std::filesystem::path& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) return failure(errno_text(errno));
  while (!bytes.empty()) {
    const ssize_t size = ::write(file.get(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure(errno_text(errno));
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  if (::fsync(file.get()) != 0) return failure(errno_text(errno));
  return {};
}

}  // namespace

Result<std::string> read_model_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return failure(fmt::format("reading {}: {}", path.string(), error.message()));
  if (size > largest_model)
    return failure(fmt::format("reading {}: too large for a model", path.string()));
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(fmt::format("reading {}: {}", path.string(), errno_text(errno)));
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

Result<void> write_model_file(const std::filesystem::path& path, std::string_view model) {
  std::filesystem::path unfinished = path;
  unfinished += ".unfinished";
  TRY_VOID(within("writing " + unfinished.string(), write_and_sync(unfinished, model)));
  std::error_code error;
  std::filesystem::rename(unfinished, path, error);
  if (error) return failure(fmt::format("writing {}: {}", path.string(), error.message()));
  return {};
}

}  // namespace yagura::livenet
