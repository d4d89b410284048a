// SPDX-License-Identifier: Apache-2.0
#include "generate/generate.h"

#include <utility>

#include "generate/draft.h"

namespace yagura::generate {
namespace {

// Any address of the prefix.
IpAddress address_in(const Prefix& prefix, Random& random) {
  const IpAddress first = prefix.first(), last = prefix.last();
  const uint64_t low = random.next();
  const uint64_t high = prefix.length() < 64 ? random.next() : 0;
  return IpAddress::from_halves(first.high() | (high & (first.high() ^ last.high())),
                                first.low() | (low & (first.low() ^ last.low())));
}

constexpr int64_t microsecond = 1000;

}  // namespace

Result<Generator> Generator::create(const GenerateOptions& options) {
  TRY(Population population, Population::create(options));
  return Generator(options, std::make_unique<Population>(std::move(population)));
}

Generator::Generator(const GenerateOptions& options, std::unique_ptr<Population> population)
    : options_(options), population_(std::move(population)), schedule_(options_, *population_) {}

size_t Generator::next(uint8_t* frame, PacketFacts& facts) {
  Turn turn;
  if (!schedule_.next(turn)) return 0;
  const bool ipv6 = turn.kind == Kind::ipv6;
  Draft draft;
  draft.kind = turn.kind;
  draft.random = Random(turn.seed);
  draft.persona = Random(derive(options_.seed ^ 0x5045'5253'4f4e'4153ULL, turn.source));
  draft.source = population_->address(turn.source, ipv6);
  draft.dark = address_in(ipv6 ? options_.dark_ipv6 : options_.dark, draft.random);
  draft.ports = options_.ports;
  if (turn.campaign) draft.campaign_port = options_.campaign.port;

  facts.time = turn.time;
  if (!options_.nanoseconds) facts.time.nanoseconds -= facts.time.nanoseconds % microsecond;
  facts.accounted = draft.source;
  facts.dark = draft.dark;
  switch (turn.kind) {
    case Kind::mirai:
    case Kind::telnet:
    case Kind::syn:
    case Kind::zmap:
    case Kind::masscan:
    case Kind::masscan_2023:
    case Kind::nmap:
    case Kind::unicornscan:
      return write_tcp_scan(draft, frame, facts);
    case Kind::survey:  // one packet of eight is UDP
      return draft.random.one_in(8) ? write_probe(draft, frame, facts)
                                    : write_tcp_scan(draft, frame, facts);
    case Kind::udp:
    case Kind::amplification:
    case Kind::icmp_echo:
    case Kind::ipv6:
      return write_probe(draft, frame, facts);
    case Kind::backscatter_tcp:
    case Kind::backscatter_udp:
      return write_backscatter(draft, frame, facts);
    case Kind::backscatter_icmp:
      draft.router = population_->router(draft.random.next());
      return write_backscatter(draft, frame, facts);
    case Kind::other:
      return write_other(draft, frame, facts);
  }
  CHECK(false);
  return 0;
}

}  // namespace yagura::generate
