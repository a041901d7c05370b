#pragma once
// Log-mel spectrogram, openai/whisper audio.py: STFT of 400 samples every 160 (periodic Hann, reflected edges), power,
// Slaney mel filters, log10, clamped to the file's maximum - 8, scaled.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "audio/audio_source.h"
#include "audio/mel_frames.h"
#include "base/cpu_features.h"
#include "base/parallel.h"
#include "base/result.h"

namespace skald::audio {

inline constexpr int kWindowFrames = 3000;     // frames of a 30 s window; audio.py N_FRAMES
inline constexpr int kWindowSamples = 480000;  // audio.py N_SAMPLES

/// The periodic Hann window, 0.5 - 0.5 cos(2 pi n / 400), with phase, cosine and result each rounded to float as in the
/// reference (torch.hann_window). The rounding is 2.4e-7 at most, but 8 decades of power below a loud tone that is 3e-5
/// of a scaled log-mel value.
std::array<double, 400> hann_window();

/// The mel filter bank, (bands, 201) row-major: Slaney scale, 0 to 8000 Hz, area-normalised (librosa.filters.mel).
std::vector<float> mel_filters(int bands);

/// Raw log-mel of a stretch of samples: log10(max(mel power, 1e-10)) without clamp and scale.
class LogMel {
 public:
  /// bands: 80 or 128; isa: one that this processor runs. Values do not depend on it.
  explicit LogMel(int bands, Isa isa = best_isa());
  int bands() const { return bands_; }

  /// out (frames, bands): frame i covers samples[i * 160 .. i * 160 + 400). Pre: samples.size() >= (frames - 1) * 160 +
  /// 400. The reference's frame t is the one that starts at sample 160 t - 200.
  void compute(std::span<const float> samples, int frames, std::span<float> out, ThreadPool& pool) const;

 private:
  int bands_;
  Isa isa_;
  struct Tables;
  std::shared_ptr<const Tables> tables_;
};

/// The same by definition, in double: a direct DFT. Slow; for tests.
void reference_log_mel(std::span<const float> samples, int frames, int bands, std::span<float> out);

/// The log-mel of a whole recording, window by window, in bounded memory. The constructor pass reads the source once
/// for its length and maximum; windows then come from a second reading.
class MelStream {
 public:
  /// What is told of the first reading: raw log-mel (frames, bands), piece after piece, a few seconds beyond the end.
  using Observer = std::function<void(std::span<const float> raw)>;

  /// `source`, at its first sample, and `pool` must outlive the stream. Errors: those of AudioSource::read.
  static Result<MelStream> open(AudioSource& source, const LogMel& mel, ThreadPool& pool,
                                const Observer& observer = {});
  MelStream(MelStream&&) noexcept;
  MelStream& operator=(MelStream&&) noexcept;
  MelStream(const MelStream&) = delete;
  MelStream& operator=(const MelStream&) = delete;
  ~MelStream();

  int64_t samples() const;         ///< in the recording
  int64_t content_frames() const;  ///< floor(samples / 160): the reference's content_frames
  float max() const;               ///< largest raw log-mel value, silence after the end included

  /// Clamped and scaled log-mel (frames, bands) from frame `begin` on: (max(x, max() - 8) + 4) / 4 for frames before
  /// `begin + content`, exact 0 after (the reference pads a short window with zeros).
  /// Frames from content_frames() on are the reference's appended silence. The last 3000 frames at least are kept, so
  /// that overlapping windows are not computed twice; going further back rewinds the source.
  /// Errors: those of AudioSource::read; kIo when the second reading has another length.
  Result<void> window(int64_t begin, int content, int frames, std::span<float> out);

 private:
  struct Impl;
  explicit MelStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::audio
