// SPDX-License-Identifier: Apache-2.0
//
// Who wants to hear of new findings as their rows are made: scan events that ended, records of
// attacks, alarms. Rows of the tail are not among them: they say again what is still open.
#pragma once

#include "telescope/row_sink.h"

namespace yagura::telescope {

// Called on the thread that observes; must not block. Spans in a row are valid only in the call.
class RowListener {
 public:
  virtual ~RowListener() = default;
  virtual void on_event(const EventRow& row) = 0;
  virtual void on_attack(const AttackRow& row) = 0;
  virtual void on_alarm(const AlarmRow& row) = 0;
};

// Hands every row on to `sink`, and to `listener` what it wants. Both outlive it.
class ListenedSink final : public RowSink {
 public:
  ListenedSink(RowSink& sink, RowListener& listener) : sink_(sink), listener_(listener) {}

  void add(const ActivityRow& row) override { sink_.add(row); }
  void add(const SourceDayRow& row) override { sink_.add(row); }
  void add(const NumbersRow& row) override { sink_.add(row); }
  void add(const EventRow& row) override {
    sink_.add(row);
    listener_.on_event(row);
  }
  void add(const AttackRow& row) override {
    sink_.add(row);
    listener_.on_attack(row);
  }
  void add(const SynchronyRow& row) override { sink_.add(row); }
  void add(const SynchronyTotalRow& row) override { sink_.add(row); }
  void add(const AlarmRow& row) override {
    sink_.add(row);
    listener_.on_alarm(row);
  }
  void add(const SampleRow& row) override { sink_.add(row); }
  void add_survey_finding(uint32_t day, IpAddress source) override {
    sink_.add_survey_finding(day, source);
  }
  Result<void> status() override { return sink_.status(); }

 private:
  RowSink& sink_;
  RowListener& listener_;
};

}  // namespace yagura::telescope
