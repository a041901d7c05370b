// Every entry of the mel kernel's tables, so that a changed one is noticed: factors with their rests are as near to
// cosine and sine as their bits allow, filters those of audio/.

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <numbers>
#include <vector>

#include "audio/log_mel.h"
#include "base/half.h"
#include "npu/kernels/catalogue.h"
#include "npu/kernels/mel_sizes.h"

namespace skald::npu {
namespace {

template <typename T>
std::vector<T> table(std::string_view name) {
  const KernelTable* found = find_table(name);
  if (found == nullptr) return {};
  const std::span<const std::byte> bytes = found->contents();
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::complex<double> wave(double turns) {
  return std::polar(1.0, -2 * std::numbers::pi * turns);
}

TEST(MelTables, WavesAreFiftiethsOfATurn) {
  const auto high = table<std::int16_t>("mel_waves_high");
  const auto low = table<std::int8_t>("mel_waves_low");
  ASSERT_EQ(high.size(), std::size_t{kMelWaveFactors});
  ASSERT_EQ(low.size(), std::size_t{kMelWaveFactors});
  std::size_t at = 0;
  for (int group = 0; group < kMelGroups; ++group) {
    for (int step = 0; step < kMelRows / 4; ++step) {
      for (const bool imaginary : {false, true}) {
        for (int i = 0; i < 16; ++i, ++at) {
          const int row = 4 * step + i % 4;
          const std::complex<double> exact = row < 50 ? wave((4 * group + i / 4 - 1) * row / 50.0) : 0;
          // Half a step of `low`; all of it where that is at its end, as a rest of half a step of `high` is 128.
          const double bound = (low[at] == 127 ? 1 : 0.5) * 0x1.001p-22;
          EXPECT_NEAR(high[at] * 0x1p-14 + low[at] * 0x1p-22, imaginary ? exact.imag() : exact.real(), bound);
        }
      }
    }
  }
  for (; at < high.size(); ++at) EXPECT_EQ(high[at] + low[at], 0);
}

TEST(MelTables, TurnsAreFourHundredths) {
  const auto factors = table<std::int16_t>("mel_turns");
  ASSERT_EQ(factors.size(), std::size_t{kMelWaves * 256});
  for (int k1 = 0; k1 < kMelWaves; ++k1) {
    for (int b = 0; b < 8; ++b) {
      for (int k2 = 0; k2 < 8; ++k2) {
        const std::complex<double> exact = wave(b * (k1 - 1 + 50 * k2) / 400.0);
        const std::size_t at = static_cast<std::size_t>(k1 * 256 + b * 8 + k2);
        EXPECT_NEAR(factors[at] * 0x1p-14 + factors[at + 128] * 0x1p-29, exact.real(), 0x1.001p-30);
        EXPECT_NEAR(factors[at + 64] * 0x1p-14 + factors[at + 192] * 0x1p-29, -exact.imag(), 0x1.001p-30);
      }
    }
  }
}

TEST(MelTables, FiltersAreThoseOfTheModel) {
  for (const int bands : {80, 128}) {
    const auto weights = table<std::uint16_t>("mel_filters_" + std::to_string(bands));
    const auto starts = table<std::int32_t>("mel_starts_" + std::to_string(bands));
    const std::vector<float> filters = audio::mel_filters(bands);
    const int reach = mel_reach(bands);
    ASSERT_EQ(weights.size(), static_cast<std::size_t>(bands / 4 * reach * 32));
    ASSERT_EQ(starts.size(), std::size_t{kMelStarts});
    for (int band = 0; band < bands; ++band) {
      std::vector<float> there(kMelBins);
      const int block = band / 4;
      ASSERT_GE(starts[static_cast<std::size_t>(block)], 0);
      ASSERT_LE(starts[static_cast<std::size_t>(block)] + reach, kMelTiles);
      for (int i = 0; i < 8 * reach; ++i) {
        const std::size_t at = static_cast<std::size_t>(block * reach * 32 + i * 4 + band % 4);
        there[static_cast<std::size_t>(8 * starts[static_cast<std::size_t>(block)] + i)] = bf16_to_f32(weights[at]);
      }
      for (int bin = 0; bin < kMelBins; ++bin) {
        const float exact = bin < 201 ? filters[static_cast<std::size_t>(band * 201 + bin)] : 0.0F;
        EXPECT_NEAR(there[static_cast<std::size_t>(bin)], exact, exact / 256) << band << " " << bin;
      }
    }
    for (std::size_t block = static_cast<std::size_t>(bands / 4); block < starts.size(); ++block) {
      EXPECT_EQ(starts[block], 0);
    }
  }
}

}  // namespace
}  // namespace skald::npu
