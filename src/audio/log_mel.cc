#include "audio/log_mel.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "audio/fft400.h"
#include "base/rounding.h"

namespace skald::audio {
namespace {

constexpr double kLeastPower = 1e-10;  // audio.py: clamp(mel_spec, min=1e-10)
constexpr int kChunk = 32;             // frames a thread takes at a time, about 0.2 ms of work

}  // namespace

struct LogMel::Tables {
  /// The non-zero stretch of one filter.
  struct Band {
    size_t begin;   // first bin
    size_t count;   // bins
    size_t weight;  // index of the first weight
  };

  Fft400 fft;
  std::vector<Band> bands;
  std::vector<double> weights;

  explicit Tables(int count) {
    const std::vector<float> filters = mel_filters(count);
    for (size_t m = 0; m < static_cast<size_t>(count); ++m) {
      const auto row = std::span(filters).subspan(m * kBins, kBins);
      const auto is_set = [](float w) { return w != 0; };
      const auto first = std::ranges::find_if(row, is_set);
      const auto last = std::find_if(row.rbegin(), row.rend(), is_set).base();
      const Band band{.begin = static_cast<size_t>(first - row.begin()),
                      .count = first < last ? static_cast<size_t>(last - first) : 0,
                      .weight = weights.size()};
      for (size_t i = 0; i < band.count; ++i) weights.push_back(static_cast<double>(row[band.begin + i]));
      bands.push_back(band);
    }
  }

  /// Two frames: out_a and out_b (bands), which may be the same.
  void run(const float* a, const float* b, FftScratch& scratch, float* out_a, float* out_b) const {
    Pair power[kBins];
    fft.power(a, b, scratch, power);
    for (size_t m = 0; m < bands.size(); ++m) {
      const Band band = bands[m];
      Pair sum{0, 0};
      for (size_t i = 0; i < band.count; ++i) sum += power[band.begin + i] * weights[band.weight + i];
      out_a[m] = std::log10(static_cast<float>(std::max(sum[0], kLeastPower)));
      out_b[m] = std::log10(static_cast<float>(std::max(sum[1], kLeastPower)));
    }
  }
};

LogMel::LogMel(int bands) : bands_(bands), tables_(std::make_shared<const Tables>(bands)) {}

void LogMel::compute(std::span<const float> samples, int frames, std::span<float> out, ThreadPool& pool) const {
  if (frames <= 0) return;
  assert(samples.size() >= static_cast<size_t>(frames - 1) * kHop + kFftSize);
  assert(out.size() >= static_cast<size_t>(frames) * static_cast<size_t>(bands_));
  const Tables& tables = *tables_;
  const auto width = static_cast<size_t>(bands_);
  pool.parallel_for(ceil_div(frames, kChunk), [&](int64_t chunk, int /*thread*/) {
    FftScratch scratch{};
    const auto begin = static_cast<size_t>(chunk) * kChunk;
    const auto end = std::min(begin + kChunk, static_cast<size_t>(frames));
    for (size_t f = begin; f < end; f += 2) {
      const size_t g = std::min(f + 1, end - 1);  // an odd last frame goes twice
      tables.run(samples.data() + f * kHop, samples.data() + g * kHop, scratch, out.data() + f * width,
                 out.data() + g * width);
    }
  });
}

}  // namespace skald::audio
