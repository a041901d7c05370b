// Transcriptions whose encoder is on the (simulated) NPU: what the result says of it, and what becomes of one that
// fails midway.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "audio/audio_source.h"
#include "cpu/cpu_model.h"
#include "decode/decoding.h"
#include "decode/testing/decode_windows.h"
#include "engine/transcriber.h"
#include "model/random_checkpoint.h"
#include "npu/decoder/npu_decoder.h"
#include "npu/device/sim_device.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/suite/encoder_trace.h"
#include "npu/suite/lookups.h"

namespace skald::engine {
namespace {

const std::string kRoot = SKALD_SOURCE_DIR;
constexpr model::Dims kSmall{.audio_state = 128,
                             .audio_heads = 2,
                             .audio_layers = 1,
                             .audio_ffn = 512,
                             .text_state = 128,
                             .text_heads = 2,
                             .text_layers = 1,
                             .text_ffn = 512,
                             .vocab = 51864};

/// A machine whose NPU fails at a run.
struct Broken {
  explicit Broken(const std::string& device, int contexts_taken = 0)
      : npu({.kernels = npu::sim::catalogue_kernels(),
             .lookup = npu::catalogue_lookup(),
             .contexts_taken = contexts_taken,
             .fault = npu::SimFault{.kind = npu::SimFault::Kind::kTimeout, .run = 1}}) {
    LoadOptions options;
    options.device = device;
    auto made =
        Machine::make(model::make_random_checkpoint(kSmall).value(), options, "random",
                      [this](const model::Checkpoint& checkpoint) { return npu::make_encoder(checkpoint, npu); });
    if (made) {
      machine = std::move(*made);
    } else {
      error = std::move(made).error();
    }
  }
  npu::SimDevice npu;
  std::unique_ptr<Machine> machine;
  Error error;
};

/// Windows follow each other whatever is heard in them.
TranscribeOptions plain() {
  TranscribeOptions options;
  options.beam_size.reset();
  options.temperature_increment_on_fallback.reset();
  options.no_speech_threshold.reset();
  options.without_timestamps = true;
  options.sample_len = 8;
  options.long_form = "sequential";
  return options;
}

Transcript transcribe_minute(Machine& machine, const TranscribeOptions& options) {
  const auto source = audio::open_audio(kRoot + "/samples/minute.ogg").value();
  Batcher batcher(machine);
  return transcribe(batcher, *source, options, {}).value();
}

TEST(NpuFails, UnderAutoTheCpuGoesOn) {
  Broken broken("auto");
  ASSERT_TRUE(broken.machine) << to_string(broken.error);
  EXPECT_EQ("npu-sim", broken.machine->info().device);
  const Transcript transcript = transcribe_minute(*broken.machine, plain());
  EXPECT_TRUE(transcript.complete);
  ASSERT_EQ(3U, transcript.devices.size());
  EXPECT_EQ("npu-sim", transcript.devices[0].device);
  EXPECT_EQ(1, transcript.devices[0].calls);
  EXPECT_EQ("", transcript.devices[0].note);
  EXPECT_EQ("encoder", transcript.devices[1].stage);
  EXPECT_EQ("cpu", transcript.devices[1].device);
  EXPECT_EQ(std::ssize(transcript.attempts) - 1, transcript.devices[1].calls);
  EXPECT_GE(transcript.devices[1].calls, 1);
  for (const char* words : {"in place of npu-sim", "failed after 1 windows", "the array hung"}) {
    EXPECT_NE(std::string::npos, transcript.devices[1].note.find(words)) << transcript.devices[1].note;
  }
  EXPECT_EQ("decoder", transcript.devices[2].stage);
}

TEST(NpuFails, UnderAutoWithoutAContextItIsTheCpuFromTheStart) {
  Broken broken("auto", npu::kMaxContexts);
  ASSERT_TRUE(broken.machine) << to_string(broken.error);
  EXPECT_EQ("cpu", broken.machine->info().device);
  const std::vector<DeviceReport> reports = broken.machine->reports();
  ASSERT_EQ(2U, reports.size());
  EXPECT_NE(std::string::npos, reports[0].note.find("no hardware context")) << reports[0].note;
}

TEST(NpuFails, OtherwiseTheWindowsBeforeAreKept) {
  for (const char* form : {"sequential", "batched"}) {
    Broken broken("npu");
    ASSERT_TRUE(broken.machine) << to_string(broken.error);
    TranscribeOptions options = plain();
    options.long_form = form;
    const Transcript transcript = transcribe_minute(*broken.machine, options);
    EXPECT_FALSE(transcript.complete);
    ASSERT_TRUE(transcript.error);
    EXPECT_TRUE(transcript.error->where.starts_with("window at ")) << transcript.error->where;
    EXPECT_FALSE(transcript.error->where.starts_with("window at 0.00")) << transcript.error->where;
    EXPECT_NE(std::string::npos, transcript.error->message.find("the array hung")) << transcript.error->message;
    EXPECT_EQ(1U, transcript.attempts.size());
    EXPECT_FALSE(transcript.segments.empty());
    EXPECT_FALSE(transcript.text.empty());
  }
  Broken refused("npu", npu::kMaxContexts);
  EXPECT_FALSE(refused.machine);
  EXPECT_EQ(ErrorCode::kUnsupported, refused.error.code);
}

/// What the calls of an encoder and of on_segment were, in their order.
class Log {
 public:
  void add(const std::string& what) {
    const std::scoped_lock lock(mutex_);
    all_.push_back(what);
    changed_.notify_all();
  }
  /// Whether it is there within ten seconds.
  bool wait_for(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return std::ranges::find(all_, what) != all_.end(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

/// The CPU's, in the guise of an NPU.
class LoggedEncoder final : public model::Encoder {
 public:
  LoggedEncoder(const model::Checkpoint& checkpoint, Log& log)
      : encoder_(cpu::make_encoder(checkpoint, {.pool = &pool_, .compute = cpu::ComputeType::kFloat32}).value()),
        log_(log) {}
  model::Input wants() const override { return encoder_->wants(); }
  Result<std::unique_ptr<model::EncodedAudio>> make_output(int windows) override {
    return encoder_->make_output(windows);
  }
  Result<void> encode(const model::WindowBatch& batch, model::EncodedAudio& out) override {
    log_.add("begin " + std::to_string(count_++));
    return encoder_->encode(batch, out);
  }
  DeviceReport report() const override {
    DeviceReport report = encoder_->report();
    report.device = "npu";
    return report;
  }

 private:
  ThreadPool pool_{1};
  std::unique_ptr<model::Encoder> encoder_;
  Log& log_;
  int count_ = 0;
};

std::unique_ptr<Machine> logged_machine(const std::string& device, Log& log) {
  LoadOptions options{.device = device, .compute_type = "float32", .threads = 2};
  return Machine::make(model::make_random_checkpoint(kSmall).value(), options, "random",
                       [&log](const model::Checkpoint& checkpoint) -> Result<std::unique_ptr<model::Encoder>> {
                         return std::make_unique<LoggedEncoder>(checkpoint, log);
                       })
      .value();
}

TEST(NpuPipeline, TheNextWindowIsEncodedWhileOneIsDecoded) {
  TranscribeOptions options = plain();
  options.long_form = "batched";
  options.batch_size = 1;
  Log log;
  const auto on_cpu = logged_machine("cpu", log);
  const auto on_npu = logged_machine("npu", log);
  EXPECT_FALSE(on_cpu->encodes_elsewhere());
  EXPECT_TRUE(on_npu->encodes_elsewhere());
  const Transcript expected = transcribe_minute(*on_cpu, options);
  ASSERT_GE(expected.attempts.size(), 2U);
  const auto source = audio::open_audio(kRoot + "/samples/minute.ogg").value();
  Batcher batcher(*on_npu);
  int told = 0;
  Callbacks callbacks;
  callbacks.on_segment = [&](const Segment&) {
    if (told++ > 0) return;
    EXPECT_TRUE(log.wait_for("begin 1"));  // before the first window is told
  };
  const auto found = transcribe(batcher, *source, options, callbacks);
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(expected.text, found->text);
  EXPECT_EQ(expected.devices.front().calls, found->devices.front().calls);
}

TEST(NpuPipeline, ACancelledOneLeavesAWindowBehind) {
  TranscribeOptions options = plain();
  options.long_form = "batched";
  options.batch_size = 1;
  Log log;
  const auto machine = logged_machine("npu", log);
  Batcher batcher(*machine);
  std::atomic<bool> cancel = false;
  Callbacks callbacks;
  callbacks.cancel = &cancel;
  callbacks.on_segment = [&](const Segment&) { cancel = true; };
  const auto cancelled =
      transcribe(batcher, *audio::open_audio(kRoot + "/samples/minute.ogg").value(), options, callbacks);
  ASSERT_TRUE(cancelled) << to_string(cancelled.error());
  EXPECT_FALSE(cancelled->complete);
  // The next one starts from its own first window.
  const auto again = transcribe(batcher, *audio::open_audio(kRoot + "/samples/minute.ogg").value(), options, {});
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(transcribe_minute(*logged_machine("cpu", log), options).text, again->text);
}

/// The short samples; a window takes some fifteen seconds: without SKALD_LONG (tools/full_check.sh) one of them.
std::span<const char* const> short_samples() {
  static constexpr std::array kSamples{"garden", "hello", "answer", "kitchen", "newspaper", "village"};
  const bool all = std::getenv("SKALD_LONG") != nullptr;
  return std::span(kSamples).first(all ? kSamples.size() : 1);
}

/// What mini.en hears in the samples.
TEST(NpuText, IsThatOfTheCpu) {
  auto on_cpu = Engine::load({.device = "cpu", .compute_type = "float32"});
  ASSERT_TRUE(on_cpu) << to_string(on_cpu.error());
  auto on_npu = Engine::load({.device = "npu-sim", .compute_type = "int8", .npu_watts = 5});
  ASSERT_TRUE(on_npu) << to_string(on_npu.error());
  for (const char* sample : short_samples()) {
    const std::string path = kRoot + "/samples/" + sample + ".wav";
    const auto expected = on_cpu->transcribe(path, {});
    ASSERT_TRUE(expected) << to_string(expected.error());
    const auto found = on_npu->transcribe(path, {});
    ASSERT_TRUE(found) << to_string(found.error());
    EXPECT_EQ(expected->text, found->text) << sample;
    ASSERT_EQ(2U, found->devices.size());
    const DeviceReport& encoder = found->devices[0];
    EXPECT_EQ("npu-sim", encoder.device);
    EXPECT_EQ("int8", encoder.compute_type);
    ASSERT_TRUE(encoder.npu);
    EXPECT_EQ(1, encoder.npu->contexts);
    EXPECT_EQ(encoder.calls, encoder.npu->launches);
    ASSERT_EQ(4U, encoder.npu->forecasts.size());
    EXPECT_GT(encoder.npu->forecasts[0].joules, 0);
  }
}

/// Tokens of the CPU's decoder at the same precision, over the same states: greedy, and with five beams.
TEST(NpuText, DecoderGivesTheTokensOfTheCpu) {
  const auto checkpoint = model::open_checkpoint(kRoot + "/models/mini.en").value();
  const auto tokenizer = text::Tokenizer::load(checkpoint->tokenizer_directory(), checkpoint->dims().vocab).value();
  const text::SpecialTokens& special = tokenizer.special();
  const model::TokenClasses classes{
      .end_of_text = special.end_of_text, .no_speech = special.no_speech, .timestamp_begin = special.timestamp_begin};
  ThreadPool pool(2);
  const cpu::Context context{.pool = &pool, .isa = best_isa(), .compute = cpu::ComputeType::kBfloat16};
  const auto encoder = cpu::make_encoder(*checkpoint, context).value();
  const auto states = encoder->make_output(1).value();
  for (const char* sample : short_samples()) {
    const auto mel =
        npu::suite::first_window(kRoot + "/samples/" + sample + ".wav", checkpoint->dims().mel_bands).value();
    ASSERT_TRUE(encoder->encode({.windows = 1, .frames = 3000, .mel = mel}, *states));
    for (const std::optional<int> beams : {std::optional<int>{}, std::optional<int>{5}}) {
      const auto settings = decode::make_settings({.beam_size = beams}, tokenizer, "en", 448).value();
      const int slots = decode::slots_needed(settings, 1);
      const decode::Task task{.audio = states.get()};
      const auto tokens = [&](model::Decoder& decoder) {
        const auto results = decode::testing::decode_windows(decoder, tokenizer, settings, {&task, 1});
        EXPECT_TRUE(results) << to_string(results.error());
        return results ? results->front().tokens : std::vector<int32_t>{};
      };
      const auto on_cpu = cpu::make_decoder(*checkpoint, classes, slots, 1, context).value();
      const auto on_npu = npu::make_simulated_decoder(*checkpoint, classes, slots, 1).value();
      const std::vector<int32_t> expected = tokens(*on_cpu);
      EXPECT_GT(expected.size(), 5U);
      EXPECT_EQ(expected, tokens(*on_npu)) << sample << " " << beams.value_or(1);
    }
  }
}

TEST(NpuText, ComputeTypesAreTheArrays) {
  const auto with = [](const std::string& type) {
    return Machine::open({.device = "npu-sim", .compute_type = type}).value()->reports().front().compute_type;
  };
  EXPECT_EQ("int8", with("auto"));  // mini.en brings its steps
  EXPECT_EQ("bfloat16", with("bfloat16"));
  EXPECT_EQ("bfloat16", with("float32"));
  LoadOptions options{.device = "npu-sim", .compute_type = "int8"};
  const auto without = Machine::make(model::make_random_checkpoint(kSmall).value(), options, "random");
  ASSERT_FALSE(without);
  EXPECT_EQ(ErrorCode::kNotFound, without.error().code);
  EXPECT_NE(std::string::npos, without.error().remedy.find("skald npu calibrate random"));
  options.compute_type = "auto";
  const auto chosen = Machine::make(model::make_random_checkpoint(kSmall).value(), options, "random");
  ASSERT_TRUE(chosen) << to_string(chosen.error());
  EXPECT_EQ("bfloat16", (*chosen)->reports().front().compute_type);
}

}  // namespace
}  // namespace skald::engine
