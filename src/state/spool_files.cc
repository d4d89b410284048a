// SPDX-License-Identifier: Apache-2.0
#include "state/spool_files.h"

#include <vector>

#include "state/statement.h"

namespace yagura::state {

Result<std::optional<SpoolOutcome>> spool_outcome(Database& database, const SpoolFile& file) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT outcome FROM spool_file "
                         "WHERE path = ? AND bytes = ? AND changed = ? AND inode = ?"));
  TRY(const bool known, statement.bind(file.path, file.bytes, file.changed, file.inode).step());
  if (!known) return std::nullopt;
  return static_cast<SpoolOutcome>(statement.integer(0));
}

Result<void> note_spool_file(Database& database, const SpoolFile& file, SpoolOutcome outcome) {
  return run(database,
             "INSERT INTO spool_file (path, bytes, changed, inode, outcome) VALUES (?, ?, ?, ?, ?) "
             "ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes, changed = excluded.changed, "
             "inode = excluded.inode, outcome = excluded.outcome",
             file.path, file.bytes, file.changed, file.inode, static_cast<int64_t>(outcome));
}

Result<void> forget_spool_files(Database& database, std::string_view folder,
                                const std::function<bool(const std::string& path)>& is_there) {
  return database.transaction([&]() -> Result<void> {
    std::vector<std::string> gone;
    TRY(Statement statement,
        Statement::prepare(database,
                           "SELECT path FROM spool_file WHERE substr(path, 1, length(?1)) = ?1"));
    statement.bind(folder);
    while (true) {
      TRY(const bool row, statement.step());
      if (!row) break;
      if (auto path = statement.text(0); !is_there(path)) gone.push_back(std::move(path));
    }
    for (const std::string& path : gone)
      TRY_VOID(run(database, "DELETE FROM spool_file WHERE path = ?", path));
    return {};
  });
}

}  // namespace yagura::state
