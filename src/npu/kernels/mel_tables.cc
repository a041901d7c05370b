// Tables of mel.cc: waves (Y from samples), turns (X from Y), filters.

#include "npu/kernels/mel_tables.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <vector>

#include "audio/log_mel.h"
#include "base/half.h"
#include "npu/kernels/layout.h"
#include "npu/kernels/mel_sizes.h"

namespace skald::npu {
namespace {

constexpr int kSamples = 400;
constexpr int kRows = 50;
constexpr double kUnit = 1 << 14;  // factors have 14 fractional bits: 1 fits

/// cos or -sin of `steps` of `circle`.
double factor(bool imaginary, std::int64_t steps, std::int64_t circle) {
  const double angle =
      2 * std::numbers::pi * static_cast<double>(((steps % circle) + circle) % circle) / static_cast<double>(circle);
  return imaginary ? -std::sin(angle) : std::cos(angle);
}

/// The nearest number with 14 fractional bits, and the rest with `bits` more.
std::int16_t high_of(double value) {
  return static_cast<std::int16_t>(std::lround(value * kUnit));
}
double rest_of(double value, int bits) {
  const double rest = std::round((value * kUnit - high_of(value)) * static_cast<double>(1 << bits));
  return std::min(rest, static_cast<double>((1 << (bits - 1)) - 1));
}

template <typename T>
std::span<const std::byte> kept(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

/// Calls `set(index, cos or -sin)` for waves: groups of four, 13 blocks along the rows, real and imaginary, 4 x 4.
template <typename Set>
void each_wave_factor(Set set) {
  for (int i = 0; i < kMelWaves * 2 * kMelRows; ++i) {
    const int row = i % 4 + i / 32 % (kMelRows / 4) * 4;
    const int wave = i / (32 * (kMelRows / 4)) * 4 + i / 4 % 4 - 1;
    const bool imaginary = i / 16 % 2 != 0;
    set(static_cast<std::size_t>(i), row < kRows ? factor(imaginary, std::int64_t{row} * wave, kRows) : 0.0);
  }
}

std::span<const std::byte> waves_high() {
  static const std::vector<std::int16_t> kTable = [] {
    std::vector<std::int16_t> made(kMelWaveFactors);
    each_wave_factor([&](std::size_t i, double value) { made[i] = high_of(value); });
    return made;
  }();
  return kept(kTable);
}

std::span<const std::byte> waves_low() {
  static const std::vector<std::int8_t> kTable = [] {
    std::vector<std::int8_t> made(kMelWaveFactors);
    each_wave_factor([&](std::size_t i, double value) { made[i] = static_cast<std::int8_t>(rest_of(value, 8)); });
    return made;
  }();
  return kept(kTable);
}

/// Of each wave: cosines of columns 0 to 3 and 4 to 7 by k2, sines likewise; then all four as rests.
std::span<const std::byte> turns() {
  static const std::vector<std::int16_t> kTable = [] {
    std::vector<std::int16_t> made(std::size_t{kMelWaves} * 256);
    for (int i = 0; i < kMelWaves * 256; ++i) {
      const int k2 = i % 8;
      const int column = i / 8 % 8;
      const bool sine = i / 64 % 2 != 0;
      const bool rest = i / 128 % 2 != 0;
      const int bin = i / 256 - 1 + kRows * k2;
      const double value = factor(sine, std::int64_t{column} * bin, kSamples) * (sine ? -1 : 1);
      made[static_cast<std::size_t>(i)] = rest ? static_cast<std::int16_t>(rest_of(value, 15)) : high_of(value);
    }
    return made;
  }();
  return kept(kTable);
}

/// The filter bank: of four bands each the first of `mel_reach` neighbouring tiles of 8 bins, and 8 x 4 weights of
/// (bin, band) for each of these.
struct Filters {
  std::vector<std::int32_t> starts;
  std::vector<std::uint16_t> weights;
};

Filters make_filters(int bands) {
  const std::vector<float> filters = audio::mel_filters(bands);
  constexpr int kBins = kSamples / 2 + 1;
  const int reach = mel_reach(bands);
  Filters made;
  for (int block = 0; block < bands / 4; ++block) {
    int first = kBins;
    for (int i = 0; i < 4 * kBins; ++i) {
      if (filters[static_cast<std::size_t>(block) * 4 * kBins + static_cast<std::size_t>(i)] > 0)
        first = std::min(first, i % kBins);
    }
    const int start = std::min(first / 8, kMelTiles - reach);
    made.starts.push_back(start);
    for (int i = 0; i < 32 * reach; ++i) {
      const int bin = 8 * start + i / 4;
      const int band = 4 * block + i % 4;
      const float weight =
          bin < kBins ? filters[static_cast<std::size_t>(band) * kBins + static_cast<std::size_t>(bin)] : 0.0F;
      made.weights.push_back(f32_to_bf16(weight));
    }
  }
  made.starts.resize(kMelStarts);
  return made;
}

template <int kBands>
const Filters& filters() {
  static const Filters kMade = make_filters(kBands);
  return kMade;
}

template <int kBands>
std::span<const std::byte> weights_of() {
  return kept(filters<kBands>().weights);
}
template <int kBands>
std::span<const std::byte> starts_of() {
  return kept(filters<kBands>().starts);
}

constexpr auto kMelTables = std::to_array<KernelTable>({
    {"mel_waves_high", Element::kI16, waves_high},
    {"mel_waves_low", Element::kI8, waves_low},
    {"mel_turns", Element::kI16, turns},
    {"mel_filters_80", Element::kBf16, weights_of<80>},
    {"mel_starts_80", Element::kI32, starts_of<80>},
    {"mel_filters_128", Element::kBf16, weights_of<128>},
    {"mel_starts_128", Element::kI32, starts_of<128>},
});

}  // namespace

std::span<const KernelTable> mel_tables() {
  return kMelTables;
}

}  // namespace skald::npu
