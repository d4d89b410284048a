// SPDX-License-Identifier: Apache-2.0
#include "http/host_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::http {
namespace {

using ::testing::HasSubstr;

IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

TEST(HostNamesTest, KnowsLoopbackTheBoundAddressAndTheOneARequestCameTo) {
  const HostNames hosts = *HostNames::create(address("192.0.2.1"), {});
  const IpAddress local = address("198.51.100.7");
  for (const auto* host :
       {"localhost", "LOCALHOST:8787", "localhost.", "127.0.0.1", "127.0.0.1:1", "[::1]",
        "[::1]:8787", "192.0.2.1:8787", "198.51.100.7", "[0:0:0:0:0:0:0:1]"})
    EXPECT_TRUE(hosts.accept(host, local)) << host;
}

TEST(HostNamesTest, RefusesEveryOtherName) {
  const HostNames hosts = *HostNames::create(address("127.0.0.1"), {});
  const IpAddress local = address("127.0.0.1");
  for (const auto* host :
       {"", "evil.example.com", "localhost.evil.example.com", "xlocalhost", "127.0.0.1.example.com",
        "192.0.2.1", "[::2]", "::1", "[127.0.0.1]", "[::1", "localhost:", "localhost:x",
        "localhost:80:80", "localhost:8787@evil.example.com", "127.0.0.1:999999", "127.1"})
    EXPECT_FALSE(hosts.accept(host, local)) << host;
}

TEST(HostNamesTest, AcceptsWhatTheOperatorAllows) {
  const IpAddress local = address("127.0.0.1");
  const HostNames hosts =
      *HostNames::create(local, {"Yagura.Example.org", "203.0.113.5", "2001:db8::5"});
  for (const auto* host :
       {"yagura.example.org", "YAGURA.example.org.:443", "203.0.113.5", "[2001:db8::5]:8787"})
    EXPECT_TRUE(hosts.accept(host, local)) << host;
  EXPECT_FALSE(hosts.accept("example.org", local));
  EXPECT_TRUE(HostNames::create(local, {"*"})->accept("any.example.com", local));
}

TEST(HostNamesTest, RefusesAnOptionThatIsNoName) {
  for (const auto* name : {"", "a:80", "http://a", "a b", "a/b"})
    EXPECT_THAT(HostNames::create(address("127.0.0.1"), {name}).error().message(),
                HasSubstr("give a name or an address"))
        << name;
}

}  // namespace
}  // namespace yagura::http
