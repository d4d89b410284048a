// SPDX-License-Identifier: Apache-2.0
#include "store/read_only_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "store/native_type.h"

namespace yagura::store {
namespace {

// Table functions that touch nothing but their arguments and the store's own tables.
constexpr std::array<std::string_view, 12> harmless = {
    "generate_series", "generateseries", "numbers", "numbers_mt", "zeros", "zeros_mt", "null",
    "values",          "view",           "primes",  "merge",      "format"};

// Ordinary functions that read files, run programs or call services.
constexpr std::array<std::string_view, 2> reaching_out = {"file", "catboostevaluate"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || (c >= '0' && c <= '9') || c == '$'; }

enum class TokenKind { word, quoted_name, text, symbol };

struct Token {
  TokenKind kind = TokenKind::symbol;
  std::string_view text;  // of a quoted name: without the quotes
  size_t end = 0;         // offset behind it
};

// Cuts SQL into tokens by ClickHouse's rules for quotes, comments and heredocs.
class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  std::optional<Token> next() {
    skip_blank();
    if (at_ >= sql_.size()) return std::nullopt;
    const size_t start = at_;
    const char c = sql_[at_];
    if (c == '\'') return quoted(TokenKind::text);
    if (c == '`' || c == '"') return quoted(TokenKind::quoted_name);
    if (c == '$') {
      if (const auto heredoc = take_heredoc()) return heredoc;
    }
    ++at_;
    if (!is_word_start(c)) return Token{TokenKind::symbol, sql_.substr(start, 1), at_};
    while (at_ < sql_.size() && is_word(sql_[at_])) ++at_;
    return Token{TokenKind::word, sql_.substr(start, at_ - start), at_};
  }

 private:
  void skip_to_line_end() { at_ = std::min(sql_.find('\n', at_), sql_.size()); }

  // One comment may hold others.
  void skip_comment() {
    size_t open = 0;
    do {
      const std::string_view rest = sql_.substr(at_);
      const bool opens = rest.starts_with("/*"), closes = rest.starts_with("*/");
      if (opens) ++open;
      if (closes) --open;
      at_ = std::min(at_ + (opens || closes ? 2 : 1), sql_.size());
    } while (open > 0 && at_ < sql_.size());
  }

  void skip_blank() {
    while (at_ < sql_.size()) {
      const std::string_view rest = sql_.substr(at_);
      const auto c = static_cast<unsigned char>(rest[0]);
      if (c <= ' ') {
        ++at_;
      } else if (rest.starts_with("--") || rest.starts_with("//") || rest.starts_with("# ") ||
                 rest.starts_with("#!")) {
        skip_to_line_end();
      } else if (rest.starts_with("/*")) {
        skip_comment();
      } else {
        return;
      }
    }
  }

  // A quote inside is doubled or follows a backslash.
  Token quoted(TokenKind kind) {
    const char quote = sql_[at_];
    const size_t start = ++at_;
    while (at_ < sql_.size()) {
      if (sql_[at_] == '\\') {
        at_ = std::min(at_ + 2, sql_.size());
      } else if (sql_[at_] != quote) {
        ++at_;
      } else if (sql_.substr(at_ + 1).starts_with(quote)) {
        at_ += 2;
      } else {
        break;
      }
    }
    const Token token{kind, sql_.substr(start, at_ - start), std::min(at_ + 1, sql_.size())};
    at_ = token.end;
    return token;
  }

  // $tag$ text $tag$
  std::optional<Token> take_heredoc() {
    size_t tag_end = at_ + 1;
    while (tag_end < sql_.size() && is_word(sql_[tag_end]) && sql_[tag_end] != '$') ++tag_end;
    if (tag_end >= sql_.size() || sql_[tag_end] != '$') return std::nullopt;
    const std::string_view tag = sql_.substr(at_, tag_end + 1 - at_);
    const size_t close = sql_.find(tag, tag_end + 1);
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view text = sql_.substr(tag_end + 1, close - tag_end - 1);
    at_ = close + tag.size();
    return Token{TokenKind::text, text, at_};
  }

  std::string_view sql_;
  size_t at_ = 0;
};

Result<void> check_call(const Token& name, const DeniedFunctions& denied) {
  // A quoted name with escapes could spell anything.
  const bool escaped = name.kind == TokenKind::quoted_name &&
                       name.text.find_first_of("\\`\"") != std::string_view::npos;
  if (escaped || denied.contains(name.text)) {
    return failure(fmt::format(
        "the function {}() reaches outside of the store and is not possible here", name.text));
  }
  return {};
}

// To the engine some characters beyond ASCII are blanks (U+00A0) or quotes (U+201C).
Result<void> check_plain(const std::vector<Token>& tokens) {
  for (const Token& token : tokens) {
    if (token.kind == TokenKind::symbol && static_cast<unsigned char>(token.text[0]) >= 0x80) {
      return failure(
          "letters beyond ASCII are possible only in quotes: 'text', \"name\" or `name`");
    }
  }
  return {};
}

bool is(const Token& token, std::string_view word) {
  return token.kind == TokenKind::word && lower(token.text) == word;
}

}  // namespace

DeniedFunctions::DeniedFunctions(const std::vector<std::string>& table_functions) {
  for (const std::string& function : table_functions) {
    std::string name = lower(function);
    if (std::find(harmless.begin(), harmless.end(), name) == harmless.end()) {
      names_.insert(std::move(name));
    }
  }
  for (const std::string_view name : reaching_out) names_.emplace(name);
}

bool DeniedFunctions::contains(std::string_view name) const { return names_.contains(lower(name)); }

Result<ReadStatement> inspect_read(std::string_view sql, const DeniedFunctions& denied) {
  Lexer lexer(sql);
  std::vector<Token> tokens;
  while (const auto token = lexer.next()) tokens.push_back(*token);
  while (!tokens.empty() && tokens.back().text == ";" && tokens.back().kind == TokenKind::symbol) {
    tokens.pop_back();
  }
  if (tokens.empty()) return failure("there is no statement");
  TRY_VOID(check_plain(tokens));
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const Token& following = tokens[i + 1];
    const bool name = token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
    if (name && following.kind == TokenKind::symbol && following.text == "(") {
      TRY_VOID(check_call(token, denied));
    }
    if (is(token, "into") && is(following, "outfile")) {
      return failure("INTO OUTFILE is not possible here: redirect the output instead");
    }
  }
  if (tokens.size() > 2 && is(tokens[tokens.size() - 2], "format") &&
      tokens.back().kind == TokenKind::word) {
    return failure("leave FORMAT out: --format table, json or csv says how the result is printed");
  }
  ReadStatement statement;
  statement.text = sql.substr(0, tokens.back().end);
  statement.is_select = is(tokens[0], "select") || is(tokens[0], "with") ||
                        (tokens[0].kind == TokenKind::symbol && tokens[0].text == "(");
  return statement;
}

std::string with_readable_types(std::string_view sql, const Block& described) {
  std::string list;
  bool all_readable = true;
  for (size_t row = 0; row < described.rows; ++row) {
    std::string name = "`";
    for (const char c : described["name"].string_at(row)) {
      if (c == '`' || c == '\\') name += '\\';
      name += c;
    }
    name += '`';
    const bool readable = is_readable_type(described["type"].string_at(row));
    all_readable = all_readable && readable;
    if (!list.empty()) list += ", ";
    list += readable ? name : fmt::format("toString({}) AS {}", name, name);
  }
  if (all_readable) return std::string(sql);
  return fmt::format("SELECT {} FROM ({}\n)", list, sql);
}

}  // namespace yagura::store
