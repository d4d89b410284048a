// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <system_error>

#include "state/copy.h"
#include "store/freeze.h"
#include "telescope/backup.h"
#include "telescope/telescope.h"

namespace yagura::telescope {
namespace {

namespace fs = std::filesystem;

fs::path links_of(const fs::path& folder) { return folder / "snapshot"; }
fs::path store_of(const fs::path& folder) { return folder / "store"; }

}  // namespace

Result<std::unique_ptr<Snapshot>> Snapshot::take(Telescope& telescope) {
  std::error_code error;
  if (!fs::create_directory(links_of(telescope.folder()), error)) {
    if (error)
      return failure(
          fmt::format("making {}: {}", links_of(telescope.folder()).string(), error.message()));
    return failure("a backup is being made already; wait for it to end");
  }
  std::unique_ptr<Snapshot> snapshot(new Snapshot(telescope.folder()));
  TRY_VOID(snapshot->add_state(telescope));
  TRY_VOID(snapshot->add_store(telescope));
  TRY_VOID(snapshot->add_folder(telescope.runs_folder().filename()));
  TRY_VOID(snapshot->add_folder(telescope.archive_folder().filename()));
  return snapshot;
}

Snapshot::~Snapshot() {
  static_cast<void>(clear(folder_));  // what stays is cleared when the folder is opened next
}

Result<void> Snapshot::clear(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(links_of(folder), error);
  if (error)
    return failure(fmt::format("removing {}: {}", links_of(folder).string(), error.message()));
  return store::thaw(store_of(folder));
}

uint64_t Snapshot::bytes() const {
  uint64_t sum = 0;
  for (const File& file : files_) sum += file.size;
  return sum;
}

Result<void> Snapshot::add(fs::path source, fs::path place) {
  std::error_code error;
  const uint64_t size = fs::file_size(source, error);
  if (error) return failure(fmt::format("reading {}: {}", source.string(), error.message()));
  files_.push_back({std::move(source), std::move(place), size});
  return {};
}

Result<void> Snapshot::add_state(Telescope& telescope) {
  const fs::path copy = links_of(folder_) / "state.db";
  TRY_VOID(state::copy_database(telescope.database(), copy));
  return add(copy, "state.db");
}

Result<void> Snapshot::add_store(Telescope& telescope) {
  TRY(const auto files, store::freeze(telescope.connection(), store_of(folder_)));
  for (const store::FrozenFile& file : files) TRY_VOID(add(file.source, store_of({}) / file.place));
  return {};
}

// Files in it are finished when they get their name, and are then only deleted.
Result<void> Snapshot::add_folder(const fs::path& name) {
  const fs::path root = folder_ / name;
  std::error_code error;
  if (!fs::exists(root, error)) return {};
  const auto failed = [&] {
    return failure(fmt::format("linking the files of {}: {}", root.string(), error.message()));
  };
  for (auto it = fs::recursive_directory_iterator(root, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (!it->is_regular_file(error) || it->path().extension() == ".new") continue;
    const fs::path place = name / it->path().lexically_relative(root);
    const fs::path link = links_of(folder_) / place;
    fs::create_directories(link.parent_path(), error);
    if (!error) fs::create_hard_link(it->path(), link, error);
    if (error == std::errc::cross_device_link) {  // the folder is a link to another disk
      error.clear();
      fs::copy_file(it->path(), link, error);
    }
    if (error) return failed();
    TRY_VOID(add(link, place));
  }
  if (error) return failed();
  return {};
}

}  // namespace yagura::telescope
