// SPDX-License-Identifier: Apache-2.0
//
// A data folder that this process has open, as the questions of other processes see it
// (owner_socket.h). What it points to outlives those questions.
//
// Several threads use it at once: each makes connections of its own to the store and to the control
// plane, and touches nothing else of the telescope.
#pragma once

#include <functional>
#include <string>

#include "app/settings.h"
#include "base/result.h"
#include "enrich/places.h"
#include "telescope/observer.h"
#include "telescope/telescope.h"

namespace yagura::app {

struct OpenFolder {
  Settings settings;  // those of this process
  telescope::Telescope* telescope = nullptr;
  const enrich::Places* places = nullptr;
  // Runs `work` on the thread that writes to the telescope, when all it wrote is committed, and
  // waits for it.
  std::function<Result<void>(const std::function<Result<void>(telescope::Telescope&)>& work)>
      at_rest;
  // Lets what is observed and what is stored follow the registry of survey scanners, which has
  // changed, and waits for it until `given_up` (Observer::follow_registry).
  std::function<Result<telescope::RegistryChange>(const std::function<bool()>& given_up)>
      follow_registry;
  std::string busy;  // why the two above have to wait, or ""
};

struct TelescopeData;  // app/telescope_data.h

// The folder of `data`, which `observer` writes to.
OpenFolder observed_folder(const TelescopeData& data, const enrich::Places* places,
                           telescope::Observer& observer);

// The folder of `data`, into which this process reads captures: it is busy.
OpenFolder reading_folder(const TelescopeData& data, const enrich::Places* places);

// Ends what runs on connections for questions (telescope_data.h); where it fails they end by their
// own time limit. For who has to stop. `engine` outlives it.
std::function<void()> question_canceller(store::Engine& engine);

}  // namespace yagura::app
