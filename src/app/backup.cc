// SPDX-License-Identifier: Apache-2.0
#include "telescope/backup.h"

#include <fmt/format.h>

#include <memory>

#include "app/read_summary.h"
#include "app/session.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/progress.h"
#include "base/text.h"

namespace yagura::app {
namespace {

struct Options {
  std::string backup;
};

// Shows how far it is while it lives.
class CopyDisplay {
 public:
  CopyDisplay(const Session& session, std::string action)
      : progress_({.action = std::move(action),
                   .items_name = "files",
                   .terminal = session.error_is_terminal},
                  session.tell_error) {
    options_.progress = [this](const telescope::CopyProgress& so_far) {
      progress_.update({so_far.bytes_done, so_far.bytes_total, so_far.files, watch_.elapsed()});
    };
    options_.stop = session.given_up;
  }
  ~CopyDisplay() { progress_.finish(); }
  CopyDisplay(const CopyDisplay&) = delete;
  CopyDisplay& operator=(const CopyDisplay&) = delete;

  const telescope::CopyOptions& options() const { return options_; }

 private:
  Progress progress_;
  Stopwatch watch_;
  telescope::CopyOptions options_;
};

std::string amount(const telescope::BackupSummary& summary) {
  return fmt::format("{} in {} files", format_bytes(summary.bytes), format_count(summary.files));
}

Result<telescope::BackupSummary> copy(const Session& session, const telescope::Snapshot& snapshot,
                                      const std::filesystem::path& destination) {
  const CopyDisplay display(session, "backing up");
  return telescope::write_backup(snapshot, destination, clock_now(), display.options());
}

Result<ExitCode> backup(Session& session, const Options& options) {
  const std::filesystem::path destination = session.current_folder / options.backup;
  std::unique_ptr<telescope::Snapshot> snapshot;
  const auto take = [&](telescope::Telescope& telescope) -> Result<void> {
    TRY(snapshot, telescope::Snapshot::take(telescope));
    return {};
  };
  TRY(const TelescopeData data, open_for_questions(session));
  if (data.shared != nullptr) {
    TRY_VOID(data.shared->at_rest(take));
  } else {
    TRY_VOID(take(*data.telescope));
  }
  TRY(const auto summary, copy(session, *snapshot, destination));
  TRY_VOID(session.out.write(
      fmt::format("{} is a backup of {}: {}\n", escape_terminal(destination.string()),
                  escape_terminal(data.place().folder().string()), amount(summary))));
  return ExitCode::done;
}

Result<ExitCode> restore(Session& session, const Options& options) {
  TRY(const Settings settings, session.settings());
  const auto restored = [&]() -> Result<telescope::BackupSummary> {
    const CopyDisplay display(session, "restoring");
    return telescope::restore(options.backup, settings.data, display.options());
  }();
  TRY(const auto summary, restored);
  // Opened once, so that it is known to be sound, and of this version.
  TRY_VOID(within("the restored folder", open_for_questions(session).map([](const auto&) {})));
  TRY_VOID(session.out.write(fmt::format("{} is as it was at {}: {}\n",
                                         escape_terminal(settings.data.string()), summary.made,
                                         amount(summary))));
  return ExitCode::done;
}

}  // namespace

void add_backup(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb(
      "backup", "Copy everything that is stored, also beside a running serve",
      "The copy is of one moment and has a checksum for every byte. A process that has the data\n"
      "folder open writes it itself, and goes on meanwhile.\n\n"
      "Example:\n  yagura backup /backups/yagura-monday");
  verb.argument("folder", options->backup, "the folder to make, which must not be there yet", true);
  verb.settings({"store.memory", "store.library"});
  verb.answers_plainly([options](Session& session) { return backup(session, *options); });
}

void add_restore(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("restore", "Make a data folder of a backup",
                          "The data folder must be empty or not there. Every byte is compared with "
                          "its checksum.\n\n"
                          "Example:\n  yagura restore /backups/yagura-monday --data yagura-data");
  verb.argument("backup", options->backup, "the folder that `yagura backup` made", true);
  verb.settings({"store.memory", "store.library"});
  verb.does_plainly([options](Session& session) { return restore(session, *options); });
}

}  // namespace yagura::app
