#pragma once
// Runs a program of the toolchain.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace skald::npu {

struct ToolCall {
  std::string step;                  ///< what is being done: "routing"
  std::vector<std::string> command;  ///< the program, with its directory, and its arguments
  std::filesystem::path directory;   ///< where it runs, and where STEP.log gets what it says
};

/// Waits for it to end. Errors: kUnsupported: it cannot be started, or failed: with the end of what it said, the
/// command and the file that holds all of it.
Result<void> run_tool(const ToolCall& call);

/// As a shell takes it: words with anything but letters, digits and -+=./_:, in quotes.
std::string shell_text(const std::vector<std::string>& command);

}  // namespace skald::npu
