#include <algorithm>
#include <cmath>

#include "audio/audio_source.h"
#include "base/log.h"

namespace skald::audio {
namespace {

class MemorySource final : public AudioSource {
 public:
  explicit MemorySource(std::span<const float> samples) : samples_(samples) {
    info_ = {.container = "memory",
             .codec = "pcm_f32",
             .channels = 1,
             .sample_rate = kSampleRate,
             .duration = static_cast<double>(samples_.size()) / kSampleRate};
    const auto non_finite = std::ranges::count_if(samples_, [](float sample) { return !std::isfinite(sample); });
    if (non_finite > 0) log().warn("{} samples are no numbers (NaN or infinite); taken as silence", non_finite);
  }

  Result<size_t> read(std::span<float> out) override {
    const size_t count = std::min(out.size(), samples_.size() - position_);
    std::ranges::transform(samples_.subspan(position_, count), out.begin(),
                           [](float sample) { return std::isfinite(sample) ? sample : 0.0F; });
    position_ += count;
    return count;
  }

  Result<void> rewind() override {
    position_ = 0;
    return {};
  }

  const AudioInfo& info() const override { return info_; }

 private:
  std::span<const float> samples_;
  size_t position_ = 0;
  AudioInfo info_;
};

}  // namespace

std::unique_ptr<AudioSource> audio_from_samples(std::span<const float> samples) {
  return std::make_unique<MemorySource>(samples);
}

}  // namespace skald::audio
