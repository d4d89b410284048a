// SPDX-License-Identifier: Apache-2.0
#include "http/host_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace yagura::http {
namespace {

constexpr size_t longest_name = 253;  // RFC 1035 2.3.4 as text

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

// "[2001:db8::1]:8787" and "name:8787" without the port; nothing where the rest is no port.
std::optional<std::string_view> without_port(std::string_view host) {
  size_t end = host.find(':');
  if (host.starts_with('[')) {
    const size_t bracket = host.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    end = bracket + 1;
  }
  const std::string_view name = host.substr(0, end);
  const std::string_view port = host.substr(std::min(end, host.size()));
  const bool digits = port.size() > 1 && port.size() <= 6 &&
                      port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (port.empty() || (port[0] == ':' && digits)) return name;
  return std::nullopt;
}

std::optional<IpAddress> address_in(std::string_view name) {
  const bool bracketed = name.starts_with('[') && name.ends_with(']');
  if (bracketed) name = name.substr(1, name.size() - 2);
  const auto address = IpAddress::parse(name);
  if (!address || bracketed == address->is_v4()) return std::nullopt;
  return *address;
}

}  // namespace

Result<HostNames> HostNames::create(IpAddress bound, const std::vector<std::string>& names) {
  HostNames hosts;
  hosts.names_ = {"localhost"};
  hosts.addresses_ = {bound, *IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")};
  for (const std::string& given : names) {
    const std::string name = lower(given);
    if (name == "*") {
      hosts.any_ = true;
    } else if (const auto address = IpAddress::parse(name)) {
      hosts.addresses_.push_back(*address);
    } else if (is_name(name)) {
      hosts.names_.push_back(name);
    } else {
      return failure(fmt::format("host name '{}': give a name or an address, without a port",
                                 escape_terminal(given)));
    }
  }
  return hosts;
}

bool HostNames::accept(std::string_view host, IpAddress local) const {
  if (any_) return true;
  const auto plain = without_port(host);
  if (!plain) return false;
  if (const auto address = address_in(*plain))
    return *address == local ||
           std::find(addresses_.begin(), addresses_.end(), *address) != addresses_.end();
  std::string name = lower(*plain);
  if (name.ends_with('.')) name.pop_back();  // the root, as in "yagura.example.org."
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

}  // namespace yagura::http
