#pragma once
// What a decoder begins with: y = token embedding + position embedding, both gathered from their tables in host memory.
//
// The array's addresses are fixed when a launch is written, so the tokens are part of the launch: the host writes them
// into its transfers, two for every row, and a core adds the two rows. Tokens that the array itself chose (plan/topk.h)
// have to come back to the host first, as they do anyway for its rules.

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

struct EmbeddingProblem {
  int64_t vocabulary = 0;  ///< rows of the token table
  int64_t positions = 0;   ///< rows of the position table
  int64_t width = 0;       ///< of all rows: 256, 384, 512, 768, 1024 or 1280
};

/// A row of the result.
struct EmbeddedToken {
  int32_t token = 0;
  int32_t position = 0;
};

/// Arguments of the Program: "tokens" (vocabulary, width), "positions" (positions, width), "y" (rows, width), all
/// bfloat16. Rows go in turn to the first cores of up to four columns.
/// Errors: kInvalidArgument: no rows, a token or position outside of its table; kUnsupported: no kernel of that width.
Result<Program> plan_embedding(const EmbeddingProblem& problem, std::span<const EmbeddedToken> rows,
                               const std::string& device);

}  // namespace skald::npu::plan
