#pragma once
// The raw log-mel of a recording from front to back, a block of frames at a time.

#include <cstdint>
#include <span>
#include <vector>

#include "audio/audio_source.h"
#include "audio/log_mel.h"

namespace skald::audio {

inline constexpr int kBlockFrames = 500;      // 5 s: long enough to share among threads
inline constexpr float kSilenceMel = -10.0F;  // log10(1e-10): every band of a frame of zeros

/// Frame t is the 400 samples from 160 t - 200 on. Before the recording lie its samples 1 to 200 mirrored, behind it
/// zeros without end: the reference appends 480,000 zeros and reflects its padded signal, so what it mirrors there is
/// zeros too. Memory: one block of samples, whatever the recording's length.
class MelBlocks {
 public:
  /// All three must outlive this object.
  MelBlocks(AudioSource& source, const LogMel& mel, ThreadPool& pool);

  /// The next block's frames (kBlockFrames, bands) into `out`; with an empty `out` the block is passed over.
  /// Errors: those of AudioSource::read.
  Result<void> next(std::span<float> out);

  /// Back to block 0. Errors: those of AudioSource::rewind.
  Result<void> rewind();

  int64_t block() const { return block_; }      ///< that next() will deliver
  int64_t samples() const { return samples_; }  ///< read so far
  bool ended() const { return ended_; }         ///< the source is: samples() is its length

 private:
  Result<void> read(std::span<float> out);

  AudioSource* source_;
  const LogMel* mel_;
  ThreadPool* pool_;
  std::vector<float> buffer_;  // from sample 160 kBlockFrames block_ - 200 on
  int64_t block_ = 0;
  int64_t samples_ = 0;
  bool ended_ = false;
};

}  // namespace skald::audio
