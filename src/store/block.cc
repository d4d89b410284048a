// SPDX-License-Identifier: Apache-2.0
#include "store/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "store/native_type.h"

namespace yagura::store {
namespace {

static_assert(std::endian::native == std::endian::little);

// Reads a Native stream; every error says where it was found.
class NativeReader {
 public:
  explicit NativeReader(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return position_ == bytes_.size(); }
  size_t remaining() const { return bytes_.size() - position_; }

  tl::unexpected<Error> malformed(std::string_view what) const {
    return failure(fmt::format("native block: offset {}: {}", position_, what));
  }

  Result<uint64_t> varuint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_end()) return malformed("the bytes end within a number");
      const auto byte = static_cast<uint8_t>(bytes_[position_++]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return malformed("a number is longer than 64 bits");
  }

  Result<std::string_view> take(uint64_t size) {
    if (size > remaining()) return malformed("the bytes end within a column");
    position_ += size;
    return bytes_.substr(position_ - size, size);
  }

  // `count` values of `width` bytes; safe from overflow since both are bounded by what remains.
  Result<std::string_view> take_values(uint64_t count, size_t width) {
    if (count > remaining() / width) return malformed("the bytes end within a column");
    return take(count * width);
  }

  Result<std::string_view> text() {
    TRY(const uint64_t size, varuint());
    return take(size);
  }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
};

void append_bytes(std::vector<uint8_t>& target, std::string_view bytes) {
  target.insert(target.end(), bytes.begin(), bytes.end());
}

// Appends `count` values (or array elements) to `column`.
Result<void> read_values(NativeReader& in, uint64_t count, ColumnData& column) {
  const NativeType& type = *column.parsed;
  if (type.kind == Kind::string) {
    for (uint64_t i = 0; i < count; ++i) {
      TRY(const std::string_view text, in.text());
      column.strings.emplace_back(text);
    }
    return {};
  }
  TRY(const std::string_view bytes, in.take_values(count, type.width));
  if (type.kind == Kind::fixed_string) {
    for (uint64_t i = 0; i < count; ++i) {
      column.strings.emplace_back(bytes.substr(i * type.width, type.width));
    }
  } else {
    append_bytes(column.values, bytes);
  }
  return {};
}

// Array offsets of one block count from zero; those of the joined column go on from block to block.
Result<uint64_t> read_offsets(NativeReader& in, uint64_t rows, ColumnData& column) {
  TRY(const std::string_view bytes, in.take_values(rows, sizeof(uint64_t)));
  const uint64_t base = column.offsets.empty() ? 0 : column.offsets.back();
  uint64_t last = 0;
  for (uint64_t i = 0; i < rows; ++i) {
    uint64_t offset;
    std::memcpy(&offset, bytes.data() + i * sizeof offset, sizeof offset);
    if (offset < last) return in.malformed("array offsets go down");
    // Each element takes at least a byte, so this also keeps base + offset from overflowing.
    if (offset > in.remaining()) return in.malformed("an array is longer than the bytes");
    last = offset;
    column.offsets.push_back(base + offset);
  }
  return last;
}

Result<void> read_column(NativeReader& in, uint64_t rows, ColumnData& column) {
  const NativeType& type = *column.parsed;
  if (type.nullable) {
    TRY(const std::string_view nulls, in.take_values(rows, 1));
    append_bytes(column.nulls, nulls);
  }
  uint64_t count = rows;
  if (type.array) {
    TRY(count, read_offsets(in, rows, column));
  }
  return read_values(in, count, column);
}

// Reads the name and type of column `index` and finds or makes its place in `block`.
Result<ColumnData*> read_header(NativeReader& in, uint64_t index, bool first, Block& block) {
  TRY(const std::string_view name, in.text());
  TRY(const std::string_view type, in.text());
  if (!first) {
    ColumnData& column = block.columns[index];
    if (column.name != name || column.type != type) {
      return in.malformed("blocks of different columns follow each other");
    }
    return &column;
  }
  auto parsed = parse_native_type(type);
  if (!parsed) {
    return in.malformed(
        fmt::format("column {} has the type {}, which cannot be read: cast it", name, type));
  }
  ColumnData& column = block.columns.emplace_back();
  column.name = name;
  column.type = type;
  column.parsed = std::make_shared<const NativeType>(std::move(*parsed));
  return &column;
}

}  // namespace

const ColumnData& Block::operator[](std::string_view name) const {
  static const ColumnData none;
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const ColumnData& column) { return column.name == name; });
  if (found != columns.end()) return *found;
  CHECK(columns.empty() && rows == 0);
  return none;
}

std::vector<std::string>& Block::strings(std::string_view name) {
  const auto found = std::ranges::find(columns, name, &ColumnData::name);
  CHECK(found != columns.end());
  return found->strings;
}

Result<Block> decode_native(std::string_view bytes) {
  NativeReader in(bytes);
  Block block;
  for (bool first = true; !in.at_end(); first = false) {
    TRY(const uint64_t columns, in.varuint());
    TRY(const uint64_t rows, in.varuint());
    // A column takes two bytes at least, a row of any column one.
    if (columns > in.remaining() / 2) return in.malformed("more columns than bytes");
    if (rows > in.remaining()) return in.malformed("more rows than bytes");
    if (columns == 0 && rows > 0) return in.malformed("rows without columns");
    if (!first && columns != block.columns.size()) {
      return in.malformed("blocks of different columns follow each other");
    }
    for (uint64_t i = 0; i < columns; ++i) {
      TRY(ColumnData* const column, read_header(in, i, first, block));
      TRY_VOID(read_column(in, rows, *column));
    }
    block.rows += rows;
  }
  return block;
}

}  // namespace yagura::store
