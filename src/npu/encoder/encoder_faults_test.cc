// What goes wrong on a device while windows are encoded, on the simulator and on the recording fake of XRT: a clear
// error each time, and an end.

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <system_error>

#include "base/half.h"
#include "npu/device/sim_device.h"
#include "npu/encoder/encoder_design.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/encoder/small_encoder_for_tests.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/suite/lookups.h"
#include "npu/xrt/testing/fake_xrt.h"
#include "npu/xrt/xrt_device.h"

namespace skald::npu {
namespace {

Result<void> encode_window(model::Encoder& encoder, model::EncodedAudio& out) {
  std::vector<float> mel(static_cast<size_t>(2 * kSmallModel.audio_ctx * kSmallModel.mel_bands));
  for (size_t i = 0; i < mel.size(); ++i) mel[i] = std::sin(static_cast<float>(i % 977));
  return encoder.encode({.windows = 1, .frames = 2 * kSmallModel.audio_ctx, .mel = mel}, out);
}

/// The first window is encoded, the second one fails with these words, and so does every later one.
void expect_second_window_fails(Device& device, EncoderOptions options, const std::string& words) {
  const auto encoder = make_encoder(small_checkpoint(), device, std::move(options));
  ASSERT_TRUE(encoder) << to_string(encoder.error());
  const auto out = (*encoder)->make_output(1).value();
  const auto first = encode_window(**encoder, *out);
  ASSERT_TRUE(first) << to_string(first.error());
  const std::vector<float> states(out->host_f32(0), out->host_f32(0) + 64 * 128);
  for (int window = 1; window < 3; ++window) {
    const auto failed = encode_window(**encoder, *out);
    ASSERT_FALSE(failed) << words;
    EXPECT_EQ(ErrorCode::kIo, failed.error().code) << to_string(failed.error());
    EXPECT_NE(std::string::npos, failed.error().message.find(words)) << to_string(failed.error());
    EXPECT_FALSE(failed.error().where.empty());
    EXPECT_FALSE(failed.error().remedy.empty());
  }
  EXPECT_EQ(1, (*encoder)->report().calls);
  EXPECT_EQ(states, std::vector<float>(out->host_f32(0), out->host_f32(0) + 64 * 128));  // not half overwritten
}

SimDevice::Options with(SimFault fault) {
  return {.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup(), .fault = fault};
}

TEST(EncoderFaults, OfRunsOnTheSimulator) {
  using enum SimFault::Kind;
  for (const auto& [kind, words] : {std::pair{kLostCompletion, "still runs after"},
                                    {kTimeout, "the array hung"},
                                    {kError, "ended in an error"},
                                    {kSilent, "wrote nothing to this output"},
                                    {kGone, "No such device"}}) {
    SimDevice device(with({.kind = kind, .run = 1}));
    expect_second_window_fails(device, {}, words);
  }
}

TEST(EncoderFaults, NoContextIsFree) {
  SimDevice device({.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup(), .contexts_taken = kMaxContexts});
  const auto refused = make_encoder(small_checkpoint(), device);
  ASSERT_FALSE(refused);
  EXPECT_EQ(ErrorCode::kUnsupported, refused.error().code);
  EXPECT_NE(std::string::npos, refused.error().message.find("no hardware context"));
  EXPECT_NE(std::string::npos, refused.error().remedy.find("close other programs"));
  EXPECT_EQ(0, device.counters().contexts_opened);
}

TEST(EncoderFaults, AProgramOfAnotherDescription) {
  SimDevice device({.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup()});
  auto program =
      plan::plan_encoder(encoder_problem(kSmallModel, 64, plan::EncoderPrecision::kBf16), {}, std::string(kNpu1.name));
  ASSERT_TRUE(program) << to_string(program.error());
  Artifact artifact{.name = program->name, .arguments = arguments_of(*program)};
  program->device = "npu2";
  artifact.program = std::make_shared<const Program>(std::move(*program));
  const auto refused = device.load(artifact);
  ASSERT_FALSE(refused);
  EXPECT_EQ(ErrorCode::kUnsupported, refused.error().code);
  EXPECT_NE(std::string::npos, refused.error().message.find("planned for npu2"));
}

/// The fake never reads its configuration.
class OverXrt : public testing::Test {
 protected:
  void SetUp() override {
    fake_xrt::reset();
    fake_xrt::state().array = [](const std::vector<fake_xrt::Side>& sides) {
      std::ranges::fill(sides.back(), std::byte{0x3F});  // the last argument holds states
    };
    device_ = open_xrt_device().value();
  }

  static EncoderOptions built(uint32_t generation = 3) {
    EncoderOptions options;
    options.built = [generation](const ArtifactPlan& wanted) {
      ArtifactFile file = artifact_of(design_encoder(small_checkpoint(), {}, {}, wanted.positions).value());
      file.artifact.xclbin = {'x'};
      file.artifact.instructions = {6U << 24U | generation << 16U | 1U << 8U, 1U << 8U | 4U, 0, 16};
      return file;
    };
    return options;
  }
  static void fail_at(const std::string& call, int number) {
    fake_xrt::state().before[call] = [number] { throw std::system_error(number, std::system_category()); };
  }

  std::unique_ptr<Device> device_;
};

TEST_F(OverXrt, AWindowIsOneRun) {
  const auto encoder = make_encoder(small_checkpoint(), *device_, built());
  ASSERT_TRUE(encoder) << to_string(encoder.error());
  const auto out = (*encoder)->make_output(1).value();
  for (int window = 0; window < 2; ++window) ASSERT_TRUE(encode_window(**encoder, *out));
  EXPECT_EQ(bf16_to_f32(0x3F3F), out->host_f32(0)[64 * 128 - 1]);
  const DeviceReport report = (*encoder)->report();
  EXPECT_EQ("npu", report.device);
  ASSERT_TRUE(report.npu);
  EXPECT_EQ(1, report.npu->contexts);
  EXPECT_EQ(2, report.npu->launches);
  EXPECT_TRUE(report.npu->forecasts.empty());  // it is there: nothing to predict
}

TEST_F(OverXrt, ARunThatEndsBadly) {
  for (const auto& [state, words] : {std::pair{ERT_CMD_STATE_RUNNING, "still runs after"},
                                     {ERT_CMD_STATE_TIMEOUT, "the array hung"},
                                     {ERT_CMD_STATE_ERROR, "ended in an error"}}) {
    fake_xrt::state().outcomes = {ERT_CMD_STATE_COMPLETED, state};
    expect_second_window_fails(*device_, built(), words);
  }
}

TEST_F(OverXrt, AnOutputThatStaysAsItWas) {
  int runs = 0;
  const auto array = fake_xrt::state().array;
  fake_xrt::state().array = [&runs, array](const std::vector<fake_xrt::Side>& sides) {
    if (++runs == 1) array(sides);
  };
  expect_second_window_fails(*device_, built(), "wrote nothing to this output");
}

TEST_F(OverXrt, TheDeviceGoesBetweenWindows) {
  const auto array = fake_xrt::state().array;
  fake_xrt::state().array = [array](const std::vector<fake_xrt::Side>& sides) {
    array(sides);
    fail_at("run.start", ENODEV);
  };
  expect_second_window_fails(*device_, built(), "No such device");
}

TEST_F(OverXrt, WhatCannotBeLoaded) {
  fail_at("hw_context", EINVAL);
  const auto taken = make_encoder(small_checkpoint(), *device_, built());
  ASSERT_FALSE(taken);
  EXPECT_EQ(ErrorCode::kUnsupported, taken.error().code);
  EXPECT_NE(std::string::npos, taken.error().remedy.find("close other programs"));
  fake_xrt::state().before.clear();
  const auto generation = make_encoder(small_checkpoint(), *device_, built(4));
  ASSERT_FALSE(generation);
  EXPECT_EQ(ErrorCode::kUnsupported, generation.error().code);
  EXPECT_NE(std::string::npos, generation.error().message.find("generation 4"));
  const auto nothing = make_encoder(small_checkpoint(), *device_);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(ErrorCode::kNotFound, nothing.error().code);
  EXPECT_NE(std::string::npos, nothing.error().remedy.find("skald npu build"));
}

}  // namespace
}  // namespace skald::npu
