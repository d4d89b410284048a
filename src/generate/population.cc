// SPDX-License-Identifier: Apache-2.0
#include "generate/population.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace yagura::generate {
namespace {

__extension__ using Wide = unsigned __int128;

uint64_t multiply_divide(uint64_t a, uint64_t b, uint64_t divisor) {
  return static_cast<uint64_t>(Wide{a} * b / divisor);
}

uint64_t count_of(Duration duration) { return static_cast<uint64_t>(duration.nanoseconds); }

// Whole /8s that hold no special-purpose network (RFC 6890) and no multicast: a population of 3.6
// thousand million addresses, every one of them global.
bool is_wholly_global(uint32_t octet) {
  static constexpr std::array<uint8_t, 9> special = {0, 10, 100, 127, 169, 172, 192, 198, 203};
  return octet < 224 && std::find(special.begin(), special.end(), octet) == special.end();
}

Result<void> check_range(const char* what, uint64_t value, uint64_t least, uint64_t most) {
  if (least <= value && value <= most) return {};
  return failure(fmt::format("{} is {}; it must be {} to {}", what, value, least, most));
}

Result<void> check_times(const GenerateOptions& options) {
  if (options.duration < Duration::seconds(1) || options.duration > Duration::days(3660))
    return failure("the duration must be one second to ten years");
  const Timestamp first, last = Timestamp::from_seconds(0xffff'ffff);
  if (options.start < first || options.start > last || options.start + options.duration > last)
    return failure("the capture must lie between 1970 and 2106");
  if (options.attacks.victims > 0 && (options.attacks.duration < Duration::seconds(1) ||
                                      options.attacks.duration > options.duration))
    return failure("an attack must last one second to the capture's duration");
  if (options.campaign.sources > 0 &&
      (options.campaign.start < Duration{} || options.campaign.start >= options.duration))
    return failure("the campaign must start within the capture");
  if (options.campaign.duration < Duration{})
    return failure("the campaign's duration must not be negative");
  return {};
}

Result<void> check_counts(const GenerateOptions& options) {
  TRY_VOID(check_range("the number of packets", options.packets, 1, most_packets));
  TRY_VOID(check_range("the number of sources", options.sources, 1, most_sources));
  TRY_VOID(check_range("the skew", options.skew, 0, 3));
  TRY_VOID(check_range("the number of victims", options.attacks.victims, 0, most_victims));
  TRY_VOID(check_range("the number of survey scanners", options.survey_scanners, 0,
                       most_survey_scanners));
  TRY_VOID(check_range("the attack rate", options.attacks.packets_per_minute, 1,
                       most_packets_per_minute));
  TRY_VOID(check_range("the campaign's rate", options.campaign.packets_per_minute, 1,
                       most_packets_per_minute));
  TRY_VOID(
      check_range("the number of campaign sources", options.campaign.sources, 0, most_sources));
  TRY_VOID(check_range("the campaign's port", options.campaign.port, 1, 65535));
  for (size_t kind = 0; kind < kind_count; ++kind)
    TRY_VOID(check_range(fmt::format("the share of {}", kind_names[kind]).c_str(),
                         options.shares[kind], 0, most_share));
  if (!options.dark.is_v4())
    return failure(fmt::format("{} is no IPv4 prefix", options.dark.to_string()));
  if (options.dark_ipv6.is_v4())
    return failure(fmt::format("{} is no IPv6 prefix", options.dark_ipv6.to_string()));
  return {};
}

}  // namespace

std::array<uint64_t, kind_count> apportion(uint64_t total,
                                           const std::array<uint64_t, kind_count>& weights) {
  const uint64_t sum = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  CHECK(sum > 0);
  std::array<uint64_t, kind_count> parts{}, remainders{};
  std::array<size_t, kind_count> order{};
  uint64_t left = total;
  for (size_t i = 0; i < kind_count; ++i) {
    parts[i] = multiply_divide(total, weights[i], sum);
    remainders[i] = static_cast<uint64_t>(Wide{total} * weights[i] % sum);
    left -= parts[i];
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return remainders[a] > remainders[b]; });
  for (size_t i = 0; i < left; ++i) ++parts[order[i]];
  return parts;
}

Result<Population> Population::create(const GenerateOptions& options) {
  TRY_VOID(check_counts(options));
  TRY_VOID(check_times(options));
  Population population;
  population.sources_ = options.sources;
  TRY_VOID(population.choose_octets(options));
  TRY_VOID(population.plan_campaign(options));
  TRY_VOID(population.divide(options));
  return population;
}

Result<void> Population::choose_octets(const GenerateOptions& options) {
  const uint32_t dark_first = options.dark.first().v4() >> 24;
  const uint32_t dark_last = options.dark.last().v4() >> 24;
  for (uint32_t octet = 0; octet < 256; ++octet)
    if (is_wholly_global(octet) && (octet < dark_first || octet > dark_last))
      octets_.push_back(static_cast<uint8_t>(octet));
  const uint64_t space = static_cast<uint64_t>(octets_.size()) << 24;
  if (options.sources >= space)
    return failure(fmt::format("{} leaves {} addresses outside of it for {} sources",
                               options.dark.to_string(), space, options.sources));
  places_ = Permutation(space, derive(options.seed, 1));
  return {};
}

Duration Population::campaign_end(const GenerateOptions& options) {
  const CampaignOptions& campaign = options.campaign;
  if (campaign.duration == Duration{}) return options.duration;
  return std::min(options.duration, campaign.start + campaign.duration);
}

Result<void> Population::plan_campaign(const GenerateOptions& options) {
  const CampaignOptions& campaign = options.campaign;
  first_campaign_source_ = options.attacks.victims;
  if (campaign.sources == 0) return {};
  constexpr int64_t minute = Duration::minutes(1).nanoseconds;
  Random random(derive(options.seed, 2));
  const int64_t end = campaign_end(options).nanoseconds;
  for (int64_t at = campaign.start.nanoseconds; at < end; at += minute) {
    const int64_t length = std::min(minute, end - at);
    // Synchronised sources are loud and quiet in the same minutes: 0 to 8 quarters of the rate.
    const uint64_t quarters = campaign.synchronised ? random.below(9) : 4;
    campaign_minutes_.push_back(multiply_divide(campaign.packets_per_minute * quarters,
                                                static_cast<uint64_t>(length),
                                                uint64_t{4} * minute));
    campaign_packets_ += campaign_minutes_.back();
  }
  if (campaign_packets_ < campaign.sources)
    return failure(
        fmt::format("the campaign has {} packets for its {} sources; give it a higher "
                    "rate, an earlier start or fewer sources",
                    campaign_packets_, campaign.sources));
  return {};
}

Result<void> Population::divide(const GenerateOptions& options) {
  const AttackOptions& attacks = options.attacks;
  if (attacks.victims > 0)
    packets_per_attack_ = std::max<uint64_t>(
        1, multiply_divide(attacks.packets_per_minute, count_of(attacks.duration),
                           count_of(Duration::minutes(1))));
  const Wide planned = Wide{packets_per_attack_} * attacks.victims + campaign_packets_;
  const uint64_t planned_sources = attacks.victims + options.campaign.sources;
  if (planned > options.packets || planned_sources > options.sources)
    return failure(fmt::format(
        "attacks and campaign take {} packets of {} and {} sources of {}; "
        "raise --packets or --sources, or lower theirs",
        static_cast<uint64_t>(planned), options.packets, planned_sources, options.sources));
  background_packets_ = options.packets - static_cast<uint64_t>(planned);
  const uint64_t sources = options.sources - planned_sources;
  if (background_packets_ < sources || (sources == 0 && background_packets_ > 0))
    return failure(
        fmt::format("{} packets cannot come from {} sources (attacks and campaign "
                    "apart); each sends at least one",
                    background_packets_, sources));
  if (background_packets_ == 0) return {};
  if (std::all_of(options.shares.begin(), options.shares.end(), [](uint64_t s) { return s == 0; }))
    return failure("every share is 0; give at least one kind a share");
  return divide_background(options, planned_sources);
}

// Every kind with packets gets one source, and the others in proportion to its packets but one:
// thus no kind has more sources than packets. Survey scanners are counted, not divided.
Result<void> Population::divide_background(const GenerateOptions& options, uint64_t first_source) {
  constexpr auto survey = static_cast<size_t>(Kind::survey);
  const uint64_t sources = options.sources - first_source;
  const auto packets = apportion(background_packets_, options.shares);
  std::array<uint64_t, kind_count> own{}, spare{};  // sources; packets beyond the first
  for (size_t kind = 0; kind < kind_count; ++kind) {
    if (packets[kind] == 0) continue;
    own[kind] =
        kind == survey ? std::clamp<uint64_t>(options.survey_scanners, 1, packets[kind]) : 1;
    spare[kind] = kind == survey ? 0 : packets[kind] - 1;
  }
  const uint64_t spare_packets = std::accumulate(spare.begin(), spare.end(), uint64_t{0});
  const uint64_t taken = std::accumulate(own.begin(), own.end(), uint64_t{0});
  if (sources < taken || sources - taken > spare_packets)
    return failure(
        fmt::format("{} packets of the background cannot be divided among {} sources: "
                    "the survey scanners and one source of every other kind are {}, and "
                    "there is room for {} more",
                    background_packets_, sources, taken, spare_packets));
  if (sources > taken) {
    const auto more = apportion(sources - taken, spare);
    for (size_t kind = 0; kind < kind_count; ++kind) own[kind] += more[kind];
  }
  uint64_t next_packet = 0, next_source = first_source;
  for (size_t kind = 0; kind < kind_count; ++kind) {
    groups_[kind] = {next_packet, packets[kind], next_source, own[kind]};
    next_packet += packets[kind];
    next_source += own[kind];
  }
  CHECK(next_packet == background_packets_ && next_source == options.sources);
  return {};
}

IpAddress Population::ipv4_at(uint64_t place) const {
  const uint64_t x = places_(place);
  return IpAddress::from_v4(static_cast<uint32_t>(uint64_t{octets_[x >> 24]} << 24) |
                            static_cast<uint32_t>(x & 0xff'ffff));
}

IpAddress Population::address(uint64_t source, bool ipv6) const {
  if (!ipv6) return ipv4_at(source);
  // 2a00::/12 is all global; the permuted number makes the /44 and so the address distinct.
  const uint64_t high = 0x2a00'0000'0000'0000ULL | places_(source) << 20;
  return IpAddress::from_halves(high, mix(high));
}

IpAddress Population::router(uint64_t random) const {
  return ipv4_at(sources_ + random % (places_.size() - sources_));
}

}  // namespace yagura::generate
