// Whole transcriptions with a random model so small that the sanitizers get through them: audio, mel, encoder, decoder,
// searches and the window loop together, on one thread and on two.

#include "engine/transcriber.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

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
  options.long_form = "sequential";
  return options;
}

Transcript transcribe_minute(Machine& machine, const TranscribeOptions& options, const Callbacks& callbacks = {}) {
  const auto source = audio::open_audio(std::string(SKALD_SOURCE_DIR) + "/samples/minute.ogg").value();
  Batcher batcher(machine);
  return transcribe(batcher, *source, options, callbacks).value();
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

void expect_same(const Transcript& a, const Transcript& b) {
  EXPECT_EQ(a.language, b.language);
  EXPECT_EQ(a.text, b.text);
  ASSERT_EQ(a.segments.size(), b.segments.size());
  for (size_t i = 0; i < a.segments.size(); ++i) {
    EXPECT_EQ(a.segments[i].tokens, b.segments[i].tokens);
    EXPECT_EQ(a.segments[i].start, b.segments[i].start);
    EXPECT_EQ(a.segments[i].end, b.segments[i].end);
    EXPECT_EQ(a.segments[i].avg_logprob, b.segments[i].avg_logprob);
  }
}

TEST(Transcriber, ThreadsDoNotChangeTheResult) {
  const auto one = machine_with(1);
  const auto two = machine_with(2);
  expect_same(transcribe_minute(*one, short_ladder()), transcribe_minute(*two, short_ladder()));
}

TranscribeOptions batched(int windows) {
  TranscribeOptions options = short_ladder();
  options.long_form = "batched";
  options.batch_size = windows;
  options.temperature_increment_on_fallback.reset();
  return options;
}

TEST(Batched, SegmentsLieInSpeechInOrder) {
  const auto machine = machine_with(2);
  const Transcript transcript = transcribe_minute(*machine, batched(8));
  EXPECT_TRUE(transcript.complete);
  EXPECT_EQ("batched", transcript.long_form);
  ASSERT_GE(transcript.segments.size(), 2U);
  double end = 0;
  for (const Segment& segment : transcript.segments) {
    EXPECT_GE(segment.start, end);
    EXPECT_LE(segment.start, segment.end);
    EXPECT_LE(segment.end, transcript.duration);
    end = segment.end;
  }
  ASSERT_TRUE(transcript.coverage);
  EXPECT_NEAR(
      transcript.duration,
      transcript.coverage->speech_with_text + transcript.coverage->speech_without_text + transcript.coverage->silence,
      0.011);
  EXPECT_GT(transcript.coverage->silence, 20);  // pauses between the sentences (samples/minute.spans.tsv)
}

TEST(Batched, HowManyAtOnceDoesNotChangeTheResult) {
  const auto machine = machine_with(2);
  const Transcript one = transcribe_minute(*machine, batched(1));
  expect_same(one, transcribe_minute(*machine, batched(3)));
  expect_same(one, transcribe_minute(*machine, batched(16)));
}

TEST(Batched, CallersAtTheSameTimeGetWhatEachGetsAlone) {
  const auto machine = machine_with(2);
  const Transcript sequential = transcribe_minute(*machine, short_ladder());
  const Transcript together = transcribe_minute(*machine, batched(4));
  Batcher batcher(*machine);
  std::vector<Transcript> transcripts(4);
  std::vector<std::thread> callers;
  for (size_t i = 0; i < transcripts.size(); ++i) {
    callers.emplace_back([&, i] {
      const auto source = audio::open_audio(std::string(SKALD_SOURCE_DIR) + "/samples/minute.ogg").value();
      transcripts[i] = transcribe(batcher, *source, i % 2 == 0 ? short_ladder() : batched(4), {}).value();
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (size_t i = 0; i < transcripts.size(); ++i) expect_same(i % 2 == 0 ? sequential : together, transcripts[i]);
}

TEST(Batched, WordsAndSilence) {
  const auto machine = machine_with(2);
  TranscribeOptions options = batched(4);
  options.word_timestamps = true;
  const Transcript transcript = transcribe_minute(*machine, options);
  double last = 0;
  size_t words = 0;
  for (const Segment& segment : transcript.segments) {
    for (const Word& word : segment.words) {
      EXPECT_LE(word.start, word.end);
      last = std::max(last, word.end);
      ++words;
    }
  }
  EXPECT_GT(words, 0U);
  EXPECT_LE(last, transcript.duration);

  Batcher batcher(*machine);
  const std::vector<float> zeros(40 * 16000);
  const auto silence = audio::audio_from_samples(zeros);
  const Transcript nothing = transcribe(batcher, *silence, batched(4), {}).value();
  EXPECT_TRUE(nothing.complete);
  EXPECT_TRUE(nothing.segments.empty());
  EXPECT_NEAR(40, nothing.coverage->silence, 0.011);
}

TEST(Transcriber, LanguageOverSeveralWindows) {
  const auto machine = machine_with(2);
  TranscribeOptions options = short_ladder();
  const Transcript first = transcribe_minute(*machine, options);
  options.language_detection_segments = 5;  // a minute has two, and a random model is never sure
  const Transcript mean = transcribe_minute(*machine, options);
  EXPECT_NE(first.language_probability, mean.language_probability);
  options.language_detection_threshold = 0;
  EXPECT_EQ(first.language_probability, transcribe_minute(*machine, options).language_probability);
}

TEST(Transcriber, EveryWindowHasItsLanguage) {
  const auto machine = machine_with(2);
  TranscribeOptions options = short_ladder();
  options.temperature_increment_on_fallback.reset();
  EXPECT_TRUE(transcribe_minute(*machine, options).segments[0].language.empty());
  options.multilingual = true;
  options.word_timestamps = true;
  for (const char* form : {"sequential", "batched"}) {
    options.long_form = form;
    const Transcript transcript = transcribe_minute(*machine, options);
    EXPECT_TRUE(transcript.complete);
    ASSERT_FALSE(transcript.segments.empty());
    for (const Segment& segment : transcript.segments) EXPECT_FALSE(segment.language.empty()) << form;
    // Both listen to the same first window.
    if (transcript.long_form == "sequential") {
      EXPECT_EQ(transcript.language, transcript.segments[0].language);
    }
  }
  options.language = "en";
  EXPECT_FALSE(validate(options));
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
