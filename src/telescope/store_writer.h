// SPDX-License-Identifier: Apache-2.0
//
// Gathers the telescope's rows into blocks and inserts them into the store, stamped with a commit.
//
// A block is inserted when it is full and in finish(); a row is in the store for certain only after
// finish(). The first failure is kept and reported by status() and finish(); rows after it are
// dropped, since their commit is lost anyway. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/native_block.h"
#include "telescope/port_block.h"
#include "telescope/row_sink.h"
#include "telescope/sheet_builder.h"

namespace yagura::telescope {

class StoreWriter : public RowSink {
 public:
  // Blocks stay under a million rows, the engine's limit for inserting all or nothing. They are
  // held here and, decoded, by the engine.
  static constexpr size_t block_rows = 524'288;
  static constexpr size_t block_bytes = 48 << 20;
  // Rows of ports and sheets are large; smaller blocks of them take 170 MB less at the peak
  // (measured).
  static constexpr size_t large_row_block_bytes = 12 << 20;

  StoreWriter(store::Connection& connection, uint64_t commit)
      : connection_(&connection), commit_(commit) {}

  void add(const ActivityRow& row) override { put(row); }
  void add(const SourceDayRow& row) override { put(row); }
  void add(const NumbersRow& row) override {
    if (!sheets_.fits(row)) put_sheets();
    sheets_.add(row);
    if (!is_port(row.dimension)) return put(row);
    if (!ports_.fits(row)) put_ports();
    ports_.add(row);
  }
  void add(const EventRow& row) override { put(row); }
  void add(const AttackRow& row) override { put(row); }
  void add(const SynchronyRow& row) override { put(row); }
  void add(const SynchronyTotalRow& row) override { put(row); }
  void add(const AlarmRow& row) override { put(row); }
  void add(const SampleRow& row) override { put(row); }
  void add_survey_finding(uint32_t day, IpAddress source) override {
    findings_.emplace_back(day, source);
  }
  Result<void> status() override;

  // Inserts what is left.
  Result<void> finish();

  void set_commit(uint64_t commit) {
    if (commit == commit_) return;
    put_ports();
    put_sheets();
    commit_ = commit;
  }
  // Called before rows of a block become visible.
  void set_before_insert(std::function<Result<void>()> call) { before_insert_ = std::move(call); }
  // Survey findings since the last call, as (day, source).
  std::vector<std::pair<uint32_t, IpAddress>> take_findings() {
    return std::exchange(findings_, {});
  }
  uint64_t rows() const { return rows_; }

 private:
  template <typename Row>
  void put(Row row) {
    if (error_) return;
    row.commit = commit_;
    auto& block = std::get<store::NativeBlockWriter<Row>>(blocks_);
    block.add(row);
    ++rows_;
    if (full(block)) insert(block);
  }
  void put_ports() {
    ports_.take([this](const PortNumbersRow& row) { put(row); });
  }
  void put_sheets() {
    sheets_.take([this](const NumberSheetRow& row) { put(row); });
  }
  // The bytes are looked at now and then: they are a sum over all columns.
  template <typename Row>
  static bool full(const store::NativeBlockWriter<Row>& block) {
    constexpr bool sheets = std::is_same_v<Row, NumberSheetRow>;
    constexpr bool large = sheets || std::is_same_v<Row, PortNumbersRow>;
    constexpr size_t rows_between = sheets ? 1 : 1024;
    constexpr size_t most_bytes = large ? large_row_block_bytes : block_bytes;
    return block.rows() >= block_rows ||
           (block.rows() % rows_between == 0 && block.bytes() >= most_bytes);
  }
  template <typename Row>
  void insert(store::NativeBlockWriter<Row>& block) {
    if (error_) return;
    if (before_insert_ && block.rows() > 0) {
      if (auto ready = before_insert_(); !ready) {
        error_ = ready.error();
        return;
      }
    }
    if (auto inserted = store::insert_rows(*connection_, block); !inserted)
      error_ = inserted.error();
  }

  store::Connection* connection_;
  uint64_t commit_;
  uint64_t rows_ = 0;
  std::optional<Error> error_;
  std::function<Result<void>()> before_insert_;
  std::vector<std::pair<uint32_t, IpAddress>> findings_;
  PortBlock ports_;
  SheetBuilder sheets_;
  std::tuple<store::NativeBlockWriter<ActivityRow>, store::NativeBlockWriter<SourceDayRow>,
             store::NativeBlockWriter<NumbersRow>, store::NativeBlockWriter<PortNumbersRow>,
             store::NativeBlockWriter<NumberSheetRow>, store::NativeBlockWriter<EventRow>,
             store::NativeBlockWriter<AttackRow>, store::NativeBlockWriter<SynchronyRow>,
             store::NativeBlockWriter<SynchronyTotalRow>, store::NativeBlockWriter<AlarmRow>,
             store::NativeBlockWriter<SampleRow>>
      blocks_;
};

}  // namespace yagura::telescope
