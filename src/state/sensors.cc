// SPDX-License-Identifier: Apache-2.0
#include "state/sensors.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr size_t longest_name = 64;
constexpr size_t key_size = 32;

bool is_valid_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), allowed);
}

Result<std::optional<Sensor>> find_sensor(Database& database, const std::string& name) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT id, name FROM sensor WHERE name = ?"));
  TRY(const bool found, statement.bind(name).step());
  if (!found) return std::nullopt;
  return Sensor{statement.integer_as<uint16_t>(0), statement.text(1)};
}

Result<Sensor> make_sensor(Database& database, const std::string& name) {
  TRY(Statement next, Statement::prepare(database, "SELECT ifnull(max(id), 0) + 1 FROM sensor"));
  TRY(const bool row, next.step());
  CHECK(row);
  const int64_t id = next.integer(0);
  if (id > std::numeric_limits<uint16_t>::max()) {
    return failure(fmt::format("sensor \"{}\": there are 65535 sensors already", name));
  }
  TRY_VOID(run(database, "INSERT INTO sensor (id, name) VALUES (?, ?)", id, name));
  return Sensor{static_cast<uint16_t>(id), name};
}

Result<std::vector<uint8_t>> random_bytes(size_t size) {
  std::vector<uint8_t> bytes(size);
  // Requests of up to 256 bytes are never cut short.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(size)) {
    return failure(fmt::format("getting random bytes: {}", errno_text(errno)));
  }
  return bytes;
}

Result<std::optional<std::vector<uint8_t>>> stored_key(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT value FROM secret WHERE name = 'folder_key'"));
  TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  const auto bytes = statement.blob(0);
  if (bytes.size() != key_size) return failure("the folder's key in state.db has a wrong length");
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

}  // namespace

Result<std::vector<Sensor>> sensors(Database& database) {
  TRY(Statement statement, Statement::prepare(database, "SELECT id, name FROM sensor ORDER BY id"));
  std::vector<Sensor> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    all.push_back({statement.integer_as<uint16_t>(0), statement.text(1)});
  }
}

Result<Sensor> sensor_named(Database& database, const std::string& name) {
  if (!is_valid_name(name)) {
    return failure(
        fmt::format("sensor name \"{}\" is not possible: it takes 1 to 64 letters, "
                    "digits, '-', '_' and '.'",
                    name));
  }
  TRY(const std::optional<Sensor> known, find_sensor(database, name));
  if (known) return *known;
  Sensor sensor;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    // Another process may have made it in between.
    TRY(const std::optional<Sensor> made, find_sensor(database, name));
    if (made) {
      sensor = *made;
      return {};
    }
    TRY(sensor, make_sensor(database, name));
    return {};
  }));
  return sensor;
}

Result<std::vector<DarkPrefix>> dark_space(Database& database, uint16_t sensor) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT prefix, excluded, dark_from, dark_until FROM dark_prefix "
                         "WHERE sensor = ? ORDER BY position"));
  statement.bind(sensor);
  std::vector<DarkPrefix> prefixes;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return prefixes;
    DarkPrefix& line = prefixes.emplace_back();
    TRY(line.prefix, within("the dark space in state.db", Prefix::parse(statement.text(0))));
    line.excluded = statement.integer(1) != 0;
    line.from = statement.optional_time(2);
    line.until = statement.optional_time(3);
  }
}

Result<void> set_dark_space(Database& database, uint16_t sensor,
                            const std::vector<DarkPrefix>& prefixes) {
  return database.transaction([&]() -> Result<void> {
    TRY_VOID(run(database, "DELETE FROM dark_prefix WHERE sensor = ?", sensor));
    TRY(Statement insert, Statement::prepare(database,
                                             "INSERT INTO dark_prefix (sensor, position, prefix, "
                                             "excluded, dark_from, dark_until) "
                                             "VALUES (?, ?, ?, ?, ?, ?)"));
    int64_t position = 0;
    for (const DarkPrefix& line : prefixes) {
      TRY_VOID(insert
                   .bind(sensor, position++, line.prefix.to_string(), line.excluded, line.from,
                         line.until)
                   .run());
    }
    return {};
  });
}

Result<std::vector<uint8_t>> folder_key(Database& database) {
  TRY(auto known, stored_key(database));
  if (known) return std::move(*known);
  std::vector<uint8_t> key;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    TRY(auto made, stored_key(database));
    if (made) {
      key = std::move(*made);
      return {};
    }
    TRY(key, random_bytes(key_size));
    return run(database, "INSERT INTO secret (name, value) VALUES ('folder_key', ?)",
               std::span<const uint8_t>(key));
  }));
  return key;
}

}  // namespace yagura::state
