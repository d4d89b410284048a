// SPDX-License-Identifier: Apache-2.0
#include "enrich/ports.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace yagura::enrich {
namespace {

// Names from the IANA registry.
TEST(PortsTest, GivesTheNameIanaAssigned) {
  EXPECT_EQ(tcp_port_name(23), "telnet");
  EXPECT_EQ(tcp_port_name(80), "http");
  EXPECT_EQ(tcp_port_name(445), "microsoft-ds");
  EXPECT_EQ(udp_port_name(53), "domain");
  EXPECT_EQ(udp_port_name(123), "ntp");
  EXPECT_EQ(tcp_port_name(7547), "cwmp");
  EXPECT_EQ(udp_port_name(1900), "ssdp");
}

TEST(PortsTest, GivesNothingForAPortWithoutAName) {
  EXPECT_EQ(tcp_port_name(0), "");
  EXPECT_EQ(tcp_port_name(65535), "");
  EXPECT_EQ(udp_port_name(53413), "");
}

TEST(PortsTest, KeepsTheProtocolsApart) {
  EXPECT_EQ(tcp_port_name(514), "shell");
  EXPECT_EQ(udp_port_name(514), "syslog");
  EXPECT_FALSE(is_iot_tcp_port(53413));
  EXPECT_TRUE(is_iot_udp_port(53413));
  EXPECT_FALSE(is_iot_udp_port(23));
}

TEST(PortsTest, KnowsThePortsThatIotDevicesAreAttackedOn) {
  for (const uint16_t port :
       std::initializer_list<uint16_t>{23, 2323, 5555, 7547, 8080, 8291, 37215, 52869})
    EXPECT_TRUE(is_iot_tcp_port(port)) << port;
  for (const uint16_t port :
       std::initializer_list<uint16_t>{0, 22, 25, 80, 443, 445, 1433, 3389, 65535})
    EXPECT_FALSE(is_iot_tcp_port(port)) << port;
}

}  // namespace
}  // namespace yagura::enrich
