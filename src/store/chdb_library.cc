// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <system_error>
#include <vector>

#include "store/chdb_abi.h"

namespace yagura::store::chdb {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool has_address_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool has_address_sanitizer = true;
#else
constexpr bool has_address_sanitizer = false;
#endif
#else
constexpr bool has_address_sanitizer = false;
#endif

constexpr const char* file_name = "libchdb.so";
constexpr const char* package_folder = "node_modules/@chdb/lib-linux-x64-gnu";

// The folder of the running program; empty if the system does not tell.
fs::path program_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path();
}

std::vector<fs::path> usual_places() {
  std::vector<fs::path> places;
  if (const char* named = std::getenv("YAGURA_CHDB"); named != nullptr && *named != '\0') {
    places.emplace_back(named);
  }
  if (const fs::path folder = program_folder(); !folder.empty()) {
    // build/<preset>/yagura in a checkout, then bin/yagura of an installation.
    places.push_back((folder / "../.." / package_folder / file_name).lexically_normal());
    places.push_back((folder / "../lib/yagura" / file_name).lexically_normal());
  }
  places.push_back(fs::path("/usr/lib/yagura") / file_name);
  return places;
}

Result<fs::path> find(const fs::path& file) {
  const std::vector<fs::path> places = file.empty() ? usual_places() : std::vector{file};
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code error;
    if (fs::is_regular_file(place, error)) return place;
    looked += fmt::format("{}{}", looked.empty() ? "" : ", ", place.string());
  }
  return failure(fmt::format(
      "the store's engine libchdb.so is not installed (looked for {}): run scripts/setup, or set "
      "YAGURA_CHDB to the library",
      looked));
}

// Fills `target` with the address of `name`; remembers the first name that is missing.
template <typename Function>
void bind(void* handle, const char* name, Function& target, std::string& missing) {
  void* address = dlsym(handle, name);
  if (address == nullptr && missing.empty()) missing = name;
  target = reinterpret_cast<Function>(address);
}

Result<Library> open(const fs::path& file) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* why = dlerror();
    return failure(fmt::format("loading {}: {}", file.string(), why == nullptr ? "?" : why));
  }
  Library library;
  library.file = file;
  std::string missing;
  bind(handle, "chdb_version", library.version, missing);
  bind(handle, "chdb_connect", library.connect, missing);
  bind(handle, "chdb_close_conn", library.close_connection, missing);
  bind(handle, "chdb_query_with_params_n", library.query_with_parameters, missing);
  bind(handle, "chdb_stream_query_with_params_n", library.stream_query_with_parameters, missing);
  bind(handle, "chdb_stream_fetch_result", library.stream_fetch, missing);
  bind(handle, "chdb_stream_cancel_query", library.stream_cancel, missing);
  bind(handle, "chdb_result_buffer", library.result_bytes, missing);
  bind(handle, "chdb_result_length", library.result_size, missing);
  bind(handle, "chdb_result_error", library.result_error, missing);
  bind(handle, "chdb_destroy_query_result", library.destroy_result, missing);
  bind(handle, "chdb_stream_insert_n", library.begin_insert, missing);
  bind(handle, "chdb_stream_append", library.append, missing);
  bind(handle, "chdb_stream_done", library.finish_insert, missing);
  bind(handle, "chdb_stream_cancel_insert", library.cancel_insert, missing);
  bind(handle, "chdb_stream_insert_error", library.insert_error, missing);
  bind(handle, "chdb_destroy_insert_stream", library.destroy_insert, missing);
  bind(handle, "chdb_classify_query_n", library.classify, missing);
  bind(handle, "chdb_set_signal_handlers_enabled", library.set_signal_handlers, missing);
  if (!missing.empty()) {
    return failure(
        fmt::format("{} has no function {}: it is not the libchdb that this version of "
                    "yagura needs (26.7), run scripts/setup",
                    file.string(), missing));
  }
  return library;
}

}  // namespace

Result<const Library*> load(const fs::path& file) {
  // Never destroyed: connections may outlive main's locals on an early exit.
  static const Library* loaded = nullptr;
  if (loaded != nullptr) return loaded;
  // It crashes while it is loaded: its allocator and the sanitizer's do not go together.
  if (has_address_sanitizer) {
    return failure("the store's engine does not run in a build with the address sanitizer");
  }
  TRY(const fs::path found, find(file));
  TRY(Library library, open(found));
  library.set_signal_handlers(0);
  loaded = new Library(std::move(library));
  return loaded;
}

}  // namespace yagura::store::chdb
