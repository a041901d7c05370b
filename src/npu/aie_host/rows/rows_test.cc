// All rows against the naive sums, and against each other.

#include "npu/aie_host/rows/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/cpu_features.h"
#include "npu/aie_host/rows/naive_for_tests.h"

namespace aie::host {
namespace {

using testing::naive_add;
using testing::naive_add_products;
using testing::Patterns;

std::vector<skald::Isa> isas() {
  std::vector<skald::Isa> found;
  for (const skald::Isa isa : skald::kIsas) {
    if (skald::runs(isa)) {
      found.push_back(isa);
    }
  }
  return found;
}

struct Block {
  std::array<std::uint16_t, 32> a;
  std::array<std::uint16_t, 32> b;
  std::array<std::uint32_t, 16> c;
};

Block random_block(Patterns& patterns) {
  Block block{};
  patterns.turn();
  std::ranges::generate(block.a, [&] { return patterns.bf16(); });
  std::ranges::generate(block.b, [&] { return patterns.bf16(); });
  std::ranges::generate(block.c, [&] { return patterns.fp32(); });
  return block;
}

TEST(Rows, Bf16BlocksAgreeWithTheNaiveSumInAMillionCases) {
  Patterns patterns(1);
  constexpr int kBlocks = 62500;  // of 16 sums
  for (int n = 0; n < kBlocks; ++n) {
    const Block block = random_block(patterns);
    std::array<std::uint32_t, 16> expected{};
    for (std::size_t i = 0; i < 16; ++i) {
      expected[i] = naive_add_products(block.c[i], block.a.data() + 8 * (i / 4), block.b.data() + i % 4, 8, 4);
    }
    for (const skald::Isa isa : isas()) {
      std::array<std::uint32_t, 16> made = block.c;
      rows(isa).mac_bf16_4x8x4(made.data(), block.a.data(), block.b.data());
      ASSERT_EQ(made, expected) << skald::to_string(isa) << " block " << n;
    }
  }
}

TEST(Rows, Bf16LanesAgreeWithTheNaiveSumInAMillionCases) {
  Patterns patterns(2);
  constexpr int kBlocks = 32768;
  for (int n = 0; n < kBlocks; ++n) {
    patterns.turn();
    std::array<std::uint16_t, 32> a{};
    std::array<std::uint16_t, 32> b{};
    std::array<std::uint32_t, 32> c{};
    std::ranges::generate(a, [&] { return patterns.bf16(); });
    std::ranges::generate(b, [&] { return patterns.bf16(); });
    std::ranges::generate(c, [&] { return patterns.fp32(); });
    std::array<std::uint32_t, 32> expected{};
    for (std::size_t i = 0; i < 32; ++i) {
      expected[i] = naive_add_products(c[i], &a[i], &b[i], 1, 1);
    }
    for (const skald::Isa isa : isas()) {
      std::array<std::uint32_t, 32> made = c;
      rows(isa).mac_bf16_lanes(made.data(), a.data(), b.data(), 32);
      ASSERT_EQ(made, expected) << skald::to_string(isa) << " block " << n;
    }
  }
}

TEST(Rows, AccumulatorsAddAsTheNaiveSumDoesInAMillionCases) {
  Patterns patterns(3);
  for (int n = 0; n < 1000000; ++n) {
    if (n % 16 == 0) {
      patterns.turn();
    }
    const std::uint32_t a = patterns.fp32();
    const std::uint32_t b = patterns.fp32();
    ASSERT_EQ(add_accumulators(a, b), naive_add(a, b)) << std::hex << a << ' ' << b;
  }
}

TEST(Rows, LanesOfAccumulatorsAddAsTheNaiveSumDoesInAMillionCases) {
  Patterns patterns(4);
  constexpr int kBlocks = 31250;
  for (int n = 0; n < kBlocks; ++n) {
    patterns.turn();
    std::array<std::uint32_t, 32> a{};
    std::array<std::uint32_t, 32> b{};
    std::ranges::generate(a, [&] { return patterns.fp32(); });
    std::ranges::generate(b, [&] { return patterns.fp32(); });
    if (n % 4 == 0) {  // of nearly the same size, so that much cancels
      std::ranges::transform(a, b.begin(),
                             [&](std::uint32_t x) { return x ^ 0x80000000U ^ (patterns.fp32() & 0x1FFU); });
    }
    std::array<std::uint32_t, 32> expected{};
    for (std::size_t i = 0; i < 32; ++i) expected[i] = naive_add(a[i], b[i]);
    for (const skald::Isa isa : isas()) {
      std::array<std::uint32_t, 32> made{};
      rows(isa).add_lanes(made.data(), a.data(), b.data(), 32);
      ASSERT_EQ(made, expected) << skald::to_string(isa) << " block " << n;
      made = a;
      rows(isa).add_lanes(made.data(), made.data(), b.data(), 32);
      ASSERT_EQ(made, expected) << skald::to_string(isa) << " in place, block " << n;
    }
  }
}

// What xdna-emu's own tests and notes hold as seen on silicon or in its golden model.
TEST(Rows, PublishedSums) {
  const std::array<std::uint16_t, 8> a = {0xEBD7, 0xB13B, 0x4F6C, 0x8D21, 0x6080, 0x39C6, 0x107E, 0xD6A6};
  const std::array<std::uint16_t, 8> b = {0x0802, 0x7B38, 0x6983, 0x2273, 0x33A8, 0x1130, 0xE493, 0x18EC};
  EXPECT_EQ(add_products(0, a.data(), b.data(), 8, 1), 0x797187FFU);
  // Infinity times zero beside nothing else: a NaN of silicon (seed 6160).
  const std::array<std::uint16_t, 8> zeros = {0x8000, 0x8036, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000};
  const std::array<std::uint16_t, 8> others = {0x7F7F, 0x0000, 0x8037, 0x8004, 0x0029, 0x806A, 0xF349, 0x7F80};
  EXPECT_EQ(add_products(0, zeros.data(), others.data(), 8, 1), 0x7F800001U);
  // Denormals enter the adder as they are; a denormal result becomes a zero with the sum's sign.
  EXPECT_EQ(add_accumulators(0x80520000, 0x807E0000), 0x80D00000U);
  EXPECT_EQ(add_accumulators(0x7F800000, 0xFF800000), 0x7F800001U);
  // Infinity and a NaN of the other sign: the difference of their significands shows.
  EXPECT_EQ(add_accumulators(0x7F800000, 0xFFC60000) >> 16U, 0xFF8CU);
}

// Not the sum that IEEE 754 would make: terms below the largest exponent's 23rd bit are rounded one by one.
TEST(Rows, TermsAreRoundedOneByOne) {
  const std::array<std::uint16_t, 8> one = {0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80, 0x3F80};
  std::array<std::uint16_t, 8> small{};
  small.fill(0x3380);  // 2^-24: half of the last bit of 1, so each goes to even, 0
  EXPECT_EQ(add_products(0x3F800000, one.data(), small.data(), 8, 1), 0x3F800000U);
  small.fill(0x3381);  // a little more: each goes up to 2^-23
  EXPECT_EQ(add_products(0x3F800000, one.data(), small.data(), 8, 1), 0x3F800008U);
  // A small accumulator beside large products loses its last bits, although they cancel.
  std::array<std::uint16_t, 8> large{};
  large[0] = 0x4B80;  // 2^24
  large[1] = 0xCB80;
  EXPECT_EQ(add_products(0x3FC00000, one.data(), large.data(), 8, 1), 0x40000000U);  // 1.5 -> 2
}

TEST(Rows, ZerosAreBitClean) {
  const std::array<std::uint16_t, 8> minus_zero = {0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000};
  EXPECT_EQ(add_products(0x80000000, minus_zero.data(), minus_zero.data(), 8, 1), 0U);
  EXPECT_EQ(add_accumulators(0x80000000, 0x80000000), 0U);
  EXPECT_EQ(add_products(0x7F812345, minus_zero.data(), minus_zero.data(), 8, 1), 0x7F812345U);
}

TEST(Rows, Int8BlocksWrapAround) {
  std::mt19937 engine(4);
  for (int n = 0; n < 20000; ++n) {
    std::array<std::int8_t, 32> a{};
    std::array<std::int8_t, 64> b{};
    std::array<std::int32_t, 32> c{};
    std::ranges::generate(
        a, [&] { return static_cast<std::int8_t>(n % 3 == 0 ? -128 : static_cast<int>(engine() % 256)); });
    std::ranges::generate(
        b, [&] { return static_cast<std::int8_t>(n % 5 == 0 ? -128 : static_cast<int>(engine() % 256)); });
    std::ranges::generate(c, [&] { return n % 7 == 0 ? 0x7FFFFFFF : static_cast<std::int32_t>(engine()); });
    std::array<std::int32_t, 32> expected{};
    for (std::size_t i = 0; i < 32; ++i) {
      std::int64_t sum = c[i];
      for (std::size_t k = 0; k < 8; ++k) {
        sum += std::int64_t{a[8 * (i / 8) + k]} * b[8 * k + i % 8];
      }
      expected[i] = static_cast<std::int32_t>(sum);
    }
    for (const skald::Isa isa : isas()) {
      std::array<std::int32_t, 32> made = c;
      rows(isa).mac_i8_4x8x8(made.data(), a.data(), b.data());
      ASSERT_EQ(made, expected) << skald::to_string(isa);
    }
  }
}

TEST(Rows, EveryPairOfInt8) {
  for (const skald::Isa isa : isas()) {
    for (int x = -128; x < 128; ++x) {
      for (int y = -128; y < 128; y += 8) {
        std::array<std::int8_t, 32> a{};
        std::array<std::int8_t, 64> b{};
        std::array<std::int32_t, 32> c{};
        for (std::size_t i = 0; i < 4; ++i) {
          a[9 * i] = static_cast<std::int8_t>(x);  // row i takes depth i
        }
        for (std::size_t j = 0; j < 64; ++j) {
          b[j] = static_cast<std::int8_t>(y + static_cast<int>(j % 8));
        }
        rows(isa).mac_i8_4x8x8(c.data(), a.data(), b.data());
        for (std::size_t i = 0; i < 32; ++i) {
          ASSERT_EQ(c[i], x * (y + static_cast<int>(i % 8))) << skald::to_string(isa);
        }
      }
    }
  }
}

}  // namespace
}  // namespace aie::host
