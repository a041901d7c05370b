// The suite passes, and would not if a panel of B or an entry of a table were another.

#include "npu/suite/kernel_suite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>

#include "npu/kernels/catalogue.h"
#include "npu/program/blocks.h"
#include "npu/sim/catalogue_kernels.h"
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

TEST(KernelSuite, FusedAttentionTakesHalfOfThreeSteps) {
  double fused = 0;
  double steps = 0;
  for (const Case& the : all_cases()) {
    if (the.name == "bf16 8 heads x 1500") fused = time_case(the).array_ms;
    if (the.name == "bf16 8 heads x 1500 in three steps") steps = time_case(the).array_ms;
  }
  std::cout << "fused " << fused << " ms, three steps " << steps << " ms\n";
  EXPECT_GT(fused, 0);
  EXPECT_GE(steps, 2 * fused);
}

TEST(KernelSuite, Correlation) {
  EXPECT_DOUBLE_EQ(1, correlation({1, 2, 4}, {3, 5, 9}));
  EXPECT_DOUBLE_EQ(-1, correlation({1, 2, 3}, {3, 2, 1}));
  EXPECT_DOUBLE_EQ(0, correlation({1, 1}, {1, 2}));
  EXPECT_DOUBLE_EQ(1, correlation({2, 2}, {2, 2}));
}

/// Bytes of an object of B.
int64_t panel_bytes(const Program& program) {
  const auto b = std::ranges::find(program.fifos, "b0", &Fifo::name);
  return b == program.fifos.end() ? 0 : bytes_of(b->block);
}

/// Swaps the first panel of B and number `other`.
RunOptions swapping_panels(int64_t other) {
  return {.spoil = [other](const Planned& planned, std::vector<Bytes>& buffers) {
    const int64_t size = panel_bytes(planned.launches[0].program);
    ASSERT_LE((other + 1) * size, std::ssize(buffers[1]));
    std::swap_ranges(buffers[1].begin(), buffers[1].begin() + size, buffers[1].begin() + other * size);
  }};
}

TEST(KernelSuite, TwoPanelsOfBSwappedAreSeen) {
  int64_t spoiled = 0;
  for (const Case& the : all_cases()) {
    if (the.op != "matmul" || the.name.find(" 128x128x128") == std::string::npos) continue;
    SCOPED_TRACE(the.name);
    ASSERT_TRUE(run_case(the).passed());
    const Program program = the.plan()->launches[0].program;
    const int64_t panels = bytes_of(program.arguments[1].block) / panel_bytes(program);
    for (const int64_t other : {int64_t{1}, panels / 2, panels - 1}) {  // along K; another column; the epilogue's
      EXPECT_FALSE(run_case(the, swapping_panels(other)).passed()) << other;
      ++spoiled;
    }
  }
  EXPECT_GE(spoiled, 4 * 3);
}

/// The catalogue, with one element of one table spoilt.
class SpoiltTable {
 public:
  SpoiltTable(const KernelTable& table, size_t element) : name_(table.name), kernels_(sim::catalogue_kernels()) {
    const auto contents = table.contents();
    bytes_.assign(contents.begin(), contents.end());
    const size_t size = static_cast<size_t>(bytes_of(table.element));
    bytes_[element * size + size - 1] ^= std::byte{0x40};  // of a float: the exponent's highest
    kernels_.table = [this](std::string_view name) -> Result<std::span<const std::byte>> {
      if (name == name_) return std::span<const std::byte>(bytes_);
      return sim::catalogue_kernels().table(name);
    };
  }
  SpoiltTable(const SpoiltTable&) = delete;
  SpoiltTable& operator=(const SpoiltTable&) = delete;

  const sim::Kernels& kernels() const { return kernels_; }

 private:
  std::string_view name_;
  Bytes bytes_;
  sim::Kernels kernels_;
};

bool uses(const Planned& planned, std::string_view table) {
  return std::ranges::any_of(planned.launches, [&](const Launch& launch) {
    return std::ranges::any_of(launch.program.buffers, [&](const Buffer& buffer) { return buffer.table == table; });
  });
}

int64_t argument_bytes(const Planned& planned) {
  int64_t bytes = 0;
  for (const Launch& launch : planned.launches) {
    for (const HostArgument& argument : launch.program.arguments) bytes += bytes_of(argument.block);
  }
  return bytes;
}

/// The cases whose Programs hold the table, the smallest first.
Cases cases_with(std::string_view table) {
  std::vector<std::pair<int64_t, Case>> found;
  for (const Case& the : all_cases()) {
    const auto planned = the.plan();
    if (planned && uses(*planned, table)) found.emplace_back(argument_bytes(*planned), the);
  }
  std::ranges::stable_sort(found, {}, [](const auto& entry) { return entry.first; });
  Cases cases;
  for (auto& [bytes, the] : found) cases.push_back(std::move(the));
  return cases;
}

/// Large tables: a test of their own compares every entry with its definition (kernels/mel_tables_test.cc), so here a
/// few are enough. Left to that test alone: rests of factors, which are below what a case sees, factors of bins that
/// are made twice, and starts, which the kernel addresses with. Zeros are the encoder's, which is no case:
/// kernels/catalogue_test.cc.
const std::map<std::string_view, std::vector<size_t>>& sampled() {
  static const std::map<std::string_view, std::vector<size_t>> kSampled{{"mel_waves_high", {0, 1000, 2911}},
                                                                        {"mel_turns", {300, 1300, 3900}},
                                                                        {"mel_waves_low", {}},
                                                                        {"mel_filters_80", {0, 3199}},
                                                                        {"mel_filters_128", {0, 3071}},
                                                                        {"mel_starts_80", {}},
                                                                        {"mel_starts_128", {}},
                                                                        {"zeros", {}}};
  return kSampled;
}

std::vector<size_t> spoilt_elements(const KernelTable& table) {
  if (const auto found = sampled().find(table.name); found != sampled().end()) return found->second;
  std::vector<size_t> all(table.contents().size() / static_cast<size_t>(bytes_of(table.element)));
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

TEST(KernelSuite, AnEntryOfATableFlippedIsSeen) {
  for (const KernelTable& table : kernel_tables()) {
    SCOPED_TRACE(table.name);
    const std::vector<size_t> elements = spoilt_elements(table);
    if (elements.empty()) continue;
    const Cases cases = cases_with(table.name);
    ASSERT_FALSE(cases.empty()) << "no case has this table";
    for (const size_t element : elements) {
      const SpoiltTable spoilt(table, element);
      EXPECT_TRUE(std::ranges::any_of(cases, [&](const Case& the) {
        return !run_case(the, {.kernels = &spoilt.kernels()}).passed();
      })) << element;
    }
  }
}

}  // namespace
}  // namespace skald::npu::suite
