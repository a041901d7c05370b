#pragma once
// The whole program behind main(): commands, help and usage errors.

#include <string>
#include <vector>

#include "exit_code.h"

namespace skald::cli {

/// Runs the program with the arguments after its name.
ExitCode run_program(const std::vector<std::string>& arguments);

}  // namespace skald::cli
