#pragma once
// A model's encoder as the device wants it: weights packed once into the launch's argument, windows into rows of the
// first convolution, states back into rows.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "npu/plan/encoder.h"

namespace skald::npu {

/// What one step of int8 stands for, in each place of a layer where activations are int8: of speech (calibration).
struct LayerSteps {
  double attention_norm = 0;  ///< what the projections are given
  double mixed = 0;           ///< what attention gives
  double mlp_norm = 0;        ///< what the first product of the feed-forward block is given
  double hidden = 0;          ///< its results, before GELU
  double activated = 0;       ///< and after it
};
using EncoderSteps = std::vector<LayerSteps>;

struct PackedEncoder {
  std::vector<std::byte> weights;
  std::vector<plan::EncoderShifts> shifts;  ///< one a phase
};

/// The encoder of a model for `positions` positions.
plan::EncoderProblem encoder_problem(const model::Dims& dims, int64_t positions, plan::EncoderPrecision precision);

/// `first_layer`: of the checkpoint, for a problem of a few layers. `steps`: of all layers of the checkpoint; not used
/// in bfloat16. Errors: those of Checkpoint::tensor; kInvalidArgument: steps are missing.
Result<PackedEncoder> pack_encoder(const plan::EncoderProblem& problem, const plan::EncoderLayout& layout,
                                   const model::Checkpoint& checkpoint, const EncoderSteps& steps, int64_t first_layer);

/// `mel` (2 positions, bands): the launch's first argument. Pre: sizes are those of the problem and the layout.
void pack_encoder_frames(const plan::EncoderProblem& problem, const plan::EncoderLayout& layout,
                         std::span<const float> mel, std::span<std::byte> frames);

/// (positions, width) of bfloat16 in panels, at the beginning of `panels`.
void unpack_encoder_states(const plan::EncoderProblem& problem, const plan::EncoderLayout& layout,
                           std::span<const std::byte> panels, std::span<float> states);

/// The reverse.
void pack_encoder_states(const plan::EncoderProblem& problem, const plan::EncoderLayout& layout,
                         std::span<const float> states, std::span<std::byte> panels);

}  // namespace skald::npu
