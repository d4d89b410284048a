// SPDX-License-Identifier: Apache-2.0
//
// Frames and captures made by hand, for the tests of this room.
#pragma once

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/temporary_folder_for_tests.h"
#include "capture/decode.h"
#include "capture/frame.h"

namespace yagura::capture::testing {

using ByteString = std::vector<uint8_t>;

inline ByteString operator+(ByteString a, const ByteString& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline ByteString be16(unsigned value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}
inline ByteString be32(uint32_t value) { return be16(value >> 16) + be16(value & 0xffff); }

// ---- frames ----------------------------------------------------------------------------------

inline ByteString ethernet(unsigned type, const ByteString& rest) {
  return ByteString(12, 0x02) + be16(type) + rest;
}

struct Ipv4 {
  uint8_t protocol = 6;
  std::string source = "192.0.2.1";
  std::string destination = "198.51.100.7";
  unsigned fragment = 0;  // flags and offset, as in the header
  int length = -1;        // of the header's length field; -1 = right
  ByteString options = {};
};

inline ByteString address_bytes(const std::string& text) {
  const IpAddress address = *IpAddress::parse(text);
  ByteString bytes(16);
  address.write_bytes(bytes.data());
  if (address.is_v4()) bytes.erase(bytes.begin(), bytes.begin() + 12);
  return bytes;
}

inline ByteString ipv4(const Ipv4& ip, const ByteString& payload) {
  const size_t header = 20 + ip.options.size();
  const size_t length = ip.length >= 0 ? static_cast<size_t>(ip.length) : header + payload.size();
  ByteString bytes = ByteString{static_cast<uint8_t>(0x40 | header / 4), 0} +
                     be16(static_cast<unsigned>(length)) + be16(0x1234) + be16(ip.fragment) +
                     ByteString{64, ip.protocol} + be16(0) + address_bytes(ip.source) +
                     address_bytes(ip.destination) + ip.options;
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2) sum += uint32_t{bytes[i]} << 8 | bytes[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  bytes[10] = static_cast<uint8_t>(~sum >> 8);
  bytes[11] = static_cast<uint8_t>(~sum);
  return bytes + payload;
}

inline ByteString ipv6(uint8_t next_header, const ByteString& payload,
                       const std::string& source = "2001:db8::1",
                       const std::string& destination = "2001:db8::2") {
  return be32(0x6000'0000) + be16(static_cast<unsigned>(payload.size())) +
         ByteString{next_header, 61} + address_bytes(source) + address_bytes(destination) + payload;
}

inline ByteString tcp(unsigned source, unsigned destination, uint8_t flags, uint32_t sequence = 7,
                      const ByteString& payload = {}) {
  return be16(source) + be16(destination) + be32(sequence) + be32(9) + ByteString{0x50, flags} +
         be16(1024) + be32(0) + payload;
}

inline ByteString udp(unsigned source, unsigned destination, const ByteString& payload = {}) {
  return be16(source) + be16(destination) + be16(static_cast<unsigned>(8 + payload.size())) +
         be16(0) + payload;
}

inline ByteString icmp(uint8_t type, uint8_t code, const ByteString& rest = {}) {
  return ByteString{type, code, 0, 0, 0, 0, 0, 0} + rest;
}

// ---- captures --------------------------------------------------------------------------------

struct TestFrame {
  int64_t time = 0;  // nanoseconds
  ByteString bytes;
  uint32_t wire_length = 0;  // 0: as many as bytes

  uint32_t wire() const {
    return wire_length != 0 ? wire_length : static_cast<uint32_t>(bytes.size());
  }
};

// `count` SYNs to rising ports, `step` apart.
inline std::vector<TestFrame> some_syns(size_t count, int64_t start = 1'500'000'000'000'000'000,
                                        int64_t step = 1'000'000) {
  std::vector<TestFrame> frames;
  for (size_t i = 0; i < count; ++i)
    frames.push_back(
        {start + static_cast<int64_t>(i) * step,
         ethernet(0x0800, ipv4({}, tcp(40000, static_cast<unsigned>(i) & 0xffff, 2)))});
  return frames;
}

// Writes numbers in the byte order asked for.
class FileBytes {
 public:
  explicit FileBytes(bool big_endian) : big_endian_(big_endian) {}
  FileBytes& u16(uint64_t value) { return number(value, 2); }
  FileBytes& u32(uint64_t value) { return number(value, 4); }
  FileBytes& u64(uint64_t value) { return number(value, 8); }
  FileBytes& raw(const ByteString& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return *this;
  }
  ByteString bytes;

 private:
  FileBytes& number(uint64_t value, int size) {
    for (int i = 0; i < size; ++i)
      bytes.push_back(static_cast<uint8_t>(value >> 8 * (big_endian_ ? size - 1 - i : i)));
    return *this;
  }
  bool big_endian_;
};

inline ByteString pcap_file(const std::vector<TestFrame>& frames, bool big_endian = false,
                            bool nanoseconds = true, uint32_t link = 1) {
  FileBytes file(big_endian);
  file.u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(link);
  for (const TestFrame& frame : frames) {
    const auto time = static_cast<uint64_t>(frame.time);
    file.u32(time / 1'000'000'000).u32(time % 1'000'000'000 / (nanoseconds ? 1 : 1000));
    file.u32(frame.bytes.size()).u32(frame.wire()).raw(frame.bytes);
  }
  return file.bytes;
}

inline ByteString pcapng_block(bool big_endian, uint32_t type, ByteString body) {
  while (body.size() % 4 != 0) body.push_back(0);
  const size_t size = body.size() + 12;
  return FileBytes(big_endian).u32(type).u32(size).raw(body).u32(size).bytes;
}

inline ByteString pcapng_section(bool big_endian) {
  return pcapng_block(big_endian, 0x0a0d0d0a,
                      FileBytes(big_endian).u32(0x1a2b3c4d).u16(1).u16(0).u64(~0ULL).bytes);
}

inline ByteString pcapng_interface(bool big_endian, uint16_t link, int resolution = -1,
                                   int64_t offset = 0, uint32_t snap_length = 0) {
  FileBytes body(big_endian);
  body.u16(link).u16(0).u32(snap_length);
  if (resolution >= 0) body.u16(9).u16(1).raw({static_cast<uint8_t>(resolution), 0, 0, 0});
  if (offset != 0) body.u16(14).u16(8).u64(static_cast<uint64_t>(offset));
  body.u16(0).u16(0);
  return pcapng_block(big_endian, 1, body.bytes);
}

inline ByteString pcapng_packet(bool big_endian, uint32_t interface, uint64_t ticks,
                                const TestFrame& frame) {
  FileBytes body(big_endian);
  body.u32(interface).u32(ticks >> 32).u32(ticks & 0xffff'ffff).u32(frame.bytes.size());
  return pcapng_block(big_endian, 6, body.u32(frame.wire()).raw(frame.bytes).bytes);
}

// One section with one interface that counts nanoseconds.
inline ByteString pcapng_file(const std::vector<TestFrame>& frames, bool big_endian = false,
                              uint16_t link = 1) {
  ByteString file = pcapng_section(big_endian) + pcapng_interface(big_endian, link, 9);
  for (const TestFrame& frame : frames)
    file = std::move(file) + pcapng_packet(big_endian, 0, static_cast<uint64_t>(frame.time), frame);
  return file;
}

inline ByteString gzip(const ByteString& bytes) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  ByteString packed(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64);
  stream.next_in = const_cast<uint8_t*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline ByteString zstd(const ByteString& bytes) {
  ByteString packed(ZSTD_compressBound(bytes.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return packed;
}

// ---- files -----------------------------------------------------------------------------------

// The captures of the shared data folder, or an empty path if it is not there.
inline std::filesystem::path shared_captures() {
  const char* given = std::getenv("YAGURA_SHARED_DATA");
  const std::filesystem::path data =
      given != nullptr ? std::filesystem::path(given)
                       : std::filesystem::path(YAGURA_SOURCE_DIR) / "../shared/data";
  const auto captures = data / "telescope" / "pcap";
  return std::filesystem::is_directory(captures) ? captures : std::filesystem::path();
}

}  // namespace yagura::capture::testing
