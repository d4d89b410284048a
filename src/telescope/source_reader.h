// SPDX-License-Identifier: Apache-2.0
//
// From a stream of rows to sources: all rows (classes) of one source at a time.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "telescope/numbers.h"
#include "telescope/rows.h"
#include "telescope/source_row.h"
#include "telescope/survey.h"

namespace yagura::telescope {

class SourceReader {
 public:
  explicit SourceReader(std::unique_ptr<SourceRowStream> stream) : stream_(std::move(stream)) {}

  // The rows of the next source, empty at the end. Valid until the next call.
  Result<std::span<const SourceRow>> next();

 private:
  void keep(const SourceRow& row);

  // The values of kept rows, all rows of a source one behind the other.
  struct Sizes {
    size_t ports, marks, dark;
  };
  std::unique_ptr<SourceRowStream> stream_;
  SourceRow ahead_;  // read, but of the next source
  bool started_ = false;
  bool has_ahead_ = false;
  std::vector<SourceRow> rows_;
  std::vector<Sizes> sizes_;
  std::vector<uint16_t> ports_;
  std::vector<uint32_t> port_packets_;
  std::vector<Mark> marks_;
  std::vector<uint32_t> mark_packets_;
  std::vector<uint32_t> dark_;
};

// The day row of a source's class.
SourceDayRow source_day_row(const SourceRow& row, Timestamp day, const SourceFacts& facts,
                            SurveyVerdict verdict);

}  // namespace yagura::telescope
