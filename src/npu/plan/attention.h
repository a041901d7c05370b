#pragma once
// Scaled dot-product attention of several heads of 64, fused: scores and weights never leave a core.
//
//   y = softmax(q k^T / 8) v    for each head; bfloat16 in and out, maxima, sums and outputs in float32
//
// A core has 64 queries of a head at a time and keeps their maxima, sums and output while blocks of 64 keys and their
// values stream past, a block of keys and one of values in turn (a core has two input channels, the other brings
// queries). The cores of a column have queries of the same head, so keys and values are broadcast down it. Work items
// (a head, and 64 queries for each core of a column) are dealt to the columns in turn.
//
// Queries, keys, values and outputs are columns of row-major arrays, as the projections' products give and take them:
// Q, K and V may be one array of three times the width. Three transfers an item: queries, keys with values, outputs.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "npu/plan/streamed.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

inline constexpr int64_t kAttentionBlock = 64;  ///< queries, keys; the width of a head

struct AttentionProblem {
  int64_t heads = 1;
  int64_t queries = 0;
  int64_t keys = 0;
  bool causal = false;  ///< query i sees the keys up to i + keys - queries; blocks that no query sees are masked too

  int64_t query_width = 0;  ///< columns of the argument "q"
  int64_t query_first = 0;  ///< its first column of head 0
  int64_t key_width = 0;    ///< columns of the argument "kv"
  int64_t key_first = 0;
  int64_t value_first = 0;
};

/// Sizes that follow.
struct AttentionLayout {
  int64_t queries = 0;  ///< rows of "q" and "y": whole blocks of each core of a column
  int64_t keys = 0;     ///< rows of "kv": whole blocks
  int64_t items = 0;
  int64_t macs = 0;  ///< of all blocks, both products
};

/// Self-attention on one array of Q | K | V side by side: "q" and "kv" are the same buffer, if `queries` and `keys` of
/// the layout are.
AttentionProblem self_attention(int64_t heads, int64_t positions, bool causal);

/// Errors: kInvalidArgument: no heads, queries or keys, columns outside of the arrays; more queries than keys when
/// causal. kUnsupported: no cores; causal heads that are not dealt out evenly to the columns.
Result<AttentionLayout> attention_layout(const AttentionProblem& problem, const Spread& spread);

/// Arguments of the Program: "q" (queries, query_width), "kv" (keys, key_width), "y" (queries, 64 heads), bfloat16,
/// rows of the layout. Rows past the problem's must hold finite numbers; those of "y" mean nothing. Errors: those of
/// attention_layout.
Result<Program> plan_attention(const AttentionProblem& problem, const Spread& spread, const std::string& device);

}  // namespace skald::npu::plan
