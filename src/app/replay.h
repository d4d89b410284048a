// SPDX-License-Identifier: Apache-2.0
//
// What the command line says of a replay, and the data folder it may write to. Plain values.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/read_summary.h"
#include "app/telescope_data.h"
#include "app/verb.h"
#include "capture/source.h"

namespace yagura::app {

struct ReplayFlags {
  std::vector<std::string> captures;  // FILE, or SENSOR=FILE
  std::string speed = "1";
  bool repeat = false;
  DarkFlags dark;
};
void add_replay_flags(Verb& verb, ReplayFlags& flags);

struct Replay {
  std::map<std::string, std::vector<capture::InputSpecification>> inputs;  // by sensor, scanned
  double speed = 1;  // 0 = as fast as possible
  bool repeat = false;
  DarkChange dark;

  bool wanted() const { return !inputs.empty(); }
};
// Understands the flags and looks at the captures.
Result<Replay> parse_replay(const ReplayFlags& flags);

// A folder that is gone with this object.
class ThrowAwayFolder {
 public:
  static Result<std::unique_ptr<ThrowAwayFolder>> make();
  ~ThrowAwayFolder();
  ThrowAwayFolder(const ThrowAwayFolder&) = delete;
  ThrowAwayFolder& operator=(const ThrowAwayFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ThrowAwayFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// The data folder of a replay: one of its own, or the one that --data names, which must be new,
// empty, or of an earlier replay. It is open as open_for_reading opens it, and marked.
struct ReplayData {
  std::unique_ptr<ThrowAwayFolder> folder;  // outlives the data in it
  TelescopeData data;
};
Result<ReplayData> open_for_replay(const Session& session);

}  // namespace yagura::app
