// SPDX-License-Identifier: Apache-2.0
//
// Everything known about one source, as a document.
#pragma once

#include "telescope/report_document.h"
#include "telescope/report_tables.h"

namespace yagura::telescope {

Document source_report(const SourcePage& page, const Names& names);

}  // namespace yagura::telescope
