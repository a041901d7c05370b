#pragma once
// What several recordings at the same time have to say, said recording after recording.

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace skald::cli {

/// Threads: any number; what is done is done by one of them at a time.
class InOrder {
 public:
  using Action = std::move_only_function<void()>;

  explicit InOrder(size_t count) : waiting_(count), ended_(count, false) {}

  /// Does it at once if all before `index` have ended, else as soon as they have: then maybe in another thread.
  void run(size_t index, Action action);
  /// Does it if all before `index` have ended, else never: for what is soon out of date.
  void run_if_first(size_t index, const std::function<void()>& action);
  /// Nothing more comes from `index`.
  void end(size_t index);

 private:
  std::mutex mutex_;
  size_t first_ = 0;  // the first that has not ended
  std::vector<std::vector<Action>> waiting_;
  std::vector<bool> ended_;
};

}  // namespace skald::cli
