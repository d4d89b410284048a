// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

#include <array>

// The assembler finds the files relative to src/, which is on the include path.
#define EMBED_SQL(symbol, file)                           \
  asm(".section .rodata\n"                                \
      ".global yagura_sql_" #symbol                       \
      "\n"                                                \
      "yagura_sql_" #symbol ": .incbin \"../schema/" file \
      "\"\n"                                              \
      ".global yagura_sql_" #symbol                       \
      "_end\n"                                            \
      "yagura_sql_" #symbol                               \
      "_end:\n"                                           \
      ".text\n");                                         \
  extern "C" const char yagura_sql_##symbol[];            \
  extern "C" const char yagura_sql_##symbol##_end[]

EMBED_SQL(001, "001_telescope.sql");

namespace yagura::store {

std::span<const Migration> migrations() {
  static const std::array<Migration, 1> all = {{
      {1, "001_telescope.sql", {yagura_sql_001, yagura_sql_001_end}},
  }};
  return all;
}

}  // namespace yagura::store
