// SPDX-License-Identifier: Apache-2.0
//
// Conditions on the rows of `numbers`, and on rows of sources, that several questions share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "telescope/number_sheets.h"
#include "telescope/tables_numbers.h"

namespace yagura::telescope {

std::string_view name_of(Level level);
// The column that holds it.
std::string_view name_of(RankOrder measure);
// The part of the numbers that a filter asks for; a port of either protocol is two dimensions.
// Nothing where no dimension holds it: several conditions, or a source.
struct NumbersSlice {
  std::vector<Dimension> dimensions;
  uint32_t value = 0;
};
std::optional<NumbersSlice> slice_of(const Filter& filter);
// Whether packets of `class_` are among those that are wanted.
bool lets_through(const std::optional<PacketClass>& wanted, PacketClass class_);
// Whether the filter is by what is ranked, so that its lines are among those of the ranking.
bool is_own_dimension(RankBy by, const NumbersSlice& slice);
bool is_by_port(RankBy by);
// The dimensions and classes that a ranking of `class_` ranks; not of a ranking by class. Of ports
// the numbers know the classes one by one and, for UDP, scans; SYNs are the only TCP scans.
std::vector<SheetKind> ranked_kinds(RankBy by, PacketClass class_);
// Whether a ranking lists the value: no tool and no organisation are not ranked.
bool is_ranked(Dimension dimension, uint32_t value);
// The class whose packets a ranking takes for the whole, unless another is asked for.
PacketClass usual_class(RankBy by);
// The ranked value of a row of a source, and its dimension, as expressions: ports are the elements
// of `port_pair`.
std::string source_value(RankBy by);
std::string source_dimension(RankBy by);
// The rows that have what is ranked: those with a tool, with ports of the protocol …
void add_ranked_rows(Where& where, RankBy by);

}  // namespace yagura::telescope
