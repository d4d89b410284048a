// SPDX-License-Identifier: Apache-2.0
#include "telescope/backup.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/text.h"
#include "telescope/state_file.h"

namespace yagura::telescope {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "YAGBAK01";
constexpr std::string_view manifest_name = "manifest";
constexpr uint64_t largest_manifest = 1ULL << 30;
constexpr size_t piece_size = 1 << 20;

class Checksum {
 public:
  Checksum() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
  void add(const char* bytes, size_t size) { XXH3_128bits_update(state_.get(), bytes, size); }
  std::string text() const {
    const XXH128_hash_t sum = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", sum.high64, sum.low64);
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

std::string checksum_of(std::string_view bytes) {
  Checksum sum;
  sum.add(bytes.data(), bytes.size());
  return sum.text();
}

// One line of a manifest.
struct Entry {
  std::string checksum;
  uint64_t size = 0;
  fs::path place;
};

struct Manifest {
  std::string made;
  std::vector<Entry> entries;

  uint64_t bytes() const {
    uint64_t sum = 0;
    for (const Entry& entry : entries) sum += entry.size;
    return sum;
  }
};

std::string manifest_text(const Manifest& manifest) {
  std::string text = fmt::format("{}\nmade {}\n", magic, manifest.made);
  for (const Entry& entry : manifest.entries)
    text += fmt::format("{} {} {}\n", entry.checksum, entry.size, entry.place.string());
  return text + fmt::format("{} {}\n", manifest_name, checksum_of(text));
}

// A path that stays within the folder it is put into.
bool is_inside(const fs::path& place) {
  return place.is_relative() && !place.empty() &&
         std::none_of(place.begin(), place.end(), [](const fs::path& part) {
           return part.empty() || part == ".." || part == ".";
         });
}

bool parse_entry(std::string_view line, Entry& entry) {
  const size_t first = line.find(' ');
  const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return false;
  entry.checksum = line.substr(0, first);
  const char* const end = line.data() + second;
  const auto [stopped, error] = std::from_chars(line.data() + first + 1, end, entry.size);
  entry.place = fs::path(line.substr(second + 1));
  return entry.checksum.size() == 32 && error == std::errc() && stopped == end &&
         is_inside(entry.place);
}

Result<Manifest> parse_manifest(const fs::path& path, std::string_view text) {
  const auto damaged = [&](std::string_view what) {
    return failure(fmt::format("{}: {}; take another backup", path.string(), what));
  };
  if (!text.starts_with(magic.substr(0, 6))) return damaged("not the manifest of a backup");
  if (!text.starts_with(magic))
    return failure(fmt::format(
        "{} has format {}, this yagura reads {}: it was written by another version of yagura; use "
        "that one",
        path.string(), escape_terminal(text.substr(6, 2)), magic.substr(6)));
  const std::string last = fmt::format("\n{} ", manifest_name);
  const size_t end = text.rfind(last);
  if (end == std::string_view::npos) return damaged("cut off");
  const std::string_view body = text.substr(0, end + 1);
  if (text.substr(end + 1) != fmt::format("{} {}\n", manifest_name, checksum_of(body)))
    return damaged("damaged");
  Manifest manifest;
  std::set<fs::path> places;
  size_t at = magic.size() + 1;
  for (size_t next; at < body.size(); at = next + 1) {
    next = body.find('\n', at);
    const std::string_view line = body.substr(at, next - at);
    if (manifest.made.empty() && line.starts_with("made ")) {
      manifest.made = line.substr(5);
      continue;
    }
    Entry entry;
    if (!parse_entry(line, entry) || !places.insert(entry.place).second)
      return damaged(fmt::format("no file can be named by '{}'", escape_terminal(line)));
    manifest.entries.push_back(std::move(entry));
  }
  if (!places.contains("state.db")) return damaged("it names no state.db");
  return manifest;
}

Result<Manifest> read_manifest(const fs::path& backup) {
  const fs::path path = backup / manifest_name;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) {
    return failure(
        fmt::format("{} is no backup: {}: {}", backup.string(), path.string(), errno_text(errno)));
  }
  const auto size = static_cast<uint64_t>(file.tellg());
  if (size > largest_manifest) return failure(fmt::format("{}: too large", path.string()));
  std::string text(size, '\0');
  file.seekg(0);
  if (!file.read(text.data(), static_cast<std::streamsize>(size)))
    return failure(fmt::format("reading {}: {}", path.string(), errno_text(errno)));
  return parse_manifest(path, text);
}

Result<void> write_all(int file, const fs::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return failure(fmt::format("writing {}: {}", path.string(), errno_text(errno)));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<int> make_file(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error)
    return failure(fmt::format("making {}: {}", path.parent_path().string(), error.message()));
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failure(fmt::format("making {}: {}", path.string(), errno_text(errno)));
  return file;
}

// A folder under another name until it is whole: `commit` gives it its own. Without that it is
// removed again.
class UnfinishedFolder {
 public:
  explicit UnfinishedFolder(fs::path name) : name_(std::move(name)) {
    path_ = name_;
    path_ += ".unfinished";
  }
  ~UnfinishedFolder() {
    std::error_code ignored;  // it does not look like a whole one
    if (made_) fs::remove_all(path_, ignored);
  }
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

  const fs::path& path() const { return path_; }

  // What a killed one left is replaced.
  Result<void> make(uint64_t bytes) {
    std::error_code error;
    fs::create_directories(path_.parent_path(), error);
    if (!error) fs::remove_all(path_, error);
    if (!error && ::mkdir(path_.c_str(), 0700) != 0)
      error = std::error_code(errno, std::generic_category());
    if (error) return failure(fmt::format("making {}: {}", path_.string(), error.message()));
    made_ = true;
    const fs::space_info space = fs::space(path_, error);
    if (!error && space.available < bytes)
      return failure(fmt::format("{} needs {}, but its disk has {} left", name_.string(),
                                 format_bytes(bytes), format_bytes(space.available)));
    return {};
  }

  Result<void> commit() {
    const Descriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::syncfs(folder.get()) != 0)
      return failure(fmt::format("syncing {}: {}", path_.string(), errno_text(errno)));
    std::error_code error;
    fs::rename(path_, name_, error);
    if (error) return failure(fmt::format("renaming {}: {}", path_.string(), error.message()));
    made_ = false;
    return sync_file(name_.parent_path());
  }

 private:
  fs::path name_, path_;
  bool made_ = false;
};

// Copies files one after another, adding up what was done.
class Copier {
 public:
  Copier(const CopyOptions& options, uint64_t total) : options_(options) {
    progress_.bytes_total = total;
    buffer_.resize(piece_size);
  }

  // Returns size and checksum of what was copied.
  Result<Entry> copy(const fs::path& source, const fs::path& target, const fs::path& place) {
    const Descriptor in(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
    if (in.get() < 0)
      return failure(fmt::format("opening {}: {}", source.string(), errno_text(errno)));
    TRY(const int made, make_file(target / place));
    const Descriptor out(made);
    Entry entry;
    entry.place = place;
    Checksum sum;
    while (true) {
      if (options_.stop && options_.stop()) return failure("stopped before the end");
      const ssize_t size = ::read(in.get(), buffer_.data(), buffer_.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0)
        return failure(fmt::format("reading {}: {}", source.string(), errno_text(errno)));
      if (size == 0) break;
      const std::string_view piece(buffer_.data(), static_cast<size_t>(size));
      TRY_VOID(write_all(out.get(), target / place, piece));
      sum.add(piece.data(), piece.size());
      entry.size += piece.size();
      progress_.bytes_done += piece.size();
      if (options_.progress) options_.progress(progress_);
    }
    ++progress_.files;
    entry.checksum = sum.text();
    return entry;
  }

 private:
  const CopyOptions& options_;
  CopyProgress progress_;
  std::string buffer_;
};

// Absolute and without a slash at its end.
Result<fs::path> folder_name(const fs::path& given) {
  std::error_code error;
  fs::path path = fs::absolute(given, error).lexically_normal();
  if (error) return failure(fmt::format("'{}': {}", given.string(), error.message()));
  return path.has_filename() ? path : path.parent_path();
}

Result<void> refuse_destination(const fs::path& destination, const fs::path& data) {
  const std::string outer = (data / "").string();
  if ((destination / "").string().starts_with(outer))
    return failure(
        fmt::format("{} lies in the data folder; name a folder elsewhere", destination.string()));
  std::error_code error;
  if (!fs::exists(fs::symlink_status(destination, error))) return {};
  return failure(
      fmt::format("{} is there already; name a folder for the backup that is not there yet",
                  destination.string()));
}

Result<void> refuse_used(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  if (fs::is_directory(folder, error) && fs::is_empty(folder, error) && !error) return {};
  return failure(fmt::format(
      "{} holds something already; restore into a folder that is empty or not there yet",
      folder.string()));
}

}  // namespace

Result<BackupSummary> write_backup(const Snapshot& snapshot, const fs::path& given, Timestamp now,
                                   const CopyOptions& options) {
  TRY(const fs::path destination, folder_name(given));
  TRY_VOID(refuse_destination(destination, snapshot.folder()));
  UnfinishedFolder folder(destination);
  TRY_VOID(folder.make(snapshot.bytes()));
  Manifest manifest;
  manifest.made = format_time(now);
  Copier copier(options, snapshot.bytes());
  for (const Snapshot::File& file : snapshot.files()) {
    if (file.place.string().find('\n') != std::string::npos)
      return failure(
          fmt::format("the name of {} has a line end in it", escape_terminal(file.place.string())));
    TRY(Entry entry, copier.copy(file.source, folder.path(), file.place));
    manifest.entries.push_back(std::move(entry));
  }
  {
    const fs::path path = folder.path() / manifest_name;
    TRY(const int made, make_file(path));
    const Descriptor out(made);
    TRY_VOID(write_all(out.get(), path, manifest_text(manifest)));
  }
  TRY_VOID(folder.commit());
  return BackupSummary{manifest.entries.size(), manifest.bytes(), manifest.made};
}

Result<BackupSummary> backup(Telescope& telescope, const fs::path& destination, Timestamp now,
                             const CopyOptions& options) {
  TRY(const auto snapshot, Snapshot::take(telescope));
  return write_backup(*snapshot, destination, now, options);
}

Result<BackupSummary> restore(const fs::path& backup, const fs::path& given,
                              const CopyOptions& options) {
  TRY(const fs::path target, folder_name(given));
  TRY_VOID(refuse_used(target));
  TRY(const Manifest manifest, read_manifest(backup));
  UnfinishedFolder folder(target);
  TRY_VOID(folder.make(manifest.bytes()));
  Copier copier(options, manifest.bytes());
  for (const Entry& entry : manifest.entries) {
    TRY(const Entry copied, copier.copy(backup / entry.place, folder.path(), entry.place));
    if (copied.size != entry.size || copied.checksum != entry.checksum)
      return failure(fmt::format("{} is damaged: it is not what was backed up; take another backup",
                                 (backup / entry.place).string()));
  }
  TRY_VOID(folder.commit());
  return BackupSummary{manifest.entries.size(), manifest.bytes(), manifest.made};
}

}  // namespace yagura::telescope
