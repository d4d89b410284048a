// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_synchrony.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace yagura::telescope {
namespace {

template <typename T>
std::vector<T> list_at(const store::Block& block, std::string_view name, size_t row) {
  const auto elements = block[name].elements_at<T>(row);
  return {elements.begin(), elements.end()};
}

JudgedWindow judged_at(const store::Block& block, size_t i) {
  JudgedWindow window;
  SynchronyWindowRow& facts = window.facts;
  const auto number = [&]<typename T>(std::string_view name, T& value) {
    value = static_cast<T>(block[name].unsigned_at(i));
  };
  number("at", facts.time);
  number("sensor", facts.sensor);
  number("run", facts.run);
  number("hosts", facts.hosts);
  number("packets", facts.packets);
  number("learned", facts.learned);
  number("alarmed", facts.alarmed);
  number("counted", facts.counted);
  number("total_packets", facts.total_packets);
  number("total_hosts", facts.total_hosts);
  number("groups", facts.groups);
  number("votes", facts.votes);
  number("level", facts.level);
  facts.packets_score = block["packets_score"].number_at(i);
  facts.hosts_score = block["hosts_score"].number_at(i);
  window.densities = list_at<double>(block, "densities", i);
  window.ports = list_at<uint16_t>(block, "ports", i);
  window.port_levels = list_at<uint8_t>(block, "port_levels", i);
  window.port_hosts = list_at<uint16_t>(block, "port_hosts", i);
  window.port_packets = list_at<uint32_t>(block, "port_packets", i);
  window.port_votes = list_at<uint8_t>(block, "port_votes", i);
  window.prefixes = list_at<uint16_t>(block, "prefixes", i);
  return window;
}

constexpr std::string_view every_window =
    "SELECT toUInt32(time) AS at, * EXCEPT (time) FROM synchrony_window FINAL";

void add_period(Where& where, const Period& period) {
  where.add("time >= " + where.bind_seconds(period.from));
  where.add("time < " + where.bind_seconds(period.until));
}

void add_sensor(Where& where, std::optional<uint16_t> sensor) {
  if (sensor) where.add("sensor = " + where.bind(*sensor));
}

// Starts of the first and the last window of alarms between which and others no campaign reaches.
struct Stretch {
  uint32_t first = 0, last = 0;
};

// The stretches that the period touches, rising. Only times are read, of all alarms; what is read
// whole is a stretch after the other, until the limit is reached.
Result<std::vector<Stretch>> alarmed_stretches(store::Connection& connection,
                                               std::optional<uint16_t> sensor,
                                               const Period& period) {
  constexpr size_t at_least = 1000;  // alarms a stretch, so that a quiet year is not many questions
  constexpr uint32_t quiet = (std::max(change_memory, campaign_gap) + 1) * judged_seconds;
  Where where;
  add_sensor(where, sensor);
  where.add("votes != 0");
  std::vector<Stretch> stretches;
  size_t alarms = 0;
  TRY_VOID(connection.stream(
      fmt::format("SELECT toUInt32(time) AS at FROM synchrony_window FINAL {} ORDER BY at",
                  where.sql()),
      where.parameters(), [&](store::Block& block) -> Result<void> {
        for (size_t i = 0; i < block.rows; ++i) {
          const auto time = static_cast<uint32_t>(block["at"].unsigned_at(i));
          if (stretches.empty() || (alarms >= at_least && time > stretches.back().last + quiet)) {
            stretches.push_back({time, time});
            alarms = 0;
          }
          stretches.back().last = time;
          ++alarms;
        }
        return {};
      }));
  std::erase_if(stretches, [&](const Stretch& stretch) {
    return stretch.first >= period.until.seconds() ||
           stretch.last + int64_t{judged_seconds} <= period.from.seconds();
  });
  return stretches;
}

Result<std::vector<SynchronyCampaign>> campaigns_of(store::Connection& connection,
                                                    std::optional<uint16_t> sensor,
                                                    const Stretch& stretch) {
  Where where;
  add_period(where, {Timestamp::from_seconds(stretch.first),
                     Timestamp::from_seconds(int64_t{stretch.last} + judged_seconds)});
  add_sensor(where, sensor);
  where.add("votes != 0");
  std::map<uint16_t, CampaignFolder> folders;
  TRY_VOID(each_judged_row(connection, where, [&](const JudgedWindow& alarm) {
    folders[alarm.facts.sensor].add(alarm);
  }));
  std::vector<SynchronyCampaign> campaigns;
  for (auto& [id, folder] : folders)
    for (SynchronyCampaign& campaign : folder.finish()) campaigns.push_back(std::move(campaign));
  return campaigns;
}

bool voted(uint8_t votes, SynchronyEngine engine) {
  return (votes >> static_cast<unsigned>(engine) & 1U) != 0;
}

bool is_asked(const SynchronyCampaign& campaign, const SynchronyQuestion& question) {
  const Period& period = question.period;
  if (campaign.from >= period.until ||
      Timestamp::from_seconds(int64_t{campaign.last()} + judged_seconds) <= period.from)
    return false;
  if (question.engine && !voted(campaign.votes, *question.engine)) return false;
  if (question.level && campaign.level != static_cast<uint8_t>(*question.level)) return false;
  if (!question.port) return true;
  return question.port->tcp &&  // of other ports there are no rows
         std::any_of(campaign.ports.begin(), campaign.ports.end(),
                     [&](const CampaignPort& port) { return port.port == question.port->port; });
}

}  // namespace

Result<void> each_judged(store::Connection& connection, uint16_t sensor, const Period& period,
                         const std::function<void(const JudgedWindow&)>& sink) {
  Where where;
  where.add("sensor = " + where.bind(sensor));
  add_period(where, period);
  return connection.stream(
      fmt::format("SELECT toUInt32(time) AS at, run, packets, densities, counted, total_packets, "
                  "total_hosts FROM synchrony_window FINAL {} ORDER BY time",
                  where.sql()),
      where.parameters(), [&](store::Block& block) -> Result<void> {
        for (size_t i = 0; i < block.rows; ++i) {
          JudgedWindow window;
          window.facts.time = static_cast<uint32_t>(block["at"].unsigned_at(i));
          window.facts.sensor = sensor;
          window.facts.run = block["run"].unsigned_at(i);
          window.facts.packets = block["packets"].unsigned_at(i);
          window.facts.counted = static_cast<uint8_t>(block["counted"].unsigned_at(i));
          window.facts.total_packets = block["total_packets"].unsigned_at(i);
          window.facts.total_hosts = block["total_hosts"].unsigned_at(i);
          window.densities = list_at<double>(block, "densities", i);
          sink(window);
        }
        return {};
      });
}

Result<void> each_judged_row(store::Connection& connection, const Where& where,
                             const std::function<void(const JudgedWindow&)>& sink) {
  return connection.stream(fmt::format("{} {} ORDER BY time, sensor", every_window, where.sql()),
                           where.parameters(), [&](store::Block& block) -> Result<void> {
                             for (size_t i = 0; i < block.rows; ++i) sink(judged_at(block, i));
                             return {};
                           });
}

Result<std::vector<JudgedWindow>> synchrony_alarms(store::Connection& connection,
                                                   const SynchronyQuestion& question) {
  Where where;
  add_period(where, question.period);
  if (question.port) {
    where.add(fmt::format("has(ports, {})", where.bind(question.port->port)));
    if (!question.port->tcp) where.add("0");  // of other ports there are no rows
  }
  add_sensor(where, question.sensor);
  if (question.engine)
    where.add(
        fmt::format("bitTest(votes, {})", where.bind(static_cast<uint64_t>(*question.engine))));
  if (question.level) where.add("level = " + where.bind(static_cast<uint64_t>(*question.level)));
  where.add("votes != 0");
  TRY(const store::Block block,
      connection.query(fmt::format("{} {} ORDER BY time DESC, sensor LIMIT {} OFFSET {}",
                                   every_window, where.sql(), question.limit, question.offset),
                       where.parameters()));
  std::vector<JudgedWindow> alarms;
  for (size_t i = 0; i < block.rows; ++i) alarms.push_back(judged_at(block, i));
  return alarms;
}

Result<std::vector<SynchronyCampaign>> synchrony_campaigns(store::Connection& connection,
                                                           const SynchronyQuestion& question) {
  TRY(const std::vector<Stretch> stretches,
      alarmed_stretches(connection, question.sensor, question.period));
  const uint64_t wanted = question.offset + question.limit;
  std::vector<SynchronyCampaign> found;
  for (auto stretch = stretches.rbegin(); stretch != stretches.rend() && found.size() < wanted;
       ++stretch) {
    TRY(std::vector<SynchronyCampaign> campaigns,
        campaigns_of(connection, question.sensor, *stretch));
    std::erase_if(campaigns, [&](const auto& campaign) { return !is_asked(campaign, question); });
    std::sort(campaigns.begin(), campaigns.end(), [](const auto& one, const auto& other) {
      return std::tuple(other.from, one.sensor) < std::tuple(one.from, other.sensor);
    });
    found.insert(found.end(), std::make_move_iterator(campaigns.begin()),
                 std::make_move_iterator(campaigns.end()));
  }
  if (found.size() > wanted) found.resize(wanted);
  found.erase(found.begin(), found.begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(
                                                 question.offset, found.size())));
  return found;
}

Result<SynchronySeries> synchrony_series(store::Connection& connection, const Period& period,
                                         std::optional<uint16_t> sensor, int most_points) {
  const int64_t windows = period.length().nanoseconds / judged_length.nanoseconds;
  const int64_t each = std::max<int64_t>(1, (windows + most_points - 1) / most_points);
  SynchronySeries series;
  series.step = Duration::seconds(each * judged_seconds);
  Where where;
  add_period(where, period);
  add_sensor(where, sensor);
  const std::string step = where.bind(static_cast<uint64_t>(each * judged_seconds));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT intDiv(toUInt32(time), {0}) * {0} AS at, toUInt64(max(hosts)) AS "
                      "hosts, maxForEach(densities) AS densities, max(counted) AS known, "
                      "maxIf(packets_score, counted = 1) AS packets, "
                      "maxIf(hosts_score, counted = 1) AS change, "
                      "toUInt64(max(groups)) AS groups, "
                      "groupBitOr(votes) AS votes FROM synchrony_window FINAL {1} GROUP BY at "
                      "ORDER BY at",
                      step, where.sql()),
          where.parameters()));
  for (size_t i = 0; i < block.rows; ++i) {
    SynchronyPoint point;
    point.time = Timestamp::from_seconds(static_cast<int64_t>(block["at"].unsigned_at(i)));
    point.hosts = block["hosts"].unsigned_at(i);
    point.densities = list_at<double>(block, "densities", i);
    point.counted = block["known"].unsigned_at(i) != 0;
    point.packets_score = block["packets"].number_at(i);
    point.hosts_score = block["change"].number_at(i);
    point.groups = block["groups"].unsigned_at(i);
    point.votes = static_cast<uint8_t>(block["votes"].unsigned_at(i));
    series.points.push_back(std::move(point));
  }
  return series;
}

Result<JudgedSoFar> judged_so_far(store::Connection& connection, std::optional<uint16_t> sensor) {
  Where where;
  add_sensor(where, sensor);
  TRY(const store::Block block,
      connection.query(fmt::format("SELECT count() AS windows, max(learned) AS learned "
                                   "FROM synchrony_window FINAL {}",
                                   where.sql()),
                       where.parameters()));
  return JudgedSoFar{block["windows"].unsigned_at(0), block["learned"].unsigned_at(0)};
}

std::string_view level_word(PortLevel level) {
  for (const auto& [word, value] : port_level_choices)
    if (value == level) return word;
  return "";
}

std::vector<std::string> engine_words(uint8_t votes) {
  std::vector<std::string> words;
  for (const auto& [word, engine] : synchrony_engine_choices)
    if (voted(votes, engine)) words.emplace_back(word);
  return words;
}

bool names_ports(const JudgedWindow& window) {
  return std::any_of(window.port_votes.begin(), window.port_votes.end(),
                     [](uint8_t votes) { return votes != 0; });
}

std::string synchrony_reason(const JudgedWindow& window) {
  const SynchronyWindowRow& facts = window.facts;
  std::vector<std::string> reasons;
  if (voted(facts.votes, SynchronyEngine::graphical_lasso)) {
    std::vector<std::string> penalties;
    for (size_t i = 0; i < std::min(window.densities.size(), synchrony_penalties.size()); ++i)
      if ((facts.alarmed >> i & 1U) != 0)
        penalties.push_back(
            fmt::format("{:.4f} at penalty {:.1f}", window.densities[i], synchrony_penalties[i]));
    reasons.push_back(fmt::format(
        "more hosts act in step than in the {} windows before: density {} among {} hosts",
        facts.learned, fmt::join(penalties, ", "), facts.hosts));
  }
  if (voted(facts.votes, SynchronyEngine::change_finder))
    reasons.push_back(fmt::format(
        "packets or hosts of TCP scans began to behave otherwise: score {:.1f} and {:.1f}{}",
        facts.packets_score, facts.hosts_score,
        names_ports(window) ? "" : "; this names no port, those shown are the most probed"));
  if (voted(facts.votes, SynchronyEngine::factorisation))
    reasons.push_back(fmt::format(
        "groups of hosts that rise and fall together over thirty minutes: {}", facts.groups));
  return fmt::format("{}", fmt::join(reasons, "; "));
}

}  // namespace yagura::telescope
