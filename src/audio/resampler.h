#pragma once
// Decoded frames to 16 kHz mono s16, with libswresample's defaults: what the program ffmpeg does for
// `-ac 1 -ar 16000 -f s16le`.

#include <cstdint>
#include <string>
#include <vector>

#include "audio/av_handles.h"
#include "base/result.h"

namespace skald::audio {

/// What a sample of 16 bits is multiplied by (openai/whisper audio.py, load_audio).
inline constexpr float kSampleScale = 1.0F / 32768.0F;

class Resampler {
 public:
  /// `name` stands in messages for the recording.
  explicit Resampler(std::string name) : name_(std::move(name)) {}

  /// Appends what `frame` gives to `out`. A frame in another format than the one before first flushes the old format.
  /// Samples of floating-point frames that are not finite become 0 (the conversion to integers is undefined for
  /// them) and are counted; larger ones than any integer format has are clamped. Errors: kBadAudio, kOutOfMemory.
  Result<void> convert(AVFrame& frame, std::vector<int16_t>& out);

  /// Appends the tail that the filter still holds. The next frame starts afresh.
  Result<void> flush(std::vector<int16_t>& out);

  /// As new: nothing held, nothing counted.
  void reset() {
    swr_.reset();
    non_finite_ = 0;
  }

  int64_t non_finite() const { return non_finite_; }

 private:
  Result<void> configure(const AVFrame& frame, const AVChannelLayout& layout);
  Result<void> run(const AVFrame* frame, std::vector<int16_t>& out);

  std::string name_;
  AvHandle<SwrContext> swr_;
  ChannelLayout layout_;  // of the input; with format_ and rate_ what swr_ was made for
  int format_ = -1;
  int rate_ = 0;
  int64_t non_finite_ = 0;
};

}  // namespace skald::audio
