// Steps of int8 from speech: what they are, and the file that holds them.

#include "npu/encoder/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "model/random_checkpoint.h"
#include "npu/suite/encoder_trace.h"

namespace skald::npu {
namespace {

const std::string kRoot = SKALD_SOURCE_DIR;
constexpr model::Dims kTwoLayers{.audio_state = 64,
                                 .audio_heads = 1,
                                 .audio_layers = 2,
                                 .audio_ffn = 64,
                                 .text_state = 64,
                                 .text_heads = 1,
                                 .text_layers = 1,
                                 .text_ffn = 64,
                                 .vocab = 51864};

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

TEST(Calibration, AStepIsA127thOfTheLargestNumber) {
  const auto checkpoint = model::make_random_checkpoint(kTwoLayers).value();
  const std::vector<std::string> recordings{kRoot + "/samples/hello.wav", kRoot + "/samples/garden.wav"};
  std::vector<int64_t> told;
  const auto found = calibrate(*checkpoint, recordings, [&](int64_t windows) { told.push_back(windows); });
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ((std::vector<int64_t>{1, 2}), told);
  EXPECT_EQ(2, found->windows);
  EXPECT_EQ((std::vector<std::string>{"hello.wav", "garden.wav"}), found->recordings);
  ASSERT_EQ(2U, found->steps.size());
  for (size_t layer = 0; layer < 2; ++layer) {
    LayerSteps most;
    for (const std::string& recording : recordings) {
      const auto trace =
          suite::trace_encoder(*checkpoint, *suite::first_window(recording, kTwoLayers.mel_bands)).value();
      const auto* products = &trace->products[2 + 4 * layer];
      most.attention_norm = std::max(most.attention_norm, largest(products[0].a));
      most.mixed = std::max(most.mixed, largest(products[1].a));
      most.mlp_norm = std::max(most.mlp_norm, largest(products[2].a));
      most.hidden = std::max(most.hidden, *std::ranges::max_element(products[2].c));
      most.activated = std::max(most.activated, largest(products[3].a));
    }
    EXPECT_DOUBLE_EQ(most.attention_norm / 127, found->steps[layer].attention_norm);
    EXPECT_DOUBLE_EQ(most.mixed / 127, found->steps[layer].mixed);
    EXPECT_DOUBLE_EQ(most.mlp_norm / 127, found->steps[layer].mlp_norm);
    EXPECT_DOUBLE_EQ(most.hidden / 127, found->steps[layer].hidden);
    EXPECT_DOUBLE_EQ(most.activated / 127, found->steps[layer].activated);
  }
}

TEST(Calibration, SurvivesItsFile) {
  Calibration made{.width = 64, .recordings = {"a \"b\".wav"}, .windows = 3};
  made.steps = {{.attention_norm = 0.1, .mixed = 1.0 / 3, .mlp_norm = 2e-7, .hidden = 5, .activated = 4},
                {.attention_norm = 1, .mixed = 1, .mlp_norm = 1, .hidden = 1, .activated = 1}};
  const auto read = parse_calibration(to_json(made), "file");
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(made.width, read->width);
  EXPECT_EQ(made.recordings, read->recordings);
  EXPECT_EQ(made.windows, read->windows);
  ASSERT_EQ(2U, read->steps.size());
  EXPECT_EQ(made.steps[0].mixed, read->steps[0].mixed);
  EXPECT_EQ(made.steps[0].mlp_norm, read->steps[0].mlp_norm);
}

TEST(Calibration, OtherFilesAreRefused) {
  const std::string good = to_json({.width = 64, .steps = {{1, 1, 1, 1, 1}}});
  ASSERT_TRUE(parse_calibration(good, "file"));
  for (const auto& [from, to] : {std::pair{"skald", "someone's"}, {"mixed", "mixxed"}, {"1.0", "-1"}, {"{", "["}}) {
    std::string bad = good;
    bad.replace(bad.find(from), std::string(from).size(), to);
    const auto refused = parse_calibration(bad, "file");
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(ErrorCode::kBadModel, refused.error().code);
    EXPECT_NE(std::string::npos, refused.error().remedy.find("skald npu calibrate"));
  }
}

TEST(Calibration, IsLookedForBesideTheModel) {
  const std::filesystem::path folder = testing::TempDir();
  EXPECT_EQ(folder / "npu-int8.json", calibration_path(folder));
  EXPECT_EQ(folder / "ggml-base.bin.npu-int8.json", calibration_path(folder / "ggml-base.bin"));
  const std::filesystem::path model = folder / "some.pt";
  const auto missing = read_calibration(model, kTwoLayers);
  ASSERT_FALSE(missing);
  EXPECT_EQ(ErrorCode::kNotFound, missing.error().code);
  EXPECT_NE(std::string::npos, missing.error().remedy.find("skald npu calibrate " + model.string()));
  EXPECT_NE(std::string::npos, missing.error().remedy.find(calibration_path(model).string()));
  ASSERT_TRUE(write_file(calibration_path(model), to_json({.width = 64, .steps = {{1, 1, 1, 1, 1}}})));
  const auto other = read_calibration(model, kTwoLayers);
  ASSERT_FALSE(other);  // of one layer
  EXPECT_EQ(ErrorCode::kBadModel, other.error().code);
  EXPECT_NE(std::string::npos, other.error().message.find("1 layers"));
  std::filesystem::remove(calibration_path(model));
}

TEST(Calibration, OfNothing) {
  const auto checkpoint = model::make_random_checkpoint(kTwoLayers).value();
  EXPECT_EQ(ErrorCode::kInvalidArgument, calibrate(*checkpoint, {}).error().code);
  const std::vector<std::string> missing{"nothing.wav"};
  EXPECT_EQ(ErrorCode::kNotFound, calibrate(*checkpoint, missing).error().code);
}

}  // namespace
}  // namespace skald::npu
