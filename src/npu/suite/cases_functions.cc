// Functions of one number: kernels/functions.cc, 1024 numbers an object, over all cores.

#include <cmath>
#include <utility>

#include "npu/plan/streamed.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

constexpr int64_t kObject = 1024;
constexpr int64_t kObjects = 32;

struct Function {
  const char* name;
  double (*definition)(double);
  double low;  ///< inputs lie there, evenly; their logarithms where `log`
  double high;
  bool log;
  double most_error;
  int64_t table_elements;  ///< of "tanh"; 0: no table
};

// Largest errors: half a unit of bfloat16 at the largest result, and what functions.h states of the function.
constexpr Function kFunctions[] = {
    {"exp", [](double x) { return std::exp(x); }, -6, 4, false, 54.6 * (0x1p-8 + 1.5e-4), 0},
    {"log2", [](double x) { return std::log2(x); }, 0x1p-12, 0x1p12, true, 0x1p-5 + 1.4e-3, 0},
    {"reciprocal", [](double x) { return 1 / x; }, 0.125, 64, true, 8 * (0x1p-9 + 4e-5), 0},
    {"inverse_sqrt", [](double x) { return 1 / std::sqrt(x); }, 0x1p-6, 0x1p12, true, 8 * (0x1p-9 + 6e-5), 0},
    {"tanh", [](double x) { return std::tanh(x); }, -6, 6, false, 0x1p-9 + 1.6e-3, 256},
};

Result<Planned> planned(const Function& the) {
  using enum plan::StreamedOperand::Kind;
  plan::Streamed streamed;
  streamed.name = the.name;
  streamed.input = {Element::kBf16, {kObject}};
  streamed.output = {Element::kBf16, {kObject}};
  streamed.objects = kObjects;
  plan::StreamedCall call{.kernel = std::string(the.name) + "_bf16_1024", .operands = {{kInput}}};
  for (int i = 0; the.table_elements > 0 && i < 2; ++i) {
    plan::StreamedBuffer& table = streamed.buffers.emplace_back();
    table.name = i == 0 ? "table_ab" : "table_cd";
    table.block = {Element::kF32, {the.table_elements}};
    table.table = the.name;
    call.operands.push_back({kBuffer, i});
  }
  call.operands.push_back({kOutput});
  streamed.calls.push_back(std::move(call));
  Planned planned{.amount = kObject * kObjects, .unit = "elements"};
  SKALD_TRY(Program program, plan::plan_streamed(streamed, {}, std::string(kNpu1.name)));
  planned.launches.push_back({.program = std::move(program), .buffers = {0, 1}});
  return planned;
}

Result<Values> values(const Function& the) {
  std::mt19937 generator(1);
  const double from = the.log ? std::log2(the.low) : the.low;
  const double to = the.log ? std::log2(the.high) : the.high;
  std::uniform_real_distribution<double> draw(from, to);
  std::vector<double> x(static_cast<size_t>(kObject * kObjects));
  for (double& value : x) value = the.log ? std::exp2(draw(generator)) : draw(generator);
  Values values{.buffers = {bf16_bytes(x)}};
  for (const double value : rounded_to_bf16(x)) values.ideal.push_back(the.definition(value));
  values.outputs = [](const std::vector<Bytes>& buffers) {
    return numbers_of(buffers[1], Element::kBf16, 0, kObject * kObjects);
  };
  return values;
}

}  // namespace

void add_function_cases(Cases& cases) {
  for (const Function& the : kFunctions) {
    cases.push_back({.op = "function",
                     .name = std::string(the.name) + " bf16, 32 x 1024",
                     .plan = [&the] { return planned(the); },
                     .values = [&the] { return values(the); },
                     .limits = {.most_error = the.most_error}});
  }
}

}  // namespace skald::npu::suite
