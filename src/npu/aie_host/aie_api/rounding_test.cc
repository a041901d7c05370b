// Shift-round-saturate and float32 to bfloat16 against exact definitions, over whole domains.

#include "npu/aie_host/aie_api/rounding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>

#include "npu/aie_host/aie_api/aie.hpp"

namespace aie::host {
namespace {

constexpr std::array kModes = {rounding_mode::floor,           rounding_mode::ceil,
                               rounding_mode::symmetric_floor, rounding_mode::symmetric_ceil,
                               rounding_mode::negative_inf,    rounding_mode::positive_inf,
                               rounding_mode::symmetric_zero,  rounding_mode::symmetric_inf,
                               rounding_mode::conv_even,       rounding_mode::conv_odd};

/// What the mode's name says, on a number that float64 holds exactly.
double rounded(double x, rounding_mode mode) {
  const double low = std::floor(x);
  const double high = std::ceil(x);
  const auto nearest = [&](double of_halves) { return x - low == 0.5 ? of_halves : std::floor(x + 0.5); };
  const bool low_is_even = std::fmod(low, 2.0) == 0.0;
  switch (mode) {
    case rounding_mode::floor: return low;
    case rounding_mode::ceil: return high;
    case rounding_mode::symmetric_floor: return x < 0 ? high : low;
    case rounding_mode::symmetric_ceil: return x < 0 ? low : high;
    case rounding_mode::negative_inf: return nearest(low);
    case rounding_mode::positive_inf: return nearest(high);
    case rounding_mode::symmetric_zero: return nearest(x < 0 ? high : low);
    case rounding_mode::symmetric_inf: return nearest(x < 0 ? low : high);
    case rounding_mode::conv_even: return nearest(low_is_even ? low : high);
    case rounding_mode::conv_odd: return nearest(low_is_even ? high : low);
  }
  return 0;
}

template <typename T>
double limited(double x, saturation_mode mode) {
  const double high = std::numeric_limits<T>::max();
  const double low = !std::is_signed_v<T> ? 0 : (mode == saturation_mode::symmetric ? -high : -high - 1);
  return mode == saturation_mode::none ? x : std::min(std::max(x, low), high);
}

/// Low bits of a whole number.
template <typename T>
T kept(double x) {
  return static_cast<T>(static_cast<std::int64_t>(x));
}

template <typename T>
void check_all_of_16_bits() {
  for (const rounding_mode rounding : kModes) {
    for (const saturation_mode saturation :
         {saturation_mode::none, saturation_mode::saturate, saturation_mode::symmetric}) {
      const Modes modes{.rounding = rounding, .saturation = saturation};
      // Rounding is checked for every number, saturation for those of an odd step.
      const int step = saturation == saturation_mode::none ? 1 : 17;
      for (int shift = 0; shift <= 17; ++shift) {
        const double scale = std::ldexp(1.0, -shift);
        for (int value = -32768; value < 32768; value += step) {
          const T expected = kept<T>(limited<T>(rounded(value * scale, rounding), saturation));
          if (shift_round_saturate<T>(value, shift, modes) != expected) {
            FAIL() << value << " >> " << shift << " mode " << static_cast<unsigned>(rounding);
          }
        }
      }
    }
  }
}

TEST(ShiftRoundSaturate, AllOf16BitsToInt8) {
  check_all_of_16_bits<std::int8_t>();
}
TEST(ShiftRoundSaturate, AllOf16BitsToUint8) {
  check_all_of_16_bits<std::uint8_t>();
}
TEST(ShiftRoundSaturate, AllOf16BitsToInt16) {
  check_all_of_16_bits<std::int16_t>();
}

TEST(ShiftRoundSaturate, Extremes) {
  const Modes even{.rounding = rounding_mode::conv_even, .saturation = saturation_mode::saturate};
  constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(shift_round_saturate<std::int32_t>(kLow, 0, even), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(shift_round_saturate<std::int32_t>(kLow, 63, even), -1);
  EXPECT_EQ(shift_round_saturate<std::int32_t>(kLow, 64, even), 0);  // -1/2
  EXPECT_EQ(shift_round_saturate<std::int32_t>(kLow, 65, even), 0);
  EXPECT_EQ(shift_round_saturate<std::int32_t>(-1, 200, Modes{}), -1);  // floor
  EXPECT_EQ(shift_round_saturate<std::int16_t>(300, -8, even), 32767);
  EXPECT_EQ(shift_round_saturate<std::int16_t>(300, -8, Modes{}), 11264);  // 76800 mod 65536
  EXPECT_EQ(shift_round_saturate<std::int8_t>(-128, 0, Modes{.saturation = saturation_mode::symmetric}), -127);
}

/// The definition by value: the bfloat16 below and above, and which of them.
std::uint16_t narrowed(std::uint32_t bits, rounding_mode mode) {
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  const auto sign = static_cast<std::uint16_t>(bits >> 16U & 0x8000U);
  if (magnitude >= 0x7F800000U) {
    const bool hidden = magnitude > 0x7F800000U && (magnitude & 0x7F0000U) == 0;
    return static_cast<std::uint16_t>((bits >> 16U) + (hidden ? 1U : 0U));
  }
  // Floats of one sign are ordered as their bits are: round those as a fixed-point number.
  const double signed_places = (sign != 0 ? -1.0 : 1.0) * magnitude / 65536.0;
  return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::fabs(rounded(signed_places, mode))));
}

TEST(ToBfloat16, EveryBfloat16AndWhatLiesBetween) {
  for (const rounding_mode mode : kModes) {
    for (std::uint32_t high = 0; high < 65536; ++high) {
      for (const std::uint32_t low : {0x0000U, 0x0001U, 0x7FFFU, 0x8000U, 0x8001U, 0xFFFFU}) {
        const std::uint32_t bits = high << 16U | low;
        if (to_bfloat16(std::bit_cast<float>(bits), mode).bits != narrowed(bits, mode)) {
          FAIL() << std::hex << bits << " mode " << static_cast<unsigned>(mode);
        }
      }
    }
  }
}

TEST(ToBfloat16, PowerUpRoundsDown) {
  EXPECT_EQ(modes().rounding, rounding_mode::floor);
  EXPECT_EQ(modes().saturation, saturation_mode::none);
  EXPECT_EQ(to_bfloat16(1.999F, modes().rounding).bits, 0x3FFF);
  EXPECT_EQ(to_bfloat16(-1.999F, modes().rounding).bits, 0xC000);
}

TEST(Bfloat16, EveryValueSurvivesFloat) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const bfloat16 value = bfloat16::from_bits(static_cast<std::uint16_t>(bits));
    if ((bits & 0x7FFFU) <= 0x7F80U) {
      ASSERT_EQ(bfloat16(static_cast<float>(value)).bits, bits);
    } else {
      ASSERT_TRUE(std::isnan(static_cast<float>(bfloat16(static_cast<float>(value)))));
    }
  }
}

TEST(Tile, ModesAreOneState) {
  aie::set_rounding(rounding_mode::conv_even);
  EXPECT_EQ(aie::tile::current().get_rounding(), rounding_mode::conv_even);
  aie::tile::current().set_saturation(saturation_mode::saturate);
  EXPECT_EQ(aie::get_saturation(), saturation_mode::saturate);
  aie::set_rounding(rounding_mode::floor);
  aie::set_saturation(saturation_mode::none);
}

}  // namespace
}  // namespace aie::host
