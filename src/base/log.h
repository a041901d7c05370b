#pragma once
// The library's one log. Silent by default: a program that wants messages raises the level; they go to stderr.

#include <spdlog/spdlog.h>

#include <memory>

namespace skald {

/// The logger named "skald". Use: log().info("loaded {} tensors", n).
spdlog::logger& log();

}  // namespace skald
