// SPDX-License-Identifier: Apache-2.0
#include "warning/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

#include "base/text.h"
#include "state/sensors.h"

namespace yagura::warning {
namespace {

using model::Mark;
using model::PacketClass;

// Up to so many ranges the store looks the addresses up in its order; beyond, all rows of the
// period are read and those of members picked out here.
constexpr size_t most_ranges = 256;

// The columns of a block of activity, found once.
struct Columns {
  explicit Columns(const store::Block& block)
      : window(block["time"]),
        sensor(block["sensor"]),
        source(block["source"]),
        class_(block["class"]),
        packets(block["packets"]),
        bytes(block["bytes"]),
        dark_addresses(block["dark_addresses"]),
        dark_hash(block["dark_hash"]),
        first_second(block["first_second"]),
        last_second(block["last_second"]),
        ports(block["ports"]),
        port_packets(block["port_packets"]),
        marks(block["marks"]),
        mark_packets(block["mark_packets"]) {}
  const store::ColumnData &window, &sensor, &source, &class_, &packets, &bytes, &dark_addresses,
      &dark_hash, &first_second, &last_second, &ports, &port_packets, &marks, &mark_packets;
};

class Judge {
 public:
  Judge(const MemberSpace& space, std::span<const SensorDark> sensors,
        const HistoryQuestion& question)
      : space_(space), question_(question) {
    for (const SensorDark& sensor : sensors)
      sensor_owners_[sensor.sensor] = space.dark_owner_of_all(sensor.prefixes);
  }

  Result<void> add(const store::Block& block) {
    const Columns columns(block);
    for (size_t row = 0; row < block.rows; ++row) {
      const IpAddress address = columns.source.address_at(row);
      const MemberId member = space_.owner(address);
      if (member == 0 || (question_.member != 0 && member != question_.member)) continue;
      TRY_VOID(add(columns, row, member, address));
    }
    return {};
  }

  std::vector<Episode> finish() {
    for (const auto& [key, open] : stories_)
      episodes_.push_back(open.story.episode(open.member, key.first, key.second));
    std::sort(episodes_.begin(), episodes_.end(), [](const Episode& a, const Episode& b) {
      return std::tuple(a.member, b.last, a.address, a.kind, a.first) <
             std::tuple(b.member, a.last, b.address, b.kind, b.first);
    });
    return std::move(episodes_);
  }

 private:
  using Key = std::pair<IpAddress, Traffic>;
  struct OpenStory {
    MemberId member = 0;
    Story story;
  };

  Result<void> add(const Columns& columns, size_t row, MemberId member, IpAddress address) {
    const auto sensor = static_cast<uint16_t>(columns.sensor.unsigned_at(row));
    const Sighting sighting = sighting_at(columns, row, sensor);
    const Key key(address, traffic_of(sighting.class_, sensor, member));
    const auto [it, is_new] = stories_.try_emplace(key);
    OpenStory& open = it->second;
    if (!is_new && sighting.first - open.story.last() > question_.silence) {
      episodes_.push_back(open.story.episode(open.member, address, key.second));
      open.story = Story();
    }
    open.member = member;
    open.story.add(sighting);
    if (stories_.size() + episodes_.size() <= most_addresses) return {};
    return failure(fmt::format(
        "more than {} warnings in this period: choose a shorter one, or one organisation",
        format_count(most_addresses)));
  }

  // Refers to the block, and to marks_ until the next call.
  Sighting sighting_at(const Columns& columns, size_t row, uint16_t sensor) {
    const auto window = static_cast<int64_t>(columns.window.unsigned_at(row));
    const auto second = [&](const store::ColumnData& column) {
      return Timestamp::from_seconds(window + static_cast<int64_t>(column.unsigned_at(row)));
    };
    Sighting sighting;
    sighting.first = second(columns.first_second);
    sighting.last = second(columns.last_second);
    sighting.class_ = static_cast<PacketClass>(columns.class_.unsigned_at(row));
    sighting.packets = columns.packets.unsigned_at(row);
    sighting.bytes = columns.bytes.unsigned_at(row);
    sighting.dark_addresses = columns.dark_addresses.unsigned_at(row);
    sighting.dark = static_cast<uint64_t>(sensor) << 32 | columns.dark_hash.unsigned_at(row);
    sighting.ports = columns.ports.elements_at<uint16_t>(row);
    sighting.port_packets = columns.port_packets.elements_at<uint32_t>(row);
    marks_.clear();
    for (const uint8_t mark : columns.marks.elements_at<uint8_t>(row))
      marks_.push_back(static_cast<Mark>(mark));
    sighting.marks = marks_;
    sighting.mark_packets = columns.mark_packets.elements_at<uint32_t>(row);
    return sighting;
  }

  Traffic traffic_of(PacketClass c, uint16_t sensor, MemberId member) const {
    if (model::is_backscatter(c)) return Traffic::backscatter;
    const auto owner = sensor_owners_.find(sensor);
    const bool own = owner != sensor_owners_.end() && owner->second == member;
    return own ? Traffic::to_own_dark : Traffic::to_others;
  }

  const MemberSpace& space_;
  const HistoryQuestion& question_;
  std::unordered_map<uint16_t, MemberId> sensor_owners_;
  std::map<Key, OpenStory> stories_;
  std::vector<Episode> episodes_;
  std::vector<Mark> marks_;
};

std::string text_of(IpAddress address) {
  return (address.is_v4() ? "::ffff:" : "") + address.to_string();
}

// Which sources to read; "" if all are.
std::string source_condition(const MemberSpace& space, MemberId member,
                             store::Parameters& parameters) {
  std::string condition;
  size_t ranges = 0;
  for (const auto& range : space.live_ranges()) {
    if (member != 0 && range.value != member) continue;
    if (++ranges > most_ranges) {
      parameters.clear();
      return "";
    }
    const std::string first = fmt::format("first{}", ranges), last = fmt::format("last{}", ranges);
    parameters.emplace_back(first, text_of(range.first));
    parameters.emplace_back(last, text_of(range.last));
    condition += fmt::format("{}source BETWEEN toIPv6({{{}:String}}) AND toIPv6({{{}:String}})",
                             condition.empty() ? "" : " OR ", first, last);
  }
  return condition.empty() ? "false" : condition;
}

}  // namespace

Result<std::vector<SensorDark>> sensor_darks(state::Database& database) {
  std::vector<SensorDark> darks;
  TRY(const auto sensors, state::sensors(database));
  for (const state::Sensor& sensor : sensors) {
    SensorDark& dark = darks.emplace_back();
    dark.sensor = sensor.id;
    TRY(const auto lines, state::dark_space(database, sensor.id));
    for (const state::DarkPrefix& line : lines)
      if (!line.excluded) dark.prefixes.push_back(line.prefix);
  }
  return darks;
}

Result<std::vector<Episode>> judge_history(store::Connection& connection, const MemberSpace& space,
                                           std::span<const SensorDark> sensors,
                                           const HistoryQuestion& question) {
  CHECK(question.silence >= Duration::hours(1));
  store::Parameters parameters;
  const std::string sources = source_condition(space, question.member, parameters);
  parameters.emplace_back("from", std::to_string(question.from.seconds()));
  parameters.emplace_back("until", std::to_string(question.until.seconds()));
  // The table is in order of hour and source: only the rows of one in an hour are to be sorted.
  const std::string sql = fmt::format(
      "SELECT toUInt32(window) AS time, sensor, source, class, packets, bytes, dark_addresses, "
      "dark_hash, first_second, last_second, ports, port_packets, marks, mark_packets "
      "FROM activity WHERE window >= toDateTime({{from:UInt32}}, 'UTC') "
      "AND window < toDateTime({{until:UInt32}}, 'UTC') {} "
      "ORDER BY toStartOfHour(window), source, window, first_second, class, sensor",
      sources.empty() ? "" : fmt::format("AND ({})", sources));
  Judge judge(space, sensors, question);
  TRY_VOID(within(
      "judging stored activity",
      connection.stream(sql, parameters, [&](store::Block& block) { return judge.add(block); })));
  return judge.finish();
}

}  // namespace yagura::warning
