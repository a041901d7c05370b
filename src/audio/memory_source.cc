#include <algorithm>
#include <cmath>

#include "audio/audio_source.h"
#include "base/log.h"

namespace skald::audio {
namespace {

class MemorySource final : public AudioSource {
 public:
  explicit MemorySource(std::vector<float> samples) : samples_(std::move(samples)) {
    info_ = {.container = "memory",
             .codec = "pcm_f32",
             .channels = 1,
             .sample_rate = kSampleRate,
             .duration = static_cast<double>(samples_.size()) / kSampleRate};
    int64_t non_finite = 0;
    for (float& sample : samples_) {
      if (std::isfinite(sample)) continue;
      sample = 0;
      ++non_finite;
    }
    if (non_finite > 0) log().warn("{} samples are no numbers (NaN or infinite); taken as silence", non_finite);
  }

  Result<size_t> read(std::span<float> out) override {
    const size_t count = std::min(out.size(), samples_.size() - position_);
    std::copy_n(samples_.begin() + static_cast<ptrdiff_t>(position_), count, out.begin());
    position_ += count;
    return count;
  }

  Result<void> rewind() override {
    position_ = 0;
    return {};
  }

  const AudioInfo& info() const override { return info_; }

 private:
  std::vector<float> samples_;
  size_t position_ = 0;
  AudioInfo info_;
};

}  // namespace

std::unique_ptr<AudioSource> audio_from_samples(std::vector<float> samples) {
  return std::make_unique<MemorySource>(std::move(samples));
}

}  // namespace skald::audio
