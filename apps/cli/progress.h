#pragma once
// A progress bar with the time left, on standard error when that is a terminal.

#include <chrono>
#include <string>

#include "terminal_line.h"

namespace skald::cli {

/// "  42%|#########             | 01:24/03:20 [8.3x, 00:14 left]", at most `width` columns.
/// done, total: seconds of audio; elapsed: seconds of work.
std::string progress_line(double done, double total, double elapsed, int width);

/// Of one recording, from now on. Silent unless `wanted` and standard error is a terminal.
class Progress {
 public:
  explicit Progress(bool wanted) : line_(wanted) {}

  void update(double done, double total);
  /// Takes the bar off the terminal, so that a line can be printed; the next update brings it back.
  void clear() { line_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;
  TerminalLine line_;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace skald::cli
