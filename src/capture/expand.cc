// SPDX-License-Identifier: Apache-2.0
//
// From what a user names to the captures to be read, in order of their first packet.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <tuple>
#include <utility>

#include "capture/scan.h"
#include "capture/source.h"

namespace yagura::capture {
namespace {

namespace fs = std::filesystem;

constexpr int max_folder_depth = 64;

class Expansion {
 public:
  explicit Expansion(std::vector<std::string>& skipped) : skipped_(skipped) {}

  Result<void> add_given(const InputSpecification& given) {
    if (is_stream(given.path)) {
      inputs_.push_back(given);
      return {};
    }
    TRY(const struct stat status, status_of(given.path));
    if (S_ISDIR(status.st_mode)) return add_folder(given, status, 0);
    if (seen_before(given, status)) return {};
    InputSpecification input = given;
    if (!input.scan) {
      TRY(input.scan, scan_input(given.path));
    }
    inputs_.push_back(std::move(input));
    return {};
  }

  // In order of the first packet; captures without one, and streams, come first.
  std::vector<InputSpecification> take() && {
    std::vector<std::pair<int64_t, size_t>> order;
    for (const InputSpecification& input : inputs_) {
      const bool known = input.scan && input.scan->first;
      order.emplace_back(known ? input.scan->first->nanoseconds : -1, order.size());
    }
    std::sort(order.begin(), order.end());
    std::vector<InputSpecification> sorted;
    for (const auto& [time, index] : order) sorted.push_back(std::move(inputs_[index]));
    return sorted;
  }

 private:
  static Result<struct stat> status_of(const fs::path& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
      return failure(fmt::format("cannot open {}: {}", path.string(), errno_text(errno)));
    return status;
  }

  bool seen_before(const InputSpecification& input, const struct stat& status) {
    const auto [place, fresh] = files_.insert({input.sensor, status.st_dev, status.st_ino});
    if (!fresh) skipped_.push_back(input.path.string() + ": the same file as another input");
    return !fresh;
  }

  Result<void> add_folder(const InputSpecification& folder, const struct stat& status, int depth) {
    const std::string name = folder.path.string();
    if (!folders_.insert({folder.sensor, status.st_dev, status.st_ino}).second) return {};
    if (depth > max_folder_depth)
      return failure(fmt::format("{}: more than {} folders deep", name, max_folder_depth));
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(folder.path, error), end; !error && at != end;
         at.increment(error))
      entries.push_back(at->path());
    if (error) return failure(fmt::format("cannot read the folder {}: {}", name, error.message()));
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) TRY_VOID(add_entry({entry, folder.sensor}, depth));
    return {};
  }

  Result<void> add_entry(InputSpecification entry, int depth) {
    const auto status = status_of(entry.path);
    if (!status) {  // a dangling link, or gone since the folder was read
      skipped_.push_back(status.error().message());
      return {};
    }
    if (S_ISDIR(status->st_mode)) return add_folder(entry, *status, depth + 1);
    if (!S_ISREG(status->st_mode)) {
      skipped_.push_back(entry.path.string() + ": not a regular file");
      return {};
    }
    if (seen_before(entry, *status)) return {};
    auto scan = scan_input(entry.path);
    if (!scan) {
      skipped_.push_back(scan.error().message());
      return {};
    }
    entry.scan = std::move(*scan);
    inputs_.push_back(std::move(entry));
    return {};
  }

  std::vector<std::string>& skipped_;
  std::vector<InputSpecification> inputs_;
  std::set<std::tuple<uint8_t, dev_t, ino_t>> files_, folders_;
};

}  // namespace

Result<std::string> content_hash(const InputSpecification& input) {
  if (input.scan) return input.scan->content_hash;
  if (is_stream(input.path))
    return failure(
        fmt::format("{} can be read only once: its content hash is known after reading it",
                    input.path == "-" ? "standard input" : input.path.string()));
  TRY(const InputScan scan, scan_input(input.path));
  return scan.content_hash;
}

Result<std::vector<InputSpecification>> expand_inputs(const std::vector<InputSpecification>& given,
                                                      std::vector<std::string>& skipped) {
  Expansion expansion(skipped);
  for (const InputSpecification& input : given) TRY_VOID(expansion.add_given(input));
  return std::move(expansion).take();
}

}  // namespace yagura::capture
