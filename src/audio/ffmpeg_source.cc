#include <algorithm>
#include <new>
#include <utility>

#include "audio/audio_source.h"
#include "audio/av_reader.h"
#include "audio/input_file.h"
#include "audio/resampler.h"
#include "base/log.h"

namespace skald::audio {
namespace {

class FfmpegSource final : public AudioSource {
 public:
  explicit FfmpegSource(InputFile file) : file_(std::move(file)), resampler_(file_.name()) {}

  /// Back to the start by a new reader: decoders carry state that no seek resets reliably (encoder delay, bit
  /// reservoirs), and the second reading must equal the first.
  Result<void> start() {
    reader_.reset();
    resampler_.reset();
    SKALD_TRY(reader_, AvReader::open(file_));
    info_ = reader_->info();
    pending_.clear();
    position_ = 0;
    delivered_ = 0;
    ended_ = false;
    // The first samples right away: what cannot be decoded at all is refused before anything is printed for it.
    return fill();
  }

  Result<size_t> read(std::span<float> out) override {
    try {
      size_t done = 0;
      while (done < out.size()) {
        if (position_ == pending_.size()) {
          if (ended_) break;
          SKALD_CHECK(fill());
          continue;
        }
        const size_t count = std::min(out.size() - done, pending_.size() - position_);
        std::transform(pending_.begin() + static_cast<ptrdiff_t>(position_),
                       pending_.begin() + static_cast<ptrdiff_t>(position_ + count),
                       out.begin() + static_cast<ptrdiff_t>(done),
                       [](int16_t sample) { return static_cast<float>(sample) * kSampleScale; });
        position_ += count;
        done += count;
      }
      return done;
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::kOutOfMemory, file_.name(), "no memory to decode it");
    }
  }

  Result<void> rewind() override {
    try {
      return start();
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::kOutOfMemory, file_.name(), "no memory to decode it");
    }
  }

  const AudioInfo& info() const override { return info_; }

 private:
  /// Decodes until there is something to hand out, or the end.
  Result<void> fill() {
    pending_.clear();
    position_ = 0;
    while (pending_.empty() && !ended_) {
      SKALD_TRY(AVFrame * frame, reader_->next());
      if (frame != nullptr) {
        SKALD_CHECK(resampler_.convert(*frame, pending_));
      } else {
        SKALD_CHECK(resampler_.flush(pending_));
        ended_ = true;
      }
    }
    delivered_ += static_cast<int64_t>(pending_.size());
    return ended_ ? finish() : Result<void>{};
  }

  /// Judges a pass at its end.
  Result<void> finish() {
    const PassFaults& faults = reader_->faults();
    if (delivered_ == 0 && (faults.packets > 0 || !faults.stopped.empty())) {
      return fail(ErrorCode::kBadAudio, file_.name(),
                  "none of its " + info_.codec + " audio can be decoded" +
                      (faults.stopped.empty() ? "" : ": " + faults.stopped),
                  "check that it is a recording and complete");
    }
    if (!std::exchange(judged_, true)) warn(faults);
    return {};
  }

  void warn(const PassFaults& faults) const {
    const double seconds = static_cast<double>(delivered_) / kSampleRate;
    if (faults.packets > 0) log().warn("{}: {} damaged pieces were left out", file_.name(), faults.packets);
    if (!faults.stopped.empty()) log().warn("{}: ends early at {:.1f} s: {}", file_.name(), seconds, faults.stopped);
    if (resampler_.non_finite() > 0) {
      log().warn("{}: {} samples are no numbers (NaN or infinite); taken as silence", file_.name(),
                 resampler_.non_finite());
    }
    // Containers round, and encoders pad: half a second is not worth a word.
    constexpr double kSlack = 0.5;
    if (!reader_->duration_is_guessed() && seconds < info_.duration - kSlack) {
      log().warn("{}: announces {:.1f} s but holds {:.1f} s; it may be cut short", file_.name(), info_.duration,
                 seconds);
    }
  }

  InputFile file_;  // outlives reader_
  std::unique_ptr<AvReader> reader_;
  Resampler resampler_;
  AudioInfo info_;
  std::vector<int16_t> pending_;  // samples of one decoded frame
  size_t position_ = 0;           // of the next in pending_
  int64_t delivered_ = 0;         // samples decoded in this pass
  bool ended_ = false;
  bool judged_ = false;  // warnings are given once, not once a pass
};

}  // namespace

Result<std::unique_ptr<AudioSource>> open_audio(const std::string& path) {
  try {
    SKALD_TRY(InputFile file, InputFile::open(path));
    auto source = std::make_unique<FfmpegSource>(std::move(file));
    SKALD_CHECK(source->start());
    return source;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, path, "no memory to open it");
  }
}

}  // namespace skald::audio
