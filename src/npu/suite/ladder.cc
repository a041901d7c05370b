#include "npu/suite/ladder.h"

#include <iterator>
#include <utility>

#include "base/rounding.h"
#include "npu/plan/matmul.h"
#include "npu/plan/streamed.h"
#include "npu/program/verify.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_ladder.h"
#include "npu/suite/ladder_rungs.h"
#include "npu/suite/lookups.h"
#include "npu/suite/predict.h"

namespace skald::npu::suite {
namespace {

Result<Rung> rung_of(std::string what, const Program& program, int64_t launches, const sim::TimeModel& time) {
  Rung rung{.what = std::move(what)};
  SKALD_CHECK(add_launches(rung, program, launches, time));
  return rung;
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
  const char* what = "";
  int64_t m = 0;  ///< of a launch
  int64_t k = 0;
  int64_t n = 0;
  plan::MatmulTiling tiling{};
};

/// (3001, 512) x (512, 512), bfloat16 to float32.
Result<Ladder> product_ladder(const sim::TimeModel& time) {
  constexpr int64_t kM = 3001;
  constexpr int64_t kSide = 512;
  constexpr int64_t kTiles = ceil_div(kM, 64) * (kSide / 64) * (kSide / 64);
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
    const int64_t launches = ceil_div(kM, split.m) * ceil_div(kSide, split.k) * ceil_div(kSide, split.n);
    SKALD_TRY(Rung rung, rung_of(split.what, program, launches, time));
    ladder.rungs.push_back(std::move(rung));
  }
  return ladder;
}

constexpr int64_t kChainWidth = 512;
constexpr int64_t kChainRows = 4;    ///< of an object
constexpr int64_t kChainAll = 1500;  ///< positions of an encoder

struct Link {
  const char* name;
  const char* kernel;
  bool weights;  ///< takes gamma and beta
  bool columns;  ///< takes the number of columns
};

constexpr Link kChain[] = {{"LayerNorm", "layer_norm_bf16_4x512", true, true},
                           {"softmax", "softmax_bf16_4x512", false, true},
                           {"GELU", "gelu_bf16_2048", false, false}};

/// Links `first` to `last` in one core program: what is between two of them stays in the core.
Result<Program> chained(size_t first, size_t last) {
  using Operand = plan::StreamedOperand;
  using enum plan::StreamedOperand::Kind;
  const Block block{Element::kBf16, {kChainRows, kChainWidth}};
  plan::Streamed streamed;
  streamed.name = "chain";
  streamed.input = block;
  streamed.output = block;
  streamed.objects = ceil_div(kChainAll, kChainRows);
  for (size_t i = first; i <= last; ++i) {
    const Link& link = kChain[i];
    if (link.weights) streamed.constant = {Element::kBf16, {2, kChainWidth}};
    if (i < last) {
      plan::StreamedBuffer& between = streamed.buffers.emplace_back();
      between.name = "between" + std::to_string(i);
      between.block = block;
    }
    plan::StreamedCall& call = streamed.calls.emplace_back();
    call.kernel = link.kernel;
    call.operands.push_back(i == first ? Operand{kInput} : Operand{kBuffer, static_cast<int32_t>(i - first) - 1});
    if (link.weights) call.operands.push_back({kConstant});
    call.operands.push_back(i == last ? Operand{kOutput} : Operand{kBuffer, static_cast<int32_t>(i - first)});
    if (link.columns) call.operands.push_back({kNumber, static_cast<int32_t>(kChainWidth)});
  }
  return plan::plan_streamed(streamed, {}, std::string(kNpu1.name));
}

/// Three row-wise operators over (1500, 512).
Result<Ladder> chain_ladder(const sim::TimeModel& time) {
  Ladder ladder{.what = "LayerNorm, softmax, GELU over (1500, 512), bf16"};
  Rung apart{.what = "one operator each, on 16 cores"};
  for (size_t i = 0; i < std::size(kChain); ++i) {
    SKALD_TRY(const Program program, chained(i, i));
    SKALD_CHECK(add_launches(apart, program, 1, time));
  }
  ladder.rungs.push_back(std::move(apart));
  SKALD_TRY(const Program program, chained(0, std::size(kChain) - 1));
  SKALD_TRY(Rung together, rung_of("all three, on 16 cores", program, 1, time));
  ladder.rungs.push_back(std::move(together));
  return ladder;
}

}  // namespace

Result<void> add_launches(Rung& rung, const Program& program, int64_t launches, const sim::TimeModel& time) {
  SKALD_CHECK(verified(program, catalogue_lookup()));
  SKALD_TRY(const sim::Report report, costs_of(program, time));
  const auto times = static_cast<double>(launches);
  rung.launches += launches;
  rung.array_ms += times * report.cycles / time.clock_ghz * 1e-6;
  rung.macs += times * static_cast<double>(report.macs);
  return {};
}

Result<std::vector<Ladder>> ladders(const sim::TimeModel& time) {
  std::vector<Ladder> all;
  SKALD_TRY(Ladder product, product_ladder(time));
  all.push_back(std::move(product));
  SKALD_TRY(Ladder chain, chain_ladder(time));
  all.push_back(std::move(chain));
  for (const int64_t positions : {10, 100, 500, 1500}) {
    SKALD_TRY(Ladder encoder, encoder_ladder(positions, time));
    all.push_back(std::move(encoder));
  }
  return all;
}

}  // namespace skald::npu::suite
