// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"
#include "capture/decode.h"
#include "telescope/archive.h"
#include "telescope/tables_events.h"

namespace yagura::app {
namespace {

struct Options {
  PeriodFlags period;
  std::string source, sensor, write;
  uint64_t limit = 100;
};

Result<telescope::ArchiveQuery> query_of(const Options& options) {
  telescope::ArchiveQuery query;
  if (!options.source.empty()) {
    TRY(query.source, within("--source", IpAddress::parse(options.source)));
  }
  if (!options.sensor.empty()) query.sensor = options.sensor;
  TRY(const telescope::OpenPeriod period, open_period_of(options.period));
  query.from = period.from;
  query.until = period.until;
  return query;
}

std::string flags_text(uint8_t flags) {
  constexpr std::string_view letters = "FSRPAUEC";
  std::string text;
  for (size_t bit = 0; bit < letters.size(); ++bit)
    if (flags >> bit & 1) text += letters[bit];
  return text;
}

void add_packet(Table& table, const telescope::ArchivedPacket& archived) {
  capture::Packet packet;
  capture::Reject reason{};
  const bool decoded = capture::decode(archived.bytes, archived.wire_length,
                                       capture::LinkType::raw_ip, {}, packet, reason);
  if (!decoded) {
    table.add({archived.time, Cell(), Cell(), std::string(capture::reject_name(reason)), Cell(),
               Cell(), uint64_t{archived.wire_length}, Cell(), Cell()});
    return;
  }
  const bool ports = packet.is(capture::has_ports);
  const std::string payload(reinterpret_cast<const char*>(packet.payload), packet.payload_length);
  table.add({archived.time, packet.source, packet.destination,
             telescope::protocol_text(packet.protocol), known(ports, uint64_t{packet.source_port}),
             known(ports, uint64_t{packet.destination_port}), uint64_t{archived.wire_length},
             flags_text(packet.tcp_flags), payload});
}

Result<ExitCode> print_packets(Session& session, const TelescopeData& data,
                               telescope::ArchiveQuery query, uint64_t limit) {
  Table table;
  table.columns = {{"time", "time", CellKind::time},
                   {"source", "from", CellKind::address},
                   {"destination", "to", CellKind::address},
                   {"protocol", "protocol", CellKind::text},
                   {"source_port", "port", CellKind::id},
                   {"destination_port", "to port", CellKind::id},
                   {"length", "length", CellKind::count},
                   {"tcp_flags", "flags", CellKind::text},
                   {"payload", "payload", CellKind::text, 1, 32}};
  query.limit = limit + 1;
  TRY(const uint64_t found,
      telescope::search_archive(data.place().archive_folder(), query,
                                [&](const telescope::ArchivedPacket& packet) -> Result<void> {
                                  if (table.rows.size() < limit) add_packet(table, packet);
                                  return {};
                                }));
  if (found > limit)
    session.note(
        fmt::format("there are more than the {} shown; --write FILE writes all of them", limit));
  return session.print(table);
}

// Hands bytes to a file, or to standard output for "-".
class ByteSink {
 public:
  static Result<ByteSink> open(Session& session, const std::string& path) {
    ByteSink sink(session, path);
    if (path == "-") return sink;
    sink.file_.open(path, std::ios::binary | std::ios::trunc);
    if (!sink.file_) return failure(fmt::format("writing {}: {}", path, errno_text(errno)));
    return sink;
  }
  Result<void> write(std::string_view bytes) {
    if (path_ == "-") return session_.out.write(bytes);
    file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return check();
  }
  Result<void> close() {
    if (path_ == "-") return {};
    file_.close();
    return check();
  }

 private:
  ByteSink(Session& session, std::string path) : session_(session), path_(std::move(path)) {}
  Result<void> check() {
    if (!file_) return failure(fmt::format("writing {}: {}", path_, errno_text(errno)));
    return {};
  }

  Session& session_;
  std::string path_;
  std::ofstream file_;
};

Result<ExitCode> write_packets(Session& session, const TelescopeData& data,
                               const telescope::ArchiveQuery& query, const std::string& path) {
  TRY(ByteSink sink, ByteSink::open(session, path));
  TRY_VOID(sink.write(telescope::pcap_header()));
  TRY(const uint64_t found,
      telescope::search_archive(
          data.place().archive_folder(), query,
          [&](const telescope::ArchivedPacket& packet) -> Result<void> {
            TRY_VOID(sink.write(telescope::pcap_record_header(
                packet.time, static_cast<uint32_t>(packet.bytes.size()), packet.wire_length)));
            return sink.write(
                {reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size()});
          }));
  TRY_VOID(sink.close());
  session.note(fmt::format("{} packets written", format_count(found)));
  return ExitCode::done;
}

Result<ExitCode> packets(Session& session, const Options& options) {
  TRY(const telescope::ArchiveQuery query, query_of(options));
  TRY(const TelescopeData data, open_for_questions(session));
  std::error_code error;
  if (!std::filesystem::exists(data.place().archive_folder(), error))
    return failure("no packets are kept in this data folder; read or capture with --archive");
  if (!options.write.empty()) return write_packets(session, data, query, options.write);
  return print_packets(session, data, query, options.limit);
}

}  // namespace

void add_telescope_packets(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("packets", "Find archived packets, print them or write them as a capture",
                          "Only what was read or captured with --archive is there.\n\n"
                          "Example:\n"
                          "  yagura telescope packets --source 203.0.113.7 --write source.pcap");
  verb.text("--source", options->source, "ADDRESS", "of this accounted address")
      .text("--sensor", options->sensor, "NAME", "only of this sensor")
      .output_file("--write", options->write, "write a pcap file, - for standard output");
  add_limit_flag(verb, options->limit, "packets");
  add_period_flags(verb, options->period);
  verb.answers([options](Session& session) { return packets(session, *options); });
}

}  // namespace yagura::app
