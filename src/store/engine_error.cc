// SPDX-License-Identifier: Apache-2.0
#include "store/engine_error.h"

#include <cctype>

namespace yagura::store {
namespace {

constexpr size_t longest_error = 400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes "Code: 60. DB::Exception: " off the front; false if it is not there.
bool take_code(std::string_view& text) {
  constexpr std::string_view code = "Code: ", exception = ". DB::Exception: ";
  if (!text.starts_with(code)) return false;
  size_t at = code.size();
  while (at < text.size() && is_digit(text[at])) ++at;
  if (!text.substr(at).starts_with(exception)) return false;
  text.remove_prefix(at + exception.size());
  return true;
}

// Takes every "(version …)" out, with what it has in brackets of its own.
void erase_versions(std::string& text) {
  constexpr std::string_view version = " (version ";
  for (size_t at = text.find(version); at != std::string::npos; at = text.find(version, at)) {
    size_t end = at + 2;
    for (int depth = 1; end < text.size() && depth > 0; ++end) {
      if (text[end] == '(') ++depth;
      if (text[end] == ')') --depth;
    }
    text.erase(at, end - at);
  }
}

// Takes blanks and full stops off the end.
void trim_end(std::string& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
}

// "… (READONLY). (READONLY)" says it once, "failed. (READONLY)" without the full stop.
void tidy_name(std::string& text) {
  const size_t open = text.rfind(" (");
  if (open == std::string::npos || open == 0 || !text.ends_with(')')) return;
  const std::string name = text.substr(open);
  while (text.ends_with(name)) {
    text.resize(text.size() - name.size());
    trim_end(text);
  }
  text += name;
}

// The longest prefix of at most `size` bytes that does not cut a UTF-8 character.
size_t whole_characters(std::string_view text, size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return size;
}

}  // namespace

std::string one_line_error(std::string_view text) {
  while (take_code(text)) {
  }
  // The engine puts the user's name in front of refusals; there is only one user.
  if (constexpr std::string_view user = "default: "; text.starts_with(user)) {
    text.remove_prefix(user.size());
  }
  if (const size_t stack = text.find("Stack trace"); stack != std::string_view::npos) {
    text = text.substr(0, stack);
  }
  std::string line;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (space && (line.empty() || line.back() == ' ')) continue;
    line += space ? ' ' : c;
  }
  trim_end(line);
  erase_versions(line);
  trim_end(line);
  tidy_name(line);
  if (line.size() > longest_error) {
    line.resize(whole_characters(line, longest_error));
    line += "…";
  }
  if (line.size() > 1 && std::islower(static_cast<unsigned char>(line[1])) != 0) {
    line[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(line[0])));
  }
  return line;
}

std::string escape_parameter(std::string_view sql, std::string_view name, std::string_view value) {
  const std::string placeholder = "{" + std::string(name) + ":";
  const size_t at = sql.find(placeholder);
  const bool text = at != std::string_view::npos &&
                    (sql.substr(at + placeholder.size()).starts_with("String") ||
                     sql.substr(at + placeholder.size()).starts_with("Identifier"));
  if (!text) return std::string(value);
  std::string escaped;
  escaped.reserve(value.size());
  for (const char c : value) {
    switch (c) {
      case '\\':
        escaped += "\\\\";
        break;
      case '\t':
        escaped += "\\t";
        break;
      case '\n':
        escaped += "\\n";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace yagura::store
