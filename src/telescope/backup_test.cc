// SPDX-License-Identifier: Apache-2.0
//
// Backups of a telescope with its real store, and what becomes of them.
#include "telescope/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <fstream>
#include <map>
#include <sstream>

#include "base/result_for_tests.h"
#include "store/size.h"
#include "telescope/sensor_ingest.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr Timestamp now = Timestamp::from_seconds(1'790'000'000);

std::string bytes_of(const fs::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

// A manifest's lines with the line that vouches for them.
std::string with_manifest_checksum(const std::string& lines) {
  const XXH128_hash_t sum = XXH3_128bits(lines.data(), lines.size());
  return lines + fmt::format("manifest {:016x}{:016x}\n", sum.high64, sum.low64);
}

class BackupTest : public TelescopeTest {
 protected:
  void SetUp() override {
    TelescopeTest::SetUp();
    if (IsSkipped()) return;
    backup_ = folder_.path() / "backup";
    half_ = traffic_.frames.size() / 2;
  }
  Frames first() const { return Frames(traffic_.frames).first(half_); }
  Frames second() const { return Frames(traffic_.frames).subspan(half_); }
  void expect_whole(Telescope& telescope) {
    const auto checks = store::check_tables(telescope.connection());
    ASSERT_TRUE(checks) << checks.error().message();
    EXPECT_FALSE(checks->empty());
    for (const auto& check : *checks)
      EXPECT_TRUE(check.whole) << check.table << ": " << check.complaint;
  }
  // A backup of a folder that read the first half.
  void make_backup() {
    auto* telescope = open("a");
    read(*telescope, first());
    const auto made = backup(*telescope, backup_, now);
    ASSERT_TRUE(made) << made.error().message();
    close();
  }
  fs::path target() const { return folder_.path() / "restored"; }
  // Nothing was made, not even in part.
  void expect_no_target() {
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      EXPECT_FALSE(entry.path().filename().string().starts_with("restored")) << entry.path();
  }
  std::string refusal() { return error_of(restore(backup_, target())); }

  Traffic traffic_{busy(41, 6000)};
  size_t half_ = 0;
  fs::path backup_;
};

TEST_F(BackupTest, ARestoredFolderHoldsTheSameRowsAndReadsOn) {
  const auto expected = rows_in_one_go(traffic_.frames);
  auto* telescope = open("a");
  read(*telescope, first());
  const auto before = all_rows(*telescope);
  CopyProgress last;
  const auto made =
      backup(*telescope, backup_, now, {[&](const CopyProgress& so_far) { last = so_far; }, {}});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_GT(made->files, 50u);
  EXPECT_EQ(last.bytes_done, made->bytes);
  EXPECT_EQ(last.bytes_total, made->bytes);
  EXPECT_FALSE(fs::exists(telescope->folder() / "snapshot"));
  EXPECT_FALSE(fs::exists(telescope->folder() / "store" / "shadow"));
  read(*telescope, second());
  expect_same(expected, *telescope);
  close();

  const auto restored = restore(backup_, target());
  ASSERT_TRUE(restored) << restored.error().message();
  EXPECT_EQ(restored->files, made->files);
  EXPECT_EQ(restored->bytes, made->bytes);
  EXPECT_EQ(restored->made, "2026-09-21T14:13:20Z");
  telescope = open("restored");
  expect_whole(*telescope);
  expect_same(before, *telescope);
  EXPECT_TRUE(read(*telescope, first()).inputs[0].read_before);
  read(*telescope, second());
  expect_same(expected, *telescope);
  expect_whole(*telescope);
}

// As beside a capture: the snapshot is of one commit, whatever is written while it is copied.
TEST_F(BackupTest, WhatIsWrittenWhileItIsCopiedDoesNotBelongToIt) {
  const auto expected = rows_in_one_go(traffic_.frames);
  auto* telescope = open("a");
  const auto sensor = state::sensor_named(telescope->database(), "default");
  ASSERT_TRUE(sensor);
  std::unique_ptr<Snapshot> snapshot;
  {
    auto ingest = SensorIngest::begin(*telescope, *sensor, first()[0].time, ActivityAt::window_end);
    ASSERT_TRUE(ingest) << ingest.error().message();
    for (const TrafficFrame& frame : first()) ASSERT_TRUE((*ingest)->add(packet_of(frame)));
    ASSERT_TRUE((*ingest)->checkpoint({}, {}));
    auto taken = Snapshot::take(*telescope);
    ASSERT_TRUE(taken) << taken.error().message();
    snapshot = std::move(*taken);
    EXPECT_THAT(error_of(Snapshot::take(*telescope)), HasSubstr("already"));
    for (const TrafficFrame& frame : second()) ASSERT_TRUE((*ingest)->add(packet_of(frame)));
    ASSERT_TRUE((*ingest)->finish({}, {}));
  }
  ASSERT_TRUE(telescope->sweep_run_files());
  ASSERT_TRUE(telescope->connection().execute("OPTIMIZE TABLE activity FINAL"));
  const auto made = write_backup(*snapshot, backup_, now);
  ASSERT_TRUE(made) << made.error().message();
  snapshot.reset();
  close();

  ASSERT_TRUE(restore(backup_, target()));
  telescope = open("restored");
  expect_whole(*telescope);
  {
    auto ingest =
        SensorIngest::begin(*telescope, *sensor, second()[0].time, ActivityAt::window_end);
    ASSERT_TRUE(ingest) << ingest.error().message();
    for (const TrafficFrame& frame : second()) ASSERT_TRUE((*ingest)->add(packet_of(frame)));
    ASSERT_TRUE((*ingest)->finish({}, {}));
  }
  expect_same(expected, *telescope);
}

TEST_F(BackupTest, GoesNowhereWhereSomethingIs) {
  auto* telescope = open("a");
  read(*telescope, first());
  fs::create_directory(backup_);
  EXPECT_THAT(error_of(backup(*telescope, backup_, now)), HasSubstr("is there already"));
  EXPECT_THAT(error_of(backup(*telescope, telescope->folder() / "b", now)),
              HasSubstr("lies in the data folder"));
  EXPECT_THAT(error_of(backup(*telescope, folder_.path() / "seed.db" / "b", now)),
              HasSubstr("Not a directory"));
}

TEST_F(BackupTest, LeavesNothingBehindWhenItIsStoppedAndReplacesWhatAKilledOneLeft) {
  auto* telescope = open("a");
  read(*telescope, first());
  int asked = 0;
  const auto stopped = backup(*telescope, backup_, now, {{}, [&] { return ++asked > 20; }});
  EXPECT_THAT(error_of(stopped), HasSubstr("stopped"));
  EXPECT_FALSE(fs::exists(backup_));
  EXPECT_FALSE(fs::exists(backup_.string() + ".unfinished"));
  fs::create_directory(backup_.string() + ".unfinished");
  std::ofstream(backup_.string() + ".unfinished/state.db") << "cut";
  fs::create_directories(telescope->folder() / "snapshot/runs");
  fs::create_directories(telescope->folder() / "store/shadow/backup");
  telescope = open("a");
  const auto made = backup(*telescope, backup_ / "", now);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_FALSE(fs::exists(backup_.string() + ".unfinished"));
  close();
  EXPECT_EQ(refusal(), "");
}

TEST_F(BackupTest, IsNotRestoredOverAnything) {
  make_backup();
  fs::create_directory(target());
  std::ofstream(target() / "file") << "x";
  EXPECT_THAT(refusal(), HasSubstr("holds something already"));
  fs::remove(target() / "file");
  EXPECT_EQ(refusal(), "");
}

// One file of each kind: by the folder it lies in and its ending.
std::vector<fs::path> files_of_each_kind(const fs::path& backup) {
  std::map<std::string, fs::path> kinds;
  for (const auto& entry : fs::recursive_directory_iterator(backup)) {
    if (!entry.is_regular_file() || entry.file_size() == 0) continue;
    const fs::path place = entry.path().lexically_relative(backup);
    kinds[place.begin()->string() + place.extension().string()] = entry.path();
  }
  std::vector<fs::path> files;
  for (const auto& [kind, path] : kinds) files.push_back(path);
  return files;
}

TEST_F(BackupTest, AChangedMissingOrCutFileIsNamedAndNothingIsRestored) {
  make_backup();
  const std::vector<fs::path> files = files_of_each_kind(backup_);
  EXPECT_GT(files.size(), 8u);
  for (const fs::path& path : files) {
    const std::string whole = bytes_of(path);
    std::string changed = whole;
    changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 1);
    for (const std::string& bytes : {changed, whole.substr(0, whole.size() - 1)}) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
      ASSERT_THAT(refusal(), HasSubstr(path.filename().string()));
    }
    fs::remove(path);
    ASSERT_THAT(refusal(), HasSubstr(path.filename().string()));
    std::ofstream(path, std::ios::binary) << whole;
  }
  expect_no_target();
  EXPECT_EQ(refusal(), "");
}

TEST_F(BackupTest, AManifestThatNamesAPlaceOutsideIsRefused) {
  make_backup();
  const fs::path manifest = backup_ / "manifest";
  const std::string whole = bytes_of(manifest);
  EXPECT_THAT(whole, HasSubstr("YAGBAK01\nmade 2026-09-21T14:13:20Z\n"));
  for (const char* place : {"../state.db", "/etc/state.db", "runs/../../x", "./x", ""}) {
    std::string text = whole.substr(0, whole.rfind("manifest "));
    text += std::string(32, '0') + " 1 " + place + "\n";
    std::ofstream(manifest, std::ios::trunc) << with_manifest_checksum(text);
    EXPECT_THAT(refusal(), HasSubstr("no file can be named by")) << place;
  }
  std::ofstream(manifest, std::ios::trunc) << "YAGBAK02" << whole.substr(8);
  EXPECT_THAT(refusal(), HasSubstr("has format 02, this yagura reads 01"));
  std::ofstream(manifest, std::ios::trunc) << whole.substr(0, whole.size() / 2);
  EXPECT_THAT(refusal(), HasSubstr("manifest"));
  fs::remove(manifest);
  EXPECT_THAT(refusal(), HasSubstr("is no backup"));
  expect_no_target();
}

}  // namespace
}  // namespace yagura::telescope
