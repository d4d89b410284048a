// SPDX-License-Identifier: Apache-2.0
#include "telescope/value_history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <string>

#include "telescope/numbers_where.h"
#include "telescope/port_block.h"

namespace yagura::telescope {
namespace {

size_t index_of(PacketClass class_, size_t bucket) {
  return static_cast<size_t>(class_) * static_cast<size_t>(buckets_of_stretch) +
         bucket % static_cast<size_t>(buckets_of_stretch);
}

// The rows of the values, as start, class, of_value, survey, amount: that is what is in `column`.
std::string rows_of_ports(std::string_view column, std::span<const uint32_t> values, Where& where) {
  // For each block the places of its ports in the arrays.
  std::map<uint32_t, std::vector<uint32_t>> places;
  for (const uint32_t port : values)
    places[port / ports_of_block].push_back(port % ports_of_block + 1);
  const std::string blocks = fmt::format("{}", fmt::join(std::views::keys(places), ", "));
  where.add(fmt::format("block IN ({})", blocks));
  return fmt::format(
      "SELECT toUInt32(time) AS start, class, toUInt32(block * {} + place - 1) AS of_value, "
      "survey, {}[place] AS amount "
      "FROM port_numbers ARRAY JOIN {}::Array(Array(UInt16))[indexOf([{}], block)] AS place {}",
      ports_of_block, column, std::views::values(places), blocks, where.sql());
}

std::string rows_of_others(std::string_view column, std::span<const uint32_t> values,
                           Where& where) {
  where.add(fmt::format("value IN ({})", fmt::join(values, ", ")));
  return fmt::format(
      "SELECT toUInt32(time) AS start, class, value AS of_value, "
      "toUInt8(organisation > 0) AS survey, {} AS amount FROM numbers {}",
      column, where.sql());
}

}  // namespace

Duration stretch_length(Level level) {
  return {level_length(level).nanoseconds * buckets_of_stretch};
}

int64_t History::at(Survey survey, PacketClass class_, Timestamp time) const {
  if (time < begin_) return 0;
  const auto bucket =
      static_cast<size_t>((time - begin_).nanoseconds / level_length(level_).nanoseconds);
  const size_t stretch = bucket / static_cast<size_t>(buckets_of_stretch);
  if (stretch >= stretches_.size()) return 0;
  return stretches_[stretch]->at(survey, index_of(class_, bucket));
}

Result<std::vector<std::shared_ptr<const SplitCounts>>> read_histories(
    store::Connection& connection, const HistoryKind& kind, std::span<const uint32_t> values,
    Timestamp begin, size_t stretches) {
  const Duration stretch = stretch_length(kind.level), bucket = level_length(kind.level);
  const auto [dimension, class_] = kind.of;
  Where where;
  where.add(fmt::format("level = '{}'", name_of(kind.level)));
  where.add("time >= " + where.bind_seconds(begin));
  where.add("time < " +
            where.bind_seconds(
                {begin.nanoseconds + stretch.nanoseconds * static_cast<int64_t>(stretches)}));
  where.add(fmt::format("dimension = '{}'", dimension_names[static_cast<size_t>(dimension)]));
  if (class_ != PacketClass::any)
    where.add(fmt::format("class = '{}'", class_names[static_cast<size_t>(class_)]));
  const std::string_view column = name_of(kind.measure);
  TRY(const store::Block rows,
      connection.query(is_port(dimension) ? rows_of_ports(column, values, where)
                                          : rows_of_others(column, values, where),
                       where.parameters()));

  const auto &starts = rows["start"], &classes = rows["class"], &surveys = rows["survey"];
  const auto &of_values = rows["of_value"], &amounts = rows["amount"];
  std::vector<SplitCountsBuilder> builders(values.size() * stretches);
  for (size_t row = 0; row < rows.rows; ++row) {
    const auto value = static_cast<uint32_t>(of_values.unsigned_at(row));
    const auto place = std::find(values.begin(), values.end(), value) - values.begin();
    const auto time = Timestamp::from_seconds(static_cast<int64_t>(starts.unsigned_at(row)));
    const int64_t at = (time - begin).nanoseconds;
    builders[static_cast<size_t>(place) * stretches + static_cast<size_t>(at / stretch.nanoseconds)]
        .add(surveys.unsigned_at(row),
             index_of(static_cast<PacketClass>(classes.unsigned_at(row)),
                      static_cast<size_t>(at / bucket.nanoseconds)),
             amounts.signed_at(row));
  }
  std::vector<std::shared_ptr<const SplitCounts>> histories;
  for (const SplitCountsBuilder& builder : builders)
    histories.push_back(std::make_shared<const SplitCounts>(builder.take()));
  return histories;
}

}  // namespace yagura::telescope
