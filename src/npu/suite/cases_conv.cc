// The stem's convolutions, 80 and 512 channels to 512, against the direct sum over three frames in double.

#include <fmt/format.h>

#include "npu/kernels/layout.h"
#include "npu/plan/conv.h"
#include "npu/suite/cases.h"
#include "npu/suite/products.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

constexpr double kConvScale = 0.1;

/// Half a unit of a bfloat16 below 4, and 1,536 sums in float32 below 4, each rounded in its last place.
constexpr double kMostConvError = 0x1p-7 + 1536 * 0x1p-22;

struct Conv {
  plan::ConvProblem problem;
  plan::MatmulTiling tiling;
};

/// Frames (frames, channels), weights (outputs, channels, 3); frames beyond the ends are zeros.
std::vector<double> convolved(const plan::ConvProblem& p, const std::vector<double>& frames,
                              const std::vector<double>& weights) {
  std::vector<double> sums;
  sums.reserve(static_cast<size_t>(p.frames_out() * p.outputs));
  for (int64_t middle = 0; middle < p.frames; middle += p.stride) {
    for (int64_t output = 0; output < p.outputs; ++output) {
      double sum = 0;
      for (int64_t tap = 0; tap < plan::kConvTaps; ++tap) {
        const int64_t frame = middle + tap - 1;
        if (frame < 0 || frame >= p.frames) continue;
        const double* const from = &frames[static_cast<size_t>(frame * p.channels)];
        const double* const weight = &weights[static_cast<size_t>(output * p.channels * plan::kConvTaps + tap)];
        for (int64_t channel = 0; channel < p.channels; ++channel)
          sum += from[channel] * weight[channel * plan::kConvTaps];
      }
      sums.push_back(sum);
    }
  }
  return sums;
}

Result<Values> packed(const Conv& the, const Bytes& frames, const Bytes& weights, const Bytes& parameters) {
  Values values;
  values.buffers.resize(2);
  SKALD_TRY(values.buffers[0], plan::pack_conv_frames(the.problem, the.tiling, frames));
  SKALD_TRY(values.buffers[1], plan::pack_conv_weights(the.problem, the.tiling, weights, parameters));
  values.outputs = product_outputs(plan::conv_product(the.problem), the.tiling);
  return values;
}

Result<Values> values_i8(const Conv& the) {
  const plan::ConvProblem& p = the.problem;
  const auto frames = random_integers<int8_t>(p.frames * p.channels, -128, 127, 1);
  const auto weights = random_integers<int8_t>(p.outputs * p.channels * plan::kConvTaps, -128, 127, 2);
  SKALD_TRY(Values values, packed(the, bytes_of_values(frames), bytes_of_values(weights), {}));
  values.ideal = convolved(p, {frames.begin(), frames.end()}, {weights.begin(), weights.end()});
  values.exact = values.ideal;
  return values;
}

Result<Values> values_bf16(const Conv& the) {
  const plan::ConvProblem& p = the.problem;
  const auto frames = random_normal(p.frames * p.channels, kConvScale, 1);
  const auto weights = random_normal(p.outputs * p.channels * plan::kConvTaps, kConvScale, 2);
  const auto drawn = random_normal(p.outputs, kConvScale, 3);
  const std::vector<float> bias(drawn.begin(), drawn.end());
  Bytes parameters(static_cast<size_t>(finish_bias_bytes(p.outputs)));
  pack_finish_bias(bias, parameters.data());
  SKALD_TRY(Values values, packed(the, bf16_bytes(frames), bf16_bytes(weights), parameters));
  values.ideal = convolved(p, rounded_to_bf16(frames), rounded_to_bf16(weights));
  for (size_t i = 0; i < values.ideal.size(); ++i) {
    values.ideal[i] += static_cast<double>(bias[i % static_cast<size_t>(p.outputs)]);
  }
  return values;
}

void add_case(Cases& cases, const plan::ConvProblem& problem, bool timed_only) {
  const bool is_i8 = problem.type == Element::kI8;
  const Conv the{.problem = problem, .tiling = {.tile = is_i8 ? MatmulShape{64, 64, 64} : MatmulShape{64, 32, 128}}};
  Case added{.op = "conv",
             .name = fmt::format("{} {} frames, {} to {}, stride {}", to_string(problem.type), problem.frames,
                                 problem.channels, problem.outputs, problem.stride),
             .plan = [the] { return plan_product(plan::conv_product(the.problem), the.tiling); }};
  if (!timed_only) added.values = [the, is_i8] { return is_i8 ? values_i8(the) : values_bf16(the); };
  if (!is_i8) added.limits.most_error = kMostConvError;
  cases.push_back(std::move(added));
}

}  // namespace

void add_conv_cases(Cases& cases) {
  for (const Element type : {Element::kBf16, Element::kI8}) {
    const plan::Finish finish = type == Element::kI8 ? plan::Finish::kNone : plan::Finish::kBias;
    for (const int64_t frames : {67, 300, 3000}) {
      for (const int64_t stride : {1, 2}) {
        const plan::ConvProblem problem{.frames = frames,
                                        .channels = stride == 1 ? 80 : 512,
                                        .outputs = 512,
                                        .stride = stride,
                                        .type = type,
                                        .finish = finish};
        add_case(cases, problem, frames == 3000);
      }
    }
  }
}

}  // namespace skald::npu::suite
