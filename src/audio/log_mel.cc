#include "audio/log_mel.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "audio/mel_frames.h"
#include "base/rounding.h"

namespace skald::audio {
namespace {

constexpr int kChunk = 96;  // frames a thread takes at a time, about 0.1 ms of work

MelFrames row_of(Isa isa) {
  switch (isa) {
    case Isa::kScalar: return mel_frames_plain;
    case Isa::kAvx2:
    case Isa::kAvxVnni: return mel_frames_avx2;
    case Isa::kAvx512:
    case Isa::kAvx512Vnni:
    case Isa::kAvx512Bf16:
    case Isa::kAmx: return mel_frames_avx512;
  }
  return mel_frames_plain;
}

void fill_twiddles(Twiddle* table, size_t radix, size_t rest) {
  for (size_t j = 1; j < radix; ++j) {
    for (size_t i = 0; i < rest; ++i) {
      const double angle = -2 * std::numbers::pi * static_cast<double>(i * j) / static_cast<double>(radix * rest);
      table[(j - 1) * rest + i] = {std::cos(angle), std::sin(angle)};
    }
  }
}

}  // namespace

std::array<double, 400> hann_window() {
  std::array<double, 400> window{};
  for (size_t n = 0; n < window.size(); ++n) {
    const float phase = static_cast<float>(n) * static_cast<float>(2 * std::numbers::pi / kFftSize);
    const auto cosine = static_cast<float>(std::cos(static_cast<double>(phase)));
    window[n] = static_cast<double>(cosine * -0.5F + 0.5F);
  }
  return window;
}

struct LogMel::Tables {
  MelTables tables{};
  std::vector<MelBand> bands;
  std::vector<double> weights;

  explicit Tables(int count) {
    std::ranges::copy(hann_window(), tables.window);
    fill_twiddles(tables.first, 5, 40);
    fill_twiddles(tables.second, 5, 8);
    fill_twiddles(tables.third, 4, 2);
    fill_twiddles(tables.fourth, 2, 1);
    for (size_t k = 0; k < std::size(tables.unpack); ++k) {
      const double angle = -2 * std::numbers::pi * static_cast<double>(k) / kFftSize;
      tables.unpack[k] = {std::cos(angle), std::sin(angle)};
    }
    take_filters(count);
    tables.bands = bands.data();
    tables.band_count = bands.size();
    tables.weights = weights.data();
  }
  ~Tables() = default;
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  void take_filters(int count) {
    const std::vector<float> filters = mel_filters(count);
    for (size_t m = 0; m < static_cast<size_t>(count); ++m) {
      const auto row = std::span(filters).subspan(m * kBins, kBins);
      const auto is_set = [](float w) { return w != 0; };
      const auto first = std::ranges::find_if(row, is_set);
      const auto last = std::find_if(row.rbegin(), row.rend(), is_set).base();
      const MelBand band{.begin = static_cast<size_t>(first - row.begin()),
                         .count = first < last ? static_cast<size_t>(last - first) : 0,
                         .weight = weights.size()};
      for (size_t i = 0; i < band.count; ++i) weights.push_back(static_cast<double>(row[band.begin + i]));
      bands.push_back(band);
    }
  }
};

LogMel::LogMel(int bands, Isa isa) : bands_(bands), isa_(isa), tables_(std::make_shared<const Tables>(bands)) {}

void LogMel::compute(std::span<const float> samples, int frames, std::span<float> out, ThreadPool& pool) const {
  if (frames <= 0) return;
  assert(samples.size() >= static_cast<size_t>(frames - 1) * kHop + kFftSize);
  assert(out.size() >= static_cast<size_t>(frames) * static_cast<size_t>(bands_));
  const MelTables& tables = tables_->tables;
  const MelFrames row = row_of(isa_);
  pool.parallel_for(ceil_div(frames, kChunk), [&](int64_t chunk, int /*thread*/) {
    const auto begin = static_cast<size_t>(chunk) * kChunk;
    const auto end = std::min(begin + kChunk, static_cast<size_t>(frames));
    row(tables, samples.data() + begin * kHop, end - begin, out.data() + begin * tables.band_count);
  });
}

}  // namespace skald::audio
