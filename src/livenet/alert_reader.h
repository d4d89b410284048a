// SPDX-License-Identifier: Apache-2.0
//
// Reads files of alerts, whatever their form (alert_formats.h), in bounded memory beside the
// alerts. A bad line is counted by what is wrong with it and left out, the first of each kind
// named with file and line. So are the first few of which no form can be told: a log that is cut
// by copying it begins anywhere. A file that is none of the forms is an error. Logs that were
// rotated are compressed: gzip and zstd are unpacked on the way. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "livenet/alert_formats.h"
#include "livenet/alert_log.h"

namespace yagura::livenet {

inline constexpr size_t longest_line = size_t{1} << 20;  // bytes; eve.json may hold a payload
inline constexpr size_t most_files = 10'000;
// Compressed data may unpack to this many times its size, beyond the first bytes: logs shrink to a
// tenth or a hundredth, and what is made to fill a memory or a day to much less.
inline constexpr uint64_t most_unpacking = 1000;
inline constexpr uint64_t small_unpacked = uint64_t{1} << 26;
inline constexpr size_t most_unrecognised = 10;  // lines until a file is none of the forms

struct AlertsRead {
  std::array<uint64_t, line_kinds> lines{};  // by kind
  std::vector<std::string> problems;         // "a.json: line 7: malformed", one of each kind a file
  std::vector<std::string> without_alerts;   // files
  std::vector<std::string> cut;              // compressed files that end early, and where

  uint64_t count(Line line) const { return lines[static_cast<size_t>(line)]; }
  uint64_t bad() const;
};

// Cuts bytes that come piece by piece into lines and reads those. For AlertFiles and tests.
class AlertLines {
 public:
  using Sink = std::function<Result<void>(const model::Alert&, uint32_t line)>;
  // What says it is of later than `latest` is bad: one wrong clock must not carry a triage into a
  // year that has not come, from where it would see nothing new.
  explicit AlertLines(Sink sink, Timestamp latest = latest_event_time)
      : sink_(std::move(sink)), latest_(latest) {}

  // Fails where the bytes are of no known form, or the sink fails.
  Result<void> add(std::string_view bytes);
  Result<void> finish();  // the last line may lack its end

  const std::array<uint64_t, line_kinds>& lines() const { return lines_; }
  // The first line of each kind; 0 = none.
  const std::array<uint32_t, line_kinds>& first_lines() const { return first_lines_; }

 private:
  Result<void> read_line(std::string_view line);
  Result<void> recognise(std::string_view line);
  void count(Line kind);

  Sink sink_;
  Timestamp latest_;
  std::unique_ptr<AlertParser> parser_;
  std::string begun_;  // a line whose end has not come yet
  uint32_t line_ = 0;
  std::array<uint64_t, line_kinds> lines_{};
  std::array<uint32_t, line_kinds> first_lines_{};
  model::Alert alert_;
};

// Reads `files`, of which "-" is standard input, into `log`, which is sorted afterwards; `latest`
// as above. Errors name the file.
Result<AlertsRead> read_alerts(const std::vector<std::filesystem::path>& files, AlertLog& log,
                               Timestamp latest = latest_event_time);

}  // namespace yagura::livenet
