// The decoder's Programs are legal, for every Whisper shape and mix, and cost what their bounds say.

#include "npu/plan/decoder.h"

#include <gtest/gtest.h>

#include "model/random_checkpoint.h"
#include "npu/plan/resident.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"

namespace skald::npu::plan {
namespace {

DecoderProblem problem_of(const std::string& model, int64_t slots) {
  const model::Dims dims = *model::named_dims(model);
  return {.width = dims.text_state,
          .heads = dims.text_heads,
          .hidden = dims.text_ffn,
          .layers = dims.text_layers,
          .vocabulary = dims.vocab,
          .text_positions = dims.text_ctx,
          .audio_positions = dims.audio_ctx,
          .slots = slots,
          .windows = slots};
}

/// Hypotheses of windows of their own, at different places.
std::vector<DecoderRows> step_of(int64_t slots) {
  std::vector<DecoderRows> step;
  for (int64_t slot = 0; slot < slots; ++slot) {
    step.push_back({.slot = slot, .window = slot, .positions = 1500, .first = 32 + 8 * (slot % 3), .rows = 8});
  }
  return step;
}

sim::Report cost_of(const Result<Program>& program) {
  EXPECT_TRUE(program) << to_string(program.error());
  if (!program) return {};
  for (const Violation& violation : verify(*program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
  sim::Options options{.values = false};
  options.time.ddr_gb_s = 18;
  const auto simulation = sim::Simulation::load(*program, sim::catalogue_kernels(), options).value();
  const std::vector<std::span<std::byte>> none(program->arguments.size());
  const auto report = simulation->launch(none);
  EXPECT_TRUE(report) << to_string(report.error());
  return report.value_or(sim::Report{});
}

/// Of rows that are whole tiles, without the padding of products' columns.
int64_t macs_of_products(const DecoderProblem& problem, int64_t rows) {
  const int64_t d = problem.width;
  return rows * (problem.layers * (8 * d * d + 2 * d * problem.hidden - 2 * d * d) +
                 d * round_up(problem.vocabulary, kColumnsOfTile));
}

TEST(Decoder, IsLegalForEveryShape) {
  for (const char* const name : {"mini.en", "tiny", "base", "small", "medium", "large-v3-turbo"}) {
    SCOPED_TRACE(name);
    for (const int64_t slots : {1, 9}) {
      const DecoderProblem problem = problem_of(name, slots);
      const DecoderLayout layout = decoder_layout(problem).value();
      const sim::Report report = cost_of(plan_decoder_step(problem, layout, step_of(slots), "npu1"));
      EXPECT_GT(report.macs, macs_of_products(problem, slots == 1 ? 64 : 128));
      // Every weight is read once for 64 rows, and no more of them than that.
      EXPECT_GT(report.ddr_read_bytes, layout.logits.n * layout.logits.k * 2);
    }
    const DecoderProblem problem = problem_of(name, 1);
    const DecoderLayout layout = decoder_layout(problem).value();
    const sim::Report report = cost_of(plan_decoder_window(problem, layout, 0, "npu1"));
    EXPECT_EQ(report.macs, problem.layers * layout.audio_rows * problem.width * 2 * problem.width);
  }
}

TEST(Decoder, KeysOfAWindowAreReadOnceForItsBeams) {
  const DecoderProblem problem = problem_of("mini.en", 6);
  const DecoderLayout layout = decoder_layout(problem).value();
  std::vector<DecoderRows> beams = step_of(5);
  const int64_t apart = cost_of(plan_decoder_step(problem, layout, beams, "npu1")).ddr_read_bytes;
  for (DecoderRows& one : beams) one.window = 2;
  const int64_t together = cost_of(plan_decoder_step(problem, layout, beams, "npu1")).ddr_read_bytes;
  const int64_t keys = layout.heads * 4 * 1504 * 64;  // of a window and layer
  EXPECT_GE(apart - together, 4 * problem.layers * keys);
}

TEST(Decoder, Refusals) {
  const DecoderProblem problem = problem_of("mini.en", 2);
  const DecoderLayout layout = decoder_layout(problem).value();
  const auto code = [&](const DecoderRows& rows) {
    const auto planned = plan_decoder_step(problem, layout, {&rows, 1}, "npu1");
    return planned ? ErrorCode::kCancelled : planned.error().code;
  };
  const DecoderRows fine{.slot = 1, .window = 1, .positions = 700, .first = 24, .rows = 8};
  EXPECT_EQ(ErrorCode::kCancelled, code(fine));
  const auto with = [&](auto change) {
    DecoderRows rows = fine;
    change(rows);
    return code(rows);
  };
  EXPECT_EQ(ErrorCode::kInvalidArgument, with([](DecoderRows& r) { r.slot = 2; }));
  EXPECT_EQ(ErrorCode::kInvalidArgument, with([](DecoderRows& r) { r.window = -1; }));
  EXPECT_EQ(ErrorCode::kInvalidArgument, with([](DecoderRows& r) { r.positions = 1501; }));
  EXPECT_EQ(ErrorCode::kInvalidArgument, with([](DecoderRows& r) { r.first = 20; }));
  EXPECT_EQ(ErrorCode::kInvalidArgument, with([](DecoderRows& r) { r.rows = 12; }));
  EXPECT_EQ(ErrorCode::kInvalidArgument, with([](DecoderRows& r) { r.rows = 16; }));  // across 32
  EXPECT_EQ(ErrorCode::kInvalidArgument, with([](DecoderRows& r) { r.first = 448; }));
  EXPECT_FALSE(plan_decoder_step(problem, layout, {}, "npu1"));
  EXPECT_FALSE(plan_decoder_window(problem, layout, 2, "npu1"));
  DecoderProblem odd = problem;
  odd.heads = 3;
  EXPECT_EQ(ErrorCode::kUnsupported, decoder_layout(odd).error().code);
  odd = problem;
  odd.slots = 0;
  EXPECT_EQ(ErrorCode::kInvalidArgument, decoder_layout(odd).error().code);
}

}  // namespace
}  // namespace skald::npu::plan
