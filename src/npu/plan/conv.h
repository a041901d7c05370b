#pragma once
// The convolutions of the stem, three frames wide, as products on the array: a row of A is three neighbouring frames
// (the first and last one see a frame of zeros), a column of B one output channel's weights.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "npu/plan/matmul.h"

namespace skald::npu::plan {

inline constexpr int64_t kConvTaps = 3;  ///< frames that a convolution sees

struct ConvProblem {
  int64_t frames = 0;    ///< that come in
  int64_t channels = 0;  ///< of a frame that comes in
  int64_t outputs = 0;   ///< of a frame that goes out
  int64_t stride = 1;
  Element type = Element::kBf16;  ///< kI8 or kBf16
  Finish finish = Finish::kBias;
  int32_t down = 0;  ///< kRequantise, as in MatmulProblem
  int32_t shift = 0;

  int64_t frames_out() const { return (frames - 1) / stride + 1; }
};

/// The product: its Program is plan_matmul's, with "c" (frames out, outputs).
MatmulProblem conv_product(const ConvProblem& problem);

/// "a" of frames (frames, channels): every frame lies in it three times (stride 1) or one and a half times (2).
/// Errors: kInvalidArgument: the size of `frames`; those of matmul_layout.
Result<std::vector<std::byte>> pack_conv_frames(const ConvProblem& problem, const MatmulTiling& tiling,
                                                std::span<const std::byte> frames);

/// "b" of weights (outputs, channels, 3), as models store them; `parameters` as of pack_matmul_b.
/// Errors: kInvalidArgument: the sizes; those of matmul_layout.
Result<std::vector<std::byte>> pack_conv_weights(const ConvProblem& problem, const MatmulTiling& tiling,
                                                 std::span<const std::byte> weights,
                                                 std::span<const std::byte> parameters);

}  // namespace skald::npu::plan
