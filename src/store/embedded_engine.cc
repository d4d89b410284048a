// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <span>
#include <system_error>

#include "base/descriptor.h"
#include "base/mutex.h"
#include "store/chdb_abi.h"
#include "store/engine.h"
#include "store/engine_error.h"
#include "store/questions.h"
#include "store/read_only_sql.h"

namespace yagura::store {
namespace {

namespace fs = std::filesystem;

// Yagura's tables have a database of their own: libchdb's default one takes unknown table names for
// files.
constexpr std::string_view database_name = "yagura";
constexpr std::string_view native_format = "Native";

// True if some process (this one included) has the store in `folder` open: the engine keeps its
// status file locked.
bool is_open_elsewhere(const fs::path& folder) {
  const Descriptor status(::open((folder / "status").c_str(), O_RDONLY | O_CLOEXEC));
  if (status.get() < 0) return false;
  if (::flock(status.get(), LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  return false;  // closing the descriptor gives the lock back
}

// Runs `work` with standard error collected into `text`. libchdb gives the reason why it cannot
// open a store nowhere else. Falls back to leaving standard error alone.
template <typename Work>
auto collecting_stderr(std::string& text, const Work& work) {
  const Descriptor saved(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
  const Descriptor memory(::memfd_create("stderr", MFD_CLOEXEC));
  const bool collecting =
      saved.get() >= 0 && memory.get() >= 0 && ::dup2(memory.get(), STDERR_FILENO) >= 0;
  auto value = work();
  if (collecting) {
    ::dup2(saved.get(), STDERR_FILENO);
    std::array<char, 4096> bytes;
    const ssize_t size = ::pread(memory.get(), bytes.data(), bytes.size(), 0);
    if (size > 0) text.assign(bytes.data(), static_cast<size_t>(size));
  }
  return value;
}

// A chdb_result that frees itself.
class EngineResult {
 public:
  EngineResult(const chdb::Library* library, chdb::ResultHandle* handle)
      : library_(library), handle_(handle) {}
  ~EngineResult() {
    if (handle_ != nullptr) library_->destroy_result(handle_);
  }
  EngineResult(const EngineResult&) = delete;
  EngineResult& operator=(const EngineResult&) = delete;

  chdb::ResultHandle* handle() const { return handle_; }
  Result<void> check() const {
    if (handle_ == nullptr) return failure("the engine gave no result");
    const char* error = library_->result_error(handle_);
    if (error != nullptr) return failure(one_line_error(error));
    return {};
  }
  std::string_view bytes() const {
    const size_t size = library_->result_size(handle_);
    return size == 0 ? std::string_view() : std::string_view(library_->result_bytes(handle_), size);
  }

 private:
  const chdb::Library* library_;
  chdb::ResultHandle* handle_;
};

// Parameters in the shape the C functions take. Refers to the strings it was made from.
struct ParameterArrays {
  ParameterArrays(std::string_view sql, const Parameters& parameters) {
    texts.reserve(parameters.size());
    for (const auto& [name, value] : parameters) {
      texts.push_back(escape_parameter(sql, name, value));
      names.push_back(name.data());
      name_sizes.push_back(name.size());
      values.push_back(texts.back().data());
      value_sizes.push_back(texts.back().size());
    }
  }
  std::vector<std::string> texts;
  std::vector<const char*> names, values;
  std::vector<size_t> name_sizes, value_sizes;
};

// What a statement is called in an error: its beginning, on one line.
std::string describe(std::string_view sql) {
  constexpr size_t longest = 80;
  std::string text;
  for (const char c : sql) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (space && (text.empty() || text.back() == ' ')) continue;
    if (text.size() == longest) {
      text += "…";
      break;
    }
    text += space ? ' ' : c;
  }
  return fmt::format("store: \"{}\"", text);
}

// Hands on what lies in `pieces` in portions of even size, until `take` refuses one. The engine
// copies each portion and reads it on another thread, at most 16 behind: so much stays in the cache
// and in pages that are used again, where a block at once took tens of MB of fresh ones.
template <typename Take>
bool in_portions(std::span<const std::string_view> pieces, const Take& take) {
  constexpr size_t portion_size = 128 << 10;
  std::string gathered;  // less than a portion
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::string_view next = piece.substr(0, portion_size - gathered.size());
      piece.remove_prefix(next.size());
      if (next.size() == portion_size) {
        if (!take(next)) return false;
        continue;
      }
      gathered += next;
      if (gathered.size() < portion_size) continue;
      if (!take(std::string_view(gathered))) return false;
      gathered.clear();
    }
  }
  return gathered.empty() || take(std::string_view(gathered));
}

class EmbeddedConnection final : public Connection {
 public:
  EmbeddedConnection(const chdb::Library* library, chdb::ConnectionHandle** handle)
      : library_(library), handle_(handle) {}
  ~EmbeddedConnection() override { library_->close_connection(handle_); }

  Result<void> execute(std::string_view sql, const Parameters& parameters) override {
    return within(describe(sql), run(sql, parameters).transform([](const auto&) {}));
  }

  Result<Block> query(std::string_view sql, const Parameters& parameters) override {
    return query_as(sql, sql, parameters);
  }

  // Runs `sql` on behalf of `shown`, which is what an error quotes.
  Result<Block> query_as(std::string_view shown, std::string_view sql,
                         const Parameters& parameters) {
    const auto work = [&]() -> Result<Block> {
      TRY(const auto result, run(sql, parameters));
      return decode_native(result->bytes());
    };
    return within(describe(shown), work());
  }

  Result<void> stream(std::string_view sql, const Parameters& parameters,
                      const std::function<Result<void>(Block&)>& consume) override {
    const ParameterArrays arrays(sql, parameters);
    const EngineResult stream(
        library_, library_->stream_query_with_parameters(
                      *handle_, sql.data(), sql.size(), native_format.data(), native_format.size(),
                      arrays.names.data(), arrays.name_sizes.data(), arrays.values.data(),
                      arrays.value_sizes.data(), arrays.names.size()));
    TRY_VOID(within(describe(sql), stream.check()));
    while (true) {
      const EngineResult chunk(library_, library_->stream_fetch(*handle_, stream.handle()));
      TRY_VOID(within(describe(sql), chunk.check()));
      if (chunk.bytes().empty()) return {};
      auto block = decode_native(chunk.bytes());
      Result<void> consumed =
          block ? consume(*block) : failure(block.error().within(describe(sql)));
      if (!consumed) {
        library_->stream_cancel(*handle_, stream.handle());
        return consumed;
      }
    }
  }

  Result<void> insert(std::string_view table, std::string_view columns,
                      std::span<const std::string_view> native_block) override {
    const std::string sql = fmt::format("INSERT INTO {} ({})", table, columns);
    const auto destroy = [this](chdb::InsertHandle* insert) { library_->destroy_insert(insert); };
    const std::unique_ptr<chdb::InsertHandle, decltype(destroy)> insert(
        library_->begin_insert(*handle_, sql.data(), sql.size(), native_format.data(),
                               native_format.size()),
        destroy);
    const std::string doing = fmt::format("store: inserting into {}", table);
    if (const char* error = library_->insert_error(insert.get())) {
      return failure(Error(one_line_error(error)).within(doing));
    }
    const bool taken = in_portions(native_block, [&](std::string_view portion) {
      return library_->append(insert.get(), portion.data(), portion.size()) == chdb::State::success;
    });
    if (!taken) {
      const char* error = library_->insert_error(insert.get());
      library_->cancel_insert(insert.get());
      return failure(Error(one_line_error(error == nullptr ? "refused" : error)).within(doing));
    }
    const EngineResult result(library_, library_->finish_insert(insert.get()));
    return within(doing, result.check());
  }

  // What the engine's parser says of `sql`, without running it.
  Result<chdb::QueryAnalysis> analyse(std::string_view sql) {
    chdb::QueryAnalysis analysis;
    if (library_->classify(*handle_, sql.data(), sql.size(), nullptr, 0, &analysis) !=
        chdb::State::success) {
      return failure("the engine could not analyse the statement");
    }
    return analysis;
  }

 private:
  Result<std::unique_ptr<EngineResult>> run(std::string_view sql, const Parameters& parameters) {
    const ParameterArrays arrays(sql, parameters);
    auto result = std::make_unique<EngineResult>(
        library_, library_->query_with_parameters(
                      *handle_, sql.data(), sql.size(), native_format.data(), native_format.size(),
                      arrays.names.data(), arrays.name_sizes.data(), arrays.values.data(),
                      arrays.value_sizes.data(), arrays.names.size()));
    TRY_VOID(result->check());
    return result;
  }

  const chdb::Library* library_;
  chdb::ConnectionHandle** handle_;
};

// Lets through only what reads. Three walls, since each has a hole of its own: the engine's parser
// (which finds file() harmless), the engine's readonly mode (which runs several statements and
// writes INTO OUTFILE), and a list of functions that reach outside of the store.
class ReadOnlyConnection final : public Connection {
 public:
  ReadOnlyConnection(std::unique_ptr<EmbeddedConnection> inner, DeniedFunctions denied)
      : inner_(std::move(inner)), denied_(std::move(denied)) {}

  Result<void> execute(std::string_view sql, const Parameters& parameters) override {
    return stream(sql, parameters, [](const Block&) -> Result<void> { return {}; });
  }
  Result<Block> query(std::string_view sql, const Parameters& parameters) override {
    TRY(const Checked checked, check(sql, parameters));
    return inner_->query(checked.text, parameters);
  }
  Result<void> stream(std::string_view sql, const Parameters& parameters,
                      const std::function<Result<void>(Block&)>& consume) override {
    TRY(const Checked checked, check(sql, parameters));
    if (checked.is_select) return inner_->stream(checked.text, parameters, consume);
    // The engine streams nothing but SELECT; the others answer in a few rows.
    TRY(Block block, inner_->query(checked.text, parameters));
    return consume(block);
  }
  Result<void> insert(std::string_view, std::string_view,
                      std::span<const std::string_view>) override {
    return failure("this connection to the store only reads");
  }

 private:
  struct Checked {
    std::string text;
    bool is_select = true;
  };
  // The statement to run in place of `sql`, or why it is refused.
  Result<Checked> check(std::string_view sql, const Parameters& parameters) {
    TRY(const ReadStatement statement, inspect_read(sql, denied_));
    TRY(const auto analysis, inner_->analyse(statement.text));
    if (analysis.statement_count != 1) {
      // Text that does not parse counts as none: running it gives the parser's own message, and
      // readonly mode stands behind it.
      if (analysis.statement_count == 0) return Checked{statement.text};
      return failure("only one statement at a time is possible");
    }
    if (analysis.query_class != static_cast<uint32_t>(chdb::QueryClass::read_only)) {
      return failure("only statements that read are possible: SELECT, SHOW, DESCRIBE, EXPLAIN");
    }
    if (!statement.is_select) return Checked{statement.text, false};
    // Types that have no column of ours are turned into text by the engine.
    TRY(const Block described,
        inner_->query_as(statement.text, "DESCRIBE TABLE (" + statement.text + "\n)", parameters));
    return Checked{with_readable_types(statement.text, described)};
  }

  std::unique_ptr<EmbeddedConnection> inner_;
  DeniedFunctions denied_;
};

class EmbeddedEngine final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options) {
    TRY(const chdb::Library* library, chdb::load(options.library));
    auto engine = std::unique_ptr<EmbeddedEngine>(new EmbeddedEngine(library, options));
    TRY_VOID(engine->start());
    return engine;
  }

  Result<std::unique_ptr<Connection>> connect() override {
    TRY(auto connection, connect_with({}));
    return std::unique_ptr<Connection>(std::move(connection));
  }

  Result<std::unique_ptr<Connection>> connect_read_only(const QueryLimits& limits) override {
    TRY(auto connection, connect_with({
                             "--readonly=1",
                             fmt::format("--max_execution_time={}", limits.seconds),
                             fmt::format("--max_result_rows={}", limits.result_rows),
                             fmt::format("--max_memory_usage={}", limits.memory_bytes),
                             "--result_overflow_mode=throw",
                             "--timeout_overflow_mode=throw",
                             "--allow_introspection_functions=0",
                             fmt::format("--log_comment={}", question_mark),
                         }));
    TRY(const Block functions, connection->query("SELECT name FROM system.table_functions", {}));
    std::vector<std::string> names(functions["name"].strings);
    auto checked =
        std::make_unique<ReadOnlyConnection>(std::move(connection), DeniedFunctions(names));
    return std::unique_ptr<Connection>(std::move(checked));
  }

  std::string version() const override { return library_->version(); }

 private:
  EmbeddedEngine(const chdb::Library* library, const EngineOptions& options)
      : library_(library), options_(options) {}

  Result<void> start() {
    if (!options_.folder.is_absolute()) {
      return failure(
          fmt::format("the store's folder {} is not an absolute path", options_.folder.string()));
    }
    std::error_code error;
    fs::create_directories(options_.folder, error);
    if (error) {
      return failure(fmt::format("making the store's folder {}: {}", options_.folder.string(),
                                 error.message()));
    }
    if (is_open_elsewhere(options_.folder)) {
      return failure(fmt::format(
          "the store in {} is in use by another yagura process: stop that one, or wait for it",
          options_.folder.string()));
    }
    TRY(keep_open_, open_handle({}));
    return keep_open_->execute(
        fmt::format("CREATE DATABASE IF NOT EXISTS {} ENGINE = Atomic", database_name), {});
  }

  Result<std::unique_ptr<EmbeddedConnection>> connect_with(std::vector<std::string> settings) {
    TRY(auto connection, open_handle(std::move(settings)));
    TRY_VOID(connection->execute(fmt::format("USE {}", database_name), {}));
    return connection;
  }

  Result<std::unique_ptr<EmbeddedConnection>> open_handle(std::vector<std::string> settings) {
    std::vector<std::string> arguments = arguments_of(options_);
    std::move(settings.begin(), settings.end(), std::back_inserter(arguments));
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    std::string complaint;
    const MutexLock lock(opening_);
    chdb::ConnectionHandle** handle = collecting_stderr(complaint, [&] {
      return library_->connect(static_cast<int>(pointers.size()), pointers.data());
    });
    if (handle == nullptr) {
      return failure(fmt::format("opening the store in {}: {}", options_.folder.string(),
                                 complaint.empty() ? "the engine gives no reason (another store "
                                                     "may be open in this process)"
                                                   : one_line_error(complaint)));
    }
    return std::make_unique<EmbeddedConnection>(library_, handle);
  }

  static std::vector<std::string> arguments_of(const EngineOptions& options);

  const chdb::Library* library_;
  EngineOptions options_;
  Mutex opening_;  // standard error is collected meanwhile, which no two threads may do at once
  // libchdb stops its server with the last connection; this one spares the others the restart.
  std::unique_ptr<EmbeddedConnection> keep_open_;
};

// Yagura shares its machine with the capture: the engine gets few threads and a memory ceiling.
// Options of the server count on the first connection, settings of queries on each.
std::vector<std::string> EmbeddedEngine::arguments_of(const EngineOptions& options) {
  return {
      "yagura",
      "--path=" + options.folder.string(),
      fmt::format("--max_server_memory_usage={}", options.memory_ceiling_bytes),
      // The ceiling is for what the engine allocates. Its memory worker would hold it against the
      // memory of the whole control group (ours and our neighbours' with it), or against pages that
      // the allocator has freed and not given back yet: then queries fail that need little. A first
      // tick in ten years is how one turns it off; 0 is its default.
      "--memory_worker_use_cgroup=0",
      "--memory_worker_period_ms=315360000000",
      // Caches count towards the ceiling.
      fmt::format("--mark_cache_size={}", options.memory_ceiling_bytes / 16),
      fmt::format("--primary_index_cache_size={}", options.memory_ceiling_bytes / 16),
      fmt::format("--index_mark_cache_size={}", options.memory_ceiling_bytes / 32),
      "--uncompressed_cache_size=0",
      "--background_pool_size=1",
      "--background_move_pool_size=1",
      "--background_fetches_pool_size=1",
      "--background_common_pool_size=2",
      "--background_schedule_pool_size=2",
      "--background_processing_pool_thread_sleep_seconds_if_nothing_to_do=0.01",
      "--background_processing_pool_task_sleep_seconds_when_no_work_random_part=0.01",
      "--max_threads=2",
      // Rows of many KiB (number_sheets) come in small parts too, of which the engine does not know
      // the width before it reads them.
      "--max_block_size=8192",
      // A block is one part: nothing splits, joins, sorts or checks it again.
      "--max_insert_threads=1",
      "--async_insert=0",
      "--optimize_on_insert=0",
      "--input_format_parallel_parsing=0",
      "--max_partitions_per_insert_block=0",
      "--insert_deduplicate=0",
      // What Native results are decoded from.
      "--low_cardinality_allow_in_native_format=0",
      // Grouping and sorting of more than half the ceiling goes to disk.
      fmt::format("--max_bytes_before_external_group_by={}", options.memory_ceiling_bytes / 2),
      fmt::format("--max_bytes_before_external_sort={}", options.memory_ceiling_bytes / 2),
      "--mutations_sync=1",
      "--log_queries=0",
      "--implicit_select=0",
  };
}

}  // namespace

void keep_freed_memory() {
  constexpr int largest_on_heap = 32 << 20;  // glibc takes no more
  ::mallopt(M_MMAP_THRESHOLD, largest_on_heap);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  // The engine brings an allocator of its own, which reads this once. Who has set it knows better.
  ::setenv("JE_MALLOC_CONF", "dirty_decay_ms:600000,muzzy_decay_ms:600000", 0);
}

Result<std::unique_ptr<Engine>> open_embedded(const EngineOptions& options) {
  return EmbeddedEngine::open(options);
}

}  // namespace yagura::store
