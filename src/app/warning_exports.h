// SPDX-License-Identifier: Apache-2.0
//
// Warnings as files for other programs: which forms there are, for the command line and the API
// alike. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "enrich/places.h"
#include "state/members.h"
#include "state/warnings.h"
#include "warning/notice.h"

namespace yagura::app {

struct ExportForm {
  std::string_view name, file, content_type;
  std::string (*write)(std::span<const warning::Notice>);  // one of each member
};

std::span<const ExportForm> export_forms();
const ExportForm* export_form(std::string_view name);  // null: there is none
std::string export_forms_text();                       // "shadowserver-darknet, …"

struct ExportContext {
  std::span<const state::Member> members;  // that are named: those who may be
  const enrich::Places* places = nullptr;  // null: where addresses are is not told
  Timestamp now;
};
// Fails on a warning whose story cannot be read.
Result<std::string> exported(const ExportForm& form, std::span<const state::Warning> warnings,
                             const ExportContext& context);

}  // namespace yagura::app
