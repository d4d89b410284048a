// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_campaigns.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace yagura::telescope {
namespace {

constexpr uint8_t only_change = 1U << static_cast<unsigned>(SynchronyEngine::change_finder);
constexpr uint8_t only_factorisation = 1U << static_cast<unsigned>(SynchronyEngine::factorisation);

// Graver is less.
int gravity(uint8_t level) {
  switch (static_cast<PortLevel>(level)) {
    case PortLevel::attack:
      return 0;
    case PortLevel::single_target:
      return 1;
    case PortLevel::survey:
      return 2;
    case PortLevel::next:
      break;
  }
  return 3;
}

// What is looked at together: a single target is no less than an attack.
enum class Grade : uint8_t { grave, survey, next };
Grade grade(uint8_t level) {
  if (gravity(level) <= gravity(static_cast<uint8_t>(PortLevel::single_target)))
    return Grade::grave;
  return static_cast<PortLevel>(level) == PortLevel::survey ? Grade::survey : Grade::next;
}

const CampaignPort* find_port(const SynchronyCampaign& campaign, uint16_t port) {
  const auto at = std::find_if(campaign.ports.begin(), campaign.ports.end(),
                               [&](const CampaignPort& other) { return other.port == port; });
  return at == campaign.ports.end() ? nullptr : &*at;
}

bool within(const SynchronyCampaign& campaign, uint32_t time, uint32_t windows) {
  return time <= campaign.until.seconds() + int64_t{windows} * judged_seconds;
}

}  // namespace

struct CampaignFolder::Mention : CampaignPort {
  // The group looked at was there in the half hour, but not in the window: each of its hosts would
  // have sent a packet at least.
  bool faded() const { return votes == only_factorisation && packets < hosts; }
};

uint32_t SynchronyCampaign::last() const {
  return ends.empty() ? windows.back() : std::max(windows.back(), ends.back());
}

std::vector<CampaignFolder::Mention> CampaignFolder::mentions_of(const JudgedWindow& alarm) {
  std::vector<Mention> mentions;
  for (size_t i = 0; i < alarm.ports.size(); ++i)
    mentions.push_back({{alarm.ports[i], alarm.port_levels[i], alarm.port_hosts[i],
                         alarm.port_packets[i], alarm.port_votes[i]}});
  return mentions;
}

void CampaignFolder::add(const JudgedWindow& alarm) {
  if (alarm.facts.votes == 0) return;
  forget_far(alarm.facts.time);
  const std::vector<Mention> mentions = mentions_of(alarm);
  Parts parts;
  const std::vector<Mention> news = deal_out(mentions, alarm.facts.time, parts);
  if (parts.empty() && news.empty()) return add_faint(alarm, mentions);
  for (const auto& [near, part] : parts) {
    if (part.empty())
      end(near, alarm);
    else
      go_on(near, alarm, part);
  }
  if (!news.empty()) start(alarm, news);
}

std::vector<SynchronyCampaign> CampaignFolder::finish() {
  for (SynchronyCampaign& campaign : campaigns_)
    std::sort(campaign.ports.begin(), campaign.ports.end(),
              [](const CampaignPort& one, const CampaignPort& other) {
                return std::tuple(other.hosts, one.port) < std::tuple(one.hosts, other.port);
              });
  near_.clear();
  return std::exchange(campaigns_, {});
}

void CampaignFolder::forget_far(uint32_t time) {
  std::erase_if(near_, [&](const Near& near) {
    return !within(campaigns_[near.at], time, std::max(change_memory, campaign_gap));
  });
}

bool CampaignFolder::is_open(const Near& near, uint32_t time) const {
  return within(campaigns_[near.at], time, campaign_gap);
}

// At most one: a port that a campaign has while it is open starts no other.
std::optional<size_t> CampaignFolder::holder_of(uint16_t port, uint32_t time) const {
  for (size_t i = 0; i < near_.size(); ++i) {
    const SynchronyCampaign& campaign = campaigns_[near_[i].at];
    if (grade(campaign.level) != Grade::next && is_open(near_[i], time) &&
        find_port(campaign, port) != nullptr)
      return i;
  }
  return {};
}

// The campaign whose end is the latest change that ChangeFinder can still tell of; of several the
// largest.
std::optional<size_t> CampaignFolder::last_ended() const {
  const auto order = [&](size_t i) {
    const SynchronyCampaign& campaign = campaigns_[near_[i].at];
    return std::tuple(campaign.until, campaign.hosts, campaign.from);
  };
  std::optional<size_t> last;
  for (size_t i = 0; i < near_.size(); ++i)
    if (!last || order(*last) <= order(i)) last = i;
  return last;
}

bool CampaignFolder::had_graver(size_t near, const Mention& mention) const {
  const CampaignPort* port = find_port(campaigns_[near_[near].at], mention.port);
  return gravity(port->level) < gravity(mention.level);
}

// Fills in what belongs to campaigns there are, and returns what starts one.
std::vector<CampaignFolder::Mention> CampaignFolder::deal_out(const std::vector<Mention>& mentions,
                                                              uint32_t time, Parts& parts) const {
  std::vector<Mention> news;
  Grade gravest = Grade::next;
  for (const Mention& mention : mentions) {
    const auto holder = holder_of(mention.port, time);
    if (holder && mention.faded()) {
      parts[*holder];
      continue;
    }
    if (grade(mention.level) == Grade::next) continue;
    gravest = std::min(gravest, grade(mention.level));
    if (!holder)
      news.push_back(mention);
    else if (mention.votes == only_change && had_graver(*holder, mention))
      parts[*holder];
    else
      parts[*holder].push_back(mention);
  }
  const auto ended = last_ended();
  std::erase_if(news, [&](const Mention& mention) {
    if (grade(mention.level) != gravest) return true;
    const bool known = ended && mention.votes == only_change && gravest != Grade::grave &&
                       near_[*ended].named.contains(mention.port);
    if (known) parts[*ended];
    return known;
  });
  return news;
}

// An alarm that names no port above `next`.
void CampaignFolder::add_faint(const JudgedWindow& alarm, const std::vector<Mention>& mentions) {
  for (size_t i = 0; i < near_.size(); ++i) {
    const SynchronyCampaign& campaign = campaigns_[near_[i].at];
    if (grade(campaign.level) != Grade::next || !is_open(near_[i], alarm.facts.time)) continue;
    std::vector<Mention> shared;
    for (const Mention& mention : mentions)
      if (find_port(campaign, mention.port) != nullptr) shared.push_back(mention);
    if (!shared.empty() || (mentions.empty() && campaign.ports.empty()))
      return go_on(i, alarm, shared);
  }
  const auto ended = last_ended();
  if (ended && alarm.facts.votes == only_change) return end(*ended, alarm);
  start(alarm, mentions);
}

void CampaignFolder::start(const JudgedWindow& alarm, const std::vector<Mention>& mentions) {
  SynchronyCampaign campaign;
  campaign.sensor = alarm.facts.sensor;
  campaign.from = Timestamp::from_seconds(alarm.facts.time);
  campaign.level = static_cast<uint8_t>(PortLevel::next);
  campaign.prefixes = alarm.prefixes;
  for (const Mention& mention : mentions)
    campaign.ports.push_back({.port = mention.port, .level = mention.level});
  near_.push_back({campaigns_.size(), {}});
  campaigns_.push_back(std::move(campaign));
  go_on(near_.size() - 1, alarm, mentions);
}

void CampaignFolder::go_on(size_t near, const JudgedWindow& alarm,
                           const std::vector<Mention>& mentions) {
  SynchronyCampaign& campaign = campaigns_[near_[near].at];
  campaign.windows.push_back(alarm.facts.time);
  campaign.until = Timestamp::from_seconds(int64_t{alarm.facts.time} + judged_seconds);
  if (mentions.empty()) campaign.votes |= alarm.facts.votes;
  for (const Mention& mention : mentions) {
    CampaignPort& port =
        *std::find_if(campaign.ports.begin(), campaign.ports.end(),
                      [&](const CampaignPort& other) { return other.port == mention.port; });
    if (gravity(mention.level) < gravity(port.level)) port.level = mention.level;
    port.hosts = std::max(port.hosts, mention.hosts);
    port.packets += mention.packets;
    port.votes |= mention.votes;
    if (gravity(port.level) < gravity(campaign.level)) campaign.level = port.level;
    if (mention.hosts > campaign.hosts) {
      campaign.hosts = mention.hosts;
      campaign.prefixes = alarm.prefixes;
    }
    campaign.packets += mention.packets;
    campaign.votes |= mention.votes;
  }
  near_[near].named.insert(alarm.ports.begin(), alarm.ports.end());
}

void CampaignFolder::end(size_t near, const JudgedWindow& alarm) {
  campaigns_[near_[near].at].ends.push_back(alarm.facts.time);
  near_[near].named.insert(alarm.ports.begin(), alarm.ports.end());
}

}  // namespace yagura::telescope
