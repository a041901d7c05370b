// Whole transcriptions with a random model so small that the sanitizers get through them: audio, mel, encoder, decoder,
// searches and the window loop together, on one thread and on two.

#include "engine/transcriber.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <string>

#include "audio/audio_source.h"
#include "model/random_checkpoint.h"

namespace skald::engine {
namespace {

constexpr model::Dims kSmall{.audio_state = 32,
                             .audio_heads = 2,
                             .audio_layers = 1,
                             .audio_ffn = 64,
                             .text_state = 32,
                             .text_heads = 2,
                             .text_layers = 2,
                             .text_ffn = 64,
                             .vocab = 51865};

std::unique_ptr<Machine> machine_with(int threads) {
  LoadOptions options;
  options.threads = threads;
  return Machine::make(model::make_random_checkpoint(kSmall).value(), options, "random").value();
}

/// Text of nothing in particular is sure to fail the thresholds, so every rung of the ladder is climbed.
TranscribeOptions short_ladder() {
  TranscribeOptions options;
  options.beam_size = 3;
  options.best_of = 2;
  options.temperature_increment_on_fallback = 0.5;
  options.sample_len = 12;
  options.no_speech_threshold.reset();
  return options;
}

Transcript transcribe_minute(Machine& machine, const TranscribeOptions& options, const Callbacks& callbacks = {}) {
  const auto source = audio::open_audio(std::string(SKALD_SOURCE_DIR) + "/samples/minute.ogg").value();
  return transcribe(machine, *source, options, callbacks).value();
}

TEST(Transcriber, EveryStageOverAMinute) {
  const auto machine = machine_with(2);
  const Transcript transcript = transcribe_minute(*machine, short_ladder());
  EXPECT_TRUE(transcript.complete);
  EXPECT_FALSE(transcript.language.empty());
  ASSERT_GE(transcript.segments.size(), 2U);  // a minute has at least two windows
  double end = 0;
  for (const Segment& segment : transcript.segments) {
    EXPECT_GE(segment.start, end - 30);
    EXPECT_LE(segment.start, segment.end);
    EXPECT_LE(segment.end, transcript.duration + 30);  // a timestamp may lie anywhere in its window
    EXPECT_EQ(1.0, segment.temperature);               // the last rung
    EXPECT_TRUE(std::isfinite(segment.avg_logprob));
    end = segment.end;
  }
}

TEST(Transcriber, ThreadsDoNotChangeTheResult) {
  const auto one = machine_with(1);
  const auto two = machine_with(2);
  const Transcript a = transcribe_minute(*one, short_ladder());
  const Transcript b = transcribe_minute(*two, short_ladder());
  EXPECT_EQ(a.language, b.language);
  EXPECT_EQ(a.text, b.text);
  ASSERT_EQ(a.segments.size(), b.segments.size());
  for (size_t i = 0; i < a.segments.size(); ++i) {
    EXPECT_EQ(a.segments[i].tokens, b.segments[i].tokens);
    EXPECT_EQ(a.segments[i].avg_logprob, b.segments[i].avg_logprob);
  }
}

TEST(Transcriber, CancelledAfterTheFirstWindow) {
  const auto machine = machine_with(2);
  std::atomic<bool> cancel = false;
  Callbacks callbacks;
  callbacks.on_segment = [&](const Segment&) { cancel = true; };
  callbacks.cancel = &cancel;
  const Transcript transcript = transcribe_minute(*machine, short_ladder(), callbacks);
  EXPECT_FALSE(transcript.complete);
  EXPECT_FALSE(transcript.segments.empty());
}

}  // namespace
}  // namespace skald::engine
