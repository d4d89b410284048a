// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_log.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "livenet/alerts_for_tests.h"

namespace yagura::livenet {
namespace {

using testing::HasSubstr;

TEST(AlertLogTest, TakesOverAlertsOfALogWithOtherNumbers) {
  AlertLog log;
  log.know_rule("suricata 5");
  log.know_rule("suricata 0");
  log.know_host("host2");
  const auto alerts = made_record(1, 2);
  AlertLog read = log_of(alerts);
  const uint64_t fingerprint = read.fingerprint(alerts.size());
  succeeded(log.take(std::move(read)));
  ASSERT_EQ(log.rows().size(), alerts.size());
  for (size_t i = 0; i < alerts.size(); ++i) {
    const AlertRow& row = log.rows()[i];
    EXPECT_EQ(log.rule_name(row.rule), "suricata " + alerts[i].rule);
    EXPECT_EQ(log.host_name(row.host), alerts[i].host);
    EXPECT_EQ(log.text(row.text), alerts[i].text);
  }
  EXPECT_EQ(log.fingerprint(alerts.size()), fingerprint);
  EXPECT_EQ(log.rules(), 6u);
}

TEST(AlertLogTest, TellsAlertsApartByAllThatTheySay) {
  std::vector<model::Alert> alerts(7, made_alert(record_begin, "1", "a"));
  alerts[1].time = record_begin + Duration{1};
  alerts[2].rule = "1a";
  alerts[2].host = "";
  alerts[3].host = "b";
  alerts[4].text = "other";
  alerts[5].source = "192.0.2.1";
  alerts[6].severity = model::Severity::high;
  const AlertLog log = log_of(alerts);
  std::vector<uint64_t> fingerprints;
  for (const AlertRow& row : log.rows()) fingerprints.push_back(row.fingerprint);
  std::sort(fingerprints.begin(), fingerprints.end());
  EXPECT_EQ(std::unique(fingerprints.begin(), fingerprints.end()), fingerprints.end());
}

TEST(AlertLogTest, RefusesMoreNamesThanItHasMemoryFor) {
  AlertLog log(100'000);
  const std::string text(900, 'x');
  size_t added = 0;
  for (; added < 1000; ++added) {
    model::Alert alert = made_alert(record_begin, "1", "a");
    alert.text = text + std::to_string(added);
    const auto result = log.add(alert, 0, 1);
    if (result) continue;
    EXPECT_THAT(error_of(result), HasSubstr("give fewer days"));
    break;
  }
  EXPECT_GT(added, 90u);
  EXPECT_LT(added, 100u);
}

}  // namespace
}  // namespace yagura::livenet
