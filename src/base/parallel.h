#pragma once
// One pool of threads. A job is a range of indices; the caller works too, so a pool of one thread starts none.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace skald {

/// Threads: any number may call parallel_for, one job runs after the other; a body must not call parallel_for of the
/// same pool. Neither allocates nor throws; bodies must not throw.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls body(i, thread) once for every i in [0, count), in any order, on all threads; `thread` in [0, threads())
  /// tells which, for scratch memory. Returns when all calls have returned.
  template <class Body>
  void parallel_for(int64_t count, const Body& body) {
    run(
        count, [](const void* context, int64_t i, int thread) { (*static_cast<const Body*>(context))(i, thread); },
        &body);
  }

 private:
  using Call = void (*)(const void* context, int64_t i, int thread);
  void run(int64_t count, Call call, const void* context);
  void work(int thread);
  void drain(int thread);

  std::vector<std::thread> workers_;
  std::mutex one_job_;
  Call call_ = nullptr;
  const void* context_ = nullptr;
  int64_t count_ = 0;
  std::atomic<int64_t> next_{0};
  std::atomic<uint32_t> generation_{0};  // bumped once a job
  std::atomic<int> busy_{0};             // workers still in the current job
  std::atomic<bool> stop_{false};
};

}  // namespace skald
