#include "engine/scheduler.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace skald::engine {
namespace {

TEST(Scheduler, OneAtATime) {
  Scheduler scheduler;
  int inside = 0;
  int worst = 0;
  int done = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto turn = scheduler.wait_turn(nullptr);
        ASSERT_TRUE(turn);
        worst = std::max(worst, ++inside);
        ++done;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(1, worst);
  EXPECT_EQ(8 * 200, done);
}

TEST(Scheduler, CancelledWhileWaitingDoesNotBlockOthers) {
  Scheduler scheduler;
  auto held = scheduler.wait_turn(nullptr);
  ASSERT_TRUE(held);
  std::atomic<bool> cancel{false};
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    cancel = true;
  });
  const auto refused = scheduler.wait_turn(&cancel);
  canceller.join();
  ASSERT_FALSE(refused);
  EXPECT_EQ(ErrorCode::kCancelled, refused.error().code);
  std::atomic<bool> served{false};
  std::thread waiter([&] {
    const auto turn = scheduler.wait_turn(nullptr);
    served = turn.has_value();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(served);
  {
    const auto finished = std::move(*held);
  }
  waiter.join();
  EXPECT_TRUE(served);
}

TEST(Scheduler, CancelledBeforeGetsNoTurn) {
  Scheduler scheduler;
  const std::atomic<bool> cancel{true};
  EXPECT_FALSE(scheduler.wait_turn(&cancel));
  EXPECT_TRUE(scheduler.wait_turn(nullptr));
}

}  // namespace
}  // namespace skald::engine
