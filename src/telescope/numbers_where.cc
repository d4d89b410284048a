// SPDX-License-Identifier: Apache-2.0
#include "telescope/numbers_where.h"

#include <fmt/format.h>

namespace yagura::telescope {

std::string_view name_of(Level level) { return level_names[static_cast<size_t>(level)]; }

void add_tiles(Where& where, const Period& period) {
  std::vector<std::string> either;
  for (const Tile& tile : tiles_of(period))
    either.push_back(fmt::format("(level = '{}' AND time >= {} AND time < {})", name_of(tile.level),
                                 where.bind_seconds(tile.period.from),
                                 where.bind_seconds(tile.period.until)));
  where.add(either.empty() ? "0" : fmt::format("({})", fmt::join(either, " OR ")));
}

void add_survey(Where& where, Survey survey) {
  if (survey == Survey::without) where.add("organisation = 0");
  if (survey == Survey::only) where.add("organisation > 0");
}

std::string ranked_condition(RankBy by, PacketClass class_) {
  const auto of_class = [](Dimension dimension, PacketClass c) {
    return fmt::format("(dimension = '{}' AND class = '{}')",
                       dimension_names[static_cast<size_t>(dimension)],
                       class_names[static_cast<size_t>(c)]);
  };
  const std::string tcp =
      of_class(Dimension::tcp_port, class_ == PacketClass::scans ? PacketClass::scan_tcp : class_);
  const std::string udp = of_class(Dimension::udp_port, class_);
  switch (by) {
    case RankBy::port:
      return "(" + tcp + " OR " + udp + ")";
    case RankBy::tcp_port:
      return tcp;
    case RankBy::udp_port:
      return udp;
    case RankBy::country:
      return of_class(Dimension::country, class_);
    case RankBy::asn:
      return of_class(Dimension::asn, class_);
    case RankBy::tool:
      return of_class(Dimension::tool, class_) + " AND value > 0";
    case RankBy::organisation:
      return of_class(Dimension::organisation, class_) + " AND value > 0";
    case RankBy::packet_class:
      break;
  }
  return "dimension = 'total' AND class NOT IN ('any', 'scans')";
}

PacketClass usual_class(RankBy by) {
  return by == RankBy::packet_class ? PacketClass::any : PacketClass::scans;
}

std::string_view ranked_value(RankBy by) {
  return by == RankBy::packet_class ? "toUInt32(toInt8(class))" : "value";
}

}  // namespace yagura::telescope
