// What batched windows leave out is listened to again: how often the recording is read for it.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "audio/audio_source.h"
#include "engine/batcher.h"
#include "engine/transcriber.h"

namespace skald::engine {
namespace {

/// Counts how often a recording is read again.
class CountedSource final : public audio::AudioSource {
 public:
  explicit CountedSource(const std::string& path) : inner_(audio::open_audio(path).value()) {}
  Result<size_t> read(std::span<float> out) override { return inner_->read(out); }
  Result<void> rewind() override {
    ++rewinds_;
    return inner_->rewind();
  }
  const audio::AudioInfo& info() const override { return inner_->info(); }
  int rewinds() const { return rewinds_; }

 private:
  std::unique_ptr<audio::AudioSource> inner_;
  int rewinds_ = 0;
};

/// By then the reading is windows ahead, and going back would be reading from the beginning.
TEST(ListenAgain, ReadsNothingAgain) {
  LoadOptions load;
  load.model = SKALD_SOURCE_DIR "/models/mini.en";
  const auto machine = Machine::open(load).value();
  TranscribeOptions options;
  options.beam_size.reset();
  options.temperature_increment_on_fallback.reset();
  CountedSource source(SKALD_SOURCE_DIR "/samples/minute.ogg");
  Batcher batcher(*machine);
  const Transcript transcript = transcribe(batcher, source, options, {}).value();
  EXPECT_EQ("batched", transcript.long_form);
  EXPECT_GT(transcript.attempts.size(), 3U) << "three windows hold the minute";
  EXPECT_EQ(1, source.rewinds()) << "once for length and speech, once for windows";
}

}  // namespace
}  // namespace skald::engine
