// SPDX-License-Identifier: Apache-2.0
#include "telescope/number_sheets.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "telescope/numbers_where.h"
#include "telescope/port_block.h"

namespace yagura::telescope {
namespace {

constexpr size_t block_size = PackedCounts::block_size;

// The sheets of a question that are being read, found by time.
class Places {
 public:
  Places(const SheetQuestion& question, std::span<const Timestamp> times)
      : question_(question), times_(times), sheets_(times.size()) {}
  const SheetKind& kind() const { return question_.kind; }
  // Nothing for a time that was not asked for.
  std::optional<size_t> find(uint64_t seconds) const {
    const auto time = Timestamp::from_seconds(static_cast<int64_t>(seconds));
    const auto found = std::lower_bound(times_.begin(), times_.end(), time);
    if (found == times_.end() || *found != time) return {};
    return static_cast<size_t>(found - times_.begin());
  }
  PackedCounts& part(size_t place, size_t part) { return sheets_[place][part]; }
  // Of every sheet the parts that were read.
  std::vector<SheetParts> done() {
    std::vector<SheetParts> sheets(sheets_.size());
    for (size_t place = 0; place < sheets.size(); ++place)
      for (size_t part = 0; part < sheet_part_count; ++part) {
        if (!question_.reads(part)) continue;
        sheets_[place][part].shrink();
        sheets[place][part] = std::make_shared<const PackedCounts>(std::move(sheets_[place][part]));
      }
    return sheets;
  }

 private:
  const SheetQuestion& question_;
  std::span<const Timestamp> times_;
  std::vector<std::array<PackedCounts, sheet_part_count>> sheets_;
};

using Measure = std::pair<std::string_view, RankOrder>;  // the column and what it is

// What is read.
std::vector<Measure> measures_of(const SheetQuestion& question) {
  std::vector<Measure> measures;
  for (const auto& [name, measure] : rank_order_choices)
    if (question.reads(sheet_part(measure, false)) || question.reads(sheet_part(measure, true)))
      measures.emplace_back(name, measure);
  return measures;
}

// Whether anything is read of survey scanners, or of the others.
bool reads_of(const SheetQuestion& question, bool of_survey) {
  return question.reads(sheet_part(RankOrder::packets, of_survey)) ||
         question.reads(sheet_part(RankOrder::hosts, of_survey));
}

std::string is_of(const SheetKind& kind) {
  return fmt::format("dimension = '{}' AND class = '{}'",
                     dimension_names[static_cast<size_t>(kind.dimension)],
                     class_names[static_cast<size_t>(kind.class_)]);
}

// From the first to the last of the times. What is between them and not asked for is read too: ask
// for times that follow each other.
Where rows_of(std::span<const SheetQuestion> questions, std::span<const Timestamp> times) {
  const SheetQuestion& question = questions.front();
  Where where;
  where.add(fmt::format("level = '{}'", name_of(question.level)));
  where.add("time >= " + where.bind_seconds(times.front()));
  where.add("time <= " + where.bind_seconds(times.back()));
  std::string of_kind = is_of(question.kind);
  for (const SheetQuestion& other : questions.subspan(1)) of_kind += " OR " + is_of(other.kind);
  where.add("(" + of_kind + ")");
  if (!reads_of(question, true)) where.add("survey = 0");
  if (!reads_of(question, false)) where.add("survey = 1");
  return where;
}

// Adds the counts of a row to those of a sheet whose values have the numbers `indices`.
Result<void> add_counts(std::string written, std::span<const uint32_t> indices,
                        PackedCounts& sheet) {
  PackedCounts packed;
  TRY_VOID(packed.add_written(std::move(written)));
  std::vector<int64_t> counts(std::max(packed.end(), indices.size()));
  packed.add_to(counts);
  const size_t blocks = indices.empty() ? 0 : std::ranges::max(indices) / block_size + 1;
  std::vector<int64_t> by_index(blocks * block_size);
  for (size_t i = 0; i < indices.size(); ++i) by_index[indices[i]] += counts[i];
  for (size_t block = 0; block < blocks; ++block)
    sheet.add(block, std::span(by_index).subspan(block * block_size, block_size));
  return {};
}

bool is_numbered(Dimension dimension) {
  return !is_port(dimension) && dimension != Dimension::total;
}

Result<void> add_row(const SheetKind& kind, std::string counts, std::span<const uint32_t> indices,
                     PackedCounts& sheet) {
  return within("number_sheets", is_port(kind.dimension)
                                     ? sheet.add_written(std::move(counts))
                                     : add_counts(std::move(counts), indices, sheet));
}

// Takes the counts out of a row.
Result<void> take_row(store::Block& rows, size_t row, std::span<const Measure> measures,
                      ValueIndex& index, std::span<Places> places) {
  const auto dimension = static_cast<Dimension>(rows["of_dimension"].as<uint8_t>()[row]);
  const auto of_kind = std::ranges::find(
      places, dimension, [](const Places& of_question) { return of_question.kind().dimension; });
  if (of_kind == places.end()) return failure("number_sheets: a dimension that was not asked for");
  const auto place = of_kind->find(rows["start"].as<uint32_t>()[row]);
  if (!place) return {};
  const bool of_survey = rows["survey"].as<uint8_t>()[row] != 0;
  const store::ColumnData& values = rows["values"];
  const size_t begin = row == 0 ? 0 : values.offsets[row - 1];
  const auto indices =
      index.indices(dimension, values.as<uint32_t>().subspan(begin, values.offsets[row] - begin));
  for (const auto& [column, measure] : measures)
    TRY_VOID(add_row(of_kind->kind(), std::move(rows.strings(column)[row]), indices,
                     of_kind->part(*place, sheet_part(measure, of_survey))));
  return {};
}

}  // namespace

std::vector<uint32_t> ValueIndex::indices(Dimension dimension, std::span<const uint32_t> values) {
  if (!is_numbered(dimension)) return {values.begin(), values.end()};
  std::vector<uint32_t> found;
  found.reserve(values.size());
  const MutexLock lock(mutex_);
  Numbered& numbered = dimensions_[static_cast<size_t>(dimension)];
  for (const uint32_t value : values) {
    const auto [at, is_new] =
        numbered.indices.emplace(value, static_cast<uint32_t>(numbered.values.size()));
    if (is_new) numbered.values.push_back(value);
    found.push_back(at->second);
  }
  return found;
}

size_t ValueIndex::find(Dimension dimension, uint32_t value) {
  if (!is_numbered(dimension)) return value;
  const MutexLock lock(mutex_);
  const Numbered& numbered = dimensions_[static_cast<size_t>(dimension)];
  const auto found = numbered.indices.find(value);
  return found == numbered.indices.end() ? SIZE_MAX : found->second;
}

std::vector<uint32_t> ValueIndex::values(Dimension dimension, size_t end) {
  std::vector<uint32_t> values(end);
  if (!is_numbered(dimension)) {
    std::iota(values.begin(), values.end(), 0U);
    return values;
  }
  const MutexLock lock(mutex_);
  const auto& numbered = dimensions_[static_cast<size_t>(dimension)].values;
  std::copy_n(numbered.begin(), std::min(end, numbered.size()), values.begin());
  return values;
}

bool SheetQuestion::reads_all_parts() const {
  return !is_port(kind.dimension) && kind.dimension != Dimension::asn;
}

bool SheetQuestion::reads(size_t part) const {
  if (reads_all_parts() || asks_for(part)) return true;
  SheetQuestion next = *this;
  next.measure = measure == RankOrder::hosts ? RankOrder::packets : RankOrder::hosts;
  return both_measures && next.asks_for(part);
}

bool SheetQuestion::goes_with(const SheetQuestion& other) const {
  return level == other.level && survey == other.survey && measure == other.measure &&
         both_measures == other.both_measures && kind.dimension != other.kind.dimension &&
         reads_all_parts() == other.reads_all_parts();
}

bool SheetQuestion::asks_for(size_t part) const {
  return (survey != Survey::only && part == sheet_part(measure, false)) ||
         (survey != Survey::without && part == sheet_part(measure, true));
}

Result<std::vector<std::vector<SheetParts>>> read_sheets(store::Connection& connection,
                                                         ValueIndex& index,
                                                         std::span<const SheetQuestion> questions,
                                                         std::span<const Timestamp> times) {
  CHECK(!questions.empty() && !times.empty());
  std::vector<Places> places;
  for (const SheetQuestion& question : questions) places.emplace_back(question, times);
  const std::vector<Measure> measures = measures_of(questions.front());
  const auto take = [&](store::Block& rows) -> Result<void> {
    for (size_t row = 0; row < rows.rows; ++row)
      TRY_VOID(take_row(rows, row, measures, index, places));
    return {};
  };
  std::string columns;
  for (const auto& [column, measure] : measures) columns += fmt::format(", {}", column);
  const Where where = rows_of(questions, times);
  TRY_VOID(connection.stream(
      fmt::format("SELECT toUInt32(time) AS start, toUInt8(dimension) AS of_dimension, survey, "
                  "values{} FROM number_sheets {}",
                  columns, where.sql()),
      where.parameters(), take));
  std::vector<std::vector<SheetParts>> sheets;
  for (Places& of_question : places) sheets.push_back(of_question.done());
  return sheets;
}

void Sheet::add_to(std::span<int64_t> sums) const {
  for (const auto& part : parts)
    if (part) part->add_to(sums);
}

int64_t Sheet::at(size_t index) const {
  int64_t sum = 0;
  for (const auto& part : parts)
    if (part) sum += (*part)[index];
  return sum;
}

size_t Sheet::end() const {
  size_t end = 0;
  for (const auto& part : parts)
    if (part) end = std::max(end, part->end());
  return end;
}

}  // namespace yagura::telescope
