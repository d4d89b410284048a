// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing saved state and run files: little-endian, no padding, bounds-checked.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/ip_address.h"
#include "base/result.h"

namespace yagura {

static_assert(std::endian::native == std::endian::little);

// Keeps what is written, or hands it on in pieces of about a MiB: a saved state may be larger than
// what should lie in memory once more.
class ByteWriter {
 public:
  using Drain = std::function<void(std::string_view)>;

  ByteWriter() = default;
  explicit ByteWriter(Drain drain) : drain_(std::move(drain)) {}

  template <typename T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void put(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
    hand_on();
  }
  void put(IpAddress address) {
    put(address.high());
    put(address.low());
  }
  void put_bytes(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    hand_on();
  }
  void put_text(std::string_view text) {  // length and bytes
    put(static_cast<uint32_t>(text.size()));
    bytes_.append(text);
  }
  // All that was written, or what was not handed on yet.
  const std::string& bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }
  // Hands on what is left.
  void flush() {
    if (drain_ && !bytes_.empty()) drain_(bytes_);
    if (drain_) bytes_.clear();
  }

 private:
  static constexpr size_t piece = 1 << 20;
  void hand_on() {
    if (bytes_.size() >= piece && drain_) [[unlikely]]
      flush();
  }

  std::string bytes_;
  Drain drain_;
};

// Every get fails softly: past the end it returns zero and `ok()` is false from then on, so that a
// loader can read a whole structure and check once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  T get() {
    T value{};
    get_bytes(&value, sizeof(T));
    return value;
  }
  IpAddress get_address() {
    const auto high = get<uint64_t>();
    const auto low = get<uint64_t>();
    return IpAddress::from_halves(high, low);
  }
  void get_bytes(void* out, size_t size) {
    if (size > bytes_.size() - position_) {
      failed_ = true;
      std::memset(out, 0, size);
      return;
    }
    if (size == 0) return;  // an empty array's `out` may be null, which memcpy must not be given
    std::memcpy(out, bytes_.data() + position_, size);
    position_ += size;
  }
  void skip(size_t size) {
    failed_ |= size > remaining();
    position_ += std::min(size, remaining());
  }
  std::string_view get_text() {
    const auto size = get<uint32_t>();
    if (size > remaining()) {
      failed_ = true;
      return {};
    }
    position_ += size;
    return bytes_.substr(position_ - size, size);
  }
  // A count of things of at least `each` bytes that must still follow; 0 and !ok() if they cannot.
  uint64_t get_count(size_t each) {
    const auto count = get<uint64_t>();
    if (each > 0 && count > remaining() / each) {
      failed_ = true;
      return 0;
    }
    return count;
  }

  bool ok() const { return !failed_; }
  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace yagura
