// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "learn/model_text.h"

namespace yagura::livenet {
namespace {

constexpr std::string_view kind = "alert triage";
constexpr uint32_t version = 2;  // 1 held the state after the last run alone
constexpr std::uintmax_t room_for_the_rest = 1024;

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

// What was renamed in it is then there after a loss of power, too.
Result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) return failure(errno_text(errno));
  return {};
}

Result<ModelFile> take_apart(std::string_view bytes) {
  TRY(const std::string_view inner, learn::unseal_model(bytes, kind, version));
  ByteReader in(inner);
  ModelFile model;
  model.before = in.get_text();
  model.after = in.get_text();
  model.alerts = in.get<uint64_t>();
  model.fingerprint = in.get<uint64_t>();
  if (!in.ok()) return failure("the model of the triage is not whole");
  return model;
}

Result<std::string> read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(errno_text(errno));
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

}  // namespace

std::string_view state_for(const ModelFile& model, const AlertLog& log) {
  const bool again =
      log.rows().size() >= model.alerts && log.fingerprint(model.alerts) == model.fingerprint;
  return again ? model.before : model.after;
}

Result<std::optional<ModelFile>> read_model_file(const std::filesystem::path& path) {
  const std::string doing = "reading " + path.string();
  std::error_code error;
  const bool exists = std::filesystem::exists(path, error);
  if (!exists && !error) return std::nullopt;
  const auto size = error ? 0 : std::filesystem::file_size(path, error);
  if (error) return failure(fmt::format("{}: {}", doing, error.message()));
  if (size > largest_model) return failure(doing + ": too large for a model");
  TRY(const std::string bytes, within(doing, read_bytes(path)));
  TRY(ModelFile model, within(doing, take_apart(bytes)));
  return std::optional(std::move(model));
}

Result<void> write_model_file(const std::filesystem::path& path, const ModelFile& model) {
  const std::string doing = "writing " + path.string();
  if (model.before.size() + model.after.size() > largest_model - room_for_the_rest)
    return failure(
        fmt::format("{}: what was learnt is larger than the {} MiB of a model: more "
                    "rules on more hosts than can be kept for 30 days",
                    doing, largest_model >> 20));
  ByteWriter out;
  out.put_text(model.before);
  out.put_text(model.after);
  out.put(model.alerts);
  out.put(model.fingerprint);
  std::filesystem::path unfinished = path;
  unfinished += ".unfinished";
  TRY_VOID(within("writing " + unfinished.string(),
                  write_and_sync(unfinished, learn::seal_model(kind, version, out.bytes()))));
  std::error_code error;
  std::filesystem::rename(unfinished, path, error);
  if (error) return failure(fmt::format("{}: {}", doing, error.message()));
  return within(doing, sync_folder(path.parent_path()));
}

}  // namespace yagura::livenet
