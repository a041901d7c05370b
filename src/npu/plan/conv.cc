#include "npu/plan/conv.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace skald::npu::plan {
namespace {

Result<void> check_size(const char* what, std::span<const std::byte> bytes, int64_t wanted) {
  if (std::ssize(bytes) == wanted) return {};
  return fail(ErrorCode::kInvalidArgument, what,
              "got " + std::to_string(bytes.size()) + " bytes, not " + std::to_string(wanted));
}

}  // namespace

MatmulProblem conv_product(const ConvProblem& problem) {
  return {.m = problem.frames_out(),
          .k = kConvTaps * problem.channels,
          .n = problem.outputs,
          .type = problem.type,
          .finish = problem.finish,
          .down = problem.down,
          .shift = problem.shift};
}

Result<std::vector<std::byte>> pack_conv_frames(const ConvProblem& problem, const MatmulTiling& tiling,
                                                std::span<const std::byte> frames) {
  const int64_t frame = problem.channels * bytes_of(problem.type);
  SKALD_CHECK(check_size("pack_conv_frames", frames, problem.frames * frame));
  std::vector<std::byte> rows(static_cast<size_t>(problem.frames_out() * kConvTaps * frame));
  for (int64_t out = 0; out < problem.frames_out(); ++out) {
    const int64_t first = out * problem.stride - 1;
    const int64_t from = std::max<int64_t>(first, 0);
    const int64_t count = std::min(first + kConvTaps, problem.frames) - from;
    std::memcpy(&rows[static_cast<size_t>((out * kConvTaps + from - first) * frame)],
                &frames[static_cast<size_t>(from * frame)], static_cast<size_t>(count * frame));
  }
  return pack_matmul_a(conv_product(problem), tiling, rows);
}

Result<std::vector<std::byte>> pack_conv_weights(const ConvProblem& problem, const MatmulTiling& tiling,
                                                 std::span<const std::byte> weights,
                                                 std::span<const std::byte> parameters) {
  const int64_t element = bytes_of(problem.type);
  SKALD_CHECK(check_size("pack_conv_weights", weights, problem.outputs * problem.channels * kConvTaps * element));
  std::vector<std::byte> b(weights.size());
  const std::byte* from = weights.data();
  for (int64_t output = 0; output < problem.outputs; ++output) {
    for (int64_t channel = 0; channel < problem.channels; ++channel) {
      for (int64_t tap = 0; tap < kConvTaps; ++tap, from += element) {
        const int64_t row = tap * problem.channels + channel;
        std::memcpy(&b[static_cast<size_t>((row * problem.outputs + output) * element)], from,
                    static_cast<size_t>(element));
      }
    }
  }
  return pack_matmul_b(conv_product(problem), tiling, b, parameters);
}

}  // namespace skald::npu::plan
