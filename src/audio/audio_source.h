#pragma once
// Any recording as a pull stream of 16 kHz mono samples in bounded memory.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace skald::audio {

inline constexpr int kSampleRate = 16000;  // Hz; openai/whisper audio.py SAMPLE_RATE

/// What the container says.
struct AudioInfo {
  std::string container;  ///< FFmpeg's short name, "wav"
  std::string codec;      ///< "pcm_s16le"
  int channels = 0;
  int sample_rate = 0;
  double duration = 0;  ///< seconds as announced; 0: unknown. The truth is what read() delivers
};

/// Threads: one call at a time.
class AudioSource {
 public:
  virtual ~AudioSource() = default;

  /// Fills `out` from the front; returns how many samples were written, 0 at the end.
  /// Errors: kBadAudio, kIo.
  virtual Result<size_t> read(std::span<float> out) = 0;

  /// Back to the first sample. Errors: kIo.
  virtual Result<void> rewind() = 0;

  virtual const AudioInfo& info() const = 0;
};

/// Opens a file ("-": standard input; what cannot be read twice, as a pipe, is spooled to an unlinked temporary file in
/// $TMPDIR, else /var/tmp). The audio stream that ffmpeg would choose is down-mixed to mono, resampled to 16 kHz and
/// rounded to 16 bits as `ffmpeg -ac 1 -ar 16000 -f s16le` does; samples are s16 / 32768. Unlike there, samples that
/// are not finite (float formats) become 0, with a warning in log(). A damaged or truncated recording gives what can be
/// decoded, with a warning. One that has a valid header and no samples is a source of 0 samples. Files that a playlist
/// names are not opened. Errors: kNotFound, kPermission, kInvalidArgument (a directory, a terminal), kBadAudio (nothing
/// can be decoded), kIo (reading or spooling failed), kOutOfMemory.
Result<std::unique_ptr<AudioSource>> open_audio(const std::string& path);

/// Samples already in memory, 16 kHz mono, which are not copied and outlive the source. Those that are not finite are
/// read as 0, with a warning in log().
std::unique_ptr<AudioSource> audio_from_samples(std::span<const float> samples);
std::unique_ptr<AudioSource> audio_from_samples(std::vector<float>&& samples) = delete;

}  // namespace skald::audio
