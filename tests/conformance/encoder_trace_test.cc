// The encoder that the NPU's suite takes its numbers from, against the naive model.

#include <gtest/gtest.h>

#include <cmath>

#include "model/random_checkpoint.h"
#include "npu/suite/encoder_trace.h"
#include "tests/conformance/naive_whisper.h"

namespace skald::conformance {
namespace {

constexpr model::Dims kDims{.mel_bands = 80,
                            .audio_ctx = 30,
                            .audio_state = 128,
                            .audio_heads = 2,
                            .audio_layers = 2,
                            .audio_ffn = 256,
                            .text_ctx = 8,
                            .text_state = 128,
                            .text_heads = 2,
                            .text_layers = 1,
                            .text_ffn = 256,
                            .vocab = 51864};

std::vector<float> some_mel(int frames) {
  std::vector<float> mel;
  for (int i = 0; i < frames * kDims.mel_bands; ++i) mel.push_back(std::sin(static_cast<float>(i * i % 977)));
  return mel;
}

TEST(EncoderTrace, StatesAreTheModels) {
  const auto checkpoint = model::make_random_checkpoint(kDims);
  ASSERT_TRUE(checkpoint);
  const std::vector<float> mel = some_mel(2 * kDims.audio_ctx);
  const auto trace = npu::suite::trace_encoder(**checkpoint, mel);
  ASSERT_TRUE(trace) << to_string(trace.error());
  const Matrix states = NaiveWhisper(**checkpoint).encode(mel, 2 * kDims.audio_ctx);
  ASSERT_EQ(states.values.size(), (*trace)->states.size());
  for (size_t i = 0; i < states.values.size(); ++i) {
    ASSERT_NEAR(states.values[i], (*trace)->states[i], 1e-9) << i;  // both in double, summed in another order
  }
  EXPECT_EQ(2U + 4U * 2U, (*trace)->products.size());
  EXPECT_EQ(2U, (*trace)->attentions.size());
}

TEST(EncoderTrace, Refuses) {
  const auto checkpoint = model::make_random_checkpoint(kDims);
  EXPECT_EQ(ErrorCode::kInvalidArgument, npu::suite::trace_encoder(**checkpoint, some_mel(10)).error().code);
  model::Dims narrow = kDims;
  narrow.audio_heads = narrow.text_heads = 4;
  const auto other = model::make_random_checkpoint(narrow);
  EXPECT_EQ(ErrorCode::kUnsupported, npu::suite::trace_encoder(**other, some_mel(60)).error().code);
}

}  // namespace
}  // namespace skald::conformance
