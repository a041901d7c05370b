#pragma once
// What the parts of the encoder's planner share.

#include <cstdint>
#include <vector>

#include "base/rounding.h"
#include "npu/plan/encoder.h"
#include "npu/plan/resident.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

inline constexpr int64_t kRowsOfBlock = kArray * kRowsOfTile;  ///< that all cores make together
inline constexpr int64_t kColumnsOfBlock = kArray * kColumnsOfTile;

/// Objects of keys of a head.
constexpr int64_t key_blocks(const EncoderProblem& problem) {
  return ceil_div(problem.positions, kKeys);
}

/// Rounds of attention: in each, every column of cores has 256 queries of one head.
constexpr int64_t attention_rounds(const EncoderProblem& problem, int64_t rows) {
  const int64_t heads = problem.choices.deal_heads ? problem.heads : round_up(problem.heads, kArray);
  return ceil_div(heads * (rows / kRowsOfBlock), kArray);
}

/// What the word kPhase chooses.
enum class EncoderChoice : int32_t { kProductBf16, kProductInt8, kAttention, kNorm };

/// What the word kEnd chooses of a product or a norm: how results leave.
enum class EncoderEnd : int32_t { kPlain, kTerms, kGelu, kGeluTerms };

/// Streams, buffers, parameters and cores.
ResidentStreams add_encoder_cores(const EncoderProblem& problem, const EncoderLayout& layout, Program& program);

/// The controller's sequence.
void add_encoder_sequence(const EncoderProblem& problem, const EncoderLayout& layout,
                          const std::vector<EncoderShifts>& shifts, const ResidentStreams& streams, Program& program);

}  // namespace skald::npu::plan
