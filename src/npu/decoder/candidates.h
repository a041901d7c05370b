#pragma once
// The best of a row of logits.

#include <cstdint>
#include <span>

#include "model/decoder.h"

namespace skald::npu {

struct TokenRange {
  int32_t begin = 0;
  int32_t end = 0;
};

/// Fills `top` as ClassResult has it, of the tokens of `range` whose bit in `mask` is clear (empty: all are); their
/// log-sum-exp, -infinity if there are none.
float best_of(std::span<const float> logits, std::span<const uint64_t> mask, TokenRange range,
              std::span<model::Candidate> top);

}  // namespace skald::npu
