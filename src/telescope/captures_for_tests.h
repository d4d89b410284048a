// SPDX-License-Identifier: Apache-2.0
//
// For tests only: the real captures of data/captures and ../shared/data, read without the capture
// room's file code, so that a test of the analysers fails for reasons of the analysers.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "capture/decode.h"
#include "capture/packet.h"

namespace yagura::telescope {

// The path of a capture that is part of the repository.
inline std::filesystem::path shipped_capture(const std::string& name) {
  return std::filesystem::path(YAGURA_SOURCE_DIR) / "data" / "captures" / name;
}

// The path of a capture in ../shared/data/telescope/pcap; it may not be there.
inline std::filesystem::path shared_capture(const std::string& name) {
  const char* folder = std::getenv("YAGURA_SHARED_DATA");
  const std::filesystem::path root =
      folder != nullptr ? folder : std::string(YAGURA_SOURCE_DIR) + "/../shared/data";
  return root / "telescope" / "pcap" / name;
}

// The packets of a plain pcap file (little-endian, microseconds, Ethernet) with the bytes they
// point to.
class CaptureForTests {
 public:
  explicit CaptureForTests(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    if (bytes_.size() < 24 || word(0) != 0xa1b2c3d4 || word(20) != 1) {
      ADD_FAILURE() << path << " is not the kind of capture that tests read";
      return;
    }
    for (size_t at = 24; at + 16 <= bytes_.size();) {
      const uint32_t captured = word(at + 8);
      if (captured > bytes_.size() - at - 16) break;
      capture::Packet packet;
      capture::Reject reason;
      const auto* frame = reinterpret_cast<const uint8_t*>(bytes_.data() + at + 16);
      if (capture::decode({frame, captured}, word(at + 12), capture::LinkType::ethernet, {}, packet,
                          reason)) {
        packet.time.nanoseconds = word(at) * 1'000'000'000LL + word(at + 4) * 1'000LL;
        packets_.push_back(packet);
      }
      at += 16 + captured;
    }
  }
  CaptureForTests(const CaptureForTests&) = delete;
  CaptureForTests& operator=(const CaptureForTests&) = delete;
  const std::vector<capture::Packet>& packets() const { return packets_; }

 private:
  uint32_t word(size_t at) const {
    uint32_t value;
    std::memcpy(&value, bytes_.data() + at, 4);
    return value;
  }
  std::vector<char> bytes_;
  std::vector<capture::Packet> packets_;
};

}  // namespace yagura::telescope

// Skips the test, loudly, if `path` is not on this machine.
#define NEEDS_CAPTURE(path)           \
  if (!std::filesystem::exists(path)) \
  GTEST_SKIP() << "NOT TESTED: " << (path) << " is missing; set YAGURA_SHARED_DATA"
