// SPDX-License-Identifier: Apache-2.0
//
// Saved states of the stream detectors: damaged ones are refused; others are written as they were
// read, and the detectors go on from them and give numbers.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "learn/change_finder.h"
#include "learn/streaming_detector.h"

using namespace yagura;
using namespace yagura::learn;

namespace {

// Goes on from the state in `bytes` by `add(detector, i)`, if it is one.
template <typename Detector, typename Add>
void go_on(std::string_view bytes, Add add) {
  ByteReader in(bytes);
  Detector detector;
  if (!detector.load(in)) return;
  ByteWriter out;
  detector.save(out);
  CHECK(out.bytes() == bytes.substr(0, in.position()));
  for (int i = 0; i < 200; ++i) CHECK(std::isfinite(add(detector, i)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  go_on<ChangeFinder>(bytes, [](ChangeFinder& finder, int i) { return finder.add(i % 7).score; });
  go_on<StreamingDetector>(bytes, [](StreamingDetector& detector, int i) {
    return detector.add(Timestamp::from_seconds(int64_t{i} * 3600), i % 7).score;
  });
  return 0;
}
