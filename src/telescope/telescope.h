// SPDX-License-Identifier: Apache-2.0
//
// An open telescope: the data folder with its store, its control plane and its run files.
//
// One process owns a data folder at a time (a lock file says so). Opening repairs what a crash
// left: rows of unfinished commits are taken out, tails are written again, days marked stale are
// counted again. Open and close in main's thread; not thread-safe.
//
//   <folder>/state.db   control plane        <folder>/runs/   saved analyser states, run files
//   <folder>/store/     analytical store     <folder>/archive/  the packets, if they are kept
//   <folder>/lock       held by the owner
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "enrich/places.h"
#include "state/database.h"
#include "state/ledger.h"
#include "state/sensors.h"
#include "store/engine.h"
#include "store/schema.h"
#include "telescope/corrections.h"
#include "telescope/known_numbers.h"
#include "telescope/survey.h"

namespace yagura::telescope {

struct TelescopeOptions {
  std::filesystem::path folder;
  uint64_t store_memory_bytes = 1'000'000'000;
  std::filesystem::path store_library;  // empty = search
  store::Retention retention;
  enrich::PlaceFiles places;  // loaded when first needed
  bool archive = false;       // keep the dark packets themselves (archive.h)
};

class Telescope {
 public:
  static Result<std::unique_ptr<Telescope>> open(const TelescopeOptions& options);
  ~Telescope();
  Telescope(const Telescope&) = delete;
  Telescope& operator=(const Telescope&) = delete;

  const std::filesystem::path& folder() const { return options_.folder; }
  std::filesystem::path runs_folder() const { return options_.folder / "runs"; }
  std::filesystem::path archive_folder() const { return options_.folder / "archive"; }
  bool archives() const { return options_.archive; }
  state::Database& database() { return *database_; }
  store::Engine& engine() { return *engine_; }
  // For writing, and for reading while nothing is written.
  store::Connection& connection() { return *connection_; }
  // For reading while something is written.
  store::Connection& reader() { return *reader_; }
  Result<const enrich::Places*> places();
  // For those who ask; kept true by what changes the store through this object.
  KnownNumbers& known_numbers() { return known_numbers_; }
  // The survey registry as it was when the telescope was opened or reload_registry() was called.
  Result<const SurveyRegistry*> registry();
  // Reads the registry again after an import. What registry() gave before is gone.
  Result<void> reload_registry();
  // Corrects the latest stored day that does not follow the registry yet, if it is not before
  // `from`; what changed is added to `change`. False if there is none, or the registry has to be
  // read again first. How far it is survives a crash: opening the telescope does the rest.
  Result<bool> correct_next_day(RegistryChange& change, Timestamp from = {0});
  // Both, for everything stored.
  Result<RegistryChange> follow_registry();
  // Key of every keyed hash of this data folder.
  uint64_t key() const { return key_; }

  // The days of `run` from that of `from` on that its own pipeline cannot count alone: another run
  // has data on them, or they were counted again before. They must be marked stale when rows of the
  // run come or go.
  Result<std::vector<int64_t>> days_to_recount(const state::Run& run, Timestamp from);
  // Counts the days that are marked stale again, of those that are over at `before`. Not while rows
  // of an unfinished commit are in the store on such a day: they would be counted.
  Result<void> recount_stale_days(Timestamp before = {INT64_MAX});
  // Deletes files in runs/ that no committed state refers to.
  Result<void> sweep_run_files();
  // Copies names of sensors and organisations into the store, for people who ask in SQL.
  Result<void> mirror_names();

  // Takes back what commits that were begun and not finished wrote. The ingests that began them are
  // gone.
  Result<void> take_back_unfinished();

  // Forgets a run: its inputs can be read again. Rows of other runs stay; shared days are counted
  // again.
  Result<void> forget_run(const state::Run& run);

 private:
  explicit Telescope(TelescopeOptions options) : options_(std::move(options)) {}
  Result<void> lock();
  Result<void> check_tables();
  Result<void> load_registry();
  Result<void> recover();
  Result<void> roll_back(const state::UnfinishedCommit& commit);
  Result<void> finish_forgetting(const state::ForgottenRun& forgotten);
  Result<CorrectionContext> correction_context();

  TelescopeOptions options_;
  int lock_file_ = -1;
  std::unique_ptr<state::Database> database_;
  std::unique_ptr<store::Engine> engine_;
  std::unique_ptr<store::Connection> connection_, reader_;
  std::unique_ptr<enrich::Places> places_;
  std::unique_ptr<SurveyRegistry> registry_;
  int64_t registry_version_ = 0;  // of registry_, if it is there
  KnownNumbers known_numbers_;
  uint64_t key_ = 0;
};

// Days (since the epoch) that a run touches.
std::vector<int64_t> days_of(const state::Run& run);
// Those of them on which another run has data too: their numbers must be counted from the rows.
std::vector<int64_t> shared_days(const state::Run& run, const std::vector<state::Run>& all);

}  // namespace yagura::telescope
