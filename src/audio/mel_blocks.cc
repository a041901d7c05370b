#include "audio/mel_blocks.h"

#include <algorithm>

namespace skald::audio {
namespace {

constexpr size_t kEdge = kFftSize / 2;                        // samples before the first frame's centre
constexpr size_t kAdvance = size_t{kBlockFrames} * kHop;      // samples from block to block
constexpr size_t kOverlap = size_t{kFftSize} - size_t{kHop};  // samples two neighbouring blocks share
constexpr size_t kBufferSamples = kAdvance + kOverlap;

}  // namespace

MelBlocks::MelBlocks(AudioSource& source, const LogMel& mel, ThreadPool& pool)
    : source_(&source), mel_(&mel), pool_(&pool), buffer_(kBufferSamples) {}

/// Fills `out` with samples, with zeros after the last.
Result<void> MelBlocks::read(std::span<float> out) {
  while (!out.empty() && !ended_) {
    SKALD_TRY(const size_t got, source_->read(out));
    ended_ = got == 0;
    samples_ += static_cast<int64_t>(got);
    out = out.subspan(got);
  }
  std::ranges::fill(out, 0.0F);
  return {};
}

Result<void> MelBlocks::next(std::span<float> out) {
  const std::span<float> buffer(buffer_);
  if (block_ == 0) {
    SKALD_CHECK(read(buffer.subspan(kEdge)));
    for (size_t i = 1; i <= kEdge; ++i) buffer[kEdge - i] = buffer[kEdge + i];
  } else {
    std::ranges::copy(buffer.last(kOverlap), buffer.begin());
    SKALD_CHECK(read(buffer.subspan(kOverlap)));
  }
  const int64_t first_sample = block_ * static_cast<int64_t>(kAdvance) - static_cast<int64_t>(kEdge);
  ++block_;
  if (out.empty()) return {};
  if (ended_ && first_sample >= samples_) {
    std::ranges::fill(out, kSilenceMel);
  } else {
    mel_->compute(buffer, kBlockFrames, out, *pool_);
  }
  return {};
}

Result<void> MelBlocks::rewind() {
  SKALD_CHECK(source_->rewind());
  block_ = 0;
  samples_ = 0;
  ended_ = false;
  return {};
}

}  // namespace skald::audio
