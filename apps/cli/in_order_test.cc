#include "in_order.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace skald::cli {
namespace {

TEST(InOrder, WhatComesEarlyWaitsForItsTurn) {
  InOrder order(3);
  std::string said;
  order.run(1, [&] { said += "b"; });
  order.run(2, [&] { said += "d"; });
  order.end(2);
  EXPECT_EQ(said, "");
  order.run(0, [&] { said += "a"; });
  EXPECT_EQ(said, "a");
  order.end(0);
  EXPECT_EQ(said, "ab");
  order.run(1, [&] { said += "c"; });
  EXPECT_EQ(said, "abc");
  order.end(1);
  EXPECT_EQ(said, "abcd");
}

TEST(InOrder, WhatIsOutOfDateIsNotSaid) {
  InOrder order(2);
  std::string said;
  order.run_if_first(1, [&] { said += "early"; });
  order.end(0);
  order.run_if_first(1, [&] { said += "now"; });
  EXPECT_EQ(said, "now");
}

TEST(InOrder, ThreadsKeepTheOrder) {
  constexpr size_t kCount = 16;
  constexpr size_t kEach = 50;
  InOrder order(kCount);
  std::vector<size_t> said;
  {
    std::vector<std::jthread> threads;
    for (size_t i = kCount; i-- > 0;) {
      threads.emplace_back([&, i] {
        for (size_t k = 0; k < kEach; ++k) order.run(i, [&, i, k] { said.push_back(i * kEach + k); });
        order.end(i);
      });
    }
  }
  ASSERT_EQ(said.size(), kCount * kEach);
  for (size_t i = 0; i < said.size(); ++i) EXPECT_EQ(said[i], i);
}

}  // namespace
}  // namespace skald::cli
