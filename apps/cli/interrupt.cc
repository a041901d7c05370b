#include "interrupt.h"

#include <csignal>

namespace skald::cli {
namespace {

std::atomic<bool> g_stop{false};
std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch nothing else");

void on_signal(int) {
  g_interrupted.store(true, std::memory_order_relaxed);
  g_stop.store(true, std::memory_order_relaxed);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  // Reads go on after the signal: the engine looks at the flag between them.
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::atomic<bool>& stop_flag() {
  return g_stop;
}

bool interrupted() {
  return g_interrupted.load(std::memory_order_relaxed);
}

}  // namespace skald::cli
