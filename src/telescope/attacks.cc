// SPDX-License-Identifier: Apache-2.0
#include "telescope/attacks.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "telescope/address_set.h"
#include "telescope/port_table.h"
#include "telescope/record_list.h"

namespace yagura::telescope {
namespace {

constexpr int64_t silence = Duration::seconds(300).nanoseconds;
constexpr int64_t update_every = Duration::seconds(300).nanoseconds;
constexpr int64_t least_duration = Duration::seconds(60).nanoseconds;
constexpr uint64_t least_packets = 25;
constexpr double least_rate = 30;            // packets in 60 s, at a telescope of
constexpr double rate_addresses = 16777216;  // a /8
constexpr int64_t slide = Duration::seconds(10).nanoseconds;
constexpr size_t slides = 6;                    // make 60 s
constexpr int64_t latest_time = INT64_MAX / 2;  // so that no sum of times overflows

// A victim that answers, and the protocol it answers in. Trivially copyable, like ScanEvents'.
struct Record {
  IpAddress victim;
  int64_t start = 0;
  int64_t end = 0;
  int64_t next_update = 0;  // 0 until the attack has fulfilled the rule and was reported
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint32_t newest = 0;                    // number of the latest ten seconds with a packet
  std::array<uint32_t, slides> recent{};  // packets in the last six, by number modulo six
  uint32_t max_packets_per_minute = 0;
  AddressSet dark;
  PortTable ports;
  uint8_t protocol = 0;

  bool reported() const { return next_update != 0; }
};

bool before(const Record& a, IpAddress victim, uint8_t protocol) {
  return a.victim != victim ? a.victim < victim : a.protocol < protocol;
}

uint64_t attack_id(uint16_t sensor, const Record& r) {
  std::array<uint8_t, 27> key;
  std::memcpy(key.data(), &sensor, 2);
  r.victim.write_bytes(key.data() + 2);
  key[18] = r.protocol;
  std::memcpy(key.data() + 19, &r.start, 8);
  return XXH3_64bits(key.data(), key.size());
}

// Counts a packet in its ten seconds, and the sixty that end with them.
void count_rate(Record& r, int64_t time) {
  const auto number = static_cast<uint32_t>(time / slide);
  if (r.packets == 0) r.newest = number;
  for (uint32_t n = 0; r.newest < number; ++n) {
    if (n == slides) r.newest = number - 1;
    r.recent[++r.newest % slides] = 0;
  }
  ++r.recent[number % slides];
  uint32_t minute = 0;
  for (const uint32_t packets : r.recent) minute += packets;
  r.max_packets_per_minute = std::max(r.max_packets_per_minute, minute);
}

}  // namespace

struct Attacks::State {
  AttackOptions options;
  RecordList<Record> records;
  Arena arena;
  // Of the window that is being taken: records before `next` are in `merged`.
  RecordList<Record> merged;
  size_t next = 0;
  int64_t window_end = 0;
  // Buffers of one call, kept for the next.
  std::vector<const WindowPacket*> packets;
  std::vector<uint32_t> dark_scratch;
  mutable std::vector<PortCount> top_scratch;
  mutable std::vector<uint16_t> port_scratch;
  mutable std::vector<uint32_t> count_scratch;

  size_t live_bytes() const { return records.size() * sizeof(Record) + arena.live_bytes(); }
  bool fulfilled(const Record& r) const {
    const double rate = least_rate * options.dark_addresses / rate_addresses;
    return r.packets >= least_packets && r.end - r.start >= least_duration &&
           (rate < 1 || r.max_packets_per_minute >= rate);
  }

  void report(const Record& r, AttackRecord kind, int64_t time, const Sink& sink) const;
  void close(Record& r, const Sink& sink);
  void flush_dark(Record& r) {
    r.dark.add(arena, dark_scratch);
    dark_scratch.clear();
  }
  void add(Record& r, const WindowPacket& p, const Sink& sink);
  void add_packets(Record& r, bool open, IpAddress victim, std::span<const WindowPacket* const> run,
                   const Sink& sink);
  void select(const SourceGroup& group);
  void keep(Record& record, const Sink& sink);
  void keep_next(const Sink& sink);
  void add_group(const SourceGroup& group, const Sink& sink);
  void truncate(const Sink& sink);
  void compact();
};

void Attacks::State::report(const Record& r, AttackRecord kind, int64_t time,
                            const Sink& sink) const {
  r.ports.top(arena, ports_reported, top_scratch);
  port_scratch.clear();
  count_scratch.clear();
  for (const PortCount& port : top_scratch) {
    port_scratch.push_back(static_cast<uint16_t>(port.key));
    count_scratch.push_back(port.packets);
  }
  AttackRow row;
  row.id = attack_id(options.sensor, r);
  row.sensor = options.sensor;
  row.victim = r.victim;
  row.protocol = r.protocol;
  row.record = kind;
  row.time = time;
  row.start = r.start;
  row.end = r.end;
  row.packets = r.packets;
  row.bytes = r.bytes;
  row.dark_addresses = r.dark.size();
  row.max_packets_per_minute = r.max_packets_per_minute;
  row.port_count = r.ports.distinct(arena);
  row.ports = port_scratch;
  row.port_packets = count_scratch;
  sink(row);
}

void Attacks::State::close(Record& r, const Sink& sink) {
  if (r.reported()) report(r, AttackRecord::end, r.end + silence, sink);
  r.dark.clear(arena);
  r.ports.clear(arena);
}

void Attacks::State::add(Record& r, const WindowPacket& p, const Sink& sink) {
  const int64_t time = std::max(p.time, r.end);
  if (r.reported() && time >= r.next_update) {
    // What came before the full five minutes; this packet came after. Silence would have ended
    // the attack before it could pass two of them.
    flush_dark(r);
    report(r, AttackRecord::update, r.next_update, sink);
    r.next_update += update_every;
  }
  count_rate(r, time);
  r.end = time;
  ++r.packets;
  r.bytes += p.length;
  dark_scratch.push_back(p.dark);
  if (p.attacked_port != 0) r.ports.add(arena, p.attacked_port);
  if (!r.reported() && fulfilled(r)) {
    flush_dark(r);
    report(r, AttackRecord::start, time, sink);
    r.next_update = time + update_every;
  }
}

// `run`: packets of one victim and protocol. Closes and opens candidates at silences; `r` is open
// at the end.
void Attacks::State::add_packets(Record& r, bool open, IpAddress victim,
                                 std::span<const WindowPacket* const> run, const Sink& sink) {
  for (const WindowPacket* p : run) {
    if (open && p->time - r.end > silence) {
      flush_dark(r);
      close(r, sink);
      open = false;
    }
    if (!open) {
      r = {};
      r.victim = victim;
      r.protocol = p->protocol;
      r.start = r.end = p->time;
      open = true;
    }
    add(r, *p, sink);
  }
  flush_dark(r);
}

// The backscatter of `group`, protocols rising, in order of time within each.
void Attacks::State::select(const SourceGroup& group) {
  packets.clear();
  bool mixed = false;
  for (const WindowPacket& p : group.packets)
    if (is_backscatter(p.class_)) {
      mixed |= !packets.empty() && packets.back()->protocol != p.protocol;
      packets.push_back(&p);
    }
  if (mixed)  // a group's packets lie in order of time, so that the order of pointers is that too
    std::sort(packets.begin(), packets.end(), [](const auto* a, const auto* b) {
      return a->protocol != b->protocol ? a->protocol < b->protocol : a < b;
    });
}

void Attacks::State::keep(Record& r, const Sink& sink) {
  if (window_end - r.end > silence)
    close(r, sink);
  else
    merged.push_back(r);
}

void Attacks::State::keep_next(const Sink& sink) {
  keep(records[next], sink);
  records.give_up_to(next, merged);
  ++next;
}

void Attacks::State::add_group(const SourceGroup& group, const Sink& sink) {
  select(group);
  for (size_t from = 0, until; from < packets.size(); from = until) {
    const uint8_t protocol = packets[from]->protocol;
    for (until = from; until < packets.size() && packets[until]->protocol == protocol;) ++until;
    const auto run = std::span(packets).subspan(from, until - from);
    while (next < records.size() && before(records[next], group.source, protocol)) keep_next(sink);
    if (next < records.size() && records[next].victim == group.source &&
        records[next].protocol == protocol) {
      add_packets(records[next], true, group.source, run, sink);
      keep_next(sink);
    } else {
      Record fresh;
      add_packets(fresh, false, group.source, run, sink);
      keep(fresh, sink);
    }
  }
}

// Gives up candidates until there is some room again, those silent longest first; then, if that is
// not enough, ends attacks.
void Attacks::State::truncate(const Sink& sink) {
  // The rest of the memory is for the holes between the blocks (see compact()).
  const size_t limit = options.memory_bytes / 4 * 3;
  if (live_bytes() <= limit) return;
  struct Place {
    bool reported;
    int64_t end;
    uint32_t position;
    auto operator<=>(const Place&) const = default;
  };
  std::vector<Place> order;
  order.reserve(records.size());
  for (size_t i = 0; i < records.size(); ++i)
    order.push_back({records[i].reported(), records[i].end, static_cast<uint32_t>(i)});
  std::sort(order.begin(), order.end());
  std::vector<uint32_t> gone;
  for (const Place& place : order) {
    const size_t left = (records.size() - gone.size()) * sizeof(Record) + arena.live_bytes();
    if (left <= limit / 10 * 9) break;
    close(records[place.position], sink);
    gone.push_back(place.position);
  }
  std::sort(gone.begin(), gone.end());
  records.remove(gone);
}

// Moves the living blocks together once the free ones between them are too many.
void Attacks::State::compact() {
  const size_t held = records.memory_bytes() + arena.memory_bytes();
  if (held <= options.memory_bytes || held <= live_bytes() / 4 * 5) return;
  Arena fresh;
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].dark.move(arena, fresh);
    records[i].ports.move(arena, fresh);
  }
  arena = std::move(fresh);
}

Attacks::Attacks(const AttackOptions& options) : state_(std::make_unique<State>()) {
  state_->options = options;
}
Attacks::~Attacks() = default;
Attacks::Attacks(Attacks&&) noexcept = default;

void Attacks::begin(Timestamp until) {
  state_->window_end = until.nanoseconds;
  state_->next = 0;
  state_->merged = {};
  state_->merged.take_spare(state_->records);
}

void Attacks::add(const SourceGroup& group, const Sink& sink) { state_->add_group(group, sink); }

void Attacks::end(const Sink& sink) {
  while (state_->next < state_->records.size()) state_->keep_next(sink);
  state_->merged.drop_spare();
  state_->records = std::move(state_->merged);
  state_->truncate(sink);
  state_->compact();
}

void Attacks::report_open(const Sink& sink) const {
  for (size_t i = 0; i < state_->records.size(); ++i) {
    const Record& r = state_->records[i];
    if (r.reported()) state_->report(r, AttackRecord::update, r.end, sink);
  }
}

void Attacks::set_dark_addresses(double dark_addresses) {
  state_->options.dark_addresses = dark_addresses;
}

size_t Attacks::memory_bytes() const {
  return state_->records.memory_bytes() + state_->arena.memory_bytes();
}

// --- Saved state ---

namespace {

constexpr uint32_t format = 0x31544159;  // "YAT1"

void save_record(const Record& r, const Arena& arena, ByteWriter& out) {
  out.put(r.victim);
  out.put(r.protocol);
  out.put(r.start);
  out.put(r.end);
  out.put(r.next_update);
  out.put(r.packets);
  out.put(r.bytes);
  out.put(r.newest);
  for (const uint32_t packets : r.recent) out.put(packets);
  out.put(r.max_packets_per_minute);
  r.dark.save(arena, out);
  r.ports.save(arena, out);
}
constexpr size_t smallest_record = 16 + 1 + 5 * 8 + (2 + slides) * 4 + 9 + 5;

bool load_record(Record& r, Arena& arena, ByteReader& in) {
  r.victim = in.get_address();
  r.protocol = in.get<uint8_t>();
  r.start = in.get<int64_t>();
  r.end = in.get<int64_t>();
  r.next_update = in.get<int64_t>();
  r.packets = in.get<uint64_t>();
  r.bytes = in.get<uint64_t>();
  r.newest = in.get<uint32_t>();
  for (uint32_t& packets : r.recent) packets = in.get<uint32_t>();
  r.max_packets_per_minute = in.get<uint32_t>();
  const int64_t least = std::min(r.start, r.next_update);
  const int64_t most = std::max(r.end, r.next_update);
  if (!in.ok() || r.packets == 0 || r.end < r.start || least < 0 || most > latest_time)
    return false;
  return r.dark.load(arena, in) && r.ports.load(arena, in);
}

}  // namespace

void Attacks::save(ByteWriter& out) const {
  out.put(format);
  out.put(static_cast<uint64_t>(state_->records.size()));
  for (size_t i = 0; i < state_->records.size(); ++i)
    save_record(state_->records[i], state_->arena, out);
}

Result<void> Attacks::load(ByteReader& in) {
  state_->records = {};
  state_->arena = {};
  const auto fail = [&](const char* what) {
    state_->records = {};
    state_->arena = {};
    return failure(std::string("saved attacks: ") + what);
  };
  if (in.get<uint32_t>() != format) return fail("not in this program's format");
  const uint64_t count = in.get_count(smallest_record);
  for (uint64_t i = 0; i < count; ++i) {
    Record r;
    if (!load_record(r, state_->arena, in)) return fail("a record is damaged");
    if (i > 0 && !before(state_->records[i - 1], r.victim, r.protocol))
      return fail("not in order of victim");
    state_->records.push_back(r);
  }
  if (!in.ok()) return fail("cut short");
  return {};
}

}  // namespace yagura::telescope
