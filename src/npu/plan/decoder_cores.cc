#include "npu/plan/decoder_streams.h"
#include "npu/plan/pieces.h"

namespace skald::npu::plan {
namespace {

constexpr int kDecoderDepth = 4;  // objects of A and of B that a memory tile holds

/// Keys and values block by block, each masked by position.
Steps decoder_attention(const ResidentCore& core) {
  Steps item = core.queries();
  append(item,
         loop_by(kBlocks, core.keys({call("attention_mask_bf16_32",
                                          {core.scores(), buffer(core.lanes()), parameter(kSeen), parameter(kCausal),
                                           constant(0), constant(0), counter(), parameter(kGroups)})},
                                    parameter(kGroups))));
  append(item, loop_by(kGives, core.results(false)));
  return loop_by(kRounds, std::move(item));
}

Steps sums(const ResidentCore& core) {
  return {loop(kRowsOfTile / 4, core.give("give_sums_64x128", {buffer(core.work()), object(core.c()), counter()}))};
}

}  // namespace

ResidentStreams add_decoder_cores(const DecoderProblem& problem, const DecoderLayout& layout, Program& program) {
  const ResidentStreams streams = add_resident_streams(program, 1, kDecoderDepth);
  for (int column = 0; column < static_cast<int>(kArray); ++column) {
    const ResidentCore core(streams, program, column, 0);
    // In the orders of DecoderChoice and DecoderEnd.
    core.run(
        {core.product(false, {core.finish("finish_panels_64x128", false), core.finish("finish_panels_64x128", true),
                              core.finish("finish_gelu_panels_64x128", false), sums(core)}),
         decoder_attention(core), core.norm(problem.width, layout.norm_strips, {"give_panels_bf16"})});
  }
  return streams;
}

}  // namespace skald::npu::plan
