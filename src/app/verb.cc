// SPDX-License-Identifier: Apache-2.0
#include "app/verb.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/owner_socket.h"
#include "base/overloaded.h"

namespace yagura::app {
namespace {

// A flag of a list takes one value each time it is given: left alone, CLI11 lets it swallow the
// arguments that follow, as the capture in `read --dark 198.51.100.0/24 capture.pcap --data x`.
void one_value_each(CLI::Option* option, CLI::MultiOptionPolicy policy) {
  option->expected(1)->multi_option_policy(policy)->allow_extra_args(false);
}

// What the value of a setting is called in the help.
std::string_view type_word(const Setting& setting) {
  if (setting.key == "data") return "FOLDER";
  if (setting.unit == SettingUnit::country) return "CODE";
  if (setting.unit == SettingUnit::bytes) return "SIZE";
  return std::visit(Overloaded{[](Duration Settings::*) { return "DURATION"; },
                               [](uint64_t Settings::*) { return "NUMBER"; },
                               [](std::string Settings::*) { return "TEXT"; },
                               [](bool Settings::*) { return ""; },
                               [](auto /*path or paths*/) { return "FILE"; }},
                    setting.member);
}

// For what only the process does that was told to.
Result<ExitCode> do_here(Session& session, const Session::Work& work) {
  if (session.open_folder != nullptr)
    return failure("the process that has the data folder open answers questions only");
  return work(session);
}

}  // namespace

Verb Verb::verb(const std::string& name, const std::string& description,
                const std::string& footer) {
  CLI::App* app = app_->add_subcommand(name, description);
  app->footer(footer);
  return {*app, *session_};
}

void Verb::needs_verb() { app_->require_subcommand(1); }

Verb& Verb::group(std::string heading) {
  group_ = std::move(heading);
  return *this;
}

Verb& Verb::declared(CLI::Option* option, const std::string& type) {
  if (!type.empty()) option->type_name(type);
  if (!group_.empty()) option->group(group_);
  last_ = option;
  return *this;
}

Verb& Verb::text(const std::string& flag, std::string& target, const std::string& type,
                 const std::string& help) {
  return declared(app_->add_option(flag, target, help), type);
}

Verb& Verb::texts(const std::string& flag, std::vector<std::string>& target,
                  const std::string& type, const std::string& help) {
  CLI::Option* option = app_->add_option(flag, target, help);
  one_value_each(option, CLI::MultiOptionPolicy::TakeAll);
  return declared(option, type);
}

Verb& Verb::number(const std::string& flag, uint64_t& target, const std::string& help, uint64_t min,
                   uint64_t max) {
  const std::string shown = target == 0 ? help : fmt::format("{} ({})", help, target);
  CLI::Option* option = app_->add_option(flag, target, shown);
  option->check(CLI::Range(min, max).description(""));
  return declared(option, "NUMBER");
}

Verb& Verb::toggle(const std::string& flag, bool& target, const std::string& help) {
  return declared(app_->add_flag(flag, target, help), "");
}

Verb& Verb::choose(const std::string& flag, const std::vector<std::string>& words, size_t chosen,
                   const std::string& help, std::function<void(size_t)> take) {
  const std::string shown =
      chosen < words.size() ? fmt::format("{} ({})", help, words[chosen]) : help;
  const auto set = [words, take = std::move(take)](const std::string& given) {
    take(static_cast<size_t>(std::find(words.begin(), words.end(), given) - words.begin()));
  };
  CLI::Option* option = app_->add_option_function<std::string>(flag, set, shown);
  option->check(CLI::IsMember(words).description(""));
  return declared(option, fmt::format("{}", fmt::join(words, "|")));
}

Verb& Verb::taken(const std::string& flag, const std::string& type, const std::string& help,
                  const std::function<void(const std::string&)>& take) {
  return declared(app_->add_option_function<std::string>(flag, take, help), type);
}

Verb& Verb::argument(const std::string& name, std::string& target, const std::string& help,
                     bool required) {
  return declared(app_->add_option(name, target, help)->required(required), "");
}

Verb& Verb::argument(const std::string& name, int64_t& target, const std::string& help,
                     bool required) {
  return declared(app_->add_option(name, target, help)->required(required), "");
}

Verb& Verb::arguments(const std::string& name, std::vector<std::string>& target,
                      const std::string& help, bool required) {
  return declared(app_->add_option(name, target, help)->required(required), "");
}

Verb& Verb::needed() {
  last_->required();
  return *this;
}

Verb& Verb::not_with(const std::string& flag) {
  last_->excludes(app_->get_option(flag));
  return *this;
}

Verb& Verb::settings(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const Setting& declaration = setting(key);
    const std::string help(declaration.help), flag(declaration.flag);
    const auto take = [session = session_, &declaration](const std::string& text) {
      session->flags.emplace_back(&declaration, text);
    };
    const bool list = is_list(declaration);
    if (std::holds_alternative<bool Settings::*>(declaration.member)) {
      const auto take_flag = [take](std::int64_t n) { take(n > 0 ? "true" : "false"); };
      declared(app_->add_flag(flag + ",!--no-" + flag.substr(2), take_flag, help), "");
      continue;
    }
    const auto take_all = [take](const std::vector<std::string>& values) {
      std::for_each(values.begin(), values.end(), take);
    };
    CLI::Option* option = app_->add_option_function<std::vector<std::string>>(flag, take_all, help);
    one_value_each(option, list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw);
    declared(option, std::string(type_word(declaration)));
  }
  return *this;
}

Verb& Verb::output_file(const std::string& flag, std::string& target, const std::string& help) {
  session_->output_files.push_back(&target);
  return text(flag, target, "FILE", help);
}

void Verb::choose_work(Session::Work work) {
  // A verb is understood before the one it stands under: the deepest is the one that was meant.
  app_->parse_complete_callback([session = session_, work = std::move(work)] {
    if (!session->chosen) session->chosen = work;
  });
}

void Verb::does_alone(Session::Work work) {
  choose_work([work = std::move(work)](Session& session) { return do_here(session, work); });
}

void Verb::prints_alone(Session::Work work) {
  group("");
  add_format();
  does_alone(std::move(work));
}

void Verb::add_common_flags() {
  group("");
  text("--config", session_->config_file, "FILE",
       "config file (./yagura.toml, then /etc/yagura/yagura.toml)");
  settings({"data"});
}

void Verb::add_format() {
  choice<OutputFormat>(
      "--format", session_->format,
      {{"table", OutputFormat::text}, {"json", OutputFormat::json}, {"csv", OutputFormat::csv}},
      "how to print the answer");
}

void Verb::does_plainly(Session::Work work) {
  add_common_flags();
  does_alone(std::move(work));
}

void Verb::does(Session::Work work) {
  does_plainly(std::move(work));
  add_format();
}

void Verb::answers_plainly(Session::Work work) {
  add_common_flags();
  choose_work([work = std::move(work)](Session& session) { return ask_owner_or(session, work); });
}

void Verb::answers(Session::Work work, std::function<bool()> asks) {
  add_common_flags();
  choose_work([work = std::move(work), asks = std::move(asks)](Session& session) {
    return !asks || asks() ? ask_owner_or(session, work) : do_here(session, work);
  });
  add_format();
}

}  // namespace yagura::app
