// SPDX-License-Identifier: Apache-2.0
#include "telescope/spool.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace yagura::telescope {
namespace {

namespace fs = std::filesystem;

constexpr Duration settled_after = Duration::seconds(10);
constexpr int set_aside_names = 10'000;
constexpr std::array<std::string_view, 3> unfinished_endings = {".tmp", ".part", ".partial"};

enum class Writer { none, some, unknown };

// Whether somebody has the file open for writing: then the kernel refuses a read lease.
Writer writer_of(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return Writer::unknown;
  Writer writer = Writer::none;
  // Whoever opens the file in the moment of the lease breaks it, which is told by a signal: one
  // that is ignored where nobody asked for it.
  if (::fcntl(descriptor, F_SETSIG, SIGURG) != 0 || ::fcntl(descriptor, F_SETLEASE, F_RDLCK) != 0)
    writer = errno == EAGAIN ? Writer::some : Writer::unknown;
  else
    ::fcntl(descriptor, F_SETLEASE, F_UNLCK);
  ::close(descriptor);
  return writer;
}

}  // namespace

bool is_spool_name(std::string_view name) {
  if (name.empty() || name.front() == '.') return false;
  return std::none_of(unfinished_endings.begin(), unfinished_endings.end(),
                      [&](std::string_view ending) { return name.ends_with(ending); });
}

std::optional<state::SpoolFile> spool_file(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  state::SpoolFile file;
  file.path = path.string();
  file.bytes = static_cast<uint64_t>(status.st_size);
  file.changed = Timestamp{status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
  file.inode = status.st_ino;
  return file;
}

Result<SpoolFolder> SpoolFolder::open(const fs::path& folder) {
  const std::string context = "watching the spool folder " + folder.string();
  const int inotify = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify < 0) return failure(Error(errno_text(errno)).within(context));
  SpoolFolder spool(fs::absolute(folder), inotify);
  // In place before the first look: what comes in between is seen twice, not never.
  const uint32_t wanted = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (::inotify_add_watch(inotify, folder.c_str(), wanted) < 0)
    return failure(
        Error(errno == ENOENT ? "there is no such folder" : errno_text(errno)).within(context));
  return spool;
}

SpoolFolder::SpoolFolder(SpoolFolder&& other) noexcept
    : folder_(std::move(other.folder_)),
      inotify_(std::exchange(other.inotify_, -1)),
      scan_wanted_(other.scan_wanted_),
      settling_(std::move(other.settling_)),
      complete_(std::move(other.complete_)) {}

SpoolFolder::~SpoolFolder() {
  if (inotify_ >= 0) ::close(inotify_);
}

Result<std::vector<fs::path>> SpoolFolder::complete(Timestamp steady) {
  const std::string context = "watching the spool folder " + folder_.string();
  TRY_VOID(within(context, take_events()));
  if (std::exchange(scan_wanted_, false)) TRY_VOID(within(context, scan(steady)));
  for (auto it = settling_.begin(); it != settling_.end();) {
    auto& [path, settling] = *it;
    const auto now = spool_file(path);
    if (now && *now != settling.file) settling = {*now, steady};
    if (now && steady - settling.since < settled_after) {
      ++it;
      continue;
    }
    if (now) complete_.push_back(path);
    it = settling_.erase(it);
  }
  std::sort(complete_.begin(), complete_.end());
  complete_.erase(std::unique(complete_.begin(), complete_.end()), complete_.end());
  return std::exchange(complete_, {});
}

Result<void> SpoolFolder::scan(Timestamp steady) {
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const fs::path& path = at->path();
    const auto file = spool_file(path);
    if (!file || !is_spool_name(path.filename().string())) continue;
    switch (writer_of(path)) {
      case Writer::none:
        complete_.push_back(path);
        break;
      case Writer::unknown:
        settling_.try_emplace(path, Settling{*file, steady});
        break;
      case Writer::some:  // tells when it closes the file
        break;
    }
  }
  if (error) return failure(error.message());
  return {};
}

Result<void> SpoolFolder::take_events() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t size = ::read(inotify_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return {};
    if (size <= 0) return failure(errno_text(errno));
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) scan_wanted_ = true;
      if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0)
        return failure("the folder is gone");
      if (event.len == 0 || (event.mask & IN_ISDIR) != 0 || !is_spool_name(name)) continue;
      const fs::path path = folder_ / name;
      settling_.erase(path);
      if (spool_file(path)) complete_.push_back(path);
    }
  }
}

Result<fs::path> set_aside(const fs::path& file) {
  const fs::path folder = file.parent_path() / "set-aside";
  std::error_code error;
  fs::create_directory(folder, error);
  if (error) return failure(fmt::format("making {}: {}", folder.string(), error.message()));
  for (int i = 0; i < set_aside_names; ++i) {
    fs::path to = folder / (i == 0 ? file.filename().string()
                                   : fmt::format("{}.{}", file.filename().string(), i));
    if (::renameat2(AT_FDCWD, file.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return to;
    if (errno != EEXIST)
      return failure(fmt::format("moving it to {}: {}", to.string(), errno_text(errno)));
  }
  return failure(fmt::format("{} holds too many files of that name", folder.string()));
}

}  // namespace yagura::telescope
