// SPDX-License-Identifier: Apache-2.0
//
// Folds the alarms of synchrony into campaigns: an hour of hosts in step is an alarm in each of its
// ten-minute windows, and one entry to whoever reads them.
//
// A campaign has the ports that its first window was an alarm for: those of level attack and
// single-target, where there are none those of survey, and where there are none of these either
// the next best. A window goes on a campaign that was on at most `campaign_gap` windows before if
// it names one of its ports above `next` (an alarm without such ports goes on one of the same
// kind). Ports that no campaign has start a campaign of their own, so that campaigns on other
// ports stay apart, however they overlap; a window may belong to several.
//
// When a campaign is over, two engines go on: they look back. Such alarms belong to it as its
// `ends`, and do not make it last longer:
//
//   factorisation  its group sent fewer packets in the window than it has hosts, so that it was
//                  there in the half hour that is looked at, but not in these ten minutes
//   ChangeFinder   alone, within `change_memory` windows, and naming neither an attack nor a port
//                  above `next` that the campaign's windows did not name: it tells of the change
//                  back
//
// Made from what the store holds, and neither stored nor learned from. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/time.h"
#include "telescope/synchrony_judge.h"

namespace yagura::telescope {

// Windows without an alarm in the middle of a campaign. The graphical lasso is blind after it
// alarmed, as it leaves what it alarmed out of what is usual: in planted campaigns (bench/learn/
// campaigns.py, seed 1) for 0 windows 152 times, 1 five times, 2 twice, never longer. The
// factorisation looks back as far: half an hour.
inline constexpr uint32_t campaign_gap = 2;

// How long a value goes into the scores of ChangeFinder other than by what is slowly forgotten: its
// moving means of 10 and of 5 hold it for 9 and for 4 more windows, and its two autoregressions, of
// order 2, for 2 each.
inline constexpr uint32_t change_memory = 9 + 4 + 2 + 2;

struct CampaignPort {
  uint16_t port = 0;
  uint8_t level = 0;     // the gravest
  uint16_t hosts = 0;    // in a window, at most
  uint64_t packets = 0;  // of the windows in which it is named
  uint8_t votes = 0;     // bit i: SynchronyEngine i named it

  bool operator==(const CampaignPort&) const = default;
};

struct SynchronyCampaign {
  uint16_t sensor = 0;
  Timestamp from, until;  // from its first window to the end of the last in which it was on
  uint8_t level = 0;      // of its gravest port
  std::vector<CampaignPort> ports;  // most hosts first
  uint16_t hosts = 0;               // that probed one of them in a window, at most
  uint64_t packets = 0;
  uint8_t votes = 0;
  std::vector<uint16_t> prefixes;  // of the window with most hosts
  std::vector<uint32_t> windows;   // starts of those in which it was on, rising
  std::vector<uint32_t> ends;      // of alarms that only tell that it was, rising

  // Its last alarm.
  uint32_t last() const;
  bool operator==(const SynchronyCampaign&) const = default;
};

class CampaignFolder {
 public:
  // The next alarm of the sensor; windows without a vote are passed over.
  void add(const JudgedWindow& alarm);
  // The campaigns of all of them, in order of their first window.
  std::vector<SynchronyCampaign> finish();

 private:
  struct Mention;  // of a port by the alarm that is added
  // What of it belongs to a campaign, by place in near_: the ports of it that are named; none where
  // the alarm only tells that it was.
  using Parts = std::map<size_t, std::vector<Mention>>;
  struct Near {     // a campaign that alarms may still belong to
    size_t at = 0;  // in campaigns_
    std::set<uint16_t> named;
  };

  static std::vector<Mention> mentions_of(const JudgedWindow& alarm);
  void forget_far(uint32_t time);
  bool is_open(const Near& near, uint32_t time) const;
  std::optional<size_t> holder_of(uint16_t port, uint32_t time) const;
  std::optional<size_t> last_ended() const;
  bool had_graver(size_t near, const Mention& mention) const;
  std::vector<Mention> deal_out(const std::vector<Mention>& mentions, uint32_t time,
                                Parts& parts) const;
  void add_faint(const JudgedWindow& alarm, const std::vector<Mention>& mentions);
  void start(const JudgedWindow& alarm, const std::vector<Mention>& mentions);
  void go_on(size_t near, const JudgedWindow& alarm, const std::vector<Mention>& mentions);
  void end(size_t near, const JudgedWindow& alarm);

  std::vector<SynchronyCampaign> campaigns_;
  std::vector<Near> near_;
};

}  // namespace yagura::telescope
