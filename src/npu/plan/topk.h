#pragma once
// The 8 best logits of every row on the array, and the 8 best continuations of a decoder's step: kernels/topk.cc.
//
// A row of logits is cut into objects of 4,096, padded with -infinity; each gives a list of 8 places and values, which
// need not be looked at again: the second launch, on one core, picks from the lists of all beams.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/rounding.h"
#include "npu/plan/streamed.h"

namespace skald::npu::plan {

struct TopkProblem {
  int64_t rows = 1;               ///< beams
  int64_t logits = 0;             ///< of a row
  Element type = Element::kBf16;  ///< or kF32

  int64_t lists_of_row() const { return ceil_div(logits, 4096); }
};

/// "x", pack_logits; "y", lists of 8 places in their object and 8 values (float32), row after row.
/// Errors: kUnsupported: other types; those of plan_streamed.
Result<Program> plan_topk(const TopkProblem& problem, const Spread& spread, const std::string& device);

/// Rows of logits in whole objects, for all cores. Errors: kInvalidArgument: the size of `logits`.
Result<std::vector<std::byte>> pack_logits(const TopkProblem& problem, const Spread& spread,
                                           std::span<const std::byte> logits);

/// On one core. "x": lists, as many as plan_topk gives (of whole rounds); "constant": pack_beams; "y": 8 tokens, 8
/// beams, 8 values (float32), 8 zeros; -1, -1, -infinity where there are fewer.
/// Errors: kUnsupported: not 16, 80 or 112 lists.
Result<Program> plan_beam_step(int64_t lists, const std::string& device);

/// What each beam's values are raised by (its score so far, less the logarithm of its softmax's sum), and where each
/// list comes from. Lists beyond the beams' must be empty ones.
std::vector<std::byte> pack_beams(const TopkProblem& problem, int64_t lists, std::span<const float> raised);

}  // namespace skald::npu::plan
