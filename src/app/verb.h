// SPDX-License-Identifier: Apache-2.0
//
// How a verb declares its flags: a thin face of CLI11, which only verb.cc and program.cc include.
//
// What the flags set must live as long as the program runs; a verb keeps it in a shared Options
// that its work holds too. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/session.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace yagura::app {

class Verb {
 public:
  Verb(CLI::App& app, Session& session) : app_(&app), session_(&session) {}

  // A sub-command; `description` is its line in the list, `footer` stands below its help and ends
  // in an example.
  Verb verb(const std::string& name, const std::string& description, const std::string& footer);
  // It needs one of its sub-commands.
  void needs_verb();

  // The flags below stand under this heading in the help, until the next one.
  Verb& group(std::string heading);

  // `--flag VALUE`, where VALUE is called `type` in the help.
  Verb& text(const std::string& flag, std::string& target, const std::string& type,
             const std::string& help);
  // The same; may be given several times.
  Verb& texts(const std::string& flag, std::vector<std::string>& target, const std::string& type,
              const std::string& help);
  Verb& number(const std::string& flag, uint64_t& target, const std::string& help, uint64_t min = 0,
               uint64_t max = std::numeric_limits<int64_t>::max());
  Verb& toggle(const std::string& flag, bool& target, const std::string& help);
  // One of a few words; any other is a usage error that names them. What `target` holds now is the
  // default.
  template <typename Value>
  Verb& choice(const std::string& flag, Value& target,
               const std::vector<std::pair<std::string, Value>>& choices, const std::string& help);
  // The same of a list of words with their values that others share.
  template <typename Choices, typename Value>
  Verb& choice(const std::string& flag, Value& target, const Choices& choices,
               const std::string& help);
  // A flag that is handed to `take` as it is read.
  Verb& taken(const std::string& flag, const std::string& type, const std::string& help,
              const std::function<void(const std::string&)>& take);
  // Arguments without a flag.
  Verb& argument(const std::string& name, std::string& target, const std::string& help,
                 bool required);
  Verb& argument(const std::string& name, int64_t& target, const std::string& help, bool required);
  Verb& arguments(const std::string& name, std::vector<std::string>& target,
                  const std::string& help, bool required);
  // `--flag FILE` for the answer, which is the only one of its kind.
  Verb& output_file(const std::string& flag, std::string& target, const std::string& help);
  // The flags of settings (settings.h).
  Verb& settings(std::initializer_list<std::string_view> keys);
  // The last flag declared has to be given.
  Verb& needed();
  // The last flag declared cannot stand beside `flag`.
  Verb& not_with(const std::string& flag);

  // --config, --data and --format, as every verb has them; then `work` is what it does.
  void does(Session::Work work);
  // The same for a verb that changes nothing, or what can be changed at any time: beside a process
  // that has the data folder open, that one does it. `asks` tells whether it is so, where that
  // depends on the flags.
  void answers(Session::Work work, std::function<bool()> asks = {});
  // The same without --format.
  void answers_plainly(Session::Work work);
  // The same without --format, for a verb whose output has one form.
  void does_plainly(Session::Work work);
  // Without --data either: for a verb that touches no data folder.
  void does_alone(Session::Work work);
  // The same with --format.
  void prints_alone(Session::Work work);

 private:
  Verb& declared(CLI::Option* option, const std::string& type);
  Verb& choose(const std::string& flag, const std::vector<std::string>& words, size_t chosen,
               const std::string& help, std::function<void(size_t)> take);
  void add_common_flags();
  void add_format();
  void choose_work(Session::Work work);

  CLI::App* app_;
  Session* session_;
  CLI::Option* last_ = nullptr;
  std::string group_;
};

template <typename Value>
Verb& Verb::choice(const std::string& flag, Value& target,
                   const std::vector<std::pair<std::string, Value>>& choices,
                   const std::string& help) {
  std::vector<std::string> words;
  std::vector<Value> values;
  size_t chosen = choices.size();
  for (const auto& [word, value] : choices) {
    if (value == target) chosen = words.size();
    words.push_back(word);
    values.push_back(value);
  }
  return choose(flag, words, chosen, help, [&target, values](size_t i) { target = values[i]; });
}

template <typename Choices, typename Value>
Verb& Verb::choice(const std::string& flag, Value& target, const Choices& choices,
                   const std::string& help) {
  std::vector<std::pair<std::string, Value>> words;
  for (const auto& [word, value] : choices) words.emplace_back(word, value);
  return choice<Value>(flag, target, words, help);
}

}  // namespace yagura::app
