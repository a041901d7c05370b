// Attention.

#include "npu/kernels/rows.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

constexpr std::int64_t kBlock = 64;
constexpr std::int64_t kNumbers = kBlock * kBlock;     // of a block of queries, keys, values, scores, outputs
constexpr std::int64_t kSlice = 16 * kBlock;           // of sixteen queries
constexpr std::int64_t kStatistics = kBlock / 4 * 16;  // a number a query, repeated for four rows

/// A call of a 64-query, 64-key block after the first product, of `source`.
RowText text(std::string_view purpose) {
  return {"attention_bf16.cc", purpose};
}

}  // namespace

void add_attention_rows(Rows& rows) {
  const KernelArgument scores{"scores", kF32, kNumbers, kInOut, "blocks 4x4", {}};
  const KernelArgument offset{"offset", kF32, kStatistics, kInOut, "groups of 4", {}};
  const KernelArgument factor{"factor", kBf16, kStatistics, kOut, "groups of 4", {}};
  const KernelArgument sum{"sum", kF32, kStatistics, kInOut, "groups of 4", {}};
  const KernelArgument output{"o", kF32, kNumbers, kInOut, "blocks 4x4", {}};
  const auto as = [](KernelArgument argument, Direction direction) {
    argument.direction = direction;
    return argument;
  };
  rows.add("attention_begin_bf16_64", text("no maximum, sum or output yet"),
           {as(offset, kOut), as(sum, kOut), as(output, kOut)});
  rows.add("attention_queries_bf16_64", text("16 queries, scaled and turned"),
           {{"q", kBf16, kSlice, kIn, "blocks 4x8", {}}, {"factor", kBf16, kNumbers, kInOut, "blocks 8x4", {}}},
           {"slice"}, {2});
  rows.add("attention_max_bf16_64", text("the largest score of each query so far"), {as(scores, kIn), offset, factor});
  rows.add("attention_mask_bf16_64", text("takes the scores away of keys that a query does not see"),
           {scores, {"lanes", kI32, 32, kIn, "rows", "attention_lanes"}},
           {"first", "causal", "group_step", "group", "block"}, {7, 1, 64, 2, 2});
  rows.add("attention_weights_bf16_64", text("scores to weights, and their sum"),
           {scores, as(offset, kIn), as(factor, kIn), sum});
  KernelRow& values =
      rows.add("attention_values_bf16_64", text("O = O times factor, + V^T P"),
               {{"v", kBf16, kNumbers, kIn, "blocks 4x8", {}}, as(scores, kIn), as(factor, kIn), output});
  values.macs = kNumbers * kBlock;
  values.peak = kPeakBf16;
  rows.add("attention_finish_bf16_64", text("16 queries of O / sum to bfloat16"),
           {as(output, kIn), as(sum, kIn), {"y", kBf16, kSlice, kOut, "blocks 4x4", {}}}, {"slice"}, {2});
}

}  // namespace skald::npu
