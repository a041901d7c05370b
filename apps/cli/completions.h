#pragma once
// Completion scripts for shells.

#include <string>
#include <vector>

#include "command_list.h"
#include "skald/error.h"

namespace skald::cli {

/// For "bash", "zsh" or "fish". Errors: kInvalidArgument for another name.
Result<std::string> completion_script(const std::string& shell, const std::vector<CommandEntry>& commands);

}  // namespace skald::cli
