// A decoder's step: the best 8 of every beam's logits, then the best 8 of all beams, against sorting all of them.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "npu/plan/topk.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/cases.h"
#include "npu/suite/suite_values.h"

namespace skald::npu::suite {
namespace {

constexpr size_t kRanks = 8;

struct Step {
  plan::TopkProblem problem;
  unsigned seed = 1;

  int64_t lists() const { return plan::streamed_objects({.objects = problem.rows * problem.lists_of_row()}, {}); }
};

Result<Planned> planned(const Step& the) {
  SKALD_TRY(Program topk, plan::plan_topk(the.problem, {}, std::string(kNpu1.name)));
  SKALD_TRY(Program step, plan::plan_beam_step(the.lists(), std::string(kNpu1.name)));
  Planned planned{.amount = the.problem.rows * the.problem.logits, .unit = "logits"};
  planned.launches.push_back({.program = std::move(topk), .buffers = {0, 1}});
  planned.launches.push_back({.program = std::move(step), .buffers = {1, 2, 3}});
  return planned;
}

struct Choice {
  size_t token = 0;
  size_t beam = 0;
  double value = 0;
};

/// Tokens, beams from 1 on (0 reads as not written), values; of equal ones the lower beam and token first.
std::vector<double> best_of(const Step& the, const std::vector<double>& logits, const std::vector<float>& raised) {
  const auto width = static_cast<size_t>(the.problem.logits);
  std::vector<Choice> all;
  all.reserve(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    all.push_back({i % width, i / width, logits[i] + static_cast<double>(raised[i / width])});
  }
  std::ranges::partial_sort(all, all.begin() + kRanks, [](const Choice& a, const Choice& b) {
    return std::tuple(-a.value, a.beam, a.token) < std::tuple(-b.value, b.beam, b.token);
  });
  std::vector<double> best;
  best.reserve(3 * kRanks);
  for (size_t i = 0; i < kRanks; ++i) best.push_back(static_cast<double>(all[i].token));
  for (size_t i = 0; i < kRanks; ++i) best.push_back(static_cast<double>(all[i].beam + 1));
  for (size_t i = 0; i < kRanks; ++i) best.push_back(all[i].value);
  return best;
}

/// The same of what the array gives.
std::vector<double> outputs(const std::vector<Bytes>& buffers) {
  std::vector<double> best = numbers_of(buffers[3], Element::kI32, 0, 2 * kRanks);
  for (size_t i = kRanks; i < 2 * kRanks; ++i) best[i] += 1;
  const std::vector<double> values = numbers_of(buffers[3], Element::kF32, 2 * kRanks, kRanks);
  best.insert(best.end(), values.begin(), values.end());
  return best;
}

/// Quarters below 64: exact in bfloat16, sums exact in float32; many are equal.
Result<Values> values(const Step& the) {
  std::vector<double> logits = random_normal(the.problem.rows * the.problem.logits, 8, the.seed);
  for (double& one : logits) one = std::clamp(std::round(4 * one) / 4, -63.75, 63.75);
  std::vector<float> raised;
  raised.reserve(static_cast<size_t>(the.problem.rows));
  for (int64_t beam = 0; beam < the.problem.rows; ++beam) {
    raised.push_back(-20.0F + static_cast<float>(beam % 3) / 4);
  }
  const Bytes plain = the.problem.type == Element::kBf16
                          ? bf16_bytes(logits)
                          : bytes_of_values(std::vector<float>(logits.begin(), logits.end()));
  Values values;
  values.buffers.resize(3);
  SKALD_TRY(values.buffers[0], plan::pack_logits(the.problem, {}, plain));
  values.buffers[2] = plan::pack_beams(the.problem, the.lists(), raised);
  values.ideal = best_of(the, logits, raised);
  values.exact = values.ideal;
  values.outputs = outputs;
  return values;
}

}  // namespace

void add_topk_cases(Cases& cases) {
  for (const Element type : {Element::kBf16, Element::kF32}) {
    for (const int64_t beams : {1, 5, 8}) {
      for (const unsigned seed : {1U, 2U, 3U}) {
        const Step the{.problem = {.rows = beams, .logits = 51865, .type = type}, .seed = seed};
        cases.push_back({.op = "topk",
                         .name = fmt::format("{} {} beams of 51865{}", to_string(type), beams,
                                             seed == 1 ? "" : fmt::format(", seed {}", seed)),
                         .plan = [the] { return planned(the); },
                         .values = [the] { return values(the); },
                         .seed = seed});
      }
    }
  }
}

}  // namespace skald::npu::suite
