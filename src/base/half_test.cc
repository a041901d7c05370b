#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace skald {
namespace {

/// binary16 by its definition, in double.
double by_definition(uint16_t h) {
  const int exponent = (h >> 10) & 31;
  const int mantissa = h & 1023;
  const double sign = (h & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31) {
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

TEST(Half, AllBinary16ValuesConvertExactlyAndBack) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto h = static_cast<uint16_t>(bits);
    const double want = by_definition(h);
    const float got = f16_to_f32(h);
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(got)) << bits;
      EXPECT_TRUE(std::isnan(f16_to_f32(f32_to_f16(got)))) << bits;
    } else {
      EXPECT_EQ(want, static_cast<double>(got)) << bits;
      EXPECT_EQ(h, f32_to_f16(got)) << bits;
    }
  }
}

TEST(Half, RoundsToNearestEvenBetweenAllNeighbours) {
  for (uint32_t bits = 0; bits < 0x7BFF; ++bits) {
    const float low = f16_to_f32(static_cast<uint16_t>(bits));
    const float high = f16_to_f32(static_cast<uint16_t>(bits + 1));
    const float middle = low + (high - low) / 2;  // exact in binary32
    const auto even = static_cast<uint16_t>(bits + (bits & 1U));
    EXPECT_EQ(even, f32_to_f16(middle)) << bits;
    EXPECT_EQ(bits, f32_to_f16(std::nextafter(middle, low))) << bits;
    EXPECT_EQ(bits + 1, f32_to_f16(std::nextafter(middle, high))) << bits;
  }
  EXPECT_EQ(0x7BFF, f32_to_f16(std::nextafter(65520.0F, 0.0F)));
  EXPECT_EQ(0x7C00, f32_to_f16(65520.0F));
}

TEST(Half, AllBfloat16ValuesConvertExactlyAndBack) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto b = static_cast<uint16_t>(bits);
    const float got = bf16_to_f32(b);
    EXPECT_EQ(bits << 16U, std::bit_cast<uint32_t>(got));
    if (std::isnan(got)) {
      EXPECT_TRUE(std::isnan(bf16_to_f32(f32_to_bf16(got)))) << bits;
    } else {
      EXPECT_EQ(b, f32_to_bf16(got)) << bits;
    }
  }
}

TEST(Half, Bfloat16RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x7F7F; ++bits) {
    const uint32_t middle = (bits << 16U) | 0x8000U;
    EXPECT_EQ(bits + (bits & 1U), f32_to_bf16(std::bit_cast<float>(middle))) << bits;
    EXPECT_EQ(bits, f32_to_bf16(std::bit_cast<float>(middle - 1))) << bits;
    EXPECT_EQ(bits + 1, f32_to_bf16(std::bit_cast<float>(middle + 1))) << bits;
  }
}

}  // namespace
}  // namespace skald
