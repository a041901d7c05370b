#pragma once
// Attention in int8 of short rows: all queries and keys of a head are in one core at once (kernels/attention_i8.cc).
// 64 x 64 is the published shape with Q | K | V packed into one argument (12,288 bytes in, 4,096 out); eight heads of
// 48 positions the other.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "npu/plan/streamed.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

/// Scores are kept in units of 2^6 products (kernels/attention_i8.cc).
inline constexpr int kAttentionI8Down = 6;

struct AttentionI8Problem {
  int64_t heads = 1;
  int64_t positions = 64;  ///< 48 or 64
  double score_scale = 1;  ///< of a product of a query and a key, before softmax: their scales, and 1 / sqrt(64)
};

/// What weights take from scores: 32 log2(e) score_scale 64 = factor / 2^shift.
struct AttentionI8Factor {
  int32_t factor = 0;
  int32_t shift = 0;
};

/// The factor of most bits that fits int16. Errors: kInvalidArgument: scales that no factor fits.
Result<AttentionI8Factor> attention_i8_factor(double score_scale);

/// Arguments of the Program: "x" (heads, 3 positions, 64), of each head queries, keys, values; "y" (heads, positions,
/// 64), in units of the values; int8, rows. Heads fill the last round: streamed_objects.
/// Errors: kUnsupported: no kernel of so many positions; those of attention_i8_factor and plan_streamed.
Result<Streamed> attention_i8(const AttentionI8Problem& problem);

}  // namespace skald::npu::plan
