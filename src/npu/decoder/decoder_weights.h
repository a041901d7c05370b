#pragma once
// A model's decoder as the device wants it: weights packed once, tokens into the rows of a step.

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "npu/plan/decoder.h"

namespace skald::npu {

/// The decoder of a model, for so many hypotheses and windows.
plan::DecoderProblem decoder_problem(const model::Dims& dims, int64_t slots, int64_t windows);

/// Bytes of the argument of weights. Errors: those of Checkpoint::tensor.
Result<std::vector<std::byte>> pack_decoder(const plan::DecoderProblem& problem, const plan::DecoderLayout& layout,
                                            const model::Checkpoint& checkpoint);

}  // namespace skald::npu
