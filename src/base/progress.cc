// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace yagura {
namespace {

constexpr Duration redraw_interval = Duration::milliseconds(500);
constexpr Duration line_interval = Duration::seconds(10);
constexpr double longest_estimate_seconds = 100 * 86'400.0;  // further off it is a guess

std::string bar(double fraction, size_t cells) {
  const auto full = static_cast<size_t>(fraction * static_cast<double>(cells));
  std::string text(cells, ' ');
  std::fill_n(text.begin(), std::min(full, cells), '=');
  if (full < cells) text[full] = '>';
  return "[" + text + "] ";
}

}  // namespace

std::string progress_line(std::string_view action, std::string_view items_name,
                          const ProgressState& state, size_t width) {
  const double seconds = state.elapsed.as_seconds();
  std::string tail = fmt::format("{} {}", format_count(state.items), items_name);
  if (seconds > 0)
    tail += fmt::format("  {}/s", format_short(static_cast<double>(state.items) / seconds));
  std::string head = std::string(action) + " ";
  if (state.total > 0) {
    const double fraction =
        std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
    tail.insert(0, fmt::format("{:3.0f} %  ", fraction * 100));
    const double left = fraction > 0 ? seconds * (1 - fraction) / fraction : 0;
    if (fraction > 0 && fraction < 1 && seconds >= 1 && left < longest_estimate_seconds)
      tail += "  " + format_duration(Duration::seconds(static_cast<int64_t>(left + 1))) + " left";
    constexpr size_t smallest_bar = 10, largest_bar = 40, frame = 3;
    const size_t used = head.size() + tail.size() + frame;
    if (width >= used + smallest_bar) head += bar(fraction, std::min(width - used, largest_bar));
  } else if (state.done > 0) {
    tail += "  " + format_bytes(state.done);
  }
  return shorten(head + tail, width);
}

Progress::Progress(Options options, Sink sink)
    : options_(std::move(options)),
      sink_(std::move(sink)),
      next_(options_.terminal ? redraw_interval : line_interval) {}

void Progress::update(const ProgressState& state) {
  if (state.elapsed < next_) return;
  next_ = state.elapsed + (options_.terminal ? redraw_interval : line_interval);
  const std::string line =
      progress_line(options_.action, options_.items_name, state, options_.width - 1);
  // The blanks of erase-to-end-of-line would need a terminal that knows it; all known ones do.
  sink_(options_.terminal ? "\r" + line + "\x1b[K" : line + "\n");
  drawn_ = options_.terminal;
}

void Progress::finish() {
  if (drawn_) sink_("\r\x1b[K");
  drawn_ = false;
}

}  // namespace yagura
