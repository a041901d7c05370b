// The public API over mini.en: samples in memory, cancelling, callers at the same time.

#include <gtest/gtest.h>

#include <atomic>
#include <cctype>
#include <cmath>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "audio/audio_source.h"
#include "skald/engine.h"
#include "skald/live.h"

namespace skald {
namespace {

Engine& engine() {
  static Engine loaded = [] {
    LoadOptions options;
    options.model = std::string(SKALD_SOURCE_DIR) + "/models/mini.en";
    return Engine::load(options).value();
  }();
  return loaded;
}

const std::string& hello() {
  static const std::string path = std::string(SKALD_SOURCE_DIR) + "/samples/hello.wav";
  return path;
}

std::vector<float> samples_of(const std::string& path) {
  const auto source = audio::open_audio(path).value();
  std::vector<float> samples;
  std::vector<float> block(4096);
  while (const size_t got = source->read(block).value()) {
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return samples;
}

TEST(EngineApi, InfoDescribesTheModel) {
  const ModelInfo& info = engine().info();
  EXPECT_FALSE(info.multilingual);
  EXPECT_EQ(0, info.languages);
  EXPECT_EQ(80, info.mel_bands);
  EXPECT_EQ(256, info.width);
  EXPECT_EQ(4, info.encoder_layers);
  EXPECT_EQ(3, info.decoder_layers);
  EXPECT_EQ(51864, info.vocabulary);
  EXPECT_EQ("cpu", info.device);
  EXPECT_EQ(info.isa == "scalar" ? "float32" : "int8", info.compute_type);
  EXPECT_GE(info.threads, 1);
  EXPECT_GT(info.load_seconds, 0);
}

TEST(EngineApi, SamplesGiveWhatTheFileGives) {
  const auto from_file = engine().transcribe(hello(), {});
  const auto from_memory = engine().transcribe(samples_of(hello()), {});
  ASSERT_TRUE(from_file);
  ASSERT_TRUE(from_memory);
  EXPECT_EQ(from_file->text, from_memory->text);
  EXPECT_EQ(from_file->duration, from_memory->duration);
  ASSERT_EQ(2U, from_file->devices.size());
  EXPECT_EQ("encoder", from_file->devices[0].stage);
  EXPECT_EQ(1, from_file->devices[0].calls);
  EXPECT_EQ("decoder", from_file->devices[1].stage);
  EXPECT_GT(from_file->devices[1].calls, 1);
  EXPECT_GE(from_file->timings.total, from_file->timings.encode + from_file->timings.decode);
}

TEST(EngineApi, CallbacksComeInOrder) {
  std::string order;
  Callbacks callbacks;
  callbacks.on_language = [&](const std::string& code, double) { order += "L" + code; };
  callbacks.on_segment = [&](const Segment&) { order += "S"; };
  callbacks.on_progress = [&](double done, double total) { order += done < total ? "p" : "P"; };
  ASSERT_TRUE(engine().transcribe(hello(), {}, callbacks));
  EXPECT_EQ("LenpSP", order);
}

TEST(EngineApi, NoSamplesNoText) {
  const auto transcript = engine().transcribe(std::vector<float>{}, {});
  ASSERT_TRUE(transcript);
  EXPECT_TRUE(transcript->complete);
  EXPECT_TRUE(transcript->segments.empty());
  EXPECT_EQ("", transcript->text);
  EXPECT_EQ(0, transcript->duration);
}

TEST(EngineApi, CancelledBeforeItBegan) {
  const std::atomic<bool> cancel{true};
  Callbacks callbacks;
  callbacks.cancel = &cancel;
  const auto transcript = engine().transcribe(hello(), {}, callbacks);
  ASSERT_TRUE(transcript);
  EXPECT_FALSE(transcript->complete);
  EXPECT_EQ(ErrorCode::kCancelled, transcript->error.value_or(Error{}).code);
  EXPECT_TRUE(transcript->segments.empty());
}

TEST(EngineApi, CancelledAfterASegmentKeepsIt) {
  const std::vector<float> once = samples_of(hello());
  std::vector<float> twice = once;
  twice.resize(audio::kSampleRate * 31);  // too far apart for one window
  twice.insert(twice.end(), once.begin(), once.end());
  std::atomic<bool> cancel{false};
  Callbacks callbacks;
  callbacks.cancel = &cancel;
  callbacks.on_segment = [&](const Segment&) { cancel = true; };
  const auto transcript = engine().transcribe(twice, {}, callbacks);
  ASSERT_TRUE(transcript);
  EXPECT_FALSE(transcript->complete);
  ASSERT_FALSE(transcript->segments.empty());
  EXPECT_FALSE(transcript->text.empty());
  EXPECT_TRUE(engine().transcribe(hello(), {})->complete);  // the engine is as good as before
}

TEST(EngineApi, CallersWaitForEachOther) {
  const std::string alone = engine().transcribe(hello(), {})->text;
  std::vector<std::string> texts(3);
  {
    std::vector<std::jthread> threads;
    threads.reserve(texts.size());
    for (std::string& text : texts) {
      threads.emplace_back([&text] { text = engine().transcribe(hello(), {}).value().text; });
    }
  }
  for (const std::string& text : texts) EXPECT_EQ(alone, text);
}

TEST(EngineApi, MoreBeamsThanUsualMakeRoom) {
  TranscribeOptions options;
  options.beam_size = 9;
  const auto transcript = engine().transcribe(hello(), options);
  ASSERT_TRUE(transcript) << to_string(transcript.error());
  EXPECT_FALSE(transcript->text.empty());
}

TEST(EngineApi, CheckSaysWhatTranscribeWould) {
  TranscribeOptions options;
  EXPECT_TRUE(engine().check(options));
  options.task = "translate";
  ASSERT_FALSE(engine().check(options));
  EXPECT_EQ(ErrorCode::kUnsupported, engine().check(options).error().code);
  EXPECT_EQ(ErrorCode::kUnsupported, engine().transcribe(hello(), options).error().code);
}

TEST(EngineApi, RenderKnowsItsFormatsOnly) {
  const auto transcript = engine().transcribe(hello(), {});
  for (const std::string_view format : output_formats())
    EXPECT_TRUE(render(*transcript, std::string(format))) << format;
  EXPECT_EQ(ErrorCode::kInvalidArgument, render(*transcript, "docx").error().code);
}

std::string core_of(const std::string& text) {
  std::string core;
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) core += static_cast<char>(std::tolower(c));
  }
  return core;
}

// A clock that goes on with the samples and, for every hypothesis, with more than one takes here (0.1 s of two cores):
// the same on every machine. tools/live_form.py measures.
TEST(Live, TextComesWithinTwoSecondsOfTheWords) {
  constexpr double kHypothesis = 0.2;
  for (const char* name : {"hello", "answer", "village"}) {
    SCOPED_TRACE(name);
    const std::string path = std::string(SKALD_SOURCE_DIR) + "/samples/" + name;
    const std::vector<float> samples = samples_of(path + ".wav");
    double now = 0;
    std::vector<LiveText> texts;
    auto live =
        Live::open(engine(), Live::usual_options(), {}, [&](const LiveText& text) { texts.push_back(text); }).value();
    std::string said;
    const auto tell = [&] {
      if (!texts.empty()) now += kHypothesis;
      for (const LiveText& text : texts) {
        for (const Word& word : text.stable) {
          said += word.word;
          EXPECT_LE(now - word.end, 2.0) << word.word;
        }
      }
      texts.clear();
    };
    const double duration = static_cast<double>(samples.size()) / audio::kSampleRate;
    for (size_t fed = 0; fed < samples.size();) {
      now = std::min(now + 0.05, duration);
      const size_t spoken = std::min(samples.size(), static_cast<size_t>(now * audio::kSampleRate + 0.5));
      ASSERT_TRUE(live.feed(std::span(samples).subspan(fed, spoken - fed)));
      fed = spoken;
      tell();
    }
    ASSERT_TRUE(live.finish());
    tell();
    EXPECT_EQ(core_of(engine().transcribe(path + ".wav", {}).value().text), core_of(said));
  }
}

TEST(Live, EveryStepMayFindItsLanguage) {
  TranscribeOptions options = Live::usual_options();
  options.multilingual = true;
  std::string said;
  auto live = Live::open(engine(), options, {.step = 1}, [&](const LiveText& text) {
                for (const Word& word : text.stable) said += word.word;
              }).value();
  const std::string path = std::string(SKALD_SOURCE_DIR) + "/samples/village.wav";
  ASSERT_TRUE(live.feed(samples_of(path)));
  ASSERT_TRUE(live.finish());
  EXPECT_EQ(core_of(engine().transcribe(path, {}).value().text), core_of(said));
}

TEST(Live, CancelledWithinAStep) {
  std::atomic<bool> cancel{false};
  int steps = 0;
  auto live = Live::open(
                  engine(), Live::usual_options(), {},
                  [&](const LiveText&) {
                    ++steps;
                    cancel = true;
                  },
                  &cancel)
                  .value();
  const std::vector<float> samples = samples_of(std::string(SKALD_SOURCE_DIR) + "/samples/village.wav");
  ASSERT_GT(samples.size(), size_t{4} * audio::kSampleRate);  // two steps, since 3 s are taken at once
  EXPECT_EQ(ErrorCode::kCancelled, live.feed(samples).error().code);
  EXPECT_EQ(1, steps);
  EXPECT_EQ(ErrorCode::kCancelled, live.feed(std::span(samples).first(1)).error().code);  // which makes no step
  cancel = false;
  EXPECT_TRUE(live.feed(std::span(samples).first(1)));
}

TEST(Live, NothingFollowsTheEnd) {
  auto live = Live::open(engine(), Live::usual_options(), {}, {}).value();
  ASSERT_TRUE(live.finish());
  EXPECT_EQ(ErrorCode::kInvalidArgument, live.feed(std::vector<float>(16000)).error().code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, live.finish().error().code);
}

TEST(Live, BadOptionsAndSamples) {
  EXPECT_EQ("format", Live::open(engine(), {}, {.format = "mp3"}, {}).error().where);
  TranscribeOptions options;
  options.beam_size = 0;
  EXPECT_FALSE(Live::open(engine(), options, {}, {}));
  auto live = Live::open(engine(), {}, {.format = "f32le"}, {}).value();
  const float odd[] = {NAN, INFINITY, -INFINITY, 1e30F};
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(live.feed(std::as_bytes(std::span(odd))));
  EXPECT_TRUE(live.finish());
}

}  // namespace
}  // namespace skald
