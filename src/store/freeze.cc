// SPDX-License-Identifier: Apache-2.0
#include "store/freeze.h"

#include <fmt/format.h>

#include <system_error>

namespace yagura::store {
namespace {

namespace fs = std::filesystem;

// Where the engine puts the links: <store>/shadow/<name>/store/<abc>/<uuid of the table>/<part>.
fs::path shadow_of(const fs::path& folder) { return folder / "shadow"; }
constexpr std::string_view freeze_name = "backup";
constexpr std::string_view definitions = "definitions";  // beside the parts, of our own making

// Links the regular file `source` (followed, if it is a link) into `links`.
Result<void> link_file(const fs::path& source, const fs::path& links, const fs::path& place,
                       std::vector<FrozenFile>& files) {
  const fs::path link = links / place;
  std::error_code error;
  fs::create_directories(link.parent_path(), error);
  if (!error) fs::create_hard_link(fs::canonical(source, error), link, error);
  if (error) return failure(fmt::format("freezing {}: {}", source.string(), error.message()));
  files.push_back({link, place});
  return {};
}

Result<void> gather(const fs::path& root, std::vector<FrozenFile>& files) {
  std::error_code error;
  if (!fs::exists(root, error)) return {};  // no table holds a row
  for (auto it = fs::recursive_directory_iterator(root, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error))
    if (it->is_regular_file(error))
      files.push_back({it->path(), it->path().lexically_relative(root)});
  if (error) return failure(fmt::format("reading {}: {}", root.string(), error.message()));
  return {};
}

// What makes the parts a store: how the database and each table is defined, and the format mark of
// each table's folder.
Result<void> link_definitions(Connection& connection, const fs::path& folder,
                              std::vector<FrozenFile>& files) {
  const fs::path links = shadow_of(folder) / definitions;
  TRY(const Block database,
      connection.query("SELECT name, metadata_path AS path FROM system.databases "
                       "WHERE name = currentDatabase()"));
  const fs::path database_file =
      fs::path("metadata") / (std::string(database["name"].string_at(0)) + ".sql");
  TRY_VOID(link_file(folder / database_file, links, database_file, files));
  TRY(const Block tables,
      connection.query("SELECT name, metadata_path AS definition, data_paths[1] AS data "
                       "FROM system.tables WHERE database = currentDatabase() ORDER BY name"));
  const auto place_of = [&](fs::path path) {
    if (path.is_relative()) path = folder / path;
    return path.lexically_normal().lexically_relative(folder.lexically_normal());
  };
  for (size_t row = 0; row < tables.rows; ++row) {
    const fs::path definition = place_of(fs::path(tables["definition"].string_at(row)));
    TRY_VOID(link_file(folder / definition, links, definition, files));
    const fs::path format =
        place_of(fs::path(tables["data"].string_at(row)) / "format_version.txt");
    TRY_VOID(link_file(folder / format, links, format, files));
  }
  return {};
}

Result<std::vector<FrozenFile>> freeze_all(Connection& connection, const fs::path& folder) {
  TRY(const Block tables, connection.query("SELECT name FROM system.tables "
                                           "WHERE database = currentDatabase() ORDER BY name"));
  for (const std::string& table : tables["name"].strings)
    TRY_VOID(connection.execute(
        fmt::format("ALTER TABLE {} FREEZE WITH NAME '{}'", table, freeze_name)));
  std::vector<FrozenFile> files;
  TRY_VOID(gather(shadow_of(folder) / freeze_name, files));
  TRY_VOID(link_definitions(connection, folder, files));
  return files;
}

}  // namespace

Result<std::vector<FrozenFile>> freeze(Connection& connection, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(shadow_of(folder), error))
    return failure("the store is being backed up already; wait for that to end");
  auto files = freeze_all(connection, folder);
  if (!files) static_cast<void>(thaw(folder));  // the first failure is the one to tell
  return files;
}

Result<void> thaw(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(shadow_of(folder), error);
  if (error)
    return failure(fmt::format("removing {}: {}", shadow_of(folder).string(), error.message()));
  return {};
}

}  // namespace yagura::store
