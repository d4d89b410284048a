// SPDX-License-Identifier: Apache-2.0
#include "app/open_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include "app/owner_socket.h"
#include "app/telescope_data.h"
#include "store/questions.h"

namespace yagura::app {

OpenFolder observed_folder(const TelescopeData& data, const enrich::Places* places,
                           telescope::Observer& observer) {
  return {data.settings,
          data.telescope.get(),
          places,
          [&observer](const auto& work) { return observer.at_rest(work); },
          [&observer](const auto& given_up) { return observer.follow_registry(given_up); },
          ""};
}

OpenFolder reading_folder(const TelescopeData& data, const enrich::Places* places) {
  const std::string busy =
      fmt::format("process {} reads captures into the data folder; wait for it to end", ::getpid());
  return {data.settings,
          data.telescope.get(),
          places,
          [busy](const auto&) -> Result<void> { return failure(busy); },
          [busy](const auto&) -> Result<telescope::RegistryChange> { return failure(busy); },
          busy};
}

std::function<void()> question_canceller(store::Engine& engine) {
  return [&engine] { static_cast<void>(store::cancel_questions(engine)); };
}

Result<std::unique_ptr<OwnerSocket>> answer_others(const OpenFolder& folder) {
  return OwnerSocket::start(folder.telescope->folder(),
                            [&folder](const OwnerRequest& request, OwnerClient& client) {
                              return answer_question(folder, request, client);
                            });
}

}  // namespace yagura::app
