// The decoder's Programs are legal, for every Whisper shape and mix; what they cost.

#include "npu/plan/decoder.h"

#include <gtest/gtest.h>

#include "model/random_checkpoint.h"
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

double milliseconds(const Program& program) {
  for (const Violation& violation : verify(program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
  sim::Options options{.values = false};
  options.time.ddr_gb_s = 18;
  const auto simulation = sim::Simulation::load(program, sim::catalogue_kernels(), options).value();
  std::vector<std::span<std::byte>> none(program.arguments.size());
  const auto report = simulation->launch(none);
  EXPECT_TRUE(report) << to_string(report.error());
  return report ? report->cycles / options.time.clock_ghz * 1e-6 : 0;
}

TEST(Decoder, IsLegalForEveryShape) {
  for (const char* const name : {"mini.en", "tiny", "base", "small"}) {
    for (const int64_t slots : {1, 8}) {
      const DecoderProblem problem = problem_of(name, slots);
      const DecoderLayout layout = decoder_layout(problem).value();
      std::vector<DecoderRows> step;
      for (int64_t slot = 0; slot < slots; ++slot) {
        step.push_back({.slot = slot, .window = slot, .positions = 1500, .first = 32 + 8 * (slot % 3), .rows = 8});
      }
      const auto program = plan_decoder_step(problem, layout, step, "npu1");
      ASSERT_TRUE(program) << to_string(program.error());
      printf("%s %d: %.2f ms\n", name, (int)slots, milliseconds(*program));
      if (slots > 1) continue;
      const auto window = plan_decoder_window(problem, layout, 0, "npu1");
      ASSERT_TRUE(window) << to_string(window.error());
      printf("%s window: %.2f ms\n", name, milliseconds(*window));
    }
  }
}

}  // namespace
}  // namespace skald::npu::plan
