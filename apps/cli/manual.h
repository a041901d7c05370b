#pragma once
// The manual page skald(1).

#include <string>
#include <vector>

#include "command_list.h"

namespace skald::cli {

/// In the macros of man(7); characters outside ASCII are written \[uXXXX].
std::string manual_page(const std::vector<CommandEntry>& commands);

}  // namespace skald::cli
