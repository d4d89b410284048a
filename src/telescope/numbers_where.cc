// SPDX-License-Identifier: Apache-2.0
#include "telescope/numbers_where.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace yagura::telescope {

std::string_view name_of(Level level) { return level_names[static_cast<size_t>(level)]; }

std::string_view name_of(RankOrder measure) {
  return measure == RankOrder::hosts ? "hosts" : "packets";
}

std::optional<NumbersSlice> slice_of(const Filter& filter) {
  const int given = (filter.port ? 1 : 0) + (filter.source ? 1 : 0) + (filter.country ? 1 : 0) +
                    (filter.asn ? 1 : 0) + (filter.tool ? 1 : 0) + (filter.organisation ? 1 : 0);
  if (given > 1 || filter.source) return {};
  NumbersSlice slice;
  if (filter.port) {
    if (filter.port->tcp) slice.dimensions.push_back(Dimension::tcp_port);
    if (filter.port->udp) slice.dimensions.push_back(Dimension::udp_port);
    slice.value = filter.port->port;
    return slice;
  }
  const auto one = [&](Dimension dimension, uint32_t value) {
    slice.dimensions = {dimension};
    slice.value = value;
  };
  one(Dimension::total, 0);
  if (filter.country) one(Dimension::country, *filter.country);
  if (filter.asn) one(Dimension::asn, *filter.asn);
  if (filter.tool) one(Dimension::tool, static_cast<uint32_t>(*filter.tool));
  if (filter.organisation) one(Dimension::organisation, *filter.organisation);
  return slice;
}

bool lets_through(const std::optional<PacketClass>& wanted, PacketClass class_) {
  if (!wanted || *wanted == PacketClass::any || *wanted == class_) return true;
  return *wanted == PacketClass::scans && is_scan(class_);
}

bool is_by_port(RankBy by) {
  return by == RankBy::port || by == RankBy::tcp_port || by == RankBy::udp_port;
}

std::vector<SheetKind> ranked_kinds(RankBy by, PacketClass class_) {
  const bool scans = class_ == PacketClass::scans;
  const SheetKind tcp = {Dimension::tcp_port, scans ? PacketClass::scan_tcp : class_};
  const SheetKind udp = {Dimension::udp_port, class_};
  switch (by) {
    case RankBy::port:
      return {tcp, udp};
    case RankBy::tcp_port:
      return {tcp};
    case RankBy::udp_port:
      return {udp};
    case RankBy::country:
      return {{Dimension::country, class_}};
    case RankBy::asn:
      return {{Dimension::asn, class_}};
    case RankBy::tool:
      return {{Dimension::tool, class_}};
    case RankBy::organisation:
      return {{Dimension::organisation, class_}};
    case RankBy::packet_class:
      break;
  }
  return {};
}

bool is_ranked(Dimension dimension, uint32_t value) {
  return value > 0 || (dimension != Dimension::tool && dimension != Dimension::organisation);
}

PacketClass usual_class(RankBy by) {
  return by == RankBy::packet_class ? PacketClass::any : PacketClass::scans;
}

bool is_own_dimension(RankBy by, const NumbersSlice& slice) {
  const auto only = [&](std::initializer_list<Dimension> known) {
    return std::all_of(slice.dimensions.begin(), slice.dimensions.end(), [&](Dimension d) {
      return std::find(known.begin(), known.end(), d) != known.end();
    });
  };
  switch (by) {
    case RankBy::port:
      return only({Dimension::tcp_port, Dimension::udp_port});
    case RankBy::tcp_port:
      return only({Dimension::tcp_port});
    case RankBy::udp_port:
      return only({Dimension::udp_port});
    case RankBy::country:
      return only({Dimension::country});
    case RankBy::asn:
      return only({Dimension::asn});
    case RankBy::tool:
      return only({Dimension::tool});
    case RankBy::organisation:
      return only({Dimension::organisation});
    case RankBy::packet_class:
      break;
  }
  return false;
}

std::string source_value(RankBy by) {
  switch (by) {
    case RankBy::country:
      return "country";
    case RankBy::asn:
      return "asn";
    case RankBy::tool:
      return "toInt8(tool)";
    case RankBy::organisation:
      return "organisation";
    case RankBy::packet_class:
      return "toInt8(class)";
    default:
      break;
  }
  return "port_pair.1";
}

std::string source_dimension(RankBy by) {
  switch (by) {
    case RankBy::tcp_port:
      return "toUInt8(2)";
    case RankBy::udp_port:
      return "toUInt8(3)";
    case RankBy::country:
      return "toUInt8(4)";
    case RankBy::asn:
      return "toUInt8(5)";
    case RankBy::tool:
      return "toUInt8(6)";
    case RankBy::organisation:
      return "toUInt8(7)";
    case RankBy::packet_class:
      return "toUInt8(1)";
    case RankBy::port:
      break;
  }
  return "if(class IN ('scan_tcp', 'backscatter_tcp', 'other_tcp'), toUInt8(2), toUInt8(3))";
}

void add_ranked_rows(Where& where, RankBy by) {
  if (by == RankBy::tool) where.add("tool != 'none'");
  if (by == RankBy::organisation) where.add("organisation > 0");
  constexpr std::string_view tcp = "'scan_tcp', 'backscatter_tcp', 'other_tcp'";
  constexpr std::string_view udp = "'scan_udp', 'probe_amplification', 'backscatter_udp'";
  if (by == RankBy::tcp_port) where.add(fmt::format("class IN ({})", tcp));
  if (by == RankBy::udp_port) where.add(fmt::format("class IN ({})", udp));
  if (by == RankBy::port) where.add(fmt::format("class IN ({}, {})", tcp, udp));
}

}  // namespace yagura::telescope
