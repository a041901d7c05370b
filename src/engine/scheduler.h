#pragma once
// One job at a time owns the thread pool; callers are served in the order they came.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

#include "base/result.h"
#include "engine/cancel.h"

namespace skald::engine {

/// Threads: any number.
class Scheduler {
 public:
  /// The right to use the pool until it is destroyed.
  class Turn {
   public:
    explicit Turn(Scheduler* owner) : owner_(owner) {}
    ~Turn() { finish(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn(Turn&& other) noexcept : owner_(other.owner_) { other.owner_ = nullptr; }
    Turn& operator=(Turn&& other) noexcept;

   private:
    void finish();
    Scheduler* owner_;
  };

  /// Waits until it is this caller's turn. Errors: kCancelled before and while it waits.
  Result<Turn> wait_turn(Cancel cancel);

 private:
  void advance();

  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_ticket_ = 0;
  std::deque<uint64_t> queue_;  // the front one has the turn
};

}  // namespace skald::engine
