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

static_assert(PackedCounts::block_size == ports_of_block);

using Sheets = std::vector<std::shared_ptr<PackedVolumes>>;

// The sheets that are being read, found by time.
class Places {
 public:
  explicit Places(std::span<const Timestamp> times) : times_(times), sheets_(times.size()) {
    for (auto& sheet : sheets_) sheet = std::make_shared<PackedVolumes>();
  }
  // Nothing for a time that was not asked for.
  std::optional<size_t> find(uint64_t seconds) const {
    const auto time = Timestamp::from_seconds(static_cast<int64_t>(seconds));
    const auto found = std::lower_bound(times_.begin(), times_.end(), time);
    if (found == times_.end() || *found != time) return {};
    return static_cast<size_t>(found - times_.begin());
  }
  PackedVolumes& sheet(size_t place) const { return *sheets_[place]; }
  std::vector<std::shared_ptr<const PackedVolumes>> done() {
    for (const auto& sheet : sheets_) sheet->shrink();
    return {sheets_.begin(), sheets_.end()};
  }

 private:
  std::span<const Timestamp> times_;
  Sheets sheets_;
};

// From the first to the last of the times, of the kind. What is between them and not asked for is
// read too: ask for times that follow each other.
Where rows_of(Level level, const SheetKind& kind, std::span<const Timestamp> times) {
  Where where;
  where.add(fmt::format("level = '{}'", name_of(level)));
  where.add("time >= " + where.bind_seconds(times.front()));
  where.add("time <= " + where.bind_seconds(times.back()));
  where.add(fmt::format("dimension = '{}'", dimension_names[static_cast<size_t>(kind.dimension)]));
  if (kind.dimension != Dimension::total)
    where.add(fmt::format("class = '{}'", class_names[static_cast<size_t>(kind.class_)]));
  return where;
}

std::span<const int64_t> elements(const store::ColumnData& column, size_t row) {
  const uint64_t begin = row == 0 ? 0 : column.offsets[row - 1];
  return column.as<int64_t>().subspan(begin, column.offsets[row] - begin);
}

// Rows are as wide as a block: they are packed as they come.
Result<void> read_ports(store::Connection& connection, const Where& where, const Places& places) {
  // A block of the engine is a few MB then, and so are the buffers that it passes through.
  constexpr std::string_view in_small_blocks = " SETTINGS max_block_size = 1024";
  const auto take = [&](const store::Block& rows) -> Result<void> {
    const auto &starts = rows["start"], &blocks = rows["block"], &surveys = rows["survey"];
    const auto &packets = rows["packets"], &hosts = rows["hosts"];
    for (size_t row = 0; row < rows.rows; ++row) {
      const auto place = places.find(starts.unsigned_at(row));
      if (!place) continue;
      PackedVolumes& sheet = places.sheet(*place);
      const size_t survey = surveys.unsigned_at(row) == 0 ? 0 : 1, block = blocks.unsigned_at(row);
      for (const auto* column : {&packets, &hosts})
        if (column->offsets[row] - (row == 0 ? 0 : column->offsets[row - 1]) > ports_of_block)
          return failure("the store holds a row of too many ports");
      sheet.packets[survey].add(block, elements(packets, row));
      sheet.hosts[survey].add(block, elements(hosts, row));
    }
    return {};
  };
  return connection.stream(
      fmt::format("SELECT toUInt32(time) AS start, block, survey, packets, hosts "
                  "FROM port_numbers {}{}",
                  where.sql(), in_small_blocks),
      where.parameters(), take);
}

// What belongs together is added up here: nearly all rows are groups of their own, which the engine
// would make a hash table of.
Result<void> read_values(store::Connection& connection, ValueIndex& index, const SheetKind& kind,
                         const Where& where, std::span<const Timestamp> times,
                         const Places& places) {
  std::vector<VolumesBuilder> builders(times.size());
  const auto take = [&](const store::Block& rows) -> Result<void> {
    if (rows.rows == 0) return {};
    const auto starts = rows["start"].as<uint32_t>(), values = rows["listed"].as<uint32_t>();
    const auto surveys = rows["survey"].as<uint8_t>();
    const auto packets = rows["packets"].as<int64_t>(), hosts = rows["hosts"].as<int64_t>();
    const auto indices = index.indices(kind.dimension, values);
    for (size_t row = 0; row < rows.rows; ++row)
      if (const auto place = places.find(starts[row]))
        builders[*place].add(surveys[row], indices[row], packets[row], hosts[row]);
    return {};
  };
  TRY_VOID(connection.stream(
      fmt::format("SELECT toUInt32(time) AS start, {} AS listed, "
                  "toUInt8(organisation > 0) AS survey, packets, hosts FROM numbers {}",
                  kind.dimension == Dimension::total ? "toUInt32(toInt8(class))" : "value",
                  where.sql()),
      where.parameters(), take));
  for (size_t place = 0; place < times.size(); ++place)
    places.sheet(place) = builders[place].take();
  return {};
}

bool is_numbered(Dimension dimension) {
  return !is_port(dimension) && dimension != Dimension::total;
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

Result<std::vector<std::shared_ptr<const PackedVolumes>>> read_sheets(
    store::Connection& connection, ValueIndex& index, Level level, const SheetKind& kind,
    std::span<const Timestamp> times) {
  Places places(times);
  if (times.empty()) return places.done();
  const Where where = rows_of(level, kind, times);
  TRY_VOID(is_port(kind.dimension) ? read_ports(connection, where, places)
                                   : read_values(connection, index, kind, where, times, places));
  return places.done();
}

}  // namespace yagura::telescope
