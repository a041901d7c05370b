// Every shape against a plain product.

#include "npu/aie_host/aie_api/mmul.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "npu/aie_host/rows/naive_for_tests.h"

namespace aie {
namespace {

template <typename T>
T any(std::mt19937& engine) {
  return static_cast<T>(engine());
}

/// Sums modulo the lane's width, `kTurns` products into one accumulator.
template <unsigned kM, unsigned kK, unsigned kN, typename A, typename B, typename Tag>
void check_integers(std::mt19937& engine) {
  using Product = mmul<kM, kK, kN, A, B, Tag>;
  using Lane = typename detail::AccumTraits<Tag>::lane;
  for (int turn = 0; turn < 200; ++turn) {
    vector<A, Product::size_A> a;
    vector<B, Product::size_B> b;
    Product sum;
    std::array<std::uint64_t, Product::size_C> expected{};
    for (int step = 0; step < 3; ++step) {
      std::ranges::generate(a.lanes, [&] { return any<A>(engine); });
      std::ranges::generate(b.lanes, [&] { return any<B>(engine); });
      if (turn == 0) {
        a.lanes.fill(std::numeric_limits<A>::min());
        b.lanes.fill(std::numeric_limits<B>::min());
      }
      for (unsigned i = 0; i < Product::size_C; ++i) {
        for (unsigned k = 0; k < kK; ++k) {
          expected[i] += static_cast<std::uint64_t>(std::int64_t{a.lanes[i / kN * kK + k]} *
                                                    std::int64_t{b.lanes[k * kN + i % kN]});
        }
      }
      sum.mac(a, b);
    }
    const accum<Tag, Product::size_C> made = sum;
    for (unsigned i = 0; i < Product::size_C; ++i) {
      ASSERT_EQ(made.lanes[i], static_cast<Lane>(expected[i])) << kM << 'x' << kK << 'x' << kN << " lane " << i;
    }
  }
}

TEST(Mmul, IntegerShapes) {
  std::mt19937 engine(7);
  check_integers<4, 8, 8, int8, int8, acc32>(engine);
  check_integers<4, 8, 4, int8, int8, acc32>(engine);
  check_integers<4, 16, 4, int8, int8, acc32>(engine);
  check_integers<8, 8, 8, int8, int8, acc32>(engine);
  check_integers<2, 8, 8, int8, int8, acc32>(engine);
  check_integers<1, 16, 8, int8, int8, acc32>(engine);
  check_integers<4, 16, 8, int8, int8, acc32>(engine);
  check_integers<8, 16, 8, int8, int8, acc32>(engine);
  check_integers<4, 8, 8, uint8, int8, acc32>(engine);
  check_integers<4, 8, 8, int8, uint8, acc32>(engine);
  check_integers<4, 4, 8, int16, int8, acc32>(engine);
  check_integers<4, 8, 4, int16, int8, acc64>(engine);
  check_integers<2, 8, 8, int16, int8, acc64>(engine);
  check_integers<4, 4, 8, int8, int16, acc32>(engine);
  check_integers<4, 2, 8, int16, int16, acc32>(engine);
  check_integers<4, 4, 4, int16, int16, acc64>(engine);
  check_integers<2, 4, 8, int16, int16, acc64>(engine);
  check_integers<4, 4, 8, int16, int16, acc64>(engine);
  check_integers<4, 2, 4, int32, int16, acc64>(engine);
  check_integers<4, 4, 4, int32, int16, acc64>(engine);
}

TEST(Mmul, EveryPairOfInt8) {
  for (int x = -128; x < 128; ++x) {
    vector<int8, 32> a;
    a.lanes.fill(static_cast<int8>(x));
    for (int first = -128; first < 128; first += 64) {
      vector<int8, 32> b;
      vector<int8, 32> c;
      for (int i = 0; i < 32; ++i) {
        b.lanes[static_cast<unsigned>(i)] = static_cast<int8>(first + i);
        c.lanes[static_cast<unsigned>(i)] = static_cast<int8>(first + 32 + i);
      }
      const accum<acc32, 32> product = mul(a, b);
      const accum<acc32, 32> both = mac(product, a, c);
      const accum<acc32, 32> back = msc(both, a, b);
      for (int i = 0; i < 32; ++i) {
        ASSERT_EQ(product.lanes[static_cast<unsigned>(i)], x * (first + i));
        ASSERT_EQ(back.lanes[static_cast<unsigned>(i)], x * (first + 32 + i));
      }
    }
  }
}

/// A million sums against the naive ones: depth in steps of eight, each one sum of the array.
template <unsigned kM, unsigned kK, unsigned kN>
void check_bf16(std::uint32_t seed) {
  using Product = mmul<kM, kK, kN, bfloat16, bfloat16, accfloat>;
  host::testing::Patterns patterns(seed);
  constexpr int kTurns = 1000000 / Product::size_C;
  constexpr unsigned kDepth = kK < 8 ? kK : 8;
  for (int turn = 0; turn < kTurns; ++turn) {
    patterns.turn();
    vector<bfloat16, Product::size_A> a;
    vector<bfloat16, Product::size_B> b;
    accum<accfloat, Product::size_C> c;
    std::ranges::generate(a.lanes, [&] { return bfloat16::from_bits(patterns.bf16()); });
    std::ranges::generate(b.lanes, [&] { return bfloat16::from_bits(patterns.bf16()); });
    std::ranges::generate(c.lanes, [&] { return std::bit_cast<float>(patterns.fp32()); });
    Product sum(c);
    sum.mac(a, b);
    const accum<accfloat, Product::size_C> made = sum;
    for (unsigned i = 0; i < Product::size_C; ++i) {
      auto expected = std::bit_cast<std::uint32_t>(c.lanes[i]);
      for (unsigned k = 0; k < kK; k += kDepth) {
        expected = host::testing::naive_add_products(expected, &a.lanes[i / kN * kK + k].bits,
                                                     &b.lanes[k * kN + i % kN].bits, static_cast<int>(kDepth), kN);
      }
      ASSERT_EQ(std::bit_cast<std::uint32_t>(made.lanes[i]), expected) << kM << 'x' << kK << 'x' << kN << ' ' << turn;
    }
  }
}

TEST(Mmul, Bf16_4x8x4) {
  check_bf16<4, 8, 4>(11);
}
TEST(Mmul, Bf16_4x8x8) {
  check_bf16<4, 8, 8>(12);
}
TEST(Mmul, Bf16_8x8x8) {
  check_bf16<8, 8, 8>(13);
}
TEST(Mmul, Bf16_8x8x4) {
  check_bf16<8, 8, 4>(14);
}
TEST(Mmul, Bf16_4x16x4) {
  check_bf16<4, 16, 4>(15);
}
TEST(Mmul, Bf16_8x1x8) {
  check_bf16<8, 1, 8>(17);
}

TEST(Mmul, FirstMacAndMulStartAtZero) {
  const vector<int8, 32> a = broadcast<int8, 32>(2);
  const vector<int8, 64> b = broadcast<int8, 64>(3);
  mmul<4, 8, 8, int8, int8> sum;
  sum.mac(a, b);
  EXPECT_EQ(sum.to_vector<int32>().get(31), 48);
  sum.mac(a, b);
  EXPECT_EQ(sum.to_vector<int32>().get(0), 96);
  sum.mul(a, b);
  EXPECT_EQ(sum.to_vector<int32>().get(5), 48);
  EXPECT_EQ(sum.to_vector<int8>(4).get(5), 3);
  const mmul<4, 8, 8, int8, int8> from_vector(broadcast<int32, 32>(7));
  EXPECT_EQ(from_vector.to_vector<int32>().get(3), 7);
}

}  // namespace
}  // namespace aie
