// SPDX-License-Identifier: Apache-2.0
#include "app/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace yagura::app {

Result<void> Output::write(std::string_view text) {
  if (sink_) return text.empty() ? Result<void>() : sink_(text);
  while (!text.empty() && !closed_) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR) {
      return failure("writing to standard output: " + errno_text(errno));
    }
  }
  return {};
}

size_t Output::width(size_t otherwise) const {
  const size_t columns = terminal_width();
  return columns == 0 ? otherwise : std::clamp<size_t>(columns, 60, 200);
}

size_t Output::terminal_width() const {
  if (sink_) return sink_width_;
  winsize size{};
  if (::isatty(descriptor_) != 1 || ::ioctl(descriptor_, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool error_is_terminal() { return ::isatty(2) == 1; }

void write_error(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(2, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace yagura::app
