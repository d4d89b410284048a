// SPDX-License-Identifier: Apache-2.0
//
// Runs a program and says what it took: CPU time, wall time and peak memory of the whole process,
// from wait4(2). One line of JSON for each run.
//
//   time_process [--runs N] [--before COMMAND] [--input COMMAND] -- PROGRAM [ARGUMENT]...
//
// COMMANDs are for the shell. --before runs ahead of each run; --input's output is the program's
// standard input. Neither is counted. The program's output is thrown away, its errors are not.
//
// Small on purpose: the peak memory of a child starts with what its parent had when it forked.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "time_process: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

double now() {
  timespec time{};
  if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) fail("clock_gettime");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

[[noreturn]] void become(char** program) {
  execvp(program[0], program);
  std::fprintf(stderr, "time_process: starting %s: %s\n", program[0], std::strerror(errno));
  _exit(127);
}

// Starts the shell command with its output going to the returned descriptor.
int start_input(const char* command, pid_t& child) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe2");
  child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", command, nullptr);
    _exit(127);
  }
  close(ends[1]);
  return ends[0];
}

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// True if the program and its input ended well.
bool run(const char* input, char** program) {
  pid_t feeder = -1;
  const int from =
      input == nullptr ? open("/dev/null", O_RDONLY | O_CLOEXEC) : start_input(input, feeder);
  const int to = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (from < 0 || to < 0) fail("/dev/null");
  const double start = now();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    dup2(from, STDIN_FILENO);
    dup2(to, STDOUT_FILENO);
    become(program);
  }
  close(from);
  close(to);
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) fail("wait4");
  const double wall = now() - start;
  int input_status = 0;
  if (feeder > 0 && waitpid(feeder, &input_status, 0) != feeder) fail("waitpid");
  std::printf(
      "{\"user\": %.3f, \"system\": %.3f, \"wall\": %.3f, \"peak_bytes\": %lld, \"exit\": %d, "
      "\"input_exit\": %d}\n",
      seconds(usage.ru_utime), seconds(usage.ru_stime), wall,
      static_cast<long long>(usage.ru_maxrss) * 1024, exit_code(status), exit_code(input_status));
  std::fflush(stdout);
  return status == 0 && input_status == 0;
}

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: time_process [--runs N] [--before COMMAND] [--input COMMAND] -- PROGRAM "
               "[ARGUMENT]...\n");
  std::exit(2);
}

}  // namespace

int main(int count, char** arguments) {
  long runs = 1;
  const char* before = nullptr;
  const char* input = nullptr;
  int i = 1;
  for (; i < count && std::strcmp(arguments[i], "--") != 0; i += 2) {
    if (i + 1 >= count) usage();
    if (std::strcmp(arguments[i], "--runs") == 0)
      runs = std::strtol(arguments[i + 1], nullptr, 10);
    else if (std::strcmp(arguments[i], "--before") == 0)
      before = arguments[i + 1];
    else if (std::strcmp(arguments[i], "--input") == 0)
      input = arguments[i + 1];
    else
      usage();
  }
  if (i + 1 >= count || runs < 1) usage();
  for (long done = 0; done < runs; ++done) {
    if (before != nullptr && std::system(before) != 0) fail(before);
    if (!run(input, arguments + i + 1)) return 1;
  }
  return 0;
}
