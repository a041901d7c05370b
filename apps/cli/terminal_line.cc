#include "terminal_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace skald::cli {
namespace {

constexpr int kUsualWidth = 80;

void rewrite(const std::string& text) {
  std::fputs(("\r\033[K" + text).c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace

int terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

TerminalLine::TerminalLine(bool wanted) : wanted_(wanted && ::isatty(STDERR_FILENO) == 1) {}

void TerminalLine::show(const std::string& text) {
  if (!wanted_) return;
  rewrite(text);
  visible_ = true;
}

void TerminalLine::clear() {
  if (!visible_) return;
  rewrite("");
  visible_ = false;
}

}  // namespace skald::cli
