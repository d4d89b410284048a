// SPDX-License-Identifier: Apache-2.0
//
// Which source sends when: the background, the attacks and the campaign, each with a clock of its
// own, merged into one order of time. Memory: one clock for each attack, whatever the packets.
//
// Not thread-safe: one schedule belongs to one generator.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "generate/options.h"
#include "generate/population.h"

namespace yagura::generate {

// `count` moments spread evenly over [start, start + length): one, drawn at random, in each of
// `count` equal slots. Integers only, without the drift of a repeated sum.
class EvenClock {
 public:
  EvenClock() = default;
  EvenClock(Timestamp start, Duration length, uint64_t count);

  bool finished() const { return left_ == 0; }
  // Not once finished().
  Timestamp next(Random& random);

 private:
  Timestamp slot_;
  uint64_t left_ = 0, count_ = 1;
  uint64_t step_ = 0, remainder_ = 0, carry_ = 0;
};

// One packet to be made: by whom, when, and the seed of all that is random about it.
struct Turn {
  Timestamp time;
  uint64_t source = 0;
  Kind kind = Kind::other;
  bool campaign = false;
  uint64_t seed = 0;
};

class Schedule {
 public:
  // `population` must outlive the schedule.
  Schedule(const GenerateOptions& options, const Population& population);

  // The next packet in order of time; false at the end.
  bool next(Turn& turn);

 private:
  struct Stream {
    uint64_t number = 0;  // attacks from 0 on
    uint64_t salt = 0;    // of its packets' seeds
    uint64_t sent = 0;
    EvenClock clock;
    Timestamp time;  // of its next packet
    uint64_t seed = 0;
  };
  struct Later {
    bool operator()(const Stream& a, const Stream& b) const {
      return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
  };

  // Draws the time of the stream's next packet; false if there is none.
  static bool wind(Stream& stream);
  bool wind_campaign();
  void take_background(Turn& turn);
  void take_campaign(Turn& turn);
  void take_attack(Turn& turn);
  uint64_t background_source(uint64_t packet, Random& random, Kind& kind) const;

  const Population& population_;
  uint64_t skew_;
  uint64_t seed_;
  uint64_t campaign_sources_;
  Timestamp campaign_start_, campaign_end_;
  size_t campaign_minute_ = 0;
  Permutation deal_;  // the order in which the background's packets are dealt out
  Stream background_, campaign_;
  bool background_left_ = false, campaign_left_ = false;
  std::priority_queue<Stream, std::vector<Stream>, Later> attacks_;
};

// What an attack's victim answers with.
Kind attack_kind(uint64_t seed, uint64_t victim);

}  // namespace yagura::generate
