// SPDX-License-Identifier: Apache-2.0
//
// Several lambdas as one, for std::visit: the one whose parameter fits is called.
#pragma once

namespace yagura {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace yagura
