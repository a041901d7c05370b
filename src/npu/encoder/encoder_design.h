#pragma once
// A model's encoder, planned and packed: the simulator runs it, the toolchain builds it, a real device is given it.

#include <cstdint>

#include "base/result.h"
#include "model/checkpoint.h"
#include "npu/device/artifact_file.h"
#include "npu/encoder/encoder_weights.h"
#include "npu/plan/encoder.h"
#include "npu/program/program.h"

namespace skald::npu {

/// Of the order in which pack_encoder puts weights: to be counted up when that changes.
inline constexpr int64_t kWeightsLayout = 2;

struct EncoderDesign {
  plan::EncoderProblem problem;
  plan::EncoderLayout layout;
  PackedEncoder packed;
  Program program;
};

/// For windows of `positions` on npu1, in the layout that the search finds best. `steps` as pack_encoder takes them.
/// Errors: those of best_encoder, pack_encoder and plan_encoder.
Result<EncoderDesign> design_encoder(const model::Checkpoint& checkpoint, plan::EncoderPrecision precision,
                                     const EncoderSteps& steps, int64_t positions);

/// "int8", "bfloat16"
const char* to_string(plan::EncoderPrecision precision);

/// What an artifact of it says and takes; the toolchain gives the rest.
ArtifactFile artifact_of(const EncoderDesign& design);

}  // namespace skald::npu
