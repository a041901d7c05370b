// The decoder on the simulated array as a device sees it; what it computes is tests/conformance's.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "npu/decoder/candidates.h"
#include "npu/decoder/decoder_weights.h"
#include "npu/decoder/npu_decoder.h"
#include "npu/decoder/step_forecast.h"
#include "npu/device/sim_device.h"
#include "npu/emit/emit.h"
#include "npu/emit/text_check_for_tests.h"
#include "npu/encoder/small_encoder_for_tests.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

constexpr model::TokenClasses kClasses{.end_of_text = 50256, .no_speech = 50361, .timestamp_begin = 50363};
constexpr int kPositions = 40;

class States final : public model::EncodedAudio {
 public:
  States() : states_(static_cast<size_t>(kPositions * kSmallModel.audio_state)) {
    for (size_t i = 0; i < states_.size(); ++i) states_[i] = std::sin(static_cast<float>(i % 977));
  }
  int windows() const override { return 1; }
  int positions() const override { return kPositions; }
  int width() const override { return kSmallModel.audio_state; }
  const float* host_f32(int /*window*/) const override { return states_.data(); }
  Result<void> to_host_f32(int /*window*/, std::span<float> out) const override {
    std::ranges::copy(states_, out.begin());
    return {};
  }

 private:
  std::vector<float> states_;
};

struct Asked {
  std::vector<int32_t> tokens{3};
  std::vector<float> logits = std::vector<float>(static_cast<size_t>(kSmallModel.vocab));
};

Result<void> step(model::Decoder& decoder, model::Slot slot, Asked& asked) {
  const model::StepIn in{.slot = slot, .tokens = asked.tokens, .mask = {}, .logits = asked.logits};
  model::StepOut out;
  return decoder.step({&in, 1}, {&out, 1});
}

SimDevice::Options simulated(std::optional<SimFault> fault = {}) {
  return {.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup(), .fault = fault};
}

TEST(NpuDecoder, OneContextAndOneLaunchAStep) {
  SimDevice device(simulated());
  const auto decoder = make_decoder(small_checkpoint(), kClasses, 2, 1, device);
  ASSERT_TRUE(decoder) << to_string(decoder.error());
  const auto slot = (*decoder)->open(States(), 0);
  ASSERT_TRUE(slot) << to_string(slot.error());
  EXPECT_EQ(1, device.counters().runs);  // keys and values of the window
  for (int i = 1; i < 4; ++i) {
    Asked asked;
    ASSERT_TRUE(step(**decoder, *slot, asked));
    EXPECT_EQ(1 + i, device.counters().runs);
    EXPECT_EQ(1 + i, device.counters().submissions);
  }
  EXPECT_EQ(1, device.counters().contexts_opened);
  EXPECT_EQ(0, device.counters().context_switches);
  const DeviceReport report = (*decoder)->report();
  EXPECT_EQ("npu-sim", report.device);
  EXPECT_EQ("bfloat16", report.compute_type);
  EXPECT_EQ(4, report.npu->launches);
}

/// The catalogue's, but that the third query of four does not see the first key of four.
sim::Kernels with_flipped_lane() {
  sim::Kernels kernels = sim::catalogue_kernels();
  kernels.table = [](std::string_view name) -> Result<std::span<const std::byte>> {
    SKALD_TRY(const std::span<const std::byte> table, sim::catalogue_kernels().table(name));
    if (name != "attention_lanes") return table;
    static std::vector<std::byte> flipped;
    flipped.assign(table.begin(), table.end());
    flipped[size_t{16 + 2} * 4 + 3] ^= std::byte{0x80};  // the sign of a causal lane, which is -2
    return std::span<const std::byte>(flipped);
  };
  return kernels;
}

/// Values come from the kernels: another table, other logits.
TEST(NpuDecoder, AFlippedTableChangesTheLogits) {
  const auto logits_with = [](const sim::Kernels& kernels) {
    SimDevice device({.kernels = kernels, .lookup = catalogue_lookup()});
    const auto decoder = make_decoder(small_checkpoint(), kClasses, 1, 1, device).value();
    const model::Slot slot = decoder->open(States(), 0).value();
    Asked asked{.tokens = {3, 5, 7}};
    EXPECT_TRUE(step(*decoder, slot, asked));
    return asked.logits;
  };
  EXPECT_NE(logits_with(sim::catalogue_kernels()), logits_with(with_flipped_lane()));
}

TEST(NpuDecoder, AFaultLosesNothing) {
  using enum SimFault::Kind;
  for (const auto& [kind, words] : {std::pair{kLostCompletion, "still runs after"},
                                    {kTimeout, "the array hung"},
                                    {kError, "ended in an error"},
                                    {kSilent, "wrote nothing to this output"},
                                    {kGone, "No such device"}}) {
    SCOPED_TRACE(words);
    SimDevice device(simulated(SimFault{.kind = kind, .run = 2}));
    const auto decoder = make_decoder(small_checkpoint(), kClasses, 1, 1, device).value();
    const model::Slot slot = decoder->open(States(), 0).value();
    Asked asked;
    ASSERT_TRUE(step(*decoder, slot, asked));
    const auto failed = step(*decoder, slot, asked);
    ASSERT_FALSE(failed);
    EXPECT_EQ(ErrorCode::kIo, failed.error().code);
    EXPECT_NE(std::string::npos, failed.error().message.find(words)) << to_string(failed.error());
    EXPECT_EQ(1, decoder->length(slot));  // as before the step
  }
}

TEST(NpuDecoder, NoContextIsFree) {
  SimDevice device({.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup(), .contexts_taken = kMaxContexts});
  const auto refused = make_decoder(small_checkpoint(), kClasses, 1, 1, device);
  ASSERT_FALSE(refused);
  EXPECT_NE(std::string::npos, refused.error().message.find("no hardware context"));
}

TEST(NpuDecoder, TextIsWellFormed) {
  const plan::DecoderProblem problem = decoder_problem(kSmallModel, 1, 1);
  const plan::DecoderLayout layout = plan::decoder_layout(problem).value();
  const plan::DecoderRows rows{.positions = kPositions, .rows = 8};
  for (const auto& program : {plan::plan_decoder_step(problem, layout, {&rows, 1}, "npu1"),
                              plan::plan_decoder_window(problem, layout, 0, "npu1")}) {
    ASSERT_TRUE(program) << to_string(program.error());
    const auto text = emit(*program, catalogue_code());
    ASSERT_TRUE(text) << to_string(text.error());
    for (const std::string& wrong : samples::problems(*text)) ADD_FAILURE() << wrong;
  }
}

TEST(Candidates, TheBestOfARange) {
  const std::vector<float> logits{1, 5, 5, -2, 7};
  const std::vector<uint64_t> mask{1U << 4U};
  std::vector<model::Candidate> top(4);
  const float sum = best_of(logits, mask, {1, 5}, top);
  EXPECT_EQ(1, top[0].token);  // the lower of equal ones
  EXPECT_EQ(2, top[1].token);
  EXPECT_EQ(3, top[2].token);
  EXPECT_TRUE(std::isinf(top[3].logit));
  EXPECT_NEAR(5 + std::log(2 + std::exp(-7.0)), sum, 1e-5);
  EXPECT_TRUE(std::isinf(best_of(logits, mask, {4, 5}, top)));
}

TEST(StepForecast, BatchesShareTheWeights) {
  const auto one = forecast_steps("tiny", 1);
  const auto eight = forecast_steps("tiny", 8);
  ASSERT_TRUE(one) << to_string(one.error());
  ASSERT_TRUE(eight) << to_string(eight.error());
  EXPECT_GT(eight->step_ms, one->step_ms);
  EXPECT_LT(eight->step_ms, 8 * one->step_ms);
  EXPECT_GT(one->window_ms, 0);
}

}  // namespace
}  // namespace skald::npu
