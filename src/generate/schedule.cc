// SPDX-License-Identifier: Apache-2.0
#include "generate/schedule.h"

#include <algorithm>

#include "base/result.h"

namespace yagura::generate {
namespace {

constexpr uint64_t background_number = ~uint64_t{0};
constexpr uint64_t campaign_number = background_number - 1;

// 0 to `count` - 1: evenly for skew 0, else as count · u^(skew + 1) of an even u, in fixed point.
uint64_t skewed(Random& random, uint64_t count, uint64_t skew) {
  const uint64_t even = random.bits32();
  uint64_t power = even;
  for (uint64_t i = 0; i < skew; ++i) power = power * even >> 32;
  return power * count >> 32;
}

}  // namespace

Kind attack_kind(uint64_t seed, uint64_t victim) {
  Random persona(derive(derive(seed, 3), victim));
  const uint32_t draw = persona.below(100);
  if (draw < 70) return Kind::backscatter_tcp;
  return draw < 85 ? Kind::backscatter_udp : Kind::backscatter_icmp;
}

EvenClock::EvenClock(Timestamp start, Duration length, uint64_t count)
    : slot_(start), left_(count), count_(std::max<uint64_t>(1, count)) {
  step_ = static_cast<uint64_t>(length.nanoseconds) / count_;
  remainder_ = static_cast<uint64_t>(length.nanoseconds) % count_;
}

Timestamp EvenClock::next(Random& random) {
  CHECK(left_ > 0);
  --left_;
  carry_ += remainder_;
  const uint64_t length = step_ + (carry_ >= count_ ? 1 : 0);
  if (carry_ >= count_) carry_ -= count_;
  const Timestamp slot = slot_;
  slot_.nanoseconds += static_cast<int64_t>(length);
  const uint64_t within = length < 2 ? 0 : random.next() % length;
  return slot + Duration{static_cast<int64_t>(within)};
}

Schedule::Schedule(const GenerateOptions& options, const Population& population)
    : population_(population),
      skew_(options.skew),
      seed_(options.seed),
      campaign_sources_(options.campaign.sources),
      campaign_start_(options.start + options.campaign.start),
      campaign_end_(options.start + Population::campaign_end(options)) {
  if (population.background_packets() > 0)
    deal_ = Permutation(population.background_packets(), derive(options.seed, 4));
  background_.number = background_number;
  background_.salt = derive(seed_, background_number);
  background_.clock = EvenClock(options.start, options.duration, population.background_packets());
  background_left_ = wind(background_);
  campaign_.number = campaign_number;
  campaign_.salt = derive(seed_, campaign_number);
  campaign_left_ = wind_campaign();
  Random random(derive(options.seed, 5));
  const auto room =
      static_cast<uint64_t>((options.duration - options.attacks.duration).nanoseconds);
  for (uint64_t victim = 0; victim < options.attacks.victims; ++victim) {
    Stream attack;
    attack.number = victim;
    attack.salt = derive(derive(seed_, 6), victim);
    const Duration offset{static_cast<int64_t>(random.next() % (room + 1))};
    attack.clock = EvenClock(options.start + offset, options.attacks.duration,
                             population.packets_per_attack());
    if (wind(attack)) attacks_.push(attack);
  }
}

bool Schedule::wind(Stream& stream) {
  if (stream.clock.finished()) return false;
  Random random(derive(stream.salt, stream.sent));
  stream.time = stream.clock.next(random);
  stream.seed = random.next();
  ++stream.sent;
  return true;
}

bool Schedule::wind_campaign() {
  const auto& minutes = population_.campaign_minutes();
  while (campaign_.clock.finished() && campaign_minute_ < minutes.size()) {
    const auto number = static_cast<int64_t>(campaign_minute_);
    const Timestamp start = campaign_start_ + Duration::minutes(number);
    const Duration length = std::min(Duration::minutes(1), campaign_end_ - start);
    campaign_.clock = EvenClock(start, length, minutes[campaign_minute_]);
    ++campaign_minute_;
  }
  return wind(campaign_);
}

bool Schedule::next(Turn& turn) {
  const Timestamp never{INT64_MAX};
  const Timestamp background = background_left_ ? background_.time : never;
  const Timestamp campaign = campaign_left_ ? campaign_.time : never;
  const Timestamp attack = attacks_.empty() ? never : attacks_.top().time;
  const Timestamp first = std::min({background, campaign, attack});
  if (first == never) return false;
  turn.time = first;
  turn.campaign = false;
  if (first == background)
    take_background(turn);
  else if (first == campaign)
    take_campaign(turn);
  else
    take_attack(turn);
  return true;
}

// A kind's first packets go to each of its sources once, the others as the skew has it. In which
// order is up to the permutation: any packet of the capture may be any of them.
uint64_t Schedule::background_source(uint64_t packet, Random& random, Kind& kind) const {
  const uint64_t dealt = deal_(packet);
  const auto& groups = population_.groups();
  size_t i = 0;
  while (dealt >= groups[i].first_packet + groups[i].packets) ++i;
  const Population::Group& group = groups[i];
  kind = static_cast<Kind>(i);
  const uint64_t place = dealt - group.first_packet;
  if (place < group.sources) return group.first_source + place;
  return group.first_source + skewed(random, group.sources, skew_);
}

void Schedule::take_background(Turn& turn) {
  Random random(background_.seed);
  turn.source = background_source(background_.sent - 1, random, turn.kind);
  turn.seed = random.next();
  background_left_ = wind(background_);
}

void Schedule::take_campaign(Turn& turn) {
  Random random(campaign_.seed);
  const uint64_t place = campaign_.sent - 1;  // at its onset every source sends once
  turn.source = population_.first_campaign_source() +
                (place < campaign_sources_ ? place : skewed(random, campaign_sources_, 0));
  turn.kind = Kind::syn;
  turn.campaign = true;
  turn.seed = random.next();
  campaign_left_ = wind_campaign();
}

void Schedule::take_attack(Turn& turn) {
  Stream attack = attacks_.top();
  attacks_.pop();
  turn.source = attack.number;
  turn.kind = attack_kind(seed_, attack.number);
  turn.seed = attack.seed;
  if (wind(attack)) attacks_.push(attack);
}

}  // namespace yagura::generate
