// SPDX-License-Identifier: Apache-2.0
//
// Sends letters: mail over SMTP, webhooks over HTTP, syslog over TLS, TCP or UDP. Several at a
// time, by libcurl, on the thread that calls; whoever does not answer holds up nobody else.
//
// A letter counts as sent once the server has taken it: SMTP's and HTTP's 2xx. Syslog has no
// answer: there it is once the last byte was handed to the system.
//
// Not thread-safe. Names are resolved by libcurl's own thread, except those of syslog over UDP.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/letter.h"

namespace yagura::notify {

struct SenderOptions {
  std::string relay;           // "smtp://mail.example:587", "smtps://…"; empty: no mail is sent
  bool relay_tls = true;       // refuse an smtp:// relay that does not speak TLS (STARTTLS)
  std::string user, password;  // of the relay; empty: no log in
  std::string from;            // mailbox
  std::string ca_file;         // PEM of authorities; empty: the system's
  Duration timeout = Duration::seconds(30);  // of one letter
};

// What became of a letter.
struct Delivery {
  int64_t letter = 0;
  bool sent = false;
  bool refused = false;  // for good: there is no use in trying again
  std::string error;     // one line, without secrets
};

class Sender {
 public:
  static constexpr size_t most_at_once = 32, most_a_host = 4;

  static Result<std::unique_ptr<Sender>> create(SenderOptions options);
  ~Sender();

  bool is_full() const;
  bool is_sending(int64_t letter) const;
  // How many are on their way to where this letter goes.
  size_t beside(const model::Letter& letter) const;
  void start(const model::Letter& letter, Timestamp now);
  // What was done since the last call; waits up to `most` where nothing was.
  std::vector<Delivery> wait(Timestamp now, Duration most);

 private:
  struct Implementation;
  explicit Sender(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace yagura::notify
