#pragma once
// Ctrl-C and SIGTERM: the first asks to stop, the second stops at once.

#include <atomic>

namespace skald::cli {

/// Takes over SIGINT and SIGTERM and ignores SIGPIPE (a closed pipe then is a failed write). Once, at the start.
void install_signal_handlers();

/// Becomes true at the first signal; the program may set it too, to stop a transcription.
std::atomic<bool>& stop_flag();

/// Whether a signal came.
bool interrupted();

}  // namespace skald::cli
