// What the host makes of frames and weights; suite/cases_conv.cc compares what the array makes of it.

#include "npu/plan/conv.h"

#include <gtest/gtest.h>

#include <vector>

namespace skald::npu::plan {
namespace {

constexpr MatmulTiling kTiling{.tile = {16, 16, 16}};

int number(const std::vector<std::byte>& bytes, int64_t index) {
  return static_cast<int8_t>(bytes[static_cast<size_t>(index)]);
}

/// Two channels: 3 frames of them are 6 numbers of a row of one panel, 16 wide.
TEST(PlanConv, RowsAreThreeFrames) {
  std::vector<std::byte> frames(10);
  for (size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<std::byte>(i + 1);
  for (const int64_t stride : {1, 2}) {
    const ConvProblem problem{
        .frames = 5, .channels = 2, .outputs = 3, .stride = stride, .type = Element::kI8, .finish = Finish::kNone};
    ASSERT_EQ(problem.frames_out(), stride == 1 ? 5 : 3);
    const std::vector<std::byte> a = pack_conv_frames(problem, kTiling, frames).value();
    for (int64_t row = 0; row < problem.frames_out(); ++row) {
      for (int64_t i = 0; i < 16; ++i) {
        const int64_t at = 2 * (row * stride - 1) + i;
        const bool inside = i < 6 && at >= 0 && at < 10;
        EXPECT_EQ(number(a, 16 * row + i), inside ? at + 1 : 0) << "stride " << stride << ", " << row << ", " << i;
      }
    }
  }
}

TEST(PlanConv, Refuses) {
  const ConvProblem problem{.frames = 5, .channels = 2, .outputs = 3, .type = Element::kI8, .finish = Finish::kNone};
  EXPECT_EQ(pack_conv_frames(problem, kTiling, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(pack_conv_weights(problem, kTiling, {}, {}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace skald::npu::plan
