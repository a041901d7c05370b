#pragma once
// THE SEAM, first half: audio windows in, encoder states out. Every device implements it and passes tests/conformance.

#include <memory>
#include <span>

#include "base/result.h"
#include "skald/transcript.h"

namespace skald::model {

/// What an encoder wants to be fed.
enum class Input { kMel, kPcm };

/// B windows of equal length.
struct WindowBatch {
  int windows = 0;             ///< B
  int frames = 0;              ///< T: mel frames of 10 ms each window has; even, at most 2 * audio_ctx
  std::span<const float> mel;  ///< (B, T, M) time-major, clamped and scaled as the reference does; for Input::kMel
  std::span<const float> pcm;  ///< (B, 160 * T) 16 kHz samples; for Input::kPcm
  float mel_max = 0;           ///< the file's log10-mel maximum, which the mel was clamped against; for Input::kPcm
};

/// (B, S, D) encoder states on the device that made them, S = T / 2. Reused from call to call.
class EncodedAudio {
 public:
  virtual ~EncodedAudio() = default;
  virtual int windows() const = 0;
  virtual int positions() const = 0;
  virtual int width() const = 0;

  /// The states of one window as float32 in host memory when they already lie there (S, D), else null.
  virtual const float* host_f32(int window) const = 0;
  /// Copies the states of one window, (S, D). Pre: out.size() == S * D.
  virtual Result<void> to_host_f32(int window, std::span<float> out) const = 0;
};

/// Threads: one call at a time.
class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual Input wants() const = 0;

  /// Room for the states of up to `windows` full windows on this device. Errors: kOutOfMemory.
  virtual Result<std::unique_ptr<EncodedAudio>> make_output(int windows) = 0;

  /// Encodes all windows of `batch` into `out` (from this encoder's make_output, with room for them). Any even
  /// number of frames up to the model's is legal. Allocates nothing after the first call of a size.
  /// Errors: kInvalidArgument for a batch that does not fit.
  virtual Result<void> encode(const WindowBatch& batch, EncodedAudio& out) = 0;

  virtual DeviceReport report() const = 0;
};

}  // namespace skald::model
