// SPDX-License-Identifier: Apache-2.0
//
// The model of a triage as a file: what was learnt until the last run, what had been learnt before
// it, and which alerts came between. So a person can ask again for what was judged last, with
// another limit or for the alerts of one line, and is answered as the first time: input that begins
// with the alerts of the last run is judged by what was known before these.
//
// Read as a whole, written beside it, synced and renamed into place, so that there is always a
// whole one. Errors name the file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "livenet/alert_log.h"

namespace yagura::livenet {

// Twice: some 100 bytes for each judgement of 30 days, and each rule on each host; the forests.
inline constexpr std::uintmax_t largest_model = std::uintmax_t{1} << 30;

struct ModelFile {
  std::string before, after;  // as Triage::save wrote them
  uint64_t alerts = 0;        // how many the last run judged, or left out, and
  uint64_t fingerprint = 0;   // AlertLog::fingerprint of these
};

// By what `log` is to be judged.
std::string_view state_for(const ModelFile& model, const AlertLog& log);

// Nothing where there is no file.
Result<std::optional<ModelFile>> read_model_file(const std::filesystem::path& path);
// Fails, and leaves the file that is there as it is, where what would be written could not be read.
Result<void> write_model_file(const std::filesystem::path& path, const ModelFile& model);

}  // namespace yagura::livenet
