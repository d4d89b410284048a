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

}  // namespace yagura::warning
