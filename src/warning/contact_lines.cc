// SPDX-License-Identifier: Apache-2.0
#include "warning/contact_lines.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/text.h"
#include "model/contact_target.h"
#include "model/quiet_hours.h"
#include "warning/csv_lines.h"

namespace yagura::warning {
namespace {

using Fields = std::vector<std::string>;

Result<ContactLine> read_line(const Fields& fields) {
  // The numbers of an export are taken in, too, and count for nothing.
  if (fields.size() < 2 || fields.size() > 5)
    return failure(
        fmt::format("{} fields in place of four (member,target,language,quiet)", fields.size()));
  ContactLine line;
  line.member = fields[0];
  if (line.member.empty()) return failure("the member has no name");
  line.contact.target = fields[1];
  TRY_VOID(model::ContactTarget::parse(fields[1]));
  const std::string language = fields.size() > 2 ? fields[2] : "";
  const auto known = model::language_of(language.empty() ? "en" : language);
  if (!known) return failure(fmt::format("'{}' is neither en nor ja", escape_terminal(language)));
  line.contact.language = *known;
  if (fields.size() > 3) line.contact.quiet = fields[3];
  TRY_VOID(model::QuietHours::parse(line.contact.quiet));
  return line;
}

}  // namespace

Result<std::vector<ContactLine>> read_contact_lines(std::string_view text) {
  std::vector<ContactLine> lines;
  TRY_VOID(read_csv_lines(text, {"member", "target", "language", "quiet", "id"},
                          [&](const Fields& fields) -> Result<void> {
                            if (fields == Fields{"member", "target", "language", "quiet"})
                              return {};
                            TRY(lines.emplace_back(), read_line(fields));
                            return {};
                          }));
  if (lines.empty()) return failure("there is no contact in it");
  return lines;
}

Table contacts_table(std::span<const state::Contact> contacts,
                     std::span<const state::Member> members) {
  std::unordered_map<int64_t, std::string_view> names;
  for (const state::Member& member : members) names.emplace(member.id, member.name);
  Table table;
  table.columns = {{"member", "member", CellKind::text},
                   {"target", "to", CellKind::text},
                   {"language", "language", CellKind::text},
                   {"quiet", "quiet", CellKind::text},
                   {"id", "id", CellKind::id}};
  for (const state::Contact& contact : contacts)
    table.add({std::string(names[contact.member]), contact.target,
               std::string(model::code_of(contact.language)), contact.quiet, contact.id});
  return table;
}

}  // namespace yagura::warning
