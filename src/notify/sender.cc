// SPDX-License-Identifier: Apache-2.0
#include "notify/sender.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "base/text.h"
#include "model/contact_target.h"
#include "notify/signature.h"
#include "notify/syslog_text.h"
#include "notify/udp.h"

namespace yagura::notify {
namespace {

using model::Channel;
using model::ContactTarget;

constexpr size_t most_answer = 64 << 10;  // bytes of a webhook's answer, which nobody reads

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One letter on its way.
struct Transfer {
  int64_t letter = 0;
  Channel channel = Channel::mail;
  std::string host;     // whom it goes through
  std::string payload;  // what is sent
  size_t given = 0;     // bytes of it handed over
  size_t answered = 0;
  Timestamp deadline;
  bool streams = false;  // syslog: connected, its payload under way
  char error[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, FreeList> list;  // recipients or headers
  std::unique_ptr<CURL, FreeEasy> easy;
};

size_t give(char* to, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = std::min(size * count, transfer.payload.size() - transfer.given);
  std::copy_n(transfer.payload.data() + transfer.given, bytes, to);
  transfer.given += bytes;
  return bytes;
}

// libcurl begins anew where a kept connection turns out to be closed.
int rewind(void* user, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<Transfer*>(user)->given = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

size_t drop(char*, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.answered += size * count;
  return transfer.answered > most_answer ? 0 : size * count;
}

template <typename Value>
void set(Transfer& transfer, CURLoption option, Value value) {
  // It fails only on options that this libcurl was built without, or without memory.
  CHECK(curl_easy_setopt(transfer.easy.get(), option, value) == CURLE_OK);
}

void add(std::unique_ptr<curl_slist, FreeList>& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  CHECK(longer != nullptr);
  const curl_slist* head = list.release();
  CHECK(head == nullptr || head == longer);
  list.reset(longer);
}

std::string host_of(const ContactTarget& target, const SenderOptions& options) {
  if (target.channel == Channel::mail) return options.relay;
  if (target.channel != Channel::webhook) return target.address;
  const size_t host = target.address.find("//") + 2;
  return target.address.substr(0, target.address.find('/', host));
}

// Of the answers of a mail server that are final those that blame the mail or its recipient, not
// the way we log in (RFC 5321, RFC 4954).
bool is_refusal(Channel channel, long code) {
  if (channel == Channel::webhook) return code == 410;
  return channel == Channel::mail && code >= 550 && code < 560;
}

}  // namespace

struct Sender::Implementation {
  SenderOptions options;
  std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
  std::list<Transfer> transfers;
  std::vector<Delivery> done;  // without libcurl

  ~Implementation() {
    for (Transfer& transfer : transfers) curl_multi_remove_handle(multi.get(), transfer.easy.get());
  }

  void prepare(Transfer& transfer) {
    transfer.easy.reset(curl_easy_init());
    CHECK(transfer.easy != nullptr);
    set(transfer, CURLOPT_PRIVATE, &transfer);
    set(transfer, CURLOPT_ERRORBUFFER, transfer.error);
    set(transfer, CURLOPT_NOSIGNAL, 1L);
    set(transfer, CURLOPT_NOPROXY, "*");
    set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.nanoseconds / 1'000'000));
    set(transfer, CURLOPT_CONNECTTIMEOUT, 10L);
    set(transfer, CURLOPT_WRITEFUNCTION, drop);
    set(transfer, CURLOPT_WRITEDATA, &transfer);
    if (!options.ca_file.empty()) set(transfer, CURLOPT_CAINFO, options.ca_file.c_str());
  }

  void prepare_mail(Transfer& transfer, const ContactTarget& target) {
    const std::string domain = options.from.substr(options.from.rfind('@') + 1);
    set(transfer, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(transfer, CURLOPT_URL, fmt::format("{}/{}", options.relay, domain).c_str());
    set(transfer, CURLOPT_USE_SSL, options.relay_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY);
    set(transfer, CURLOPT_MAIL_FROM, fmt::format("<{}>", options.from).c_str());
    add(transfer.list, fmt::format("<{}>", target.address));
    set(transfer, CURLOPT_MAIL_RCPT, transfer.list.get());
    if (!options.user.empty()) {
      set(transfer, CURLOPT_USERNAME, options.user.c_str());
      set(transfer, CURLOPT_PASSWORD, options.password.c_str());
    }
    set(transfer, CURLOPT_UPLOAD, 1L);
    set(transfer, CURLOPT_READFUNCTION, give);
    set(transfer, CURLOPT_READDATA, &transfer);
    set(transfer, CURLOPT_SEEKFUNCTION, rewind);
    set(transfer, CURLOPT_SEEKDATA, &transfer);
  }

  Result<void> prepare_webhook(Transfer& transfer, const ContactTarget& target,
                               const model::Letter& letter, Timestamp now) {
    TRY(const auto headers, webhook_headers(letter.secret, letter.message_id, now, letter.body));
    for (const std::string& header : headers) add(transfer.list, header);
    add(transfer.list, "Content-Type: application/json");
    add(transfer.list, "User-Agent: Yagura/" YAGURA_VERSION);
    add(transfer.list, "Expect:");
    set(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
    set(transfer, CURLOPT_URL, target.address.c_str());
    set(transfer, CURLOPT_HTTPHEADER, transfer.list.get());
    set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer.payload.size()));
    set(transfer, CURLOPT_POSTFIELDS, transfer.payload.data());
    return {};
  }

  // libcurl connects, with TLS where the scheme says so; what is sent then is ours.
  void prepare_stream(Transfer& transfer, const ContactTarget& target) {
    const std::string_view scheme = target.channel == Channel::syslog_tls ? "https" : "http";
    set(transfer, CURLOPT_URL, fmt::format("{}://{}", scheme, target.address).c_str());
    set(transfer, CURLOPT_CONNECT_ONLY, 1L);
    transfer.payload = syslog_frames(transfer.payload);
  }

  Result<void> start(Transfer& transfer, const ContactTarget& target, const model::Letter& letter,
                     Timestamp now) {
    prepare(transfer);
    switch (target.channel) {
      case Channel::mail:
        if (options.relay.empty())
          return failure("no mail relay is set: set notify.relay in the config file");
        prepare_mail(transfer, target);
        break;
      case Channel::webhook:
        TRY_VOID(prepare_webhook(transfer, target, letter, now));
        break;
      case Channel::syslog_tls:
      case Channel::syslog_tcp:
        prepare_stream(transfer, target);
        break;
      case Channel::syslog_udp:
        return send_datagrams(target.address, transfer.payload);
    }
    CHECK(curl_multi_add_handle(multi.get(), transfer.easy.get()) == CURLM_OK);
    return {};
  }

  std::string reason(const Transfer& transfer, CURLcode code, long answer) const {
    std::string why = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code);
    if (code == CURLE_OK) why = fmt::format("it answered {}", answer);
    return escape_terminal(shorten(fmt::format("{}: {}", transfer.host, why), 300));
  }

  void finish(std::list<Transfer>::iterator transfer, Delivery delivery) {
    curl_multi_remove_handle(multi.get(), transfer->easy.get());
    done.push_back(std::move(delivery));
    transfers.erase(transfer);
  }

  void take_result(const CURLMsg& message) {
    const auto transfer =
        std::find_if(transfers.begin(), transfers.end(),
                     [&](const Transfer& each) { return each.easy.get() == message.easy_handle; });
    CHECK(transfer != transfers.end());
    const CURLcode code = message.data.result;
    if (code == CURLE_OK && model::is_syslog(transfer->channel)) {
      transfer->streams = true;
      return;
    }
    long answer = 0;
    curl_easy_getinfo(transfer->easy.get(), CURLINFO_RESPONSE_CODE, &answer);
    const bool sent = code == CURLE_OK &&
                      (transfer->channel != Channel::webhook || (answer >= 200 && answer < 300));
    if (sent) return finish(transfer, {transfer->letter, true, false, ""});
    finish(transfer, {transfer->letter, false, is_refusal(transfer->channel, answer),
                      reason(*transfer, code, answer)});
  }

  void stream(Timestamp now) {
    for (auto it = transfers.begin(); it != transfers.end();) {
      const auto transfer = it++;
      if (!transfer->streams) continue;
      size_t sent = 0;
      const CURLcode code =
          curl_easy_send(transfer->easy.get(), transfer->payload.data() + transfer->given,
                         transfer->payload.size() - transfer->given, &sent);
      transfer->given += sent;
      if (code != CURLE_OK && code != CURLE_AGAIN)
        finish(transfer, {transfer->letter, false, false, reason(*transfer, code, 0)});
      else if (transfer->given == transfer->payload.size())
        finish(transfer, {transfer->letter, true, false, ""});
      else if (now > transfer->deadline)
        finish(transfer,
               {transfer->letter, false, false, reason(*transfer, CURLE_OPERATION_TIMEDOUT, 0)});
    }
  }

  void advance(Timestamp now) {
    int running = 0;
    curl_multi_perform(multi.get(), &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left))
      if (message->msg == CURLMSG_DONE) take_result(*message);
    stream(now);
  }
};

Sender::Sender(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Sender::~Sender() = default;

Result<std::unique_ptr<Sender>> Sender::create(SenderOptions options) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    return failure("libcurl cannot be started");
  auto made = std::make_unique<Implementation>();
  made->options = std::move(options);
  if (made->multi == nullptr) return failure("libcurl cannot be started");
  return std::unique_ptr<Sender>(new Sender(std::move(made)));
}

bool Sender::is_full() const { return implementation_->transfers.size() >= most_at_once; }

bool Sender::is_sending(int64_t letter) const {
  const auto& transfers = implementation_->transfers;
  return std::any_of(transfers.begin(), transfers.end(),
                     [&](const Transfer& each) { return each.letter == letter; });
}

size_t Sender::beside(const model::Letter& letter) const {
  const auto target = ContactTarget::parse(letter.target);
  if (!target) return 0;
  const std::string host = host_of(*target, implementation_->options);
  const auto& transfers = implementation_->transfers;
  return static_cast<size_t>(std::count_if(
      transfers.begin(), transfers.end(), [&](const Transfer& each) { return each.host == host; }));
}

void Sender::start(const model::Letter& letter, Timestamp now) {
  Implementation& self = *implementation_;
  const auto target = ContactTarget::parse(letter.target);
  if (!target) {
    self.done.push_back({letter.id, false, true, target.error().message()});
    return;
  }
  Transfer& transfer = self.transfers.emplace_back();
  transfer.letter = letter.id;
  transfer.channel = target->channel;
  transfer.host = host_of(*target, self.options);
  transfer.payload = letter.body;
  transfer.deadline = now + self.options.timeout;
  const auto started = self.start(transfer, *target, letter, now);
  const bool goes_on = started && target->channel != Channel::syslog_udp;
  if (goes_on) return;
  self.transfers.pop_back();
  self.done.push_back({letter.id, started.has_value(), false,
                       started ? "" : escape_terminal(started.error().message())});
}

std::vector<Delivery> Sender::wait(Timestamp now, Duration most) {
  Implementation& self = *implementation_;
  self.advance(now);
  if (self.done.empty()) {
    const auto waits = static_cast<int>(most.nanoseconds / 1'000'000);
    curl_multi_poll(self.multi.get(), nullptr, 0, waits, nullptr);
    self.advance(now);
  }
  return std::exchange(self.done, {});
}

}  // namespace yagura::notify
