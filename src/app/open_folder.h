// SPDX-License-Identifier: Apache-2.0
//
// A data folder that this process has open, as the questions of other processes see it
// (owner_socket.h). What it points to outlives those questions.
//
// Several threads use it at once: each makes connections of its own to the store and to the control
// plane, and touches nothing else of the telescope.
#pragma once

#include <functional>

#include "app/settings.h"
#include "base/result.h"
#include "enrich/places.h"
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
};

}  // namespace yagura::app
