// Transcriptions whose encoder is on the (simulated) NPU: what the result says of it, and what becomes of one that
// fails midway.

#include <gtest/gtest.h>

#include <string>

#include "audio/audio_source.h"
#include "engine/transcriber.h"
#include "model/random_checkpoint.h"
#include "npu/device/sim_device.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/sim/catalogue_kernels.h"
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

/// What mini.en hears in the short samples.
TEST(NpuText, IsThatOfTheCpu) {
  auto on_cpu = Engine::load({.device = "cpu", .compute_type = "float32"});
  ASSERT_TRUE(on_cpu) << to_string(on_cpu.error());
  auto on_npu = Engine::load({.device = "npu-sim", .compute_type = "int8", .npu_watts = 5});
  ASSERT_TRUE(on_npu) << to_string(on_npu.error());
  for (const char* sample : {"hello", "answer", "garden", "kitchen", "newspaper", "village"}) {
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
