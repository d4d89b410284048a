// SPDX-License-Identifier: Apache-2.0
#include "telescope/state_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>

#include "base/text.h"

namespace yagura::telescope {
namespace {

constexpr std::string_view magic = "YAGSTA02";
constexpr size_t version_digits = 2;  // at its end
constexpr size_t checksum_size = sizeof(uint64_t);
constexpr size_t dark_line_size = 16 + 4 + 1 + 8 + 8;

void put_dark_space(ByteWriter& out, const std::vector<state::DarkPrefix>& lines) {
  out.put(static_cast<uint64_t>(lines.size()));
  for (const auto& line : lines) {
    out.put(line.prefix.first());
    out.put(static_cast<int32_t>(line.prefix.length()));
    out.put(static_cast<uint8_t>(line.excluded));
    out.put(line.from ? line.from->nanoseconds : INT64_MIN);
    out.put(line.until ? line.until->nanoseconds : INT64_MAX);
  }
}

std::vector<state::DarkPrefix> get_dark_space(ByteReader& in) {
  std::vector<state::DarkPrefix> lines(in.get_count(dark_line_size));
  for (auto& line : lines) {
    const IpAddress first = in.get_address();
    const auto length = in.get<int32_t>();
    line.prefix = Prefix::of(first, 0 <= length && length <= 128 ? length : 128);
    line.excluded = in.get<uint8_t>() != 0;
    const auto from = in.get<int64_t>(), until = in.get<int64_t>();
    if (from != INT64_MIN) line.from = Timestamp{from};
    if (until != INT64_MAX) line.until = Timestamp{until};
  }
  return lines;
}

std::string other_version(const std::filesystem::path& path, std::string_view version,
                          std::string_view known) {
  return fmt::format(
      "{} has format {}, this yagura reads {}: it was written by another version of yagura; use "
      "that one, or forget the inputs it belongs to with it and read them again with this one",
      path.string(), escape_terminal(version), known);
}

tl::unexpected<Error> damaged(const std::filesystem::path& path) {
  return failure(fmt::format("{}: damaged; forget the inputs it belongs to and read them again",
                             path.string()));
}

// The first `most` bytes of a file, or all there are.
Result<std::string> read_bytes(const std::filesystem::path& path, size_t most) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return failure(fmt::format("opening {}: {}", path.string(), errno_text(errno)));
  std::string bytes(std::min(static_cast<size_t>(file.tellg()), most), '\0');
  file.seekg(0);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    return failure(fmt::format("reading {}: {}", path.string(), errno_text(errno)));
  return bytes;
}

Result<void> check_format(const std::filesystem::path& path, std::string_view bytes) {
  if (bytes.starts_with(magic)) return {};
  const size_t name_size = magic.size() - version_digits;
  if (bytes.size() < magic.size() || !bytes.starts_with(magic.substr(0, name_size)))
    return damaged(path);
  return failure(
      other_version(path, bytes.substr(name_size, version_digits), magic.substr(name_size)));
}

// What stands in `bytes` up to `end`, behind the magic.
Result<SavedState> take_apart(const std::filesystem::path& path, std::string bytes, size_t end) {
  ByteReader in(std::string_view(bytes).substr(magic.size(), end - magic.size()));
  SavedState state;
  state.dark_space = get_dark_space(in);
  if (!in.ok() || state.dark_space.empty()) return damaged(path);
  state.pipeline_begin = magic.size() + in.position();
  state.pipeline_size = in.remaining();
  state.file = std::move(bytes);
  return state;
}

}  // namespace

Result<void> sync_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure(fmt::format("opening {}: {}", path.string(), errno_text(errno)));
  const int result = ::fsync(file);
  const int error = errno;
  ::close(file);
  if (result != 0) return failure(fmt::format("syncing {}: {}", path.string(), errno_text(error)));
  return {};
}

Result<void> write_state_file(const std::filesystem::path& path,
                              const std::vector<state::DarkPrefix>& dark_space,
                              const std::function<void(ByteWriter&)>& save) {
  std::filesystem::path unfinished = path;
  unfinished += ".new";
  {
    std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> sum(XXH3_createState(),
                                                                       &XXH3_freeState);
    XXH3_64bits_reset(sum.get());
    ByteWriter out([&](std::string_view piece) {
      XXH3_64bits_update(sum.get(), piece.data(), piece.size());
      file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    });
    out.put_bytes(magic.data(), magic.size());
    put_dark_space(out, dark_space);
    save(out);
    out.flush();
    const uint64_t checksum = XXH3_64bits_digest(sum.get());
    file.write(reinterpret_cast<const char*>(&checksum), sizeof checksum);
    file.flush();
    if (!file)
      return failure(fmt::format("writing {}: {}", unfinished.string(), errno_text(errno)));
  }
  TRY_VOID(sync_file(unfinished));
  std::error_code error;
  std::filesystem::rename(unfinished, path, error);
  if (error) return failure(fmt::format("renaming {}: {}", unfinished.string(), error.message()));
  return sync_file(path.parent_path());
}

Result<SavedState> read_state_file(const std::filesystem::path& path) {
  TRY(std::string bytes, read_bytes(path, SIZE_MAX));
  TRY_VOID(check_format(path, bytes));
  if (bytes.size() < magic.size() + checksum_size) return damaged(path);
  uint64_t checksum;
  const size_t summed = bytes.size() - checksum_size;
  std::memcpy(&checksum, bytes.data() + summed, checksum_size);
  if (XXH3_64bits(bytes.data(), summed) != checksum) return damaged(path);
  return take_apart(path, std::move(bytes), summed);
}

Result<SavedState> read_state_start(const std::filesystem::path& path) {
  constexpr size_t start_size = 1 << 20;
  constexpr size_t pipeline_size = 64 << 10;
  TRY(std::string bytes, read_bytes(path, start_size));
  if (bytes.size() < start_size) return read_state_file(path);
  TRY_VOID(check_format(path, bytes));
  auto state = take_apart(path, std::move(bytes), start_size);
  return state && state->pipeline_size >= pipeline_size ? state : read_state_file(path);
}

}  // namespace yagura::telescope
