// Operators without sums over many objects: softmax, LayerNorm, GELU, residual add, conversions, and a chain.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "npu/kernels/catalogue.h"
#include "npu/plan/rowwise.h"
#include "npu/program/blocks.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

using plan::Spread;
using plan::Streamed;

constexpr double kHalfUnit = 1.0 / 256;  ///< of bfloat16, of a number just above a power of two

std::string cores(const Spread& spread) {
  return spread.rows * spread.columns == 1 ? ", 1 core" : spread.columns == 1 ? ", 1 column" : "";
}

Result<Planned> planned(const Result<Streamed>& streamed, const Spread& spread, int64_t amount, const char* unit) {
  SKALD_TRY(const Streamed found, streamed);
  SKALD_TRY(Program program, plan::plan_streamed(found, spread, std::string(kNpu1.name)));
  std::vector<size_t> buffers(program.arguments.size());
  for (size_t i = 0; i < buffers.size(); ++i) buffers[i] = i;
  Planned planned{.amount = amount, .unit = unit};
  planned.launches.push_back({.program = std::move(program), .buffers = std::move(buffers)});
  return planned;
}

// ---- Rows.

struct Rows {
  const char* family;
  int64_t rows;
  int64_t columns;
  Spread spread{};
};

struct Weights {
  std::vector<double> gamma;
  std::vector<double> beta;
};

Weights draw_weights(int64_t columns) {
  Weights drawn{.gamma = random_normal(columns, 0.2, 3), .beta = random_normal(columns, 0.2, 4)};
  for (double& one : drawn.gamma) one += 1;
  return {.gamma = rounded_to_bf16(drawn.gamma), .beta = rounded_to_bf16(drawn.beta)};
}

/// gamma, beta, both padded with zeros.
Bytes packed_weights(Weights weights, int64_t width) {
  weights.gamma.resize(static_cast<size_t>(width));
  weights.beta.resize(static_cast<size_t>(width));
  weights.gamma.insert(weights.gamma.end(), weights.beta.begin(), weights.beta.end());
  return bf16_bytes(weights.gamma);
}

/// `apply` makes the ideal of each row of `columns` numbers; `weights`: of a LayerNorm.
template <class Apply>
Result<Values> row_values(const Rows& the, const Streamed& streamed, const Weights* weights, double deviation,
                          const Apply& apply) {
  SKALD_TRY(const plan::RowObjects objects, plan::row_objects(the.family, the.columns));
  Values values;
  std::vector<double> x = rounded_to_bf16(random_normal(the.rows * the.columns, deviation, 1));
  const int64_t size = plan::streamed_objects(streamed, the.spread) * bytes_of(streamed.input);
  SKALD_TRY(Bytes padded, plan::pad_rows(bf16_bytes(x), 2, the.columns, objects.width, size));
  values.buffers.push_back(std::move(padded));
  if (weights != nullptr) values.buffers.push_back(packed_weights(*weights, objects.width));
  for (int64_t row = 0; row < the.rows; ++row) apply(&x[static_cast<size_t>(row * the.columns)]);
  values.ideal = std::move(x);
  values.outputs = [the, objects](const std::vector<Bytes>& buffers) {
    return matrix_of(buffers.back(), Element::kBf16, objects.width, the.rows, the.columns);
  };
  return values;
}

Result<Values> softmax_values(const Rows& the) {
  SKALD_TRY(const Streamed streamed, plan::stream_rows(the.family, the.rows, the.columns));
  return row_values(the, streamed, nullptr, 2, [&](double* row) { softmax({row, static_cast<size_t>(the.columns)}); });
}

Result<Values> layer_norm_values(const Rows& the) {
  SKALD_TRY(const Streamed streamed, plan::stream_rows(the.family, the.rows, the.columns));
  const Weights weights = draw_weights(the.columns);
  return row_values(the, streamed, &weights, 1.5,
                    [&](double* row) { layer_norm({row, weights.gamma.size()}, weights.gamma, weights.beta); });
}

void add_rows(Cases& cases, std::string op, const Rows& the, const Limits& limits) {
  const bool softmaxes = op == "softmax";
  const std::string size = the.rows == int64_t{8} * 1500 ? fmt::format("8x1500x{}", the.columns)
                                                         : fmt::format("{}x{}", the.rows, the.columns);
  cases.push_back({.op = std::move(op),
                   .name = fmt::format("bf16 {}{}", size, cores(the.spread)),
                   .plan =
                       [the] {
                         return planned(plan::stream_rows(the.family, the.rows, the.columns), the.spread,
                                        the.rows * the.columns, "elements");
                       },
                   .values = [the, softmaxes] { return softmaxes ? softmax_values(the) : layer_norm_values(the); },
                   .limits = limits});
}

// ---- The old LayerNorm of 256 int8: x, gamma and beta in 768 bytes, 256 out.

constexpr int64_t kOldWidth = 256;
constexpr int32_t kOldShift = 2;

Result<Values> old_norm_values() {
  std::vector<double> row = random_normal(kOldWidth, 40, 1);
  Weights weights{.gamma = random_normal(kOldWidth, 30, 2), .beta = random_normal(kOldWidth, 10, 3)};
  std::vector<int8_t> packed;
  for (std::vector<double>* part : {&row, &weights.gamma, &weights.beta}) {
    for (double& value : *part) {
      value = std::clamp(std::nearbyint(value), -127.0, 127.0);
      packed.push_back(static_cast<int8_t>(value));
    }
  }
  for (double& value : weights.gamma) value = std::ldexp(value, -kOldShift);
  Values values{.buffers = {bytes_of_values(packed)}};
  layer_norm(row, weights.gamma, weights.beta);
  values.ideal = std::move(row);
  values.outputs = [](const std::vector<Bytes>& buffers) {
    return numbers_of(buffers.back(), Element::kI8, 0, kOldWidth);
  };
  return values;
}

void add_old_norm(Cases& cases) {
  cases.push_back({.op = "layer_norm",
                   .name = "i8 256, 768 bytes in, 1 core",
                   .plan =
                       [] {
                         return planned(plan::stream_kernel("layer_norm_i8_256", 1, {kOldShift}),
                                        {.rows = 1, .columns = 1}, kOldWidth, "elements");
                       },
                   .values = old_norm_values,
                   // A last rounding, and 2^-8 of the term that gamma is in.
                   .limits = {.most_error = 0.5 + 128 * (kHalfUnit + 1e-4), .most_call_ms = 1}});
}

// ---- LayerNorm, softmax, GELU in one launch.

constexpr Rows kRowChain{.family = "softmax_bf16", .rows = 1500, .columns = 512};

Result<Streamed> stream_chain() {
  SKALD_TRY(Streamed normal, plan::stream_rows("layer_norm_bf16", kRowChain.rows, kRowChain.columns));
  SKALD_TRY(Streamed weights, plan::stream_rows("softmax_bf16", kRowChain.rows, kRowChain.columns));
  SKALD_TRY(Streamed gelus, plan::stream_kernel("gelu_bf16_2048", normal.objects));
  return plan::chain("layer_norm_softmax_gelu", {std::move(normal), std::move(weights), std::move(gelus)});
}

Result<Values> chain_values() {
  SKALD_TRY(const Streamed streamed, stream_chain());
  const Weights weights = draw_weights(kRowChain.columns);
  return row_values(kRowChain, streamed, &weights, 1.5, [&](double* row) {
    layer_norm({row, weights.gamma.size()}, weights.gamma, weights.beta);
    softmax({row, weights.gamma.size()});
    std::transform(row, row + kRowChain.columns, row, gelu);
  });
}

// ---- Single numbers.

struct Elements {
  std::string op;
  std::string name;
  std::string kernel;
  int64_t count;  ///< of results
  std::vector<int32_t> numbers{};
  std::function<Bytes(int64_t count)> draw{};                   ///< inputs, one part after the other
  std::function<double(const std::vector<double>& x)> ideal{};  ///< of a number of each part
  std::function<double(const std::vector<double>& x)> exact{};  ///< empty: no integer path
  Spread spread{};
  Limits limits{};
};

Result<Values> element_values(const Elements& the) {
  SKALD_TRY(const Streamed streamed, plan::stream_elements(the.kernel, the.count, the.numbers));
  const Element type = streamed.input.type;
  const int64_t part = plan::streamed_objects(streamed, the.spread) * bytes_of(streamed.input) / streamed.parts;
  const Bytes drawn = the.draw(the.count * streamed.parts);
  const int64_t bytes = the.count * bytes_of(type);
  Values values;
  Bytes padded(static_cast<size_t>(part * streamed.parts));
  for (int64_t i = 0; i < streamed.parts; ++i) {
    std::copy_n(drawn.begin() + i * bytes, bytes, padded.begin() + i * part);
  }
  values.buffers.push_back(std::move(padded));
  const std::vector<double> x = numbers_of(drawn, type, 0, the.count * streamed.parts);
  std::vector<double> terms(static_cast<size_t>(streamed.parts));
  for (int64_t i = 0; i < the.count; ++i) {
    for (size_t term = 0; term < terms.size(); ++term)
      terms[term] = x[term * static_cast<size_t>(the.count) + static_cast<size_t>(i)];
    values.ideal.push_back(the.ideal(terms));
    if (the.exact) values.exact.push_back(the.exact(terms));
  }
  values.outputs = [type = streamed.output.type, count = the.count](const std::vector<Bytes>& buffers) {
    return numbers_of(buffers.back(), type, 0, count);
  };
  return values;
}

void add_elements(Cases& cases, const Elements& the) {
  cases.push_back({.op = the.op,
                   .name = the.name + cores(the.spread),
                   .plan =
                       [the] {
                         return planned(plan::stream_elements(the.kernel, the.count, the.numbers), the.spread,
                                        the.count, "elements");
                       },
                   .values = [the] { return element_values(the); },
                   .limits = the.limits});
}

/// v / 2^s to the nearest, halves to even, within int8 or int16.
double rounded(double v, int s, double limit) {
  return std::clamp(std::nearbyint(std::ldexp(v, -s)), -limit, limit - 1);
}

void add_gelu_cases(Cases& cases) {
  const auto table = [](const std::vector<double>& x) -> double { return gelu_i8_entry(static_cast<int8_t>(x[0])); };
  const auto step = [](const std::vector<double>& x) { return gelu(x[0] * kGeluStep) / kGeluStep; };
  // Every number at each of the four places that look up at once, as far as there is room.
  const auto every = [](int64_t count) {
    Bytes bytes(static_cast<size_t>(count));
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i / 4 + 192);
    return bytes;
  };
  // Of all int8 numbers, 37 % have a GELU that rounds to 0.
  const Limits one_call{.most_error = 0.5, .least_activity = 0.6, .most_call_ms = 0.5};
  for (const int64_t count : {512, 2048}) {
    add_elements(cases, {"gelu",
                         fmt::format("i8 {}", count),
                         fmt::format("gelu_i8_{}", count),
                         count,
                         {},
                         every,
                         step,
                         table,
                         {.rows = 1, .columns = 1},
                         one_call});
  }
  const auto most_positive = [](int64_t count) { return bytes_of_values(random_integers<int8_t>(count, -32, 127, 1)); };
  add_elements(
      cases,
      {"gelu", "i8 1500x2048", "gelu_i8_2048", 1500 * 2048, {}, most_positive, step, table, {}, {.most_error = 0.5}});
  const auto normal = [](int64_t count) { return bf16_bytes(random_normal(count, 2, 1)); };
  const auto ideal = [](const std::vector<double>& x) { return gelu(x[0]); };
  // Results up to 16 are rounded by 2^-5 at most; the function's own error beside it (kernels/gelu.h).
  const Limits limits{.most_error = 16 * kHalfUnit / 2 + 4e-4};
  Limits call = limits;
  call.most_call_ms = 0.5;
  for (const int64_t count : {512, 2048}) {
    add_elements(cases, {"gelu",
                         fmt::format("bf16 {}", count),
                         "gelu_bf16_2048",
                         count,
                         {},
                         normal,
                         ideal,
                         {},
                         {.rows = 1, .columns = 1},
                         call});
  }
  for (const Spread& spread : {Spread{.rows = 4, .columns = 1}, Spread{}}) {
    add_elements(cases,
                 {"gelu", "bf16 1500x2048", "gelu_bf16_2048", 1500 * 2048, {}, normal, ideal, {}, spread, limits});
  }
}

void add_conversion_cases(Cases& cases) {
  constexpr int64_t kCount = 1500 * 512;
  const auto normal = [](int64_t count) { return bf16_bytes(random_normal(count, 2, 1)); };
  const auto int8 = [](int64_t count) { return bytes_of_values(random_integers<int8_t>(count, -128, 127, 1)); };
  const auto int32 = [](int64_t count) { return bytes_of_values(random_integers<int32_t>(count, -200000, 200000, 1)); };
  add_elements(cases, {"add",
                       "bf16 1500x512",
                       "add_bf16_2048",
                       kCount,
                       {},
                       normal,
                       [](const auto& x) { return x[0] + x[1]; },
                       {},
                       {},
                       {.most_error = 16 * kHalfUnit}});
  add_elements(cases, {"add",
                       "i8 1500x512",
                       "add_i8_2048",
                       kCount,
                       {9000, 6000, 14},
                       int8,
                       [](const auto& x) { return (9000 * x[0] + 6000 * x[1]) / 16384; },
                       [](const auto& x) { return rounded(9000 * x[0] + 6000 * x[1], 14, 128); },
                       {},
                       {.most_error = 0.5}});
  add_elements(cases, {"requantise",
                       "i32 to i8 1500x512",
                       "requantise_i32_i8_2048",
                       kCount,
                       {5, 250, 14},
                       int32,
                       [](const auto& x) { return std::ldexp(250 * x[0], -19); },
                       [](const auto& x) { return rounded(250 * rounded(x[0], 5, 32768), 14, 128); },
                       {},
                       // A first rounding of 1/2 is 250 / 2^15 of a step.
                       {.most_error = 0.51}});
  add_elements(cases, {"requantise",
                       "bf16 to i8 1500x512",
                       "quantise_bf16_i8_2048",
                       kCount,
                       {11, 16384, 21},
                       normal,
                       [](const auto& x) { return std::clamp(16 * x[0], -128.0, 127.0); },
                       [](const auto& x) {
                         const double fixed = std::clamp(std::floor(2048 * x[0]), -32768.0, 32767.0);
                         return rounded(16384 * fixed, 21, 128);
                       },
                       {},
                       {.most_error = 0.51}});
  add_elements(cases, {"requantise",
                       "i8 to bf16 1500x512",
                       "dequantise_i8_bf16_2048",
                       kCount,
                       {9001, 18},
                       int8,
                       [](const auto& x) { return std::ldexp(9001 * x[0], -18); },
                       {},
                       {},
                       {.most_error = 4 * kHalfUnit}});
}

}  // namespace

void add_rowwise_cases(Cases& cases) {
  // Weights up to 1, with the relative error of three roundings: definitions_rowwise_for_tests.cc.
  const Limits softmax_limits{.most_error = 3 * kHalfUnit + 1e-3};
  for (const Spread& spread : {Spread{.rows = 1, .columns = 1}, Spread{.rows = 4, .columns = 1}, Spread{}}) {
    add_rows(cases, "softmax", {"softmax_bf16", 64, 64, spread}, softmax_limits);
  }
  for (const int64_t columns : {448, 512, 1500}) {
    add_rows(cases, "softmax", {"softmax_bf16", 1500, columns}, softmax_limits);
  }
  add_rows(cases, "softmax", {"softmax_bf16", int64_t{8} * 1500, 1500}, softmax_limits);
  // Normal numbers up to 6 are rounded, times up to 1.8, and rounded again.
  const Limits norm_limits{.most_error = (8 * 1.8 + 16) * kHalfUnit, .most_call_ms = 1};
  for (const Spread& spread : {Spread{.rows = 1, .columns = 1}, Spread{.rows = 4, .columns = 1}}) {
    add_rows(cases, "layer_norm", {"layer_norm_bf16", 64, 512, spread}, norm_limits);
  }
  for (const int64_t columns : {64, 256, 384, 512, 768, 1024, 1280}) {
    add_rows(cases, "layer_norm", {"layer_norm_bf16", 1500, columns}, norm_limits);
  }
  add_old_norm(cases);
  add_gelu_cases(cases);
  add_conversion_cases(cases);
  cases.push_back(
      {.op = "chain",
       .name = "LayerNorm, softmax, GELU bf16 1500x512",
       .plan = [] { return planned(stream_chain(), kRowChain.spread, kRowChain.rows * kRowChain.columns, "elements"); },
       .values = chain_values,
       .limits = {.most_error = 0.05}});
}

}  // namespace skald::npu::suite
