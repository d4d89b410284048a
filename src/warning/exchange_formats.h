// SPDX-License-Identifier: Apache-2.0
//
// Warnings in the forms that other programs read. docs/warning-formats.md says of every field what
// it holds, how kinds and severities are told in each form's own words, and where those are from.
//
// A notice without an id or member, such as one made for an export, leaves their fields out. None
// tells a dark address: what would name the destination of a packet is left empty. Times are
// told to the second, all of them UTC. Pure functions; implemented in a file a form.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/language.h"
#include "warning/notice.h"

namespace yagura::warning {

// A document of data/warning.xsd.
std::string xml_of(const Notice& notice, model::Language language);
// The same as JSON, with the same names.
std::string json_of(const Notice& notice, model::Language language);

// The columns of Shadowserver's reports event4_honeypot_darknet, of the warnings about what an
// address sent, and event4_honeypot_ddos_target, of those about victims. A line a service.
std::string shadowserver_darknet_csv(std::span<const Told> told);
std::string shadowserver_ddos_target_csv(std::span<const Told> told);

// An event of IntelMQ a line: of every warning, or of a test one that is classified so.
std::string intelmq_json_lines(const Notice& notice, model::Language language);

struct CefOptions {
  std::string_view version;  // of Yagura
  model::Language language = model::Language::english;
};

// An event of ArcSight's Common Event Format, without a line end: a warning of `notice`, or the
// test that it is.
std::string cef_line(const Told& told, const Notice& notice, const CefOptions& options);
std::string cef_test_line(const Notice& notice, const CefOptions& options);

}  // namespace yagura::warning
