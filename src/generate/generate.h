// SPDX-License-Identifier: Apache-2.0
//
// A synthetic darknet capture, packet by packet in order of time: scanners with the marks of their
// tools, botnets, survey scanners, probes for amplifiers, backscatter of attacks, the onset of a
// campaign. It is made up: to be called synthetic wherever it is shown.
//
// The same options give the same bytes on every machine. What is random about a source or a packet
// follows from its number and the seed, so memory does not grow with packets or sources (an attack
// has a clock of 72 bytes).
//
// Not thread-safe: a generator belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "generate/facts.h"
#include "generate/frame.h"
#include "generate/options.h"
#include "generate/population.h"
#include "generate/schedule.h"

namespace yagura::generate {

class Generator {
 public:
  // Fails on options out of bounds or that contradict each other, naming both.
  static Result<Generator> create(const GenerateOptions& options);

  // Writes the next frame (`frame` has room for largest_frame bytes) and what is true of it.
  // Returns its length, 0 at the end.
  size_t next(uint8_t* frame, PacketFacts& facts);

  const GenerateOptions& options() const { return options_; }
  const Population& population() const { return *population_; }

 private:
  Generator(const GenerateOptions& options, std::unique_ptr<Population> population);

  GenerateOptions options_;
  std::unique_ptr<Population> population_;  // its address is the schedule's
  Schedule schedule_;
};

}  // namespace yagura::generate
