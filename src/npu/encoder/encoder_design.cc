#include "npu/encoder/encoder_design.h"

#include <iterator>
#include <string>
#include <utility>

#include "npu/program/text.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_search.h"

namespace skald::npu {

Result<EncoderDesign> design_encoder(const model::Checkpoint& checkpoint, plan::EncoderPrecision precision,
                                     const EncoderSteps& steps, int64_t positions) {
  EncoderDesign design;
  SKALD_TRY(design.problem, best_encoder(encoder_problem(checkpoint.dims(), positions, precision)));
  SKALD_TRY(design.layout, plan::encoder_layout(design.problem));
  SKALD_TRY(design.packed, pack_encoder(design.problem, design.layout, checkpoint, steps, 0));
  SKALD_TRY(design.program, plan::plan_encoder(design.problem, design.packed.shifts, std::string(kNpu1.name)));
  return design;
}

const char* to_string(plan::EncoderPrecision precision) {
  return precision == plan::EncoderPrecision::kInt8 ? "int8" : "bfloat16";
}

ArtifactFile artifact_of(const EncoderDesign& design) {
  ArtifactFile file;
  file.plan = {.device = design.program.device,
               .precision = to_string(design.problem.precision),
               .positions = design.problem.positions,
               .mel_bands = design.problem.mel_bands,
               .width = design.problem.width,
               .heads = design.problem.heads,
               .hidden = design.problem.hidden,
               .layers = design.problem.layers,
               .weights_layout = kWeightsLayout,
               .weight_bytes = std::ssize(design.packed.weights),
               .program = hash_text(design.program)};
  file.artifact.name = design.program.name;
  file.artifact.arguments = arguments_of(design.program);
  return file;
}

}  // namespace skald::npu
