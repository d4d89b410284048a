// SPDX-License-Identifier: Apache-2.0
#include "enrich/mmdb_ranges.h"

#include <fmt/core.h>
#include <maxminddb.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace yagura::enrich {
namespace {

class MmdbFile {
 public:
  MmdbFile() = default;
  MmdbFile(const MmdbFile&) = delete;
  MmdbFile& operator=(const MmdbFile&) = delete;
  ~MmdbFile() {
    if (open_) MMDB_close(&mmdb_);
  }

  Result<void> open(const std::filesystem::path& file) {
    std::error_code unknown;  // MMDB_open says why, unless it cannot map the file
    if (std::filesystem::file_size(file, unknown) == 0) return failure("an empty file");
    errno = 0;
    const int status = MMDB_open(file.c_str(), MMDB_MODE_MMAP, &mmdb_);
    open_ = status == MMDB_SUCCESS;
    if (open_) return check_tree();
    const bool system = status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR;
    return failure(system && errno != 0
                       ? errno_text(errno)
                       : fmt::format("not a MaxMind DB: {}", MMDB_strerror(status)));
  }

  const MMDB_s& get() const { return mmdb_; }

 private:
  // libmaxminddb (1.7) computes the size of the tree in 32 bits: one that is far too large for the
  // file can look like one that fits.
  Result<void> check_tree() const {
    const uint64_t node_size = uint64_t{mmdb_.metadata.record_size} * 2 / 8;
    if (mmdb_.metadata.node_count * node_size <= static_cast<uint64_t>(mmdb_.file_size)) return {};
    return failure("not a MaxMind DB: its search tree would be larger than the file");
  }

  MMDB_s mmdb_{};
  bool open_ = false;
};

// The value at `path` (nullptr-ended) in the record at `offset`, if it has one.
Result<std::optional<MMDB_entry_data_s>> value_at(const MMDB_s& mmdb, uint32_t offset,
                                                  const char* const* path) {
  MMDB_entry_s entry{&mmdb, offset};
  MMDB_entry_data_s data;
  const int status = MMDB_aget_value(&entry, &data, path);
  if (status == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR) return std::nullopt;
  if (status != MMDB_SUCCESS)
    return failure(fmt::format("record at offset {}: {}", offset, MMDB_strerror(status)));
  if (!data.has_data) return std::nullopt;
  return data;
}

Result<std::string_view> text_at(const MMDB_s& mmdb, uint32_t offset, const char* const* path) {
  TRY(const auto data, value_at(mmdb, offset, path));
  if (!data || data->type != MMDB_DATA_TYPE_UTF8_STRING) return std::string_view();
  return std::string_view(data->utf8_string, data->data_size);
}

// Walks the tree depth first, left before right, so that networks come out in rising order.
// `Value` is what `decode(offset)` makes of a record; Value() is "nothing known here" and gives no
// range. Neighbours of equal value become one range.
template <typename Value, typename Decode>
class TreeWalk {
 public:
  using Range = typename PrefixMap<Value>::Range;

  TreeWalk(const MMDB_s& mmdb, Decode decode) : mmdb_(mmdb), decode_(std::move(decode)) {}

  Result<std::vector<Range>> run() {
    const bool only_v4 = mmdb_.metadata.ip_version == 4;
    if (!only_v4) {
      TRY(ipv4_root_, find_ipv4_root());
    }
    // Every node is reached once. A tree whose nodes point back into it would be walked for ever.
    const uint64_t most_visits = uint64_t{mmdb_.metadata.node_count} * 2 + 1;
    ranges_.reserve(mmdb_.metadata.node_count / 2);  // room, not memory, until it is used
    uint64_t visits = 0;
    const IpAddress start = only_v4 ? IpAddress::from_v4(0) : IpAddress();
    stack_.push_back({start, only_v4 ? 96 : 0, MMDB_RECORD_TYPE_SEARCH_NODE, 0});
    while (!stack_.empty()) {
      const Branch branch = stack_.back();
      stack_.pop_back();
      if (branch.type == MMDB_RECORD_TYPE_DATA) {
        TRY_VOID(take(branch));
      } else if (branch.type == MMDB_RECORD_TYPE_SEARCH_NODE) {
        if (++visits > most_visits)
          return failure("corrupt search tree: it leads to the same nodes over and over");
        TRY_VOID(descend(branch));
      } else if (branch.type != MMDB_RECORD_TYPE_EMPTY) {
        return failure("corrupt search tree: a record that points outside of the file");
      }
    }
    return std::move(ranges_);
  }

 private:
  // One side of a node: a network and what the tree says of it.
  struct Branch {
    IpAddress first;
    int length;  // of the network, in the 128-bit space
    uint8_t type;
    uint32_t target;  // node number, or offset of the record
  };

  Result<MMDB_search_node_s> read(uint32_t node) const {
    MMDB_search_node_s record;
    if (const int status = MMDB_read_node(&mmdb_, node, &record); status != MMDB_SUCCESS)
      return failure(fmt::format("search tree node {}: {}", node, MMDB_strerror(status)));
    return record;
  }

  // The node of ::/96, if the tree goes that deep there.
  Result<std::optional<uint32_t>> find_ipv4_root() const {
    uint32_t node = 0;
    for (int depth = 0; depth < 96; ++depth) {
      TRY(const auto record, read(node));
      if (record.left_record_type != MMDB_RECORD_TYPE_SEARCH_NODE) return std::nullopt;
      node = static_cast<uint32_t>(record.left_record);
    }
    return node;
  }

  Result<void> descend(Branch branch) {
    if (branch.length == 128)
      return failure(fmt::format("search tree node {}: deeper than an address", branch.target));
    if (branch.length > 0 && branch.target == ipv4_root_ && branch.first != IpAddress::from_v4(0)) {
      if (branch.first != IpAddress() || branch.length != 96) return {};  // a further road
      branch.first = IpAddress::from_v4(0);
    }
    TRY(const auto record, read(branch.target));
    const int length = branch.length + 1;
    // The right side waits on the stack while the left one is walked.
    stack_.push_back(
        {with_bit(branch.first, length), length, record.right_record_type,
         target(record.right_record_type, record.right_record, record.right_record_entry)});
    stack_.push_back(
        {branch.first, length, record.left_record_type,
         target(record.left_record_type, record.left_record, record.left_record_entry)});
    return {};
  }

  static uint32_t target(uint8_t type, uint64_t record, const MMDB_entry_s& entry) {
    return type == MMDB_RECORD_TYPE_DATA ? entry.offset : static_cast<uint32_t>(record);
  }

  // `address` with the last bit of a network of `length` set.
  static IpAddress with_bit(IpAddress address, int length) {
    if (length <= 64)
      return IpAddress::from_halves(address.high() | uint64_t{1} << (64 - length), address.low());
    return IpAddress::from_halves(address.high(), address.low() | uint64_t{1} << (128 - length));
  }

  Result<void> take(const Branch& branch) {
    auto [known, is_new] = decoded_.try_emplace(branch.target);
    if (is_new) {
      TRY(known->second, decode_(branch.target));
    }
    const Value value = known->second;
    if (value == Value()) return {};
    Prefix network = Prefix::of(branch.first, branch.length);
    // A record for all of ::/96 that has no node of its own.
    if (branch.first == IpAddress() && branch.length > 80 && branch.length <= 96)
      network = whole_ipv4();
    if (!ranges_.empty() && ranges_.back().value == value &&
        next_address(ranges_.back().last) == network.first())
      ranges_.back().last = network.last();
    else
      ranges_.push_back({network.first(), network.last(), value});
    return {};
  }

  const MMDB_s& mmdb_;
  Decode decode_;
  std::optional<uint32_t> ipv4_root_;
  std::vector<Branch> stack_;
  std::unordered_map<uint32_t, Value> decoded_;  // by offset: few records serve many networks
  std::vector<Range> ranges_;
};

template <typename Value, typename Decode>
Result<std::vector<typename PrefixMap<Value>::Range>> walk(const MMDB_s& mmdb, Decode decode) {
  return TreeWalk<Value, Decode>(mmdb, std::move(decode)).run();
}

}  // namespace

Result<std::vector<PrefixMap<CountryCode>::Range>> read_country_mmdb(
    const std::filesystem::path& path) {
  MmdbFile file;
  TRY_VOID(file.open(path));
  static constexpr const char* flat[] = {"country_code", nullptr};
  static constexpr const char* nested[] = {"country", "iso_code", nullptr};
  const auto decode = [&file](uint32_t offset) -> Result<CountryCode> {
    for (const char* const* field : {std::data(flat), std::data(nested)}) {
      TRY(const auto text, text_at(file.get(), offset, field));
      // Other than two letters ("", "None") is how some files say unknown.
      if (const auto code = parse_country(text)) return *code;
    }
    return CountryCode{0};
  };
  TRY(auto ranges, walk<CountryCode>(file.get(), decode));
  if (ranges.empty())
    return failure("no network in it has a country (country_code or country.iso_code)");
  return ranges;
}

Result<void> read_asn_mmdb(const std::filesystem::path& path, AsnTable& table) {
  MmdbFile file;
  TRY_VOID(file.open(path));
  static constexpr const char* number[] = {"autonomous_system_number", nullptr};
  static constexpr const char* name[] = {"autonomous_system_organization", nullptr};
  const auto decode = [&file, &table](uint32_t offset) -> Result<uint32_t> {
    TRY(const auto value, value_at(file.get(), offset, number));
    if (!value || value->type != MMDB_DATA_TYPE_UINT32) return 0u;
    TRY(const auto text, text_at(file.get(), offset, name));
    table.names.add(value->uint32, text);
    return value->uint32;
  };
  TRY(auto ranges, walk<uint32_t>(file.get(), decode));
  if (ranges.empty()) return failure("no network in it has an autonomous_system_number");
  table.ranges.insert(table.ranges.end(), ranges.begin(), ranges.end());
  return {};
}

}  // namespace yagura::enrich
