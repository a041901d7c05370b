#pragma once
// Where somebody speaks: a small convolutional network over the raw log-mel (training/vad; data/speech_detector.f32).

#include <cstdint>
#include <span>
#include <vector>

namespace skald::audio {

inline constexpr int kSpeechStepFrames = 2;  // frames of the log-mel for each probability: 20 ms

/// Takes a recording's log-mel from front to back, in pieces of any size: what comes out does not depend on how it was
/// cut. Hears 1.3 s to either side of a step. Memory: a few seconds of frames, and 4 bytes for every 20 ms.
class SpeechDetector {
 public:
  /// bands: of the log-mel, 80 or 128.
  explicit SpeechDetector(int bands);
  SpeechDetector(SpeechDetector&&) noexcept;
  SpeechDetector& operator=(SpeechDetector&&) noexcept;
  SpeechDetector(const SpeechDetector&) = delete;
  SpeechDetector& operator=(const SpeechDetector&) = delete;
  ~SpeechDetector();

  /// raw: (frames, bands), log10(max(mel power, 1e-10)) as LogMel::compute gives it. Pre: not finished.
  void feed(std::span<const float> raw);

  /// The recording ends here: what its end still held back comes out.
  void finish();

  /// Of speech, one for each 20 ms that is known so far.
  std::span<const float> probabilities() const { return probabilities_; }

 private:
  class Layer;
  void advance(size_t layer, std::span<const float> rows);

  int bands_;
  std::vector<float> pooled_;
  std::vector<Layer> layers_;
  std::vector<float> probabilities_;
};

}  // namespace skald::audio
