// SPDX-License-Identifier: Apache-2.0
#include "warning/kept.h"

namespace yagura::warning {

Result<Episode> episode_of(const state::Warning& warning) {
  TRY(const Story story, Story::load(warning.story));
  Episode episode =
      story.episode(warning.member, warning.address, static_cast<Traffic>(warning.traffic));
  episode.first = warning.first;
  return episode;
}

Result<Told> told_of(const state::Warning& warning, Change change, const enrich::Places* places) {
  Told told;
  told.warning = warning.id;
  told.change = change;
  TRY(told.episode, episode_of(warning));
  if (places == nullptr) return told;
  const enrich::Place place = places->find(warning.address);
  told.asn = place.asn;
  if (place.country != 0) told.country = enrich::country_text(place.country);
  return told;
}

Change change_of(const state::Warning& warning) {
  switch (warning.state) {
    case state::WarningState::new_:
      return Change::began;
    case state::WarningState::continuing:
      return Change::continues;
    case state::WarningState::resolved:
      break;
  }
  return Change::ended;
}

}  // namespace yagura::warning
