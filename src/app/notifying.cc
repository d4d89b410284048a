// SPDX-License-Identifier: Apache-2.0
#include "app/notifying.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "app/input_file.h"
#include "app/telescope_data.h"
#include "base/log.h"
#include "base/text.h"
#include "model/contact_target.h"
#include "state/outbox.h"
#include "state/telling.h"

namespace yagura::app {
namespace {

constexpr Duration turn_time = Duration::milliseconds(100);
constexpr Duration sent_kept = Duration::days(30), dead_kept = Duration::days(90);

Result<notify::SenderOptions> sender_options(const Settings& settings) {
  notify::SenderOptions options;
  options.relay = settings.relay;
  options.relay_tls = settings.relay_tls;
  options.user = settings.relay_user;
  options.from = settings.mail_from;
  options.ca_file = settings.authorities.string();
  if (settings.relay_password_file.empty()) return options;
  constexpr std::uintmax_t largest = 4096;
  TRY(const std::string text,
      within("notify.relay_password_file",
             read_input_file(settings.relay_password_file.string(), largest)));
  options.password = std::string(trim(text.substr(0, text.find('\n'))));
  return options;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

Result<warning::DecideOptions> decide_options(const Settings& settings) {
  if (!settings.relay.empty() && !settings.relay.starts_with("smtp://") &&
      !settings.relay.starts_with("smtps://"))
    return failure(
        fmt::format("notify.relay: '{}' is no mail server; write smtp://host:port or "
                    "smtps://host",
                    settings.relay));
  const auto from = model::ContactTarget::parse("mailto:" + settings.mail_from);
  if (!from)
    return failure(fmt::format("notify.from: '{}' is no mail address", settings.mail_from));
  warning::DecideOptions options;
  options.spacing = settings.notice_spacing;
  options.digest_interval = settings.digest_interval;
  options.letter.from = settings.mail_from;
  options.letter.host = host_name();
  options.letter.expiry = settings.notify_expiry;
  return options;
}

Result<std::unique_ptr<Notifying>> Notifying::create(const Settings& settings,
                                                     const std::filesystem::path& state_file,
                                                     const enrich::Places* places) {
  std::unique_ptr<Notifying> made(new Notifying());
  TRY(made->options_, decide_options(settings));
  made->options_.places = places;
  TRY(auto options, sender_options(settings));
  TRY(auto sender, notify::Sender::create(std::move(options)));
  TRY(made->database_, state::Database::open(state_file));
  PostOfficeOptions office;
  office.first_wait = settings.notify_first_wait;
  made->office_ = std::make_unique<PostOffice>(*made->database_, std::move(sender), office);
  return made;
}

Notifying::~Notifying() { stop(); }

void Notifying::start() {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this] { run(); });
}

void Notifying::stop() {
  stops_ = true;
  if (thread_.joinable()) thread_.join();
}

// Trouble with state.db, such as a full disk, passes or is seen in the log: nothing is lost
// meanwhile.
void Notifying::run() {
  std::string last_trouble;
  while (!stops_) {
    const Result<void> done = turn();
    if (done) {
      last_trouble.clear();
      continue;
    }
    if (done.error().message() != last_trouble) {
      last_trouble = done.error().message();
      log_error("telling members: " + last_trouble);
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

Result<void> Notifying::turn() {
  const Timestamp now = clock_now();
  TRY(const bool news, state::has_news(*database_));
  if (news || now - decided_ >= Duration::seconds(1)) {
    decided_ = now;
    TRY_VOID(warning::decide_notices(*database_, options_, now).map([](auto) {}));
  }
  TRY_VOID(office_->work(now, turn_time));
  if (now - counted_ >= Duration::seconds(1)) {
    counted_ = now;
    TRY(const state::LetterCounts counts, state::count_letters(*database_));
    waiting_ = counts.waiting;
    dead_ = counts.dead;
  }
  if (now - pruned_ < Duration::hours(1)) return {};
  pruned_ = now;
  return state::prune_letters(*database_, now - sent_kept, now - dead_kept);
}

void Notifying::count(http::Metrics& metrics) {
  using http::MetricKind;
  metrics.watch(MetricKind::counter, "yagura_notices_sent_total", "Notices that were sent.", {},
                [this] { return static_cast<double>(office_->sent()); });
  metrics.watch(MetricKind::counter, "yagura_notice_failures_total",
                "Attempts to send a notice that failed.", {},
                [this] { return static_cast<double>(office_->failed()); });
  metrics.watch(MetricKind::gauge, "yagura_notices_waiting", "Notices that wait to be sent.", {},
                [this] { return static_cast<double>(waiting_); });
  metrics.watch(MetricKind::gauge, "yagura_notices_dead", "Notices that nobody took.", {},
                [this] { return static_cast<double>(dead_); });
}

}  // namespace yagura::app
