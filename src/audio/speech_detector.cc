#include "audio/speech_detector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

// SKALD_SPEECH_DETECTOR is the file, from the build.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".hidden skald_speech_detector\n"
    ".hidden skald_speech_detector_end\n"
    ".global skald_speech_detector\n"
    ".global skald_speech_detector_end\n"
    "skald_speech_detector:\n"
    ".incbin \"" SKALD_SPEECH_DETECTOR
    "\"\n"
    "skald_speech_detector_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
[[gnu::visibility("hidden")]] extern const float kWeights[] asm("skald_speech_detector");
}

namespace skald::audio {
namespace {

// training/vad/network.py
constexpr size_t kBands = 40;
constexpr size_t kWidth = 32;
constexpr size_t kTaps = 5;
constexpr std::array<size_t, 5> kDilations = {1, 2, 4, 8, 16};

/// How a layer's output follows from its last rows.
enum class Kind : uint8_t {
  kStem,   ///< every second row: ReLU(convolution)
  kBlock,  ///< x + ReLU(pointwise(depthwise(x)))
  kHead,   ///< sigmoid(dot product)
};

using Row = std::array<float, kWidth>;

/// sum += x w, where w is a row of a matrix.
void add_scaled(Row& sum, float x, const float* w) {
  for (size_t i = 0; i < kWidth; ++i) sum[i] += x * w[i];
}

Row read_row(const float* from) {
  Row row;
  std::memcpy(row.data(), from, sizeof(row));
  return row;
}

}  // namespace

/// Keeps as many of the last rows as its taps reach over, zeros before the first.
class SpeechDetector::Layer {
 public:
  Layer(Kind kind, size_t dilation, size_t width, const float* weights)
      : kind_(kind), dilation_(dilation), width_(width), weights_(weights), rows_(reach() * width) {}

  /// Numbers of a layer in the file.
  static size_t weight_count(Kind kind) {
    switch (kind) {
      case Kind::kStem: return kTaps * kBands * kWidth + kWidth;
      case Kind::kBlock: return kTaps * kWidth + kWidth * kWidth + kWidth;
      case Kind::kHead: return kWidth + 1;
    }
    return 0;
  }

  /// Rows on either side of the one that an output belongs to.
  size_t reach() const { return kind_ == Kind::kHead ? 0 : kTaps / 2 * dilation_; }
  size_t width() const { return width_; }

  /// Takes rows in and returns the rows that they complete, valid until the next call.
  std::span<const float> push(std::span<const float> rows) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    out_.clear();
    const size_t window = (2 * reach() + 1) * width_;
    const size_t stride = (kind_ == Kind::kStem ? 2 : 1) * width_;
    size_t at = 0;
    for (; at + window <= rows_.size(); at += stride) apply(rows_.data() + at);
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<ptrdiff_t>(at));
    return out_;
  }

 private:
  void apply(const float* first) {
    if (kind_ == Kind::kHead) return head(first);
    const Row out = kind_ == Kind::kStem ? stem(first) : block(first);
    out_.insert(out_.end(), out.begin(), out.end());
  }

  Row stem(const float* first) const {
    Row sum = read_row(weights_ + kTaps * kBands * kWidth);
    for (size_t i = 0; i < kTaps * kBands; ++i) add_scaled(sum, first[i], weights_ + i * kWidth);
    for (float& x : sum) x = std::max(x, 0.0F);
    return sum;
  }

  Row block(const float* first) const {
    const float* pointwise = weights_ + kTaps * kWidth;
    Row mixed{};
    for (size_t tap = 0; tap < kTaps; ++tap) {
      const float* row = first + tap * dilation_ * kWidth;
      for (size_t i = 0; i < kWidth; ++i) mixed[i] += row[i] * weights_[tap * kWidth + i];
    }
    Row sum = read_row(pointwise + kWidth * kWidth);
    for (size_t i = 0; i < kWidth; ++i) add_scaled(sum, mixed[i], pointwise + i * kWidth);
    const float* x = first + reach() * kWidth;
    for (size_t i = 0; i < kWidth; ++i) sum[i] = x[i] + std::max(sum[i], 0.0F);
    return sum;
  }

  void head(const float* row) {
    float logit = weights_[kWidth];
    for (size_t i = 0; i < kWidth; ++i) logit += row[i] * weights_[i];
    out_.push_back(1.0F / (1.0F + std::exp(-logit)));
  }

  Kind kind_;
  size_t dilation_;
  size_t width_;
  const float* weights_;
  std::vector<float> rows_;
  std::vector<float> out_;
};

SpeechDetector::SpeechDetector(int bands) : bands_(bands) {
  const float* weights = static_cast<const float*>(kWeights);
  const auto add = [&](Kind kind, size_t dilation, size_t width) {
    layers_.emplace_back(kind, dilation, width, weights);
    weights += Layer::weight_count(kind);
  };
  add(Kind::kStem, 1, kBands);
  for (const size_t dilation : kDilations) add(Kind::kBlock, dilation, kWidth);
  add(Kind::kHead, 1, kWidth);
}

SpeechDetector::SpeechDetector(SpeechDetector&&) noexcept = default;
SpeechDetector& SpeechDetector::operator=(SpeechDetector&&) noexcept = default;
SpeechDetector::~SpeechDetector() = default;

/// Means of neighbouring bands, so that models with 80 and with 128 are heard alike; then (x + 4) / 4, Whisper's scale.
void SpeechDetector::feed(std::span<const float> raw) {
  const auto bands = static_cast<size_t>(bands_);
  const size_t frames = raw.size() / bands;
  pooled_.assign(frames * kBands, 0.0F);
  for (size_t frame = 0; frame < frames; ++frame) {
    std::array<int, kBands> counts{};
    float* out = pooled_.data() + frame * kBands;
    for (size_t band = 0; band < bands; ++band) {
      const size_t to = band * kBands / bands;
      out[to] += raw[frame * bands + band];
      ++counts[to];
    }
    for (size_t i = 0; i < kBands; ++i) out[i] = (out[i] / static_cast<float>(counts[i]) + 4.0F) / 4.0F;
  }
  advance(0, pooled_);
}

void SpeechDetector::advance(size_t layer, std::span<const float> rows) {
  for (; layer < layers_.size(); ++layer) rows = layers_[layer].push(rows);
  probabilities_.insert(probabilities_.end(), rows.begin(), rows.end());
}

void SpeechDetector::finish() {
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    const std::vector<float> zeros(layers_[layer].reach() * layers_[layer].width());
    advance(layer, zeros);
  }
}

}  // namespace skald::audio
