// SPDX-License-Identifier: Apache-2.0
//
// The model of a triage as a file: read as a whole, written beside it, synced and renamed into
// place, so that there is always a whole one. Errors name the file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::livenet {

// Some 100 bytes for each judgement of 30 days, and the forests.
inline constexpr std::uintmax_t largest_model = std::uintmax_t{512} << 20;

Result<std::string> read_model_file(const std::filesystem::path& path);
Result<void> write_model_file(const std::filesystem::path& path, std::string_view model);

}  // namespace yagura::livenet
