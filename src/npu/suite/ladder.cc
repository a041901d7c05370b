#include "npu/suite/ladder.h"

#include <utility>

#include "npu/plan/matmul.h"
#include "npu/plan/streamed.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::suite {
namespace {

Result<Rung> rung_of(std::string what, const Program& program, int64_t launches, const sim::TimeModel& time) {
  SKALD_TRY(const auto simulation,
            sim::Simulation::load(program, sim::catalogue_kernels(), {.values = false, .time = time}));
  SKALD_TRY(const sim::Report report, simulation->launch({}));
  const auto times = static_cast<double>(launches);
  return Rung{.what = std::move(what),
              .launches = launches,
              .array_ms = times * report.cycles / time.clock_ghz * 1e-6,
              .macs = times * static_cast<double>(report.macs)};
}

/// A 64 x 64 x 64 product by scalar code, as the first programs had it.
Result<Program> scalar_tile() {
  using enum plan::StreamedOperand::Kind;
  plan::Streamed streamed;
  streamed.name = "matmul_scalar";
  streamed.input = {Element::kBf16, {int64_t{64} * 64}};
  streamed.constant = {Element::kBf16, {int64_t{64} * 64}};
  streamed.output = {Element::kF32, {int64_t{64} * 64}};
  streamed.calls = {{"matmul_scalar_bf16_64x64x64", {{kInput}, {kConstant}, {kOutput}}}};
  streamed.objects = 1;
  return plan::plan_streamed(streamed, {.rows = 1, .columns = 1}, std::string(kNpu1.name));
}

struct Split {
  const char* what;
  int64_t m, k, n;  ///< of a launch
  plan::MatmulTiling tiling;
};

/// (3001, 512) x (512, 512), bfloat16 to float32.
Result<Ladder> product_ladder(const sim::TimeModel& time) {
  constexpr int64_t kM = 3001;
  constexpr int64_t kSide = 512;
  constexpr int64_t kTiles = (kM + 63) / 64 * (kSide / 64) * (kSide / 64);
  static_assert(kTiles == 3008);
  Ladder ladder{.what = "(3001, 512) x (512, 512), bf16 to f32"};
  SKALD_TRY(const Program scalar, scalar_tile());
  SKALD_TRY(Rung slowest, rung_of("64x64x64 by scalar code, sums over K on the host", scalar, kTiles, time));
  ladder.rungs.push_back(std::move(slowest));
  for (const Split& split :
       {Split{
            "64x64x64 on a core, sums over K on the host", 64, 64, 64, {.tile = {64, 64, 64}, .rows = 1, .columns = 1}},
        {"64x512x64 on a core", 64, kSide, 64, {.tile = {64, 64, 64}, .rows = 1, .columns = 1}},
        {"128x512x64 on two cores", 128, kSide, 64, {.tile = {64, 64, 64}, .rows = 2, .columns = 1}},
        {"all on 16 cores", kM, kSide, kSide, {.tile = {64, 32, 96}}}}) {
    const plan::MatmulProblem problem{.m = split.m, .k = split.k, .n = split.n, .type = Element::kBf16};
    SKALD_TRY(const Program program, plan::plan_matmul(problem, split.tiling, std::string(kNpu1.name)));
    const auto parts = [](int64_t whole, int64_t part) { return (whole + part - 1) / part; };
    const int64_t launches = parts(kM, split.m) * parts(kSide, split.k) * parts(kSide, split.n);
    SKALD_TRY(Rung rung, rung_of(split.what, program, launches, time));
    ladder.rungs.push_back(std::move(rung));
  }
  return ladder;
}

}  // namespace

Result<std::vector<Ladder>> ladders(const sim::TimeModel& time) {
  std::vector<Ladder> all;
  SKALD_TRY(Ladder product, product_ladder(time));
  all.push_back(std::move(product));
  return all;
}

}  // namespace skald::npu::suite
