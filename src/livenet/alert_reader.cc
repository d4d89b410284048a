// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_reader.h"

#include <fmt/format.h>

#include <memory>
#include <numeric>

#include "base/text.h"
#include "capture/byte_source.h"

namespace yagura::livenet {
namespace {

constexpr size_t piece_size = size_t{1} << 20;

Result<std::unique_ptr<capture::ByteSource>> open_alerts(const std::filesystem::path& path) {
  if (path == "-") return capture::decompressed(capture::standard_input_source());
  TRY(auto descriptor, capture::open_for_reading(path));
  return capture::decompressed(capture::file_source(std::move(descriptor)));
}

// What is wrong with its end, or nothing.
Result<std::string> read_file(const std::filesystem::path& path, AlertLines& lines) {
  TRY(const auto source, open_alerts(path));
  std::vector<uint8_t> piece(piece_size);
  uint64_t unpacked = 0;
  while (true) {
    TRY(const size_t size, source->read(piece));
    if (size == 0) break;
    unpacked += size;
    if (unpacked > small_unpacked && unpacked / most_unpacking > source->bytes_taken())
      return failure(fmt::format("it unpacks to more than {} times its size, as no log does",
                                 format_count(most_unpacking)));
    TRY_VOID(lines.add({reinterpret_cast<const char*>(piece.data()), size}));
  }
  TRY_VOID(lines.finish());
  return source->warning();
}

tl::unexpected<Error> no_form() {
  return failure(
      "neither Suricata's eve.json, nor Wazuh's alerts.json, nor the AIT data set's CSV");
}

void note(const std::string& name, const AlertLines& lines, AlertsRead& read) {
  if (lines.lines()[static_cast<size_t>(Line::alert)] == 0) read.without_alerts.push_back(name);
  for (size_t kind = 0; kind < line_kinds; ++kind) {
    read.lines[kind] += lines.lines()[kind];
    if (is_bad(static_cast<Line>(kind)) && lines.lines()[kind] > 0)
      read.problems.push_back(
          fmt::format("{}: line {}: {}", name, lines.first_lines()[kind], line_texts[kind]));
  }
}

}  // namespace

uint64_t AlertsRead::bad() const {
  return std::accumulate(lines.begin() + static_cast<size_t>(Line::too_long), lines.end(),
                         uint64_t{0});
}

void AlertLines::count(Line kind) {
  const auto index = static_cast<size_t>(kind);
  if (lines_[index]++ == 0) first_lines_[index] = line_;
}

Result<void> AlertLines::recognise(std::string_view line) {
  if (const auto format = recognise_alerts(line)) {
    parser_ = make_parser(*format);
    return {};
  }
  count(Line::malformed);
  if (lines_[static_cast<size_t>(Line::malformed)] == most_unrecognised) return no_form();
  return {};
}

Result<void> AlertLines::read_line(std::string_view line) {
  if (line_ == UINT32_MAX) return failure("more lines than 4,294,967,294");
  ++line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return {};
  if (line.size() > longest_line) {
    count(Line::too_long);
    return {};
  }
  if (!parser_) TRY_VOID(recognise(line));
  if (!parser_) return {};
  Line kind = parser_->parse(line, alert_);
  if (kind == Line::alert && alert_.time > latest_) kind = Line::in_future;
  count(kind);
  if (kind == Line::alert) TRY_VOID(sink_(alert_, line_));
  return {};
}

Result<void> AlertLines::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (end == std::string_view::npos) {
      // One byte more than fits tells that it is too long; the rest of it need not be kept.
      begun_.append(part.substr(0, longest_line + 1 - std::min(begun_.size(), longest_line + 1)));
      return {};
    }
    bytes.remove_prefix(end + 1);
    if (begun_.empty()) {
      TRY_VOID(read_line(part));
    } else {
      begun_.append(part.substr(0, longest_line + 1 - std::min(begun_.size(), longest_line + 1)));
      TRY_VOID(read_line(begun_));
      begun_.clear();
    }
  }
  return {};
}

Result<void> AlertLines::finish() {
  if (!begun_.empty()) TRY_VOID(read_line(begun_));
  begun_.clear();
  if (!parser_ && lines_[static_cast<size_t>(Line::malformed)] > 0) return no_form();
  return {};
}

Result<AlertsRead> read_alerts(const std::vector<std::filesystem::path>& files, AlertLog& log,
                               Timestamp latest) {
  if (files.size() > most_files)
    return failure(fmt::format("more than {} files", format_count(most_files)));
  AlertsRead read;
  for (size_t i = 0; i < files.size(); ++i) {
    AlertLines lines([&](const model::Alert& alert,
                         uint32_t line) { return log.add(alert, static_cast<uint16_t>(i), line); },
                     latest);
    const std::string name = files[i] == "-" ? "standard input" : files[i].string();
    TRY(const std::string warning, within("reading " + name, read_file(files[i], lines)));
    if (!warning.empty()) read.cut.push_back(fmt::format("{}: {}", name, warning));
    note(name, lines, read);
  }
  log.sort();
  return read;
}

}  // namespace yagura::livenet
