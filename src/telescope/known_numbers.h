// SPDX-License-Identifier: Apache-2.0
//
// What has been asked of the numbers and is asked again and again, kept in memory: when anything
// was observed, and sheets and histories, those that were asked for last, up to bounds.
//
// Whoever changes numbers says so, after the change: what is kept is then never older than the
// rows. Thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "store/readers.h"
#include "telescope/number_sheets.h"
#include "telescope/observed_times.h"
#include "telescope/recently_used.h"
#include "telescope/split_counts.h"
#include "telescope/value_history.h"

namespace yagura::telescope {

class KnownNumbers {
 public:
  // Memory for sheets and histories. A year of days of all ports, countries and autonomous systems
  // of 300,000 addresses takes 350 MB (measured); hours and 5 minutes have a bound of their own, so
  // that they, which are many, do not drive out days.
  struct Bounds {
    size_t days = size_t{384} << 20;
    size_t finer = size_t{192} << 20;
    size_t histories = size_t{64} << 20;
  };
  explicit KnownNumbers(const Bounds& bounds)
      : days_(bounds.days), finer_(bounds.finer), histories_(bounds.histories) {}
  KnownNumbers() : KnownNumbers(Bounds()) {}

  // Readings of one question are done at the same time from here on. Before anything is asked.
  void read_with(std::unique_ptr<store::Readers> readers) { readers_ = std::move(readers); }

  // When anything was observed.
  Result<std::shared_ptr<const ObservedTimes>> observed(store::Connection& connection);
  // The sheets of the buckets that touch the period and hold anything, in order of time. What is
  // not known is read, and what another thread is reading waited for.
  Result<std::vector<Sheet>> sheets(store::Connection& connection, const SheetQuestion& question,
                                    const Period& period);
  // Reads what is not known of sheets that will be asked for: those that differ in their kind alone
  // together, the others at the same time.
  struct Ahead {
    SheetQuestion question;
    Period period;
  };
  Result<void> read_ahead(store::Connection& connection, std::span<const Ahead> wanted);
  // Runs all jobs, at the same time where there are readers; the first failure.
  Result<void> run(store::Connection& connection, std::span<const store::Readers::Job> jobs);
  ValueIndex& index() { return index_; }
  // The histories of values of a dimension, in the order of `values`, at least through the period.
  Result<std::vector<History>> histories(store::Connection& connection, const HistoryKind& kind,
                                         std::span<const uint32_t> values, const Period& period);

  // Numbers of the period, its last moment included, have changed.
  void changed(const Period& period);
  void clear();

 private:
  using Counts = std::shared_ptr<const SplitCounts>;
  // Sheets and histories are in order of level and time, so that those of a period lie together.
  struct SheetKey {
    Level level = Level::day;
    Timestamp time;
    SheetKind kind;
    size_t part = 0;
    auto operator<=>(const SheetKey&) const = default;
  };
  struct HistoryKey {
    Level level = Level::day;
    Timestamp stretch;
    SheetKind kind;
    RankOrder measure = RankOrder::packets;
    uint32_t value = 0;
    auto operator<=>(const HistoryKey&) const = default;
  };

  using KeptSheets = RecentlyUsed<SheetKey, PackedCounts>;

  KeptSheets& sheets_of(Level level) YAGURA_REQUIRES(mutex_) {
    return level == Level::day ? days_ : finer_;
  }
  // The sheets of the same buckets, of several questions that read_sheets takes together.
  struct Group {
    std::vector<SheetQuestion> questions;
    std::vector<std::vector<Sheet>> sheets;  // of each question, in order of time
  };
  // The sheets of questions in the buckets in which any is read if any of `period` has to be.
  Result<Group> read_together(store::Connection& connection, std::vector<SheetQuestion> questions,
                              const Period& period);
  // The sheets that are there within the period, with what is known of them.
  Result<std::vector<Sheet>> known_sheets(store::Connection& connection,
                                          const SheetQuestion& question, const Period& period);
  // Fills in what is known, and leaves the rest null.
  void find(const SheetQuestion& question, std::vector<Sheet>& sheets) YAGURA_REQUIRES(mutex_);
  // The same; gives the count of changes so far.
  uint64_t find(const std::vector<HistoryKey>& keys, std::vector<Counts>& counts);
  void keep(const SheetQuestion& question, Timestamp time, const SheetParts& parts)
      YAGURA_REQUIRES(mutex_);
  Result<void> read_lacking(store::Connection& connection, Group& group);
  // Sheets that one thread reads, so that others do not. Given back when it goes.
  class Claim;
  // Reads those of the places in the group, which follow each other. Keeps them unless there were
  // more changes since the claim: those may be in them, or may not.
  Result<void> read_run(store::Connection& connection, std::span<const size_t> places,
                        uint64_t changes, Group& group);
  // `keys` are all stretches of the first value, then of the next …
  Result<void> read_missing(store::Connection& connection, const std::vector<HistoryKey>& keys,
                            size_t stretches, uint64_t changes, std::vector<Counts>& counts);

  ValueIndex index_;
  std::unique_ptr<store::Readers> readers_;
  Mutex mutex_;
  std::set<SheetKey> being_read_ YAGURA_GUARDED_BY(mutex_);
  Condition has_been_read_;
  std::shared_ptr<const ObservedTimes> observed_ YAGURA_GUARDED_BY(mutex_);
  std::optional<Period> unsure_ YAGURA_GUARDED_BY(mutex_);  // days in which observed_ may be wrong
  KeptSheets days_ YAGURA_GUARDED_BY(mutex_);
  KeptSheets finer_ YAGURA_GUARDED_BY(mutex_);
  RecentlyUsed<HistoryKey, SplitCounts> histories_ YAGURA_GUARDED_BY(mutex_);
  uint64_t changes_ YAGURA_GUARDED_BY(mutex_) = 0;
};

}  // namespace yagura::telescope
