// An encoder on (the recording fake of) a real device, from an artifact that lies in a file: what the device is given,
// and artifacts that are not for it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "npu/encoder/encoder_design.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/encoder/small_encoder_for_tests.h"
#include "npu/xrt/testing/fake_xrt.h"
#include "npu/xrt/xrt_device.h"

namespace skald::npu {
namespace {

/// Writes to a register, then three descriptors get the addresses of weights, frames and states.
const std::vector<uint32_t> kWords = {6U << 24U | 3U << 16U | 1U << 8U,
                                      1U << 8U | 4U,
                                      4,
                                      184,
                                      0,
                                      0,
                                      0x1D300,
                                      0,
                                      7,
                                      24,
                                      0x81,
                                      48,
                                      0,
                                      0,
                                      0,
                                      0,
                                      0x1D004,
                                      0,
                                      plan::kWeights,
                                      0,
                                      4096,
                                      0,
                                      0x81,
                                      48,
                                      0,
                                      0,
                                      0,
                                      0,
                                      0x1D024,
                                      0,
                                      plan::kFrames,
                                      0,
                                      0,
                                      0,
                                      0x81,
                                      48,
                                      0,
                                      0,
                                      0,
                                      0,
                                      0x1D044,
                                      0,
                                      plan::kStates,
                                      0,
                                      128,
                                      0};

ArtifactFile artifact() {
  ArtifactFile file = artifact_of(design_encoder(small_checkpoint(), plan::EncoderPrecision::kBf16, {}, 64).value());
  file.origin = {.text = "0", .dialect = "none", .tools = "none"};
  file.artifact.xclbin = {'b', 'y', 't', 'e', 's'};
  file.artifact.kernel = "ENCODER";
  file.artifact.instructions = kWords;
  return file;
}

class BuiltEncoder : public testing::Test {
 protected:
  void SetUp() override {
    fake_xrt::reset();
    fake_xrt::state().kernels = {"ENCODER:0"};
    fake_xrt::state().array = [](const std::vector<fake_xrt::Side>& sides) {
      std::ranges::fill(sides.back(), std::byte{0x3F});
    };
    path_ = std::filesystem::temp_directory_path() / ("skald_built_" + std::to_string(getpid()) + ".artifact");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  Result<std::unique_ptr<model::Encoder>> load(const ArtifactFile& file) const {
    SKALD_CHECK(write_artifact(path_, file));
    EncoderOptions options;
    options.built = [this](const ArtifactPlan&) { return read_artifact(path_); };
    SKALD_TRY(auto device, open_xrt_device());
    return make_encoder(small_checkpoint(), std::move(device), std::move(options));
  }

  void expect_refused(const std::function<void(ArtifactFile&)>& change, const char* words) const {
    ArtifactFile file = artifact();
    change(file);
    const auto refused = load(file);
    ASSERT_FALSE(refused) << words;
    EXPECT_NE(std::string::npos, refused.error().message.find(words)) << to_string(refused.error());
    EXPECT_NE(std::string::npos, refused.error().remedy.find("skald npu build")) << to_string(refused.error());
    EXPECT_EQ(path_.string(), refused.error().where);
    EXPECT_EQ(0, fake_xrt::state().contexts);  // the device was not asked for anything
  }

  std::filesystem::path path_;
};

TEST_F(BuiltEncoder, TheDeviceGetsWhatTheFileHolds) {
  const auto encoder = load(artifact());
  ASSERT_TRUE(encoder) << to_string(encoder.error());
  const auto loading = fake_xrt::take_calls();
  EXPECT_TRUE(std::ranges::count(loading, "xclbin bytes"));
  EXPECT_TRUE(std::ranges::count(loading, "kernel ENCODER:0"));
  // Instructions are buffer 1, arguments 2 to 5 in their order, of the sizes that the file states.
  const auto arguments = artifact().artifact.arguments;
  ASSERT_EQ(4U, arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string bo =
        "bo #" + std::to_string(i + 2) + " " + std::to_string(arguments[i].bytes) + " host_only group ";
    EXPECT_TRUE(std::ranges::count(loading, bo + std::to_string(65539 + i))) << bo;
    EXPECT_TRUE(std::ranges::count(loading, "run.set_arg " + std::to_string(3 + i) + " = #" + std::to_string(2 + i)));
  }

  std::vector<float> mel(static_cast<size_t>(2 * kSmallModel.audio_ctx * kSmallModel.mel_bands));
  for (size_t i = 0; i < mel.size(); ++i) mel[i] = std::sin(static_cast<float>(i % 977));
  const auto out = (*encoder)->make_output(1).value();
  const auto encoded = (*encoder)->encode({.windows = 1, .frames = 2 * kSmallModel.audio_ctx, .mel = mel}, *out);
  ASSERT_TRUE(encoded) << to_string(encoded.error());

  ASSERT_EQ(1U, fake_xrt::state().launches.size());
  const fake_xrt::Launch& launch = fake_xrt::state().launches.front();
  EXPECT_EQ("ENCODER:0", launch.kernel);
  EXPECT_EQ(kWords, launch.words);
  const std::map<uint32_t, uint64_t> patched = {{0x1D004, fake_xrt::address_of(2 + plan::kWeights) + 4096},
                                                {0x1D024, fake_xrt::address_of(2 + plan::kFrames)},
                                                {0x1D044, fake_xrt::address_of(2 + plan::kStates) + 128}};
  EXPECT_EQ(patched, launch.addresses);
  EXPECT_EQ("npu", (*encoder)->report().device);
}

TEST_F(BuiltEncoder, ArtifactsOfSomethingElse) {
  expect_refused([](auto& file) { file.plan.device = "npu2"; }, "was built for the device npu2, this is npu1");
  expect_refused([](auto& file) { file.plan.precision = "int8"; }, "computes in int8, bfloat16 is asked for");
  expect_refused([](auto& file) { file.plan.layers = 6; }, "6 layers, this one has 1");
  expect_refused([](auto& file) { file.plan.weights_layout = 0; }, "weights in layout 0");
  expect_refused([](auto& file) { file.plan.program = "0"; }, "was built for Program 0");
  expect_refused([](auto& file) { file.artifact.arguments[plan::kWork].bytes *= 2; }, "takes other buffers");
}

/// It was built for windows of one length.
TEST_F(BuiltEncoder, WindowsOfAnotherLength) {
  const auto encoder = load(artifact());
  ASSERT_TRUE(encoder) << to_string(encoder.error());
  const std::vector<float> mel(static_cast<size_t>(2 * 32 * kSmallModel.mel_bands));
  const auto out = (*encoder)->make_output(1).value();
  const auto refused = (*encoder)->encode({.windows = 1, .frames = 2 * 32, .mel = mel}, *out);
  ASSERT_FALSE(refused);
  EXPECT_NE(std::string::npos, refused.error().message.find("64 positions, this one has 32"))
      << to_string(refused.error());
}

TEST_F(BuiltEncoder, NumbersOfInt8ArePartOfIt) {
  const auto plan_with = [](double step) {
    const LayerSteps layer{.attention_norm = step, .mixed = step, .mlp_norm = step, .hidden = step, .activated = step};
    return artifact_of(design_encoder(small_checkpoint(), plan::EncoderPrecision::kInt8, {layer}, 64).value()).plan;
  };
  const auto other = check_plan(plan_with(0.25), plan_with(0.0625), "f");
  ASSERT_FALSE(other);
  EXPECT_NE(std::string::npos, other.error().message.find("int8 steps")) << to_string(other.error());
  EXPECT_TRUE(check_plan(plan_with(0.25), plan_with(0.25), "f"));
}

}  // namespace
}  // namespace skald::npu
