#include "in_order.h"

#include <utility>

namespace skald::cli {

void InOrder::run(size_t index, Action action) {
  const std::lock_guard lock(mutex_);
  if (index == first_) {
    action();
  } else {
    waiting_[index].push_back(std::move(action));
  }
}

void InOrder::run_if_first(size_t index, const std::function<void()>& action) {
  const std::lock_guard lock(mutex_);
  if (index == first_) action();
}

void InOrder::end(size_t index) {
  const std::lock_guard lock(mutex_);
  ended_[index] = true;
  while (first_ < ended_.size() && ended_[first_]) {
    if (++first_ == ended_.size()) return;
    for (Action& action : std::exchange(waiting_[first_], {})) action();
  }
}

}  // namespace skald::cli
