// Products: int8 with sums and requantised, bfloat16 with float32 and bfloat16 results.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/rounding.h"
#include "npu/kernels/catalogue.h"
#include "npu/kernels/layout.h"
#include "npu/plan/matmul.h"
#include "npu/plan/streamed.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/products.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

using plan::Finish;
using plan::MatmulProblem;
using plan::MatmulTiling;

constexpr double kScale = 0.1;         ///< of N(0, 1), as the published comparison has it
constexpr double kMostError = 0.0107;  ///< measured on a device with these inputs: reference, section 5
constexpr int kDown = 5;               ///< sums of up to 1024 products of int8 fit into 16 bits (5 standard deviations)
constexpr int kShift = 14;

struct Product {
  MatmulProblem problem;
  MatmulTiling tiling;
  unsigned seed = 1;
};

/// Requantises sums: kernels/requantise_i8.cc in plain integers, and without roundings as the ideal. Where GELU
/// follows, bias is positive: most of what is negative becomes 0, and outputs shall be active.
Bytes requantised(const MatmulProblem& p, unsigned seed, const std::vector<double>& sums, Values& values) {
  const int64_t columns = round_up(p.n, 8);
  const bool gelus = p.finish == Finish::kGelu;
  const int most = p.weights_i4 ? 6000 : 100000;
  const auto bias = random_integers<int32_t>(columns, gelus ? 150000 : -most, gelus ? 250000 : most, seed + 2);
  // A third of int8's range is a standard deviation of the result; random int8 has 74, random int4 4.6.
  const double usual =
      40 * std::ldexp(1, kDown + kShift) / (74 * (p.weights_i4 ? 4.6 : 74) * std::sqrt(static_cast<double>(p.k)));
  const auto factors =
      random_integers<int16_t>(columns, static_cast<int>(usual / 2), static_cast<int>(usual * 3 / 2), seed + 3);
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t column = i % static_cast<size_t>(p.n);
    const int64_t sum = static_cast<int64_t>(sums[i]) + bias[column];
    const auto exact = static_cast<int8_t>(requantised_i8(sum, factors[column], kDown, kShift));
    const double ideal =
        std::clamp(std::ldexp(static_cast<double>(sum) * factors[column], -kDown - kShift), -128.0, 127.0);
    values.exact.push_back(gelus ? gelu_i8_entry(exact) : exact);
    values.ideal.push_back(gelus ? gelu(ideal * kGeluStep) / kGeluStep : ideal);
  }
  Bytes parameters(static_cast<size_t>(requantise_parameter_bytes(columns)));
  pack_requantise_parameters(bias, factors, parameters.data());
  return parameters;
}

Result<Values> values_i8(const Product& the) {
  const MatmulProblem& p = the.problem;
  const auto a = random_integers<int8_t>(p.m * p.k, -128, 127, 10 * the.seed);
  const int low = p.weights_i4 ? -8 : -128;
  const auto b = random_integers<int8_t>(p.k * p.n, low, -low - 1, 10 * the.seed + 1);
  const std::vector<double> sums = product({a.begin(), a.end()}, {b.begin(), b.end()}, {p.m, p.k, p.n});
  Values judged;
  Bytes parameters;
  if (p.finish != Finish::kNone) {
    parameters = requantised(p, 10 * the.seed, sums, judged);
  } else {
    judged.ideal = sums;
    judged.exact = sums;
  }
  SKALD_TRY(Values values, product_values(p, the.tiling, bytes_of_values(a), bytes_of_values(b), parameters));
  values.ideal = std::move(judged.ideal);
  values.exact = std::move(judged.exact);
  return values;
}

/// Sums of 1024 products fit into 32 bits.
Result<Values> values_i16(const Product& the) {
  const MatmulProblem& p = the.problem;
  const auto a = random_integers<int16_t>(p.m * p.k, -1400, 1400, 10 * the.seed);
  const auto b = random_integers<int16_t>(p.k * p.n, -1400, 1400, 10 * the.seed + 1);
  SKALD_TRY(Values values, product_values(p, the.tiling, bytes_of_values(a), bytes_of_values(b), {}));
  values.ideal = product({a.begin(), a.end()}, {b.begin(), b.end()}, {p.m, p.k, p.n});
  values.exact = values.ideal;
  return values;
}

Result<Values> values_bf16(const Product& the) {
  const MatmulProblem& p = the.problem;
  const auto a = random_normal(p.m * p.k, kScale, 10 * the.seed);
  const auto b = random_normal(p.k * p.n, kScale, 10 * the.seed + 1);
  std::vector<double> c = product(a, b, {p.m, p.k, p.n});
  Bytes parameters;
  if (p.finish != Finish::kNone) {
    const auto drawn = random_normal(round_up(p.n, 4), kScale, 10 * the.seed + 2);
    const std::vector<float> bias(drawn.begin(), drawn.end());
    for (size_t i = 0; i < c.size(); ++i) c[i] += static_cast<double>(bias[i % static_cast<size_t>(p.n)]);
    parameters.resize(static_cast<size_t>(finish_bias_bytes(static_cast<int64_t>(bias.size()))));
    pack_finish_bias(bias, parameters.data());
  }
  if (p.finish == Finish::kGelu) std::ranges::transform(c, c.begin(), gelu);
  SKALD_TRY(Values values, product_values(p, the.tiling, bf16_bytes(a), bf16_bytes(b), parameters));
  values.ideal = std::move(c);
  return values;
}

struct Kind {
  const char* name = nullptr;
  Element type = Element::kI8;
  Finish finish = Finish::kNone;
  MatmulShape tile;  ///< for products of many rows
  bool weights_i4 = false;
};

constexpr Kind kKinds[] = {
    {"i8 to i32", Element::kI8, Finish::kNone, {64, 64, 64}},
    {"i8 to i8", Element::kI8, Finish::kRequantise, {64, 64, 128}},
    {"bf16 to f32", Element::kBf16, Finish::kNone, {64, 32, 96}},
    {"bf16 to bf16", Element::kBf16, Finish::kBias, {64, 32, 128}},
    {"i8 x i4 to i8", Element::kI8, Finish::kRequantise, {64, 64, 128}, true},
    {"i16 to i32", Element::kI16, Finish::kNone, {64, 64, 64}},
};

constexpr Kind kGelus[] = {
    {"i8 to i8, GELU", Element::kI8, Finish::kGelu, {64, 64, 128}},
    {"bf16 to bf16, GELU", Element::kBf16, Finish::kGelu, {64, 32, 128}},
};

/// All 16 cores have something to do where the tile allows it.
MatmulShape tile_for(const Kind& kind, const ProductSize& size) {
  const int64_t least = std::min(size.m, size.n);
  if (least <= 64 && kind.type != Element::kI16 && !kind.weights_i4) return {16, 16, 16};
  return least <= 128 ? MatmulShape{32, 32, 32} : kind.tile;
}

void add_case(Cases& cases, const Kind& kind, const ProductSize& size, unsigned seed) {
  const Product the{.problem = {.m = size.m,
                                .k = size.k,
                                .n = size.n,
                                .type = kind.type,
                                .finish = kind.finish,
                                .weights_i4 = kind.weights_i4},
                    .tiling = {.tile = tile_for(kind, size)},
                    .seed = seed};
  Product whole = the;
  const bool is_i8 = kind.type == Element::kI8;
  const bool is_bf16 = kind.type == Element::kBf16;
  if (is_i8 && kind.finish != Finish::kNone) {
    whole.problem.down = kDown;
    whole.problem.shift = kShift;
  }
  Limits limits;
  if (is_bf16) limits.most_error = kMostError;
  if (is_i8 && size.m == 512 && size.n == 512) limits.most_call_ms = 1000;
  cases.push_back({.op = "matmul",
                   .name = fmt::format("{} {}x{}x{}{}", kind.name, size.m, size.k, size.n,
                                       seed == 1 ? "" : fmt::format(", seed {}", seed)),
                   .plan = [whole] { return plan_product(whole.problem, whole.tiling); },
                   .values =
                       [whole, is_i8, is_bf16] {
                         return is_bf16 ? values_bf16(whole) : is_i8 ? values_i8(whole) : values_i16(whole);
                       },
                   .limits = limits,
                   .seed = seed});
}

/// Products of Whisper's encoders, base and large: timed, as values of such sizes show nothing new.
void add_timed_cases(Cases& cases, const Kind& kind) {
  for (const ProductSize& size :
       {ProductSize{1500, 512, 512}, {1500, 512, 2048}, {1500, 2048, 512}, {1500, 1280, 5120}, {1500, 5120, 1280}}) {
    add_case(cases, kind, size, 1);
    cases.back().values = {};
  }
}

constexpr int64_t kScalarSide = 64;

/// One tile by scalar code with software float32: what a launch of such a kernel takes.
Result<Planned> plan_scalar() {
  using enum plan::StreamedOperand::Kind;
  const Block tile{Element::kBf16, {kScalarSide * kScalarSide}};
  plan::Streamed streamed{.name = "matmul_scalar", .input = tile, .constant = tile, .objects = 1};
  streamed.output = {Element::kF32, {kScalarSide * kScalarSide}};
  streamed.calls = {{"matmul_scalar_bf16_64x64x64", {{kInput}, {kConstant}, {kOutput}}}};
  SKALD_TRY(Program program, plan::plan_streamed(streamed, {.rows = 1, .columns = 1}, std::string(kNpu1.name)));
  const int64_t macs = kScalarSide * kScalarSide * kScalarSide;
  Planned planned{.macs = macs, .padded_macs = macs, .macs_a_cycle = kNpu1.core.macs_bf16};
  planned.launches.push_back({.program = std::move(program), .buffers = {0, 1, 2}});
  return planned;
}

Result<Values> values_scalar() {
  const auto a = random_normal(kScalarSide * kScalarSide, kScale, 1);
  const auto b = random_normal(kScalarSide * kScalarSide, kScale, 2);
  Values values{.buffers = {bf16_bytes(a), bf16_bytes(b)}};
  values.ideal = product(a, b, {kScalarSide, kScalarSide, kScalarSide});
  values.outputs = [](const std::vector<Bytes>& buffers) {
    return numbers_of(buffers[2], Element::kF32, 0, kScalarSide * kScalarSide);
  };
  return values;
}

}  // namespace

void add_matmul_cases(Cases& cases) {
  for (const Kind& kind : kKinds) {
    for (const int64_t side : {64, 128, 384, 512, 1024}) add_case(cases, kind, {side, side, side}, 1);
    add_case(cases, kind, {64, 512, 512}, 1);  // row blocks, of many tiles
    add_case(cases, kind, {128, 512, 512}, 1);
    add_case(cases, kind, {3001, 512, 512}, 1);
    add_case(cases, kind, {300, 512, 600}, 1);
    for (const unsigned seed : {2U, 3U}) {
      for (const ProductSize& size : {ProductSize{128, 128, 128}, {384, 384, 384}, {300, 512, 600}}) {
        add_case(cases, kind, size, seed);
      }
    }
    if (kind.finish != Finish::kNone) add_timed_cases(cases, kind);
  }
  for (const Kind& kind : kGelus) {
    for (const ProductSize& size : {ProductSize{64, 64, 64}, {300, 512, 600}, {1500, 512, 2048}}) {
      add_case(cases, kind, size, 1);
    }
  }
  cases.push_back({.op = "matmul",
                   .name = "bf16 64x64x64 by scalar code, 1 core",
                   .plan = plan_scalar,
                   .values = values_scalar,
                   .limits = {.most_error = kMostError}});
}

}  // namespace skald::npu::suite
