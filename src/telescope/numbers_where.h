// SPDX-License-Identifier: Apache-2.0
//
// Conditions on the rows of `numbers`, and on rows of sources, that several questions share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "telescope/tables_numbers.h"

namespace yagura::telescope {

std::string_view name_of(Level level);
// The rows that make up the period (tiles_of).
void add_tiles(Where& where, const Period& period);
void add_survey(Where& where, Survey survey);
// The part of the numbers that a filter asks for; a port of either protocol is two dimensions.
// Nothing where no dimension holds it: several conditions, or a source.
struct NumbersSlice {
  std::vector<Dimension> dimensions;
  uint32_t value = 0;
};
std::optional<NumbersSlice> slice_of(const Filter& filter);
void add_slice(Where& where, const NumbersSlice& slice);
// The classes that add up to everything, as far as `class_` lets them through.
void add_basic_classes(Where& where, const std::optional<PacketClass>& class_);
// Whether the filter is by what is ranked, so that its lines are among those of the ranking.
bool is_own_dimension(RankBy by, const NumbersSlice& slice);
// The dimension, class and values that a ranking ranks. Of ports the numbers know the classes one
// by one and, for UDP, scans; SYNs are the only TCP scans.
std::string ranked_condition(RankBy by, PacketClass class_);
// The class whose packets a ranking takes for the whole, unless another is asked for.
PacketClass usual_class(RankBy by);
// The ranked value of a row, as an expression.
std::string_view ranked_value(RankBy by);

// The same of rows of sources, where ports are the elements of `port_pair`.
std::string source_value(RankBy by);
std::string source_dimension(RankBy by);
// The rows that have what is ranked: those with a tool, with ports of the protocol …
void add_ranked_rows(Where& where, RankBy by);

}  // namespace yagura::telescope
