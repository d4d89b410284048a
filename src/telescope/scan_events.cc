// SPDX-License-Identifier: Apache-2.0
#include "telescope/scan_events.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "telescope/address_set.h"
#include "telescope/port_table.h"
#include "telescope/record_list.h"
#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

constexpr int64_t latest_time = INT64_MAX / 2;  // so that no sum of times overflows
constexpr double ipv4_addresses = 4294967296.0;
constexpr std::array tool_marks = {Mark::mirai, Mark::zmap, Mark::masscan, Mark::masscan_2023,
                                   Mark::nmap};
// A verdict needs no more SYNs than this; counting on would only overflow.
constexpr uint32_t syns_counted = 1U << 31;

// A source that is scanning. Trivially copyable: it is moved from chunk to chunk with every window.
struct Record {
  IpAddress source;
  int64_t start = 0;
  int64_t end = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t tcp = 0;
  uint64_t udp = 0;
  uint32_t syns = 0;
  std::array<uint32_t, tool_marks.size()> tools{};  // SYNs with each of tool_marks
  UnicornscanVote vote;
  AddressSet dark;
  PortTable ports;
};

// The blocks of the records, dealt to several arenas by source: the arenas are compacted one after
// the other, and only one is ever there twice.
class Arenas {
 public:
  Arena& of(const Record& r) { return arenas_[index(r.source)]; }
  const Arena& of(const Record& r) const { return arenas_[index(r.source)]; }

  size_t live_bytes() const { return sum(&Arena::live_bytes); }
  size_t memory_bytes() const { return sum(&Arena::memory_bytes); }

  // Moves what the records hold together, in order of the records.
  void compact(RecordList<Record>& records) {
    for (size_t i = 0; i < count; ++i) {
      Arena fresh;
      for (size_t k = 0; k < records.size(); ++k) {
        if (index(records[k].source) != i) continue;
        records[k].dark.move(arenas_[i], fresh);
        records[k].ports.move(arenas_[i], fresh);
      }
      arenas_[i] = std::move(fresh);
    }
  }

 private:
  static constexpr unsigned bits = 4;
  static constexpr size_t count = 1 << bits;
  static size_t index(const IpAddress& source) {
    constexpr uint64_t golden = 0x9e3779b97f4a7c15;  // Knuth's multiplicative hash
    return ((source.high() ^ source.low()) * golden) >> (64 - bits);
  }
  size_t sum(size_t (Arena::*bytes)() const) const {
    size_t all = 0;
    for (const Arena& arena : arenas_) all += (arena.*bytes)();
    return all;
  }

  std::array<Arena, count> arenas_;
};

uint64_t event_id(uint16_t sensor, IpAddress source, int64_t start) {
  std::array<uint8_t, 26> key;
  std::memcpy(key.data(), &sensor, 2);
  source.write_bytes(key.data() + 2);
  std::memcpy(key.data() + 18, &start, 8);
  return XXH3_64bits(key.data(), key.size());
}

Tool tool_of_record(const Record& r) {
  MarkCounts marks{};
  for (size_t i = 0; i < tool_marks.size(); ++i)
    marks[static_cast<size_t>(tool_marks[i])] = r.tools[i];
  marks[static_cast<size_t>(Mark::unicornscan)] = r.vote.matching();
  return tool_of(r.syns, marks);
}

}  // namespace

Duration scan_silence(double dark_addresses) {
  const double packets_per_second = 100 * dark_addresses / ipv4_addresses;
  const double seconds = dark_addresses > 0 ? std::log(1000.0) / packets_per_second : 3600;
  return Duration::seconds(std::lround(std::clamp(seconds, 300.0, 3600.0)));
}

struct ScanEvents::State {
  ScanEventOptions options;
  Duration silence;
  uint32_t minimum = 0;  // dark addresses
  RecordList<Record> records;
  Arenas arenas;
  // Of the window that is being taken: records before `next` are in `merged`.
  RecordList<Record> merged;
  size_t next = 0;
  size_t fetched = 0;  // the blocks of the records before it were asked for
  int64_t window_end = 0;
  // Buffers of one call, kept for the next.
  mutable std::vector<PortCount> top_scratch;
  mutable std::vector<uint16_t> port_scratch;
  mutable std::vector<uint32_t> count_scratch;

  void set_dark_addresses(double dark_addresses) {
    options.dark_addresses = dark_addresses;
    silence = scan_silence(dark_addresses);
    minimum = dark_addresses < 256 ? 1 : options.minimum_dark_addresses;
  }
  size_t live_bytes() const { return records.size() * sizeof(Record) + arenas.live_bytes(); }
  bool silent_before(const Record& r, int64_t time) const {
    return time - r.end > silence.nanoseconds;
  }

  void report(const Record& record, EventState state, const Sink& sink) const;
  void close(Record& record, EventState state, const Sink& sink);
  void count(Record& record, const SourceRow& row);
  void add_group(Record& record, bool open, const SourceGroup& group,
                 std::span<const SourceRow> rows, const Sink& sink);
  void fetch_ahead();
  void keep(Record& record, const Sink& sink);
  void keep_until(const IpAddress* source, const Sink& sink);
  void truncate(const Sink& sink);
  void compact();
};

void ScanEvents::State::report(const Record& r, EventState state, const Sink& sink) const {
  if (r.dark.size() < minimum) return;
  r.ports.top(arenas.of(r), ports_reported, top_scratch);
  port_scratch.clear();
  count_scratch.clear();
  for (const PortCount& port : top_scratch) {
    port_scratch.push_back(static_cast<uint16_t>(port.key));
    count_scratch.push_back(port.packets);
  }
  EventRow row;
  row.id = event_id(options.sensor, r.source, r.start);
  row.sensor = options.sensor;
  row.source = r.source;
  row.start = r.start;
  row.end = r.end;
  row.state = state;
  row.packets = r.packets;
  row.bytes = r.bytes;
  row.dark_addresses = r.dark.size();
  row.tcp_packets = r.tcp;
  row.udp_packets = r.udp;
  row.icmp_packets = r.packets - r.tcp - r.udp;
  row.port_count = r.ports.distinct(arenas.of(r));
  row.ports = port_scratch;
  row.port_packets = count_scratch;
  row.tool = tool_of_record(r);
  const double duration = Duration{r.end - r.start}.as_seconds();
  row.rate = duration > 0 ? static_cast<double>(r.packets - 1) / duration : 0;
  if (options.dark_addresses > 0) {
    row.internet_rate = row.rate * ipv4_addresses / options.dark_addresses;
    row.dark_share = row.dark_addresses / options.dark_addresses;
  }
  sink(row);
}

void ScanEvents::State::close(Record& r, EventState state, const Sink& sink) {
  report(r, state, sink);
  r.dark.clear(arenas.of(r));
  r.ports.clear(arenas.of(r));
}

// Everything of a scanning row but its times.
void ScanEvents::State::count(Record& r, const SourceRow& row) {
  r.packets += row.packets;
  r.bytes += row.bytes;
  Arena& arena = arenas.of(r);
  r.dark.add_rising(arena, row.dark);
  if (row.class_ == PacketClass::scan_icmp) return;
  const bool tcp = row.class_ == PacketClass::scan_tcp;
  (tcp ? r.tcp : r.udp) += row.packets;
  for (size_t i = 0; i < row.ports.size(); ++i)
    r.ports.add(arena, port_key(!tcp, row.ports[i]), row.port_packets[i]);
  if (!tcp || r.syns >= syns_counted) return;
  MarkCounts marks{};
  for (size_t i = 0; i < row.marks.size(); ++i)
    marks[static_cast<size_t>(row.marks[i])] = row.mark_packets[i];
  r.syns += static_cast<uint32_t>(syn_count(row.packets, marks));
  for (size_t i = 0; i < tool_marks.size(); ++i)
    r.tools[i] += static_cast<uint32_t>(marks[static_cast<size_t>(tool_marks[i])]);
}

// Adds the scans of a source to `r`, its open record if `open`; else, or if the source was silent
// for long, a new one is begun.
void ScanEvents::State::add_group(Record& r, bool open, const SourceGroup& group,
                                  std::span<const SourceRow> rows, const Sink& sink) {
  const auto scans = [](const WindowPacket& p) { return is_scan(p.class_); };
  const auto first = std::find_if(group.packets.begin(), group.packets.end(), scans);
  const auto last = std::find_if(group.packets.rbegin(), group.packets.rend(), scans);
  if (open && silent_before(r, first->time)) {
    close(r, EventState::closed, sink);
    open = false;
  }
  if (!open) {
    r = {};
    r.source = group.source;
    r.start = r.end = first->time;
  }
  r.end = std::max(r.end, last->time);
  for (const SourceRow& row : rows)
    if (is_scan(row.class_)) count(r, row);
  if (r.syns < syns_counted)
    for (const WindowPacket& packet : group.packets) r.vote.add(packet);
}

// The blocks of the records to come are asked for ahead of time: they lie all over the arena, and
// waiting for each in turn would cost more than all the rest.
void ScanEvents::State::fetch_ahead() {
  constexpr size_t ahead = 8;
  fetched = std::max(fetched, next);
  for (const size_t until = std::min(next + ahead, records.size()); fetched < until; ++fetched) {
    const Record& later = records[fetched];
    later.dark.prefetch(arenas.of(later));
    later.ports.prefetch(arenas.of(later));
  }
}

void ScanEvents::State::keep(Record& r, const Sink& sink) {
  if (silent_before(r, window_end))
    close(r, EventState::closed, sink);
  else
    merged.push_back(r);
}

// Keeps the records before `source`, or all that are left.
void ScanEvents::State::keep_until(const IpAddress* source, const Sink& sink) {
  for (; next < records.size() && (source == nullptr || records[next].source < *source); ++next) {
    keep(records[next], sink);
    records.give_up_to(next, merged);
  }
}

// Closes the sources that have been silent longest until there is some room again.
void ScanEvents::State::truncate(const Sink& sink) {
  // The rest of the memory is for the holes between the blocks (see compact()).
  const size_t limit = options.memory_bytes / 4 * 3;
  if (live_bytes() <= limit) return;
  std::vector<std::pair<int64_t, uint32_t>> by_silence;  // last packet, position
  by_silence.reserve(records.size());
  for (size_t i = 0; i < records.size(); ++i)
    by_silence.emplace_back(records[i].end, static_cast<uint32_t>(i));
  std::sort(by_silence.begin(), by_silence.end());
  size_t closed = 0;
  size_t open_records = records.size();
  while (closed < by_silence.size() &&
         open_records * sizeof(Record) + arenas.live_bytes() > limit / 10 * 9) {
    close(records[by_silence[closed].second], EventState::truncated, sink);
    ++closed;
    --open_records;
  }
  std::vector<uint32_t> gone;
  for (size_t i = 0; i < closed; ++i) gone.push_back(by_silence[i].second);
  std::sort(gone.begin(), gone.end());
  records.remove(gone);
}

// Sets that grew and sources that closed leave free blocks of sizes that may not be wanted again.
// Once they are too much the living blocks are moved together, in order of source.
void ScanEvents::State::compact() {
  const size_t held = records.memory_bytes() + arenas.memory_bytes();
  if (held > options.memory_bytes && held > live_bytes() / 4 * 5) arenas.compact(records);
}

ScanEvents::ScanEvents(const ScanEventOptions& options) : state_(std::make_unique<State>()) {
  state_->options = options;
  state_->set_dark_addresses(options.dark_addresses);
}
ScanEvents::~ScanEvents() = default;
ScanEvents::ScanEvents(ScanEvents&&) noexcept = default;

void ScanEvents::begin(Timestamp until) {
  state_->window_end = until.nanoseconds;
  state_->next = state_->fetched = 0;
  state_->merged = {};
  state_->merged.take_spare(state_->records);
}

void ScanEvents::add(const SourceGroup& group, std::span<const SourceRow> rows, const Sink& sink) {
  if (std::none_of(rows.begin(), rows.end(), [](const auto& r) { return is_scan(r.class_); }))
    return;
  State& s = *state_;
  s.keep_until(&group.source, sink);
  s.fetch_ahead();
  if (s.next < s.records.size() && s.records[s.next].source == group.source) {
    s.add_group(s.records[s.next], true, group, rows, sink);
    s.keep(s.records[s.next], sink);
    s.records.give_up_to(s.next, s.merged);
    ++s.next;
  } else {
    Record fresh;
    s.add_group(fresh, false, group, rows, sink);
    s.keep(fresh, sink);
  }
}

void ScanEvents::end(const Sink& sink) {
  state_->keep_until(nullptr, sink);
  state_->merged.drop_spare();
  state_->records = std::move(state_->merged);
  state_->truncate(sink);
  state_->compact();
}

void ScanEvents::report_open(const Sink& sink) const {
  for (size_t i = 0; i < state_->records.size(); ++i)
    state_->report(state_->records[i], EventState::open, sink);
}

void ScanEvents::set_dark_addresses(double dark_addresses) {
  state_->set_dark_addresses(dark_addresses);
}

size_t ScanEvents::open_sources() const { return state_->records.size(); }
size_t ScanEvents::memory_bytes() const {
  return state_->records.memory_bytes() + state_->arenas.memory_bytes();
}

// --- Saved state ---

namespace {

constexpr uint32_t format = 0x31455359;  // "YSE1"

void save_record(const Record& r, const Arena& arena, ByteWriter& out) {
  out.put(r.source);
  out.put(r.start);
  out.put(r.end);
  out.put(r.packets);
  out.put(r.bytes);
  out.put(r.tcp);
  out.put(r.udp);
  out.put(r.syns);
  for (const uint32_t tool : r.tools) out.put(tool);
  out.put(r.vote.key);
  out.put(r.vote.lead);
  out.put(r.vote.count);
  out.put(r.vote.dark);
  out.put(r.vote.port);
  out.put(r.vote.varied);
  r.dark.save(arena, out);
  r.ports.save(arena, out);
}
constexpr size_t smallest_record = 16 + 6 * 8 + 6 * 4 + 4 * 4 + 2 + 1 + 9 + 5;

bool load_record(Record& r, Arenas& arenas, ByteReader& in) {
  r.source = in.get_address();
  r.start = in.get<int64_t>();
  r.end = in.get<int64_t>();
  r.packets = in.get<uint64_t>();
  r.bytes = in.get<uint64_t>();
  r.tcp = in.get<uint64_t>();
  r.udp = in.get<uint64_t>();
  r.syns = in.get<uint32_t>();
  for (uint32_t& tool : r.tools) tool = in.get<uint32_t>();
  r.vote.key = in.get<uint32_t>();
  r.vote.lead = in.get<uint32_t>();
  r.vote.count = in.get<uint32_t>();
  r.vote.dark = in.get<uint32_t>();
  r.vote.port = in.get<uint16_t>();
  r.vote.varied = in.get<uint8_t>() != 0;
  if (!in.ok() || r.packets == 0 || r.start < 0 || r.end < r.start || r.end > latest_time)
    return false;
  Arena& arena = arenas.of(r);
  return r.dark.load(arena, in) && r.ports.load(arena, in);
}

}  // namespace

void ScanEvents::save(ByteWriter& out) const {
  out.put(format);
  out.put(static_cast<uint64_t>(state_->records.size()));
  for (size_t i = 0; i < state_->records.size(); ++i)
    save_record(state_->records[i], state_->arenas.of(state_->records[i]), out);
}

Result<void> ScanEvents::load(ByteReader& in) {
  state_->records = {};
  state_->arenas = {};
  const auto fail = [&](const char* what) {
    state_->records = {};
    state_->arenas = {};
    return failure(std::string("saved scan events: ") + what);
  };
  if (in.get<uint32_t>() != format) return fail("not in this program's format");
  const uint64_t count = in.get_count(smallest_record);
  for (uint64_t i = 0; i < count; ++i) {
    Record r;
    if (!load_record(r, state_->arenas, in)) return fail("a record is damaged");
    if (i > 0 && r.source <= state_->records[i - 1].source) return fail("not in order of source");
    state_->records.push_back(r);
  }
  if (!in.ok()) return fail("cut short");
  return {};
}

}  // namespace yagura::telescope
