// The suite passes, and would not if a panel of B or an entry of a table were another.

#include "npu/suite/kernel_suite.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "npu/suite/cases.h"

namespace skald::npu::suite {
namespace {

TEST(KernelSuite, EveryCasePasses) {
  const std::vector<Outcome> outcomes = run_cases(all_cases(), {}, {});
  for (const Outcome& outcome : outcomes) {
    SCOPED_TRACE(outcome.op + " " + outcome.name);
    for (const std::string& fault : outcome.faults) ADD_FAILURE() << fault;
  }
}

TEST(KernelSuite, Correlation) {
  EXPECT_DOUBLE_EQ(1, correlation({1, 2, 4}, {3, 5, 9}));
  EXPECT_DOUBLE_EQ(-1, correlation({1, 2, 3}, {3, 2, 1}));
  EXPECT_DOUBLE_EQ(0, correlation({1, 1}, {1, 2}));
  EXPECT_DOUBLE_EQ(1, correlation({2, 2}, {2, 2}));
}

}  // namespace
}  // namespace skald::npu::suite
