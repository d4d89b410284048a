// SPDX-License-Identifier: Apache-2.0
//
// Live capture. libpcap fills a ring shared with the kernel (TPACKET_V3); what comes out of it is
// written down as a pcap stream, so that it takes the very road of a capture on standard input:
// the same reader, the same reorder buffer, the same decoder.
#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "capture/decode_frames.h"
#include "capture/reorder_reader.h"
#include "capture/scan.h"
#include "capture/source.h"

namespace yagura::capture {
namespace {

constexpr int longest_wait_milliseconds = 100;
constexpr int packets_per_read = 4096;
constexpr uint32_t pcap_nanoseconds = 0xa1b23c4d;

// After stop(): the kernel hands over a block that is not full only when its time is up, so one
// silent read does not show that it holds no more. On a line that is never silent, time decides.
constexpr int silent_reads_when_empty = 3;
constexpr Duration longest_drain = Duration::seconds(1);

Timestamp now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Timestamp{std::chrono::nanoseconds(since_epoch).count()};
}

// pcap files and libpcap number raw IP differently.
uint32_t link_type_of(pcap_t* handle) {
  const int type = pcap_datalink(handle);
  return type == DLT_RAW ? static_cast<uint32_t>(LinkType::raw_ip) : static_cast<uint32_t>(type);
}

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, CloseHandle>;

// What libpcap captures, as the bytes of a pcap file. A read that gives nothing is a pause.
class LiveBytes final : public ByteSource {
 public:
  // `handle` must outlive it.
  LiveBytes(pcap_t* handle, uint32_t snap_length) : handle_(handle) {
    const uint32_t link = link_type_of(handle);
    for (const uint32_t word : {pcap_nanoseconds, uint32_t{4} << 16 | 2, 0U, 0U, snap_length, link})
      put(word);
  }

  Result<size_t> read(std::span<uint8_t> out) override {
    if (position_ == waiting_.size()) {
      waiting_.clear();
      position_ = 0;
      if (waits_) TRY_VOID(wait());
      if (pcap_dispatch(handle_, packets_per_read, &LiveBytes::take,
                        reinterpret_cast<u_char*>(this)) < 0)
        return failure(pcap_geterr(handle_));
    }
    const size_t size = std::min(out.size(), waiting_.size() - position_);
    std::memcpy(out.data(), waiting_.data() + position_, size);
    position_ += size;
    taken_ += size;
    return size;
  }
  uint64_t bytes_taken() const override { return taken_; }
  // From here on a read that finds nothing waits for it a little.
  void wait_for_packets() { waits_ = true; }

 private:
  static void take(u_char* self, const pcap_pkthdr* header, const u_char* data) {
    auto& bytes = *reinterpret_cast<LiveBytes*>(self);
    const uint32_t captured = std::min<uint32_t>(header->caplen, max_frame);
    bytes.put(static_cast<uint32_t>(header->ts.tv_sec));
    bytes.put(static_cast<uint32_t>(header->ts.tv_usec));  // nanoseconds, as asked for
    bytes.put(captured);
    bytes.put(header->len);
    bytes.waiting_.insert(bytes.waiting_.end(), data, data + captured);
  }

  void put(uint32_t word) {
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &word, 4);
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  }

  Result<void> wait() {
    pollfd ready{pcap_get_selectable_fd(handle_), POLLIN, 0};
    if (poll(&ready, 1, longest_wait_milliseconds) < 0 && errno != EINTR)
      return failure(fmt::format("waiting for packets: {}", errno_text(errno)));
    return {};
  }

  pcap_t* handle_;
  bool waits_ = false;
  std::vector<uint8_t> waiting_;
  size_t position_ = 0;
  uint64_t taken_ = 0;
};

class LiveSource final : public PacketSource {
 public:
  // `bytes` is what `reader` reads.
  LiveSource(Handle handle, std::unique_ptr<ReorderReader> reader, LiveBytes& bytes,
             LiveSourceOptions options)
      : handle_(std::move(handle)),
        reader_(std::move(reader)),
        bytes_(bytes),
        options_(std::move(options)) {
    summary_.name = options_.interface;
    summary_.sensor = options_.sensor;
  }

  Result<void> next(PacketBatch& batch) override;
  bool finished() const override { return finished_; }
  int descriptor() const override { return pcap_get_selectable_fd(handle_.get()); }
  void stop() override;
  std::vector<InputSummary> summaries() const override;
  uint64_t bytes_done() const override { return reader_->bytes_taken(); }
  uint64_t bytes_total() const override { return 0; }

 private:
  Result<size_t> read(PacketBatch& batch);
  Result<bool> refill();
  void update_counts();

  Handle handle_;
  std::unique_ptr<ReorderReader> reader_;
  LiveBytes& bytes_;
  LiveSourceOptions options_;
  InputSummary summary_;
  std::array<Frame, batch_capacity> frames_;
  uint32_t last_drops_ = 0;
  int silent_reads_ = 0;  // in a row
  bool stopped_ = false;  // no more is wanted: read what the kernel holds until `deadline_`
  bool flushed_ = false;  // that is done, and the reorder buffer gives out what it holds
  bool finished_ = false;
  Timestamp deadline_;
};

Result<void> LiveSource::next(PacketBatch& batch) {
  batch.resize(batch_capacity);
  const auto used = within("capturing on " + options_.interface, read(batch));
  batch.resize(used.value_or(0));
  update_counts();
  if (!used) return failure(used.error());
  return {};
}

Result<size_t> LiveSource::read(PacketBatch& batch) {
  while (true) {
    const auto [count, stop] = reader_->read(no_limit, frames_);
    const auto frames = std::span<const Frame>(frames_).first(count);
    const size_t used =
        decode_frames(frames, options_.sensor, options_.decode, summary_.counts, batch);
    if (count > 0) {
      if (!summary_.first) summary_.first = Timestamp{frames.front().time};
      summary_.last = Timestamp{frames.back().time};
    }
    if (used > 0) return used;
    if (stop != FrameReader::Stop::refill) continue;
    if (finished_) return size_t{0};
    TRY(const bool more, refill());
    if (more) continue;
    if (flushed_) finished_ = true;
    if (stopped_ && !flushed_ && (silent_reads_ >= silent_reads_when_empty || now() > deadline_)) {
      reader_->stop();
      flushed_ = true;
      continue;
    }
    return size_t{0};
  }
}

Result<bool> LiveSource::refill() {
  // The packets' times are this machine's clock, so on a quiet line it may move time along.
  reader_->advance(now());
  const uint64_t taken = reader_->bytes_taken();
  TRY(const bool more, reader_->refill());
  silent_reads_ = reader_->bytes_taken() == taken ? silent_reads_ + 1 : 0;
  return more;
}

void LiveSource::stop() {
  if (stopped_) return;
  stopped_ = true;
  bytes_.wait_for_packets();  // silent reads show something only if they waited
  silent_reads_ = 0;
  deadline_ = now() + longest_drain;
}

std::vector<InputSummary> LiveSource::summaries() const {
  InputSummary summary = summary_;
  summary.content_hash = reader_->content_hash();
  return {std::move(summary)};
}

void LiveSource::update_counts() {
  summary_.counts.late = reader_->late();
  pcap_stat status{};
  if (pcap_stats(handle_.get(), &status) != 0) return;  // the device is gone: what is known stays
  summary_.counts.kernel_drops += status.ps_drop - last_drops_;  // the kernel's count wraps
  last_drops_ = status.ps_drop;
}

Result<void> apply_filter(pcap_t* handle, const LiveSourceOptions& options) {
  if (options.filter.empty()) return {};
  bpf_program program{};
  if (pcap_compile(handle, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return failure(fmt::format("filter \"{}\": {}", options.filter, pcap_geterr(handle)));
  const int status = pcap_setfilter(handle, &program);
  pcap_freecode(&program);
  if (status != 0)
    return failure(fmt::format("filter \"{}\": {}", options.filter, pcap_geterr(handle)));
  return {};
}

Error activation_error(pcap_t* handle, int status) {
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return Error(
          "capturing needs CAP_NET_RAW: run as root, or once "
          "`setcap cap_net_raw,cap_net_admin=ep` on the yagura binary");
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return Error("there is no such interface; `ip link` lists them");
    case PCAP_ERROR_IFACE_NOT_UP:
      return Error("the interface is down; `ip link set … up` brings it up");
    default:
      return Error(fmt::format("{} ({})", pcap_statustostr(status), pcap_geterr(handle)));
  }
}

Result<Handle> activate(const LiveSourceOptions& options) {
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  Handle handle(pcap_create(options.interface.c_str(), text.data()));
  if (!handle) return failure(std::string(text.data()));
  pcap_set_snaplen(handle.get(), options.snap_length);
  pcap_set_promisc(handle.get(), 1);
  pcap_set_timeout(handle.get(), longest_wait_milliseconds);
  pcap_set_buffer_size(handle.get(), options.ring_mebibytes * 1024 * 1024);
  if (pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO) != 0)
    return failure("the interface gives no times in nanoseconds");
  const int status = pcap_activate(handle.get());
  if (status < 0) return failure(activation_error(handle.get(), status));
  if (pcap_setnonblock(handle.get(), 1, text.data()) != 0) return failure(std::string(text.data()));
  if (!is_known_link_type(link_type_of(handle.get())))
    return failure(
        fmt::format("its link type {} is not known",
                    pcap_datalink_val_to_description_or_dlt(pcap_datalink(handle.get()))));
  TRY_VOID(apply_filter(handle.get(), options));
  return handle;
}

Result<std::unique_ptr<PacketSource>> start(LiveSourceOptions options) {
  if (options.snap_length < 64 || options.snap_length > static_cast<int>(max_frame))
    return failure(
        fmt::format("snap length {}: 64 to {} are possible", options.snap_length, max_frame));
  if (options.ring_mebibytes < 1 || options.ring_mebibytes > 2047)
    return failure(fmt::format("ring of {} MiB: 1 to 2047 are possible", options.ring_mebibytes));
  TRY(Handle handle, activate(options));
  auto bytes =
      std::make_unique<LiveBytes>(handle.get(), static_cast<uint32_t>(options.snap_length));
  LiveBytes& read_by = *bytes;
  TRY(auto inner, CaptureReader::open(std::move(bytes), block_size, true));
  ReorderLimits limits;
  limits.lateness = options.lateness;
  limits.frames = size_t{1} << 20;
  limits.bytes = 256 * 1024 * 1024;
  limits.blocks = 2 * limits.bytes / block_size;
  limits.live = true;
  auto reader = std::make_unique<ReorderReader>(std::move(inner), limits);
  return std::make_unique<LiveSource>(std::move(handle), std::move(reader), read_by,
                                      std::move(options));
}

}  // namespace

Result<std::unique_ptr<PacketSource>> open_live(LiveSourceOptions options) {
  const std::string context = "capturing on " + options.interface;
  return within(context, start(std::move(options)));
}

Result<void> check_filter(const std::string& filter) {
  const Handle handle(pcap_open_dead(DLT_EN10MB, static_cast<int>(max_frame)));
  bpf_program program{};
  if (pcap_compile(handle.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return failure(fmt::format("filter \"{}\": {}", filter, pcap_geterr(handle.get())));
  pcap_freecode(&program);
  return {};
}

}  // namespace yagura::capture
