// SPDX-License-Identifier: Apache-2.0
#include "warning/notice_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "warning/mail_layout.h"
#include "warning/mail_words.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

using model::Language;

constexpr size_t width = 78;
constexpr std::string_view margin = "  ";
constexpr size_t services_shown = 10;
constexpr size_t address_columns = 15;  // of IPv4

template <typename... Values>
std::string fill(std::string_view words, const Values&... values) {
  return fmt::format(fmt::runtime(words), values...);
}

template <typename Enumerator>
size_t number(Enumerator enumerator) {
  return static_cast<size_t>(enumerator);
}

std::string paragraph(std::string_view text, std::string_view indent = {}) {
  return wrapped(text, width, indent, indent);
}

Advice advice_of(const Episode& episode) {
  if (episode.kind == Kind::under_attack) return Advice::attack;
  if (episode.kind == Kind::misconfiguration) return Advice::setting;
  if (episode.packets == 1) return Advice::single;
  if (episode.tool == model::Tool::mirai) return Advice::mirai;
  return episode.kind == Kind::internal ? Advice::spreading : Advice::search;
}

std::string steps(const MailWords& words, Advice advice) {
  std::string text;
  size_t step = 0;
  for (const std::string_view sentence : words.advice[number(advice)])
    text += wrapped(sentence, width, fmt::format("  {}. ", ++step), "     ");
  return text;
}

std::string address_text(const Told& told) {
  std::string network;
  if (told.asn != 0) network = fmt::format("AS{}", told.asn);
  if (!told.country.empty()) network += (network.empty() ? "" : ", ") + told.country;
  const std::string address = told.episode.address.to_string();
  return network.empty() ? address : fmt::format("{} ({})", address, network);
}

std::string services_list(const Episode& episode, const MailWords& words) {
  std::string text;
  for (size_t i = 0; i < std::min(episode.services.size(), services_shown); ++i)
    text += (i == 0 ? "" : ", ") + service_text(episode.services[i]);
  if (episode.services.size() > services_shown)
    text += ", " + fill(words.more, episode.services.size() - services_shown);
  return text;
}

std::string seconds_text(Timestamp time) {
  return format_time_for_people(to_second(time)) + " UTC";
}

std::string facts(const Told& told, const MailWords& words) {
  const Episode& episode = told.episode;
  const bool attacked = episode.kind == Kind::under_attack;
  const std::array<std::pair<std::string_view, std::string>, 9> all = {
      {{words.address, address_text(told)},
       {words.what, std::string(words.what_kinds[number(episode.kind)])},
       {words.kind, std::string(words.kinds[number(episode.kind)])},
       {words.severity, std::string(words.severities[number(severity_of(episode))])},
       {words.first, seconds_text(episode.first)},
       {words.last, seconds_text(episode.last)},
       {words.packets, format_count(episode.packets)},
       {attacked ? words.attacked : words.services, services_list(episode, words)},
       {words.tool, std::string(tool_text(episode.tool))}}};
  size_t columns = 0;
  for (const auto& [name, fact] : all) columns = std::max(columns, columns_of(name));
  std::string text;
  for (const auto& [name, fact] : all) {
    if (fact.empty()) continue;
    const std::string first = std::string(margin) + padded(name, columns + 2);
    text += wrapped(fact, width, first, std::string(columns_of(first), ' '));
  }
  return text;
}

std::string one_text(const Told& told, const MailWords& words, Language language) {
  std::string text = paragraph(words.intro_one);
  text += '\n' + fill(words.one_heading[number(told.change)], told.warning) + "\n\n";
  text += facts(told, words);
  text += fmt::format("\n{}\n\n", words.why);
  text += paragraph(explanation_of(told.episode, language), margin);
  text += fmt::format("\n{}\n\n", words.to_do);
  if (told.change == Change::ended) text += paragraph(words.one_ended, margin) + '\n';
  return text + steps(words, advice_of(told.episode));
}

std::string kinds_text(const Notice& notice, const MailWords& words) {
  std::array<size_t, kind_names.size()> counts{};
  for (const Told& told : notice.told) ++counts[number(told.episode.kind)];
  std::vector<std::array<std::string, 3>> rows;
  for (size_t kind = 1; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    rows.push_back({std::string(words.short_kinds[kind]), format_count(counts[kind]),
                    std::string(words.what_kinds[kind])});
  }
  if (notice.left_out > 0)
    rows.push_back(
        {std::string(words.left_out), format_count(notice.left_out), std::string(words.beyond)});
  std::array<size_t, 2> columns{};
  for (const auto& row : rows)
    for (size_t i = 0; i < columns.size(); ++i)
      columns[i] = std::max(columns[i], columns_of(row[i]));
  std::string text;
  for (const auto& row : rows)
    text += fmt::format("{}{}  {}  {}\n", margin, padded(row[0], columns[0]),
                        padded(row[1], columns[1], true), row[2]);
  return text;
}

// What fits: the service with most packets, how many more there are, and the tool.
std::string short_services(const Episode& episode) {
  std::string text;
  if (!episode.services.empty()) text = service_text(episode.services[0]);
  if (episode.services.size() > 1) text += fmt::format(" +{}", episode.services.size() - 1);
  if (episode.tool != model::Tool::none) {
    if (!text.empty()) text += ", ";
    text += tool_text(episode.tool);
  }
  return text;
}

std::string section(const Notice& notice, Change change, const MailWords& words) {
  std::vector<std::vector<std::string>> rows;
  for (const Told& told : notice.told) {
    if (told.change != change) continue;
    const Episode& episode = told.episode;
    constexpr size_t month = 5, to_the_minute = 11;  // "2026-01-01 12:00:00"
    rows.push_back({std::string(words.severities[number(severity_of(episode))]),
                    episode.address.to_string(),
                    std::string(words.short_kinds[number(episode.kind)]),
                    format_time_for_people(episode.last).substr(month, to_the_minute),
                    format_count(episode.packets), short_services(episode)});
  }
  if (rows.empty()) return {};
  return '\n' + fill(words.many_heading[number(change)], format_count(rows.size())) + "\n\n" +
         mail_table({{words.severity, width},
                     {words.address, address_columns},
                     {words.kind, width},
                     {words.short_last, width},
                     {words.packets, width, true},
                     {words.services, width}},
                    rows);
}

std::string many_text(const Notice& notice, const MailWords& words) {
  const uint64_t all = notice.told.size() + notice.left_out;
  std::string text = paragraph(fill(words.intro_many, format_count(all))) + '\n';
  text += kinds_text(notice, words);
  std::array<bool, advice_count> wanted{};
  bool ended = false;
  for (const Told& told : notice.told) {
    if (told.change == Change::ended)
      ended = true;
    else
      wanted[number(advice_of(told.episode))] = true;
  }
  for (const Change change : {Change::began, Change::continues, Change::ended})
    text += section(notice, change, words);
  if (ended) text += '\n' + paragraph(words.many_ended);
  if (std::find(wanted.begin(), wanted.end(), true) != wanted.end())
    text += fmt::format("\n{}\n", words.to_do);
  for (size_t advice = 0; advice < wanted.size(); ++advice) {
    if (!wanted[advice]) continue;
    text += fmt::format("\n{}{}\n", margin, words.advice_headings[advice]);
    text += steps(words, static_cast<Advice>(advice));
  }
  return text;
}

Severity gravest(const Notice& notice) {
  Severity found = Severity::low;
  for (const Told& told : notice.told) found = std::max(found, severity_of(told.episode));
  return found;
}

}  // namespace

std::string subject_of(const Notice& notice, Language language) {
  const MailWords& words = mail_words(language);
  if (notice.test) return std::string(words.test_subject);
  if (notice.told.size() == 1 && notice.left_out == 0) {
    const Told& told = notice.told[0];
    return fill(words.one_subject[number(told.change)],
                words.severities[number(severity_of(told.episode))],
                told.episode.address.to_string(), words.did[number(told.episode.kind)]);
  }
  return fill(words.many_subject, format_count(notice.told.size() + notice.left_out),
              words.severities[number(gravest(notice))], notice.member);
}

std::string text_of(const Notice& notice, Language language) {
  const MailWords& words = mail_words(language);
  std::string text = fill(words.to, notice.member) + "\n\n";
  if (notice.test)
    text += paragraph(words.test);
  else if (notice.told.size() == 1 && notice.left_out == 0)
    text += one_text(notice.told[0], words, language);
  else
    text += many_text(notice, words);
  text += fmt::format("\n{}\n\n", words.about);
  if (!notice.test) text += paragraph(words.no_dark_address, margin);
  return text + paragraph(fill(words.quote, notice.id), margin);
}

}  // namespace yagura::warning
