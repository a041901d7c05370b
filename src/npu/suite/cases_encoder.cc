// An encoder's own products and attentions: what a model gives the kernels, instead of random numbers.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <utility>

#include "npu/kernels/catalogue.h"
#include "npu/kernels/layout.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/products.h"

namespace skald::npu::suite {
namespace {

using plan::Finish;
using plan::MatmulProblem;
using plan::MatmulTiling;

using Trace = std::shared_ptr<const EncoderTrace>;

/// With a model's numbers, int8 costs what quantising whole tensors of activations costs.
constexpr double kLeastInt8 = 0.99;
constexpr double kLeastBf16 = 0.999;

struct EncoderProduct {
  Trace trace;
  size_t index = 0;
  MatmulProblem problem;
  MatmulTiling tiling;

  const TracedProduct& traced() const { return trace->products[index]; }
};

Result<Values> values_bf16(const EncoderProduct& the) {
  const TracedProduct& traced = the.traced();
  Bytes parameters(static_cast<size_t>(finish_bias_bytes(traced.size.n)));
  pack_finish_bias(std::vector<float>(traced.bias.begin(), traced.bias.end()), parameters.data());
  SKALD_TRY(Values values,
            product_values(the.problem, the.tiling, bf16_bytes(traced.a), bf16_bytes(traced.b), parameters));
  values.ideal = traced.c;
  if (traced.gelu) std::ranges::transform(values.ideal, values.ideal.begin(), gelu);
  return values;
}

double largest(const std::vector<double>& x) {
  return std::abs(*std::ranges::max_element(x, {}, [](double value) { return std::abs(value); }));
}

/// Activations in one step of a 127th of the largest, weights in one each output channel.
struct Quantised {
  std::vector<int8_t> a;
  std::vector<int8_t> b;
  double a_step = 0;
  std::vector<double> b_steps;  ///< (n)
};

Quantised quantised(const TracedProduct& traced) {
  const auto n = static_cast<size_t>(traced.size.n);
  Quantised made{.a_step = largest(traced.a) / 127, .b_steps = std::vector<double>(n)};
  for (size_t i = 0; i < traced.b.size(); ++i) {
    made.b_steps[i % n] = std::max(made.b_steps[i % n], std::abs(traced.b[i]) / 127);
  }
  made.a.reserve(traced.a.size());
  for (const double value : traced.a) made.a.push_back(static_cast<int8_t>(std::lround(value / made.a_step)));
  made.b.reserve(traced.b.size());
  for (size_t i = 0; i < traced.b.size(); ++i) {
    const double step = made.b_steps[i % n];
    made.b.push_back(step > 0 ? static_cast<int8_t>(std::lround(traced.b[i] / step)) : int8_t{0});
  }
  return made;
}

/// The largest shift that leaves every factor within 16 bits.
int shift_for(double largest_factor) {
  int shift = 0;
  while (shift < 30 && std::ldexp(largest_factor, shift + 1) < 32767) ++shift;
  return shift;
}

/// Whether GELU's table, whose step is fixed, holds all that it is given.
bool fits_gelu_table(const TracedProduct& traced) {
  return largest(traced.c) <= 127 * kGeluStep;
}

/// Int8 product with the epilogue's numbers as a planner of whole layers would choose them.
struct Int8Numbers {
  Quantised quantised;
  std::vector<double> sums;  ///< (m, n), bias in them
  std::vector<int32_t> bias;
  std::vector<int16_t> factors;
  double c_step = 0;
  int down = 0;
  int shift = 0;
};

Int8Numbers int8_numbers(const TracedProduct& traced, Finish finish) {
  Int8Numbers made{.quantised = quantised(traced)};
  const auto n = static_cast<size_t>(traced.size.n);
  const Quantised& q = made.quantised;
  made.sums = product({q.a.begin(), q.a.end()}, {q.b.begin(), q.b.end()}, traced.size);
  std::vector<double> scales(n);  // of a sum, in units of the result
  made.c_step = finish == Finish::kGelu ? kGeluStep : largest(traced.c) / 127;
  for (size_t i = 0; i < n; ++i) {
    const double unit = q.a_step * q.b_steps[i];
    scales[i] = unit / made.c_step;
    made.bias.push_back(unit > 0 ? static_cast<int32_t>(std::lround(traced.bias[i] / unit)) : 0);
  }
  for (size_t i = 0; i < made.sums.size(); ++i) made.sums[i] += made.bias[i % n];
  while (std::ldexp(largest(made.sums), -made.down) > 32767) ++made.down;
  made.shift = shift_for(std::ldexp(largest(scales), made.down));
  for (const double scale : scales) {
    made.factors.push_back(static_cast<int16_t>(std::lround(std::ldexp(scale, made.down + made.shift))));
  }
  return made;
}

Result<Values> values_i8(const EncoderProduct& the, const Int8Numbers& numbers) {
  const TracedProduct& traced = the.traced();
  const bool gelus = the.problem.finish == Finish::kGelu;
  const size_t n = numbers.factors.size();
  Bytes parameters(static_cast<size_t>(requantise_parameter_bytes(traced.size.n)));
  pack_requantise_parameters(numbers.bias, numbers.factors, parameters.data());
  SKALD_TRY(Values values, product_values(the.problem, the.tiling, bytes_of_values(numbers.quantised.a),
                                          bytes_of_values(numbers.quantised.b), parameters));
  values.ideal.reserve(traced.c.size());
  for (const double value : traced.c) {
    values.ideal.push_back((gelus ? gelu(value) : value) / numbers.c_step);
  }
  values.exact.reserve(traced.c.size());
  for (size_t i = 0; i < numbers.sums.size(); ++i) {
    const int64_t result =
        requantised_i8(static_cast<int64_t>(numbers.sums[i]), numbers.factors[i % n], numbers.down, numbers.shift);
    values.exact.push_back(static_cast<double>(gelus ? gelu_i8_entry(static_cast<int8_t>(result)) : result));
  }
  return values;
}

EncoderProduct with_shifts(EncoderProduct the, const Int8Numbers& numbers) {
  the.problem.down = numbers.down;
  the.problem.shift = numbers.shift;
  return the;
}

void add_products(Cases& cases, const std::string& model, const Trace& trace, size_t index) {
  const TracedProduct& traced = trace->products[index];
  EncoderProduct bf16{.trace = trace,
                      .index = index,
                      .problem = {.m = traced.size.m,
                                  .k = traced.size.k,
                                  .n = traced.size.n,
                                  .type = Element::kBf16,
                                  .finish = traced.gelu ? Finish::kGelu : Finish::kBias},
                      .tiling = {.tile = {64, 32, 128}}};
  cases.push_back({.op = "encoder",
                   .name = fmt::format("{} {} bf16", model, traced.name),
                   .plan = [bf16] { return plan_product(bf16.problem, bf16.tiling); },
                   .values = [bf16] { return values_bf16(bf16); },
                   .limits = {.least_correlation = kLeastBf16}});
  const bool gelus = traced.gelu && fits_gelu_table(traced);
  EncoderProduct int8 = bf16;
  int8.problem.type = Element::kI8;
  int8.problem.finish = gelus ? Finish::kGelu : Finish::kRequantise;
  int8.tiling.tile = {64, 64, 128};
  // Made once, by the thread that runs the case: the shifts of its plan depend on all of its sums.
  const auto numbers =
      std::async(std::launch::deferred, [int8] { return int8_numbers(int8.traced(), int8.problem.finish); }).share();
  // Small numbers are 0 in int8; that all were written is seen as every one has to be the exact integer.
  cases.push_back(
      {.op = "encoder",
       .name = fmt::format("{} {} i8{}", model, traced.name, traced.gelu && !gelus ? " without GELU" : ""),
       .plan = [int8, numbers] { return plan_product(with_shifts(int8, numbers.get()).problem, int8.tiling); },
       .values = [int8, numbers] { return values_i8(with_shifts(int8, numbers.get()), numbers.get()); },
       .limits = {.least_correlation = kLeastInt8, .least_activity = 0}});
}

struct EncoderAttention {
  Trace trace;
  size_t index = 0;
  plan::AttentionProblem problem;
};

Result<Values> values(const EncoderAttention& the) {
  const TracedAttention& traced = the.trace->attentions[the.index];
  SKALD_TRY(const plan::AttentionLayout layout, plan::attention_layout(the.problem, {}));
  std::vector<double> qkv = traced.qkv;
  qkv.resize(static_cast<size_t>(std::max(layout.queries, layout.keys) * the.problem.query_width));
  Values values{.buffers = {bf16_bytes(qkv)}};
  values.ideal = traced.out;
  const int64_t width = traced.heads * plan::kAttentionBlock;
  values.outputs = [positions = traced.positions, width](const std::vector<Bytes>& buffers) {
    return matrix_of(buffers[1], Element::kBf16, width, positions, width);
  };
  return values;
}

}  // namespace

void add_encoder_cases(Cases& cases, const std::string& model, const Trace& trace) {
  for (size_t i = 0; i < trace->products.size(); ++i) add_products(cases, model, trace, i);
  for (size_t i = 0; i < trace->attentions.size(); ++i) {
    const TracedAttention& traced = trace->attentions[i];
    const EncoderAttention the{
        .trace = trace, .index = i, .problem = plan::self_attention(traced.heads, traced.positions, false)};
    cases.push_back({.op = "encoder",
                     .name = fmt::format("{} {} bf16", model, traced.name),
                     .plan = [the] { return planned_attention(the.problem, {}, {0, 0, 1}); },
                     .values = [the] { return values(the); },
                     .limits = {.least_correlation = kLeastBf16}});
  }
}

}  // namespace skald::npu::suite
