#pragma once
// Runs the built program as a user does and keeps what it said.

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace skald::e2e {

struct Outcome {
  int exit_code = -1;  ///< -1: ended by a signal
  int signal = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
};

struct Launch {
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to this process's own
  std::string directory;                                         ///< where it runs; empty: here
  std::optional<std::string> input;  ///< bytes of standard input through a pipe; none: empty
  std::string output_path;           ///< standard output goes to this file instead
  bool close_output = false;         ///< nobody reads standard output
  bool obey_permissions = false;     ///< even when these tests run as root (drops the capabilities that override them)
  long file_size_limit = -1;         ///< bytes: a longer write fails, as on a full disk
  std::function<void(pid_t, const std::string& out_so_far)> watch;  ///< called after each piece of standard output
  int timeout_s = 180;                                              ///< a busy machine
};

/// Exit code of a child that could not be set up as asked (a capability could not be dropped ...).
inline constexpr int kCannotSetUp = 99;

Outcome run(const Launch& launch);

/// With arguments only.
Outcome run(const std::vector<std::string>& arguments);

}  // namespace skald::e2e
