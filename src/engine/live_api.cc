// skald::Live: the listening loop over an engine.

#include "skald/live.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>
#include <utility>

#include "audio/audio_source.h"
#include "audio/pcm_stream.h"
#include "engine/cancel.h"
#include "engine/live.h"

namespace skald {
namespace {

constexpr size_t kPieceBytes = 1 << 14;                           // converted at once
constexpr size_t kPieceSamples = size_t{3} * audio::kSampleRate;  // handed on at once

/// What a step is transcribed with. Only where somebody speaks is anything decoded, in one window as a rule.
TranscribeOptions options_of_step(TranscribeOptions options) {
  options.word_timestamps = true;
  options.long_form = "batched";
  options.clip_timestamps = "0";
  options.batch_size = 2;  // there is one window as a rule, and a decoder's memory is that of the most windows at once
  return options;
}

/// A hypothesis that goes round in circles ends here, not after half a context: nobody says ten tokens a second for
/// long.
int most_tokens(size_t samples) {
  constexpr int kPerSecond = 10;
  constexpr int kLeast = 16;
  constexpr int kMost = 224;  // half the text context: what whole recordings have
  return std::min(kLeast + kPerSecond * static_cast<int>(samples / audio::kSampleRate), kMost);
}

}  // namespace

struct Live::Impl {
  audio::PcmStream pcm;
  engine::LiveLoop loop;
  const std::atomic<bool>* cancel;
  bool finished = false;
  std::vector<float> samples;

  template <class Body>
  Result<void> guarded(const Body& body) {
    if (finished)
      return fail(ErrorCode::kInvalidArgument, "audio", "it has ended: finish() was called", "open another");
    try {
      SKALD_CHECK(engine::check(cancel));
      return body();
    } catch (const std::bad_alloc&) {
      return fail(ErrorCode::kOutOfMemory, "audio", "there is not enough memory to listen");
    } catch (const std::exception& e) {
      return fail(ErrorCode::kInternal, "audio", e.what(), "please report this");
    }
  }
};

TranscribeOptions Live::usual_options() {
  TranscribeOptions options;
  options.temperature_increment_on_fallback.reset();
  options.beam_size.reset();
  return options;
}

Result<Live> Live::open(Engine& engine, const TranscribeOptions& options, const LiveOptions& live, OnText on_text,
                        const std::atomic<bool>* cancel) {
  SKALD_CHECK(validate(live));
  TranscribeOptions step = options_of_step(options);
  SKALD_CHECK(engine.check(step));
  SKALD_TRY(audio::PcmStream pcm, audio::PcmStream::open(live.format, live.rate, live.channels));
  const std::string prompt = options.initial_prompt.value_or("");
  const auto recognise = [&engine, step, prompt, cancel, keep_context = live.keep_context](
                             std::span<const float> samples,
                             const std::string& before) mutable -> Result<std::vector<Word>> {
    TranscribeOptions own = step;
    if (!own.sample_len) own.sample_len = most_tokens(samples.size());
    if (keep_context && !before.empty()) own.initial_prompt = prompt + before;
    SKALD_TRY(Transcript transcript, engine.transcribe(samples, own, {.cancel = cancel}));
    if (transcript.error) return std::unexpected(*transcript.error);
    std::vector<Word> words;
    for (Segment& segment : transcript.segments) std::ranges::move(segment.words, std::back_inserter(words));
    const bool found = !words.empty() && !step.language && !step.multilingual;
    if (found) step.language = transcript.language;  // it is not asked again
    return words;
  };
  return Live(std::make_unique<Impl>(std::move(pcm), engine::LiveLoop(recognise, live, std::move(on_text)), cancel));
}

Result<void> Live::feed(std::span<const std::byte> bytes) {
  return impl_->guarded([&]() -> Result<void> {
    // In pieces, so that however much has come needs little memory.
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min(bytes.size(), kPieceBytes));
      SKALD_CHECK(impl_->pcm.convert(piece, impl_->samples));
      bytes = bytes.subspan(piece.size());
      if (!bytes.empty() && impl_->samples.size() < kPieceSamples) continue;
      SKALD_CHECK(impl_->loop.feed(impl_->samples));
      impl_->samples.clear();
    }
    return {};
  });
}

Result<void> Live::feed(std::span<const float> samples) {
  return impl_->guarded([&] { return impl_->loop.feed(samples); });
}

Result<void> Live::finish() {
  return impl_->guarded([&]() -> Result<void> {
    impl_->finished = true;
    SKALD_CHECK(impl_->pcm.finish(impl_->samples));
    SKALD_CHECK(impl_->loop.feed(impl_->samples));
    return impl_->loop.finish();
  });
}

Live::Live(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Live::Live(Live&&) noexcept = default;
Live& Live::operator=(Live&&) noexcept = default;
Live::~Live() = default;

}  // namespace skald
