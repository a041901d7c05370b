#include "npu/sim/pattern.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace skald::npu::sim {
namespace {

/// Element indices in stream order, by the definition.
std::vector<int64_t> by_definition(const Pattern& pattern) {
  std::vector<int64_t> indices{0};
  for (const Dim& dim : pattern) {
    std::vector<int64_t> next;
    for (const int64_t base : indices) {
      for (int64_t i = 0; i < dim.size; ++i) next.push_back(base + i * dim.stride);
    }
    indices = std::move(next);
  }
  return indices;
}

std::vector<int64_t> walked(const Pattern& pattern, int64_t most) {
  std::vector<int64_t> indices;
  PatternCursor cursor(pattern, 0);
  while (cursor.left() > 0) {
    const Stretch stretch = cursor.next(most);
    EXPECT_GT(stretch.length, 0);
    EXPECT_LE(stretch.length, most);
    for (int64_t i = 0; i < stretch.length; ++i) indices.push_back(stretch.offset + i);
  }
  return indices;
}

TEST(Pattern, OrderIsThatOfTheDefinition) {
  const std::vector<Pattern> patterns{
      {{4, 8}, {8, 1}},                    // contiguous in two levels
      {{2, 32}, {4, 4}, {4, 16}, {4, 1}},  // blocks of a matrix
      {{3, 0}, {5, 2}, {2, 1}},            // the same again, overlapping
      {{7, 5}},                            // one level, strided
      {{1, 0}, {1, 99}, {6, 1}},           // levels of one
      {{2, 1}, {3, 2}},                    // transposed
  };
  for (const Pattern& pattern : patterns) {
    for (const int64_t most : {1, 2, 3, 7, 1000}) EXPECT_EQ(walked(pattern, most), by_definition(pattern)) << most;
  }
}

TEST(Pattern, EmptyIsContiguous) {
  PatternCursor cursor({}, 10);
  EXPECT_EQ(10, cursor.left());
  const Stretch stretch = cursor.next(100);
  EXPECT_EQ(0, stretch.offset);
  EXPECT_EQ(10, stretch.length);
  EXPECT_EQ(0, cursor.left());
}

TEST(Pattern, ScatterUndoesGather) {
  const Pattern rows{{2, 32}, {2, 4}, {4, 8}, {4, 1}};
  std::vector<int16_t> memory(64);
  std::iota(memory.begin(), memory.end(), int16_t{0});
  std::vector<int16_t> stream(64, -1);
  std::vector<int16_t> back(64, -1);
  PatternCursor out(rows, 0);
  gather(reinterpret_cast<const std::byte*>(memory.data()), out, 64, 2, reinterpret_cast<std::byte*>(stream.data()));
  EXPECT_NE(memory, stream);
  EXPECT_EQ(8, stream[4]);  // the second row of the first block
  PatternCursor in(rows, 0);
  scatter(reinterpret_cast<const std::byte*>(stream.data()), in, 64, 2, reinterpret_cast<std::byte*>(back.data()));
  EXPECT_EQ(memory, back);
}

}  // namespace
}  // namespace skald::npu::sim
