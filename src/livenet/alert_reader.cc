// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_reader.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <numeric>

#include "base/descriptor.h"
#include "base/text.h"

namespace yagura::livenet {
namespace {

constexpr size_t piece_size = size_t{1} << 20;

Result<void> read_file(const std::filesystem::path& path, AlertLines& lines) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failure(errno_text(errno));
  std::string piece(piece_size, '\0');
  while (true) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure(errno_text(errno));
    if (size == 0) return lines.finish();
    TRY_VOID(lines.add({piece.data(), static_cast<size_t>(size)}));
  }
}

tl::unexpected<Error> no_form() {
  return failure(
      "neither Suricata's eve.json, nor Wazuh's alerts.json, nor the AIT data set's CSV");
}

void note(const std::filesystem::path& path, const AlertLines& lines, AlertsRead& read) {
  if (lines.lines()[static_cast<size_t>(Line::alert)] == 0)
    read.without_alerts.push_back(path.string());
  for (size_t kind = 0; kind < line_kinds; ++kind) {
    read.lines[kind] += lines.lines()[kind];
    if (is_bad(static_cast<Line>(kind)) && lines.lines()[kind] > 0)
      read.problems.push_back(fmt::format("{}: line {}: {}", path.string(),
                                          lines.first_lines()[kind], line_texts[kind]));
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
    TRY_VOID(within("reading " + files[i].string(), read_file(files[i], lines)));
    note(files[i], lines, read);
  }
  log.sort();
  return read;
}

}  // namespace yagura::livenet
