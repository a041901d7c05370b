#include "progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace skald::cli {
namespace {

constexpr int kLeastBar = 5;  // a shorter bar says nothing

/// "03:20" or "1:03:20".
std::string clock_time(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(std::max(seconds, 0.0)));
  if (whole < 3600) return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace

std::string progress_line(double done, double total, double elapsed, int width) {
  const double part = total > 0 ? std::clamp(done / total, 0.0, 1.0) : 1.0;
  const std::string left_side = fmt::format("{:3}%|", static_cast<int>(part * 100));
  std::string right_side = fmt::format("| {}/{}", clock_time(done), clock_time(total));
  if (done > 0 && elapsed > 0) {
    right_side += fmt::format(" [{:.1f}x, {} left]", done / elapsed, clock_time(elapsed / done * (total - done)));
  }
  const int bar = width - static_cast<int>(left_side.size() + right_side.size());
  if (bar < kLeastBar) return (left_side + right_side).substr(0, static_cast<size_t>(std::max(width, 0)));
  const auto full = static_cast<size_t>(part * bar);
  return left_side + std::string(full, '#') + std::string(static_cast<size_t>(bar) - full, ' ') + right_side;
}

void Progress::update(double done, double total) {
  if (!line_.wanted()) return;
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
  // The last column stays free: some terminals wrap when it is written.
  line_.show(progress_line(done, total, elapsed, terminal_width() - 1));
}

}  // namespace skald::cli
