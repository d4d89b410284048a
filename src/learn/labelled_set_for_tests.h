// SPDX-License-Identifier: Apache-2.0
//
// A public outlier set of the data folder (ADBench's .npz: a zip with X.npy and y.npy), for tests
// and benches. Sizes are checked and bounded; the files are ours, so there is no fuzz target.
#pragma once

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learn/matrix.h"

namespace yagura::learn::testing {

struct LabelledSet {
  Matrix<double> rows;
  std::vector<uint8_t> outlier;  // 1: it is one
};

namespace internal {

constexpr size_t most_bytes = size_t{1} << 30;

template <typename Stored>
double number_at(const char* at) {
  Stored value;
  std::memcpy(&value, at, sizeof value);
  return static_cast<double>(value);
}
template <typename Stored>
size_t size_at(std::string_view bytes, size_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(Stored)) return 0;
  return static_cast<size_t>(number_at<Stored>(bytes.data() + at));
}

inline Result<std::string> inflated(std::string_view packed, size_t size) {
  std::string result(size, '\0');
  z_stream stream{};
  CHECK(inflateInit2(&stream, -15) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(size);
  const int done = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (done != Z_STREAM_END || stream.avail_out != 0) return failure("the zip is damaged");
  return result;
}

// The member `name` of a zip without a comment (APPNOTE.TXT 4.3).
inline Result<std::string> unzipped(std::string_view zip, std::string_view name) {
  constexpr size_t end_size = 22, entry_size = 46, local_size = 30;
  if (zip.size() < end_size || zip.size() > most_bytes) return failure("not a zip");
  size_t at = size_at<uint32_t>(zip, zip.size() - end_size + 16);
  for (; zip.substr(std::min(at, zip.size())).starts_with("PK\1\2");) {
    const size_t method = size_at<uint16_t>(zip, at + 10), packed = size_at<uint32_t>(zip, at + 20),
                 size = size_at<uint32_t>(zip, at + 24), length = size_at<uint16_t>(zip, at + 28),
                 more = size_at<uint16_t>(zip, at + 30) + size_at<uint16_t>(zip, at + 32),
                 local = size_at<uint32_t>(zip, at + 42);
    if (!zip.substr(at + entry_size, length).starts_with(name)) {
      at += entry_size + length + more;
      continue;
    }
    const size_t data = local + local_size + size_at<uint16_t>(zip, local + 26) +
                        size_at<uint16_t>(zip, local + 28);
    if (data > zip.size() || packed > zip.size() - data || size > most_bytes)
      return failure("the zip is damaged");
    if (method == 0) return std::string(zip.substr(data, packed));
    return inflated(zip.substr(data, packed), size);
  }
  return failure(fmt::format("the zip has no {}", name));
}

struct NumberKind {
  std::string_view name;
  size_t size;
  double (*read)(const char*);
};
constexpr std::array number_kinds{
    NumberKind{"|u1", 1, number_at<uint8_t>}, NumberKind{"<i2", 2, number_at<int16_t>},
    NumberKind{"<i4", 4, number_at<int32_t>}, NumberKind{"<i8", 8, number_at<int64_t>},
    NumberKind{"<f8", 8, number_at<double>}};

// The text behind `'key': ` in the header of a .npy file.
inline std::string_view value_of(std::string_view header, std::string_view key) {
  const size_t at = header.find(fmt::format("'{}': ", key));
  return at == std::string_view::npos ? "" : header.substr(at + key.size() + 4);
}

// Rows and columns; one column if the array has one dimension.
inline std::array<size_t, 2> shape_of(std::string_view header) {
  std::array<size_t, 2> shape{0, 1};
  std::string_view text = value_of(header, "shape");
  for (size_t& side : shape) {
    text.remove_prefix(std::min(text.find_first_of("0123456789)"), text.size()));
    if (text.empty() || text.front() == ')') break;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), side);
    text.remove_prefix(static_cast<size_t>(read.ptr - text.data()));
  }
  return shape;
}

// A one- or two-dimensional array as NumPy's format 1.0 keeps it (numpy.lib.format).
inline Result<Matrix<double>> parse_npy(std::string_view bytes) {
  const size_t start = 10 + size_at<uint16_t>(bytes, 8);
  if (!bytes.starts_with("\x93NUMPY\x01") || start > bytes.size())
    return failure("not a .npy of format 1");
  const std::string_view header = bytes.substr(10, start - 10);
  const std::string_view numbers = bytes.substr(start);
  const std::string_view name = value_of(header, "descr");
  const auto kind = std::ranges::find_if(number_kinds, [&](const NumberKind& each) {
    return name.starts_with(fmt::format("'{}'", each.name));
  });
  if (kind == number_kinds.end()) return failure(fmt::format("a .npy of another kind: {}", header));
  const auto [rows, columns] = shape_of(header);
  if (rows > most_bytes || columns > most_bytes || numbers.size() != rows * columns * kind->size)
    return failure("the .npy is not as long as it says");
  const bool by_column = value_of(header, "fortran_order").starts_with("True");
  Matrix<double> result(rows, columns);
  for (size_t row = 0; row < rows; ++row)
    for (size_t column = 0; column < columns; ++column) {
      const size_t at = by_column ? column * rows + row : row * columns + column;
      result(row, column) = kind->read(numbers.data() + at * kind->size);
    }
  return result;
}

}  // namespace internal

inline Result<LabelledSet> read_labelled_set(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(fmt::format("{} cannot be read", path.string()));
  const std::string zip{std::istreambuf_iterator<char>(file), {}};
  TRY(const std::string x, within(path.string(), internal::unzipped(zip, "X.npy")));
  TRY(const std::string y, within(path.string(), internal::unzipped(zip, "y.npy")));
  LabelledSet set;
  TRY(set.rows, within(path.string(), internal::parse_npy(x)));
  TRY(const auto labels, within(path.string(), internal::parse_npy(y)));
  for (const double label : labels.numbers()) set.outlier.push_back(label != 0);
  if (set.outlier.size() != set.rows.rows())
    return failure(fmt::format("{}: not as many labels as rows", path.string()));
  return set;
}

}  // namespace yagura::learn::testing
