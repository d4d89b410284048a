// SPDX-License-Identifier: Apache-2.0
//
// For tests: the golden files of tests/synchrony, whose README.md says where they come from.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace yagura::learn {

// The rows of a file without its heading; none if it is not there.
inline std::vector<std::vector<double>> synchrony_golden(const std::string& name) {
  std::ifstream file(YAGURA_SOURCE_DIR "/tests/synchrony/" + name);
  std::vector<std::vector<double>> rows;
  std::string line, word;
  for (std::getline(file, line); std::getline(file, line);) {
    std::istringstream words(line);
    for (rows.emplace_back(); std::getline(words, word, ',');)
      rows.back().push_back(std::stod(word));
  }
  return rows;
}

}  // namespace yagura::learn
