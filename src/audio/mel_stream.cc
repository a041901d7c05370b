#include <algorithm>
#include <new>

#include "audio/log_mel.h"
#include "audio/mel_blocks.h"

namespace skald::audio {
namespace {

// Blocks that a window of `frames` touches at most: it may begin on a block's last frame.
constexpr int64_t blocks_for(int64_t frames) {
  return (frames + kBlockFrames - 2) / kBlockFrames + 1;
}

constexpr float kDynamicRange = 8.0F;  // decades; audio.py log_spec.max() - 8.0

float scale(float raw, float floor) {
  return (std::max(raw, floor) + 4.0F) / 4.0F;  // audio.py
}

}  // namespace

struct MelStream::Impl {
  Impl(AudioSource& source, const LogMel& log_mel, ThreadPool& pool)
      : mel(log_mel), blocks(source, mel, pool), width(static_cast<size_t>(log_mel.bands())) {
    resize(blocks_for(kWindowFrames));
  }

  LogMel mel;
  MelBlocks blocks;
  size_t width;             // bands
  std::vector<float> ring;  // (slots, kBlockFrames, bands): block i lies in slot i % slots
  int64_t slots = 0;
  int64_t kept_from = 0;  // the ring holds blocks [max(kept_from, blocks.block() - slots), blocks.block())
  int64_t samples = 0;
  float max = kSilenceMel;

  void resize(int64_t count) {
    slots = count;
    ring.assign(static_cast<size_t>(slots) * kBlockFrames * width, 0.0F);
    kept_from = blocks.block();
  }

  std::span<float> slot(int64_t block) {
    const size_t size = kBlockFrames * width;
    return std::span(ring).subspan(static_cast<size_t>(block % slots) * size, size);
  }

  /// The pass for length and maximum. What it leaves in the ring serves short recordings, which are read once.
  Result<void> survey(const Observer& observer) {
    while (!blocks.ended()) {
      const std::span<float> block = slot(blocks.block());
      SKALD_CHECK(blocks.next(block));
      max = std::max(max, *std::ranges::max_element(block));
      if (observer) observer(block);
    }
    samples = blocks.samples();
    // The block in which the source ended reaches to its end, but the last samples may also lie in the next
    // block's first frames.
    const std::span<float> block = slot(blocks.block());
    SKALD_CHECK(blocks.next(block));
    max = std::max(max, *std::ranges::max_element(block));
    if (observer) observer(block);
    return {};
  }

  /// Brings blocks [first, last] into the ring.
  Result<void> require(int64_t first, int64_t last) {
    if (last - first + 1 > slots) resize(last - first + 1);
    if (first < std::max(kept_from, blocks.block() - slots)) {
      SKALD_CHECK(blocks.rewind());
      kept_from = 0;
    }
    while (blocks.block() <= last) {
      if (blocks.block() < first) {
        SKALD_CHECK(blocks.next({}));
        kept_from = blocks.block();
        continue;
      }
      SKALD_CHECK(blocks.next(slot(blocks.block())));
    }
    if (blocks.ended() && blocks.samples() != samples) {
      return fail(ErrorCode::kIo, "audio", "the recording changed while it was read", "transcribe it again");
    }
    return {};
  }

  void copy_scaled(int64_t begin, int content, float* out) {
    const float floor = max - kDynamicRange;
    for (int64_t frame = begin; frame < begin + content; ++frame) {
      const auto row = slot(frame / kBlockFrames).subspan(static_cast<size_t>(frame % kBlockFrames) * width, width);
      out = std::ranges::transform(row, out, [floor](float raw) { return scale(raw, floor); }).out;
    }
  }
};

Result<MelStream> MelStream::open(AudioSource& source, const LogMel& mel, ThreadPool& pool, const Observer& observer) {
  try {
    auto impl = std::make_unique<Impl>(source, mel, pool);
    SKALD_CHECK(impl->survey(observer));
    return MelStream(std::move(impl));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "audio", "no memory for the log-mel spectrogram");
  }
}

MelStream::MelStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MelStream::MelStream(MelStream&&) noexcept = default;
MelStream& MelStream::operator=(MelStream&&) noexcept = default;
MelStream::~MelStream() = default;

int64_t MelStream::samples() const {
  return impl_->samples;
}
int64_t MelStream::content_frames() const {
  return impl_->samples / kHop;
}
float MelStream::max() const {
  return impl_->max;
}

Result<void> MelStream::window(int64_t begin, int content, int frames, std::span<float> out) {
  const auto width = impl_->width;
  if (begin < 0 || content < 0 || content > frames || out.size() != static_cast<size_t>(frames) * width) {
    return fail(ErrorCode::kInternal, "mel window", "begin, content, frames and the output do not fit together");
  }
  try {
    if (content > 0) {
      SKALD_CHECK(impl_->require(begin / kBlockFrames, (begin + content - 1) / kBlockFrames));
      impl_->copy_scaled(begin, content, out.data());
    }
    std::ranges::fill(out.subspan(static_cast<size_t>(content) * width), 0.0F);
    return {};
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "audio", "no memory for the log-mel spectrogram");
  }
}

}  // namespace skald::audio
