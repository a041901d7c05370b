#include "engine/scheduler.h"

#include <chrono>
#include <utility>

namespace skald::engine {

Scheduler::Turn& Scheduler::Turn::operator=(Turn&& other) noexcept {
  if (this != &other) {
    finish();
    owner_ = std::exchange(other.owner_, nullptr);
  }
  return *this;
}

void Scheduler::Turn::finish() {
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->advance();
}

Result<Scheduler::Turn> Scheduler::wait_turn(Cancel cancel) {
  // How often a waiting caller looks at its cancel flag: short beside what a user notices.
  constexpr auto kPoll = std::chrono::milliseconds(50);
  SKALD_CHECK(check(cancel));
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  queue_.push_back(ticket);
  while (queue_.front() != ticket) {
    changed_.wait_for(lock, kPoll);
    if (queue_.front() == ticket) break;
    if (auto asked = check(cancel); !asked) {
      std::erase(queue_, ticket);
      return std::unexpected(std::move(asked).error());
    }
  }
  return Turn(this);
}

void Scheduler::advance() {
  {
    const std::scoped_lock lock(mutex_);
    queue_.pop_front();
  }
  changed_.notify_all();
}

}  // namespace skald::engine
