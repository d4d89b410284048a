// SPDX-License-Identifier: Apache-2.0
//
// How fast applications are read:
//
//   apk_bench ROUNDS FILE...
//
// Every file is read into memory, then each round reads all of them as applications. Prints lines
// of a name and a value: files, bytes, methods whose code was walked, and the processor's seconds
// of a round: of the fastest one, and of all in the mean.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "malware/application.h"

namespace yagura::bench {
namespace {

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

int run(int rounds, const std::vector<std::string>& files) {
  size_t bytes = 0, methods = 0;
  double fastest = 0, all = 0;
  for (int round = 0; round < rounds; ++round) {
    const double begin = processor_seconds();
    bytes = methods = 0;
    for (const std::string& file : files) {
      const auto application = malware::read_application(file);
      CHECK(application.has_value());
      bytes += file.size();
      methods += application->methods;
    }
    const double seconds = processor_seconds() - begin;
    fastest = round == 0 ? seconds : std::min(fastest, seconds);
    all += seconds;
  }
  fmt::print("files {}\nbytes {}\nmethods {}\nfastest {:.6f}\nmean {:.6f}\n", files.size(), bytes,
             methods, fastest, all / rounds);
  return 0;
}

}  // namespace
}  // namespace yagura::bench

int main(int count, char** arguments) {
  if (count < 3 || std::stoi(arguments[1]) < 1) {
    fmt::print(stderr, "usage: apk_bench ROUNDS FILE...\n");
    return 2;
  }
  std::vector<std::string> files;
  for (int i = 2; i < count; ++i) files.push_back(yagura::bench::read_file(arguments[i]));
  return yagura::bench::run(std::stoi(arguments[1]), files);
}
