#include "base/parallel.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace skald {
namespace {

class ThreadPoolTest : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, EveryIndexRunsOnce) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(GetParam(), pool.threads());
  for (const int64_t count : {0, 1, 2, 3, 7, 1000}) {
    std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
    pool.parallel_for(count, [&](int64_t i, int thread) {
      EXPECT_GE(thread, 0);
      EXPECT_LT(thread, pool.threads());
      seen[static_cast<size_t>(i)].fetch_add(1);
    });
    for (const auto& n : seen) EXPECT_EQ(1, n.load());
  }
}

TEST_P(ThreadPoolTest, ManySmallJobsInARow) {
  ThreadPool pool(GetParam());
  std::array<std::atomic<int64_t>, 64> sums{};
  for (int job = 0; job < 2000; ++job) {
    pool.parallel_for(64, [&](int64_t i, int) { sums[static_cast<size_t>(i)] += i; });
  }
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(2000 * static_cast<int64_t>(i), sums[i].load());
}

TEST_P(ThreadPoolTest, WritesOfABodyAreSeenByTheCaller) {
  ThreadPool pool(GetParam());
  std::vector<int64_t> squares(501);
  pool.parallel_for(501, [&](int64_t i, int) { squares[static_cast<size_t>(i)] = i * i; });
  for (int64_t i = 0; i < 501; ++i) EXPECT_EQ(i * i, squares[static_cast<size_t>(i)]);
}

TEST_P(ThreadPoolTest, CallersAtTheSameTimeEachGetTheirJob) {
  ThreadPool pool(GetParam());
  std::array<std::array<int, 100>, 4> counts{};  // one row for each caller, written by its own bodies alone
  std::vector<std::jthread> callers;
  for (auto& mine : counts) {
    callers.emplace_back([&pool, &mine] {
      for (int job = 0; job < 200; ++job) {
        pool.parallel_for(std::ssize(mine), [&](int64_t i, int) { ++mine[static_cast<size_t>(i)]; });
      }
    });
  }
  callers.clear();  // joins
  for (const auto& mine : counts) {
    for (const int count : mine) EXPECT_EQ(200, count);
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, testing::Values(1, 2, 3, 8));

}  // namespace
}  // namespace skald
