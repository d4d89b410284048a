// SPDX-License-Identifier: Apache-2.0
//
// Where the packet road ends: whoever takes the telescope's rows. The store's writer is one
// (store_writer.h), a list in a test another. Spans in a row are valid only during the call.
#pragma once

#include "telescope/rows.h"

namespace yagura::telescope {

class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void add(const ActivityRow& row) = 0;
  virtual void add(const SourceDayRow& row) = 0;
  virtual void add(const NumbersRow& row) = 0;
  virtual void add(const EventRow& row) = 0;
  virtual void add(const AttackRow& row) = 0;
  virtual void add(const SynchronyRow& row) = 0;
  virtual void add(const SynchronyTotalRow& row) = 0;
  virtual void add(const AlarmRow& row) = 0;
  virtual void add(const SampleRow& row) = 0;

  // On `day` (seconds since the epoch) `source` turned out to be a survey scanner by its behaviour:
  // the numbers of that day's windows and hours, counted before it was known, must be corrected.
  virtual void add_survey_finding(uint32_t day, IpAddress source) = 0;

  // The first failure since the last call, if there was one: adding never fails by itself.
  virtual Result<void> status() = 0;
};

}  // namespace yagura::telescope
