// Attention.

#include <utility>

#include "npu/kernels/rows.h"
#include "npu/kernels/shapes.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

constexpr std::int64_t kBlock = 64;
constexpr std::int64_t kNumbers = kBlock * kBlock;     // of a block of queries, keys, values, scores, outputs
constexpr std::int64_t kSlice = 16 * kBlock;           // of sixteen queries
constexpr std::int64_t kStatistics = kBlock / 4 * 16;  // a number a query, repeated for four rows
constexpr std::int32_t kUsualGroups = 12;              // of four queries, of 16

/// A call of a 64-query, 64-key block after the first product, of `source`.
RowText text(std::string_view purpose) {
  return {"attention_bf16.cc", purpose};
}

/// Int8, all of a head at once.
void add_i8(Rows& rows, int positions) {
  const std::string suffix = "_i8_" + std::to_string(positions);
  const std::int64_t all = std::int64_t{positions} * positions;
  const std::int64_t head = std::int64_t{positions} * kBlock;
  const KernelArgument qkv{"qkv", kI8, 3 * head, kIn, "blocks 4x8", {}};
  const KernelArgument sums{"sums", kI32, std::int64_t{positions} * 4, kOut, "groups of 8", {}};
  const auto add = [&](std::string_view name, std::string_view purpose, Rows::Arguments arguments,
                       Rows::Names names = {}, Rows::Numbers usual = {}) -> KernelRow& {
    return rows.add("attention_" + std::string(name) + suffix, {"attention_i8.cc", purpose}, std::move(arguments),
                    std::move(names), std::move(usual));
  };
  const auto multiplies = [all](KernelRow& row) {
    row.macs = all * kBlock;
    row.peak = kPeakI8;
  };
  multiplies(add("scores", "keys times queries", {qkv, {"h", kI16, all, kOut, "blocks 4x8", {}}}));
  add("weights", "scores to weights, and their sums",
      {{"h", kI16, all, kIn, "blocks 4x8", {}},
       {"table_ab", kI8, kTableI8Bytes, kIn, "rows", "attention_exp"},
       {"table_cd", kI8, kTableI8Bytes, kIn, "rows", "attention_exp"},
       {"w", kI8, all, kOut, "blocks 8x8", {}},
       sums},
      {"factor", "shift"}, {1100, 14});
  add("shares", "2^21 / sum",
      {{"sums", kI32, sums.extent, kIn, "groups of 8", {}}, {"shares", kI32, positions, kOut, "rows", {}}});
  multiplies(add("outputs", "values times weights, shared out",
                 {qkv,
                  {"w", kI8, all, kIn, "blocks 8x8", {}},
                  {"shares", kI32, positions, kIn, "rows", {}},
                  {"y", kI8, head, kOut, "blocks 4x8", {}}}));
}

KernelArgument as(KernelArgument argument, Direction direction) {
  argument.direction = direction;
  return argument;
}

const KernelArgument kOffset{"offset", kF32, kStatistics, kInOut, "groups of 4", {}};
const KernelArgument kFactor{"factor", kBf16, kStatistics, kOut, "groups of 4", {}};
const KernelArgument kSum{"sum", kF32, kStatistics, kInOut, "groups of 4", {}};
const KernelArgument kOutput{"o", kF32, kNumbers, kInOut, "blocks 4x4", {}};

/// What follows the first product of 64 queries and `keys`.
void add_bf16(Rows& rows, int keys) {
  const std::string suffix = "_bf16_" + std::to_string(keys);
  const std::int64_t all = kBlock * keys;
  const KernelArgument scores{"scores", kF32, all, kInOut, "blocks 4x4", {}};
  Rows::Names names{"first", "causal", "group_step", "group", "block"};
  Rows::Numbers usual{7, 1, keys, 2, 2};
  if (keys < kBlock) {
    names.emplace_back("groups");
    usual.push_back(kUsualGroups);
  }
  rows.add("attention_mask" + suffix, text("takes the scores away of keys that a query does not see"),
           {scores, {"lanes", kI32, 32, kIn, "rows", "attention_lanes"}}, names, usual);
  rows.add("attention_weights" + suffix, text("the largest score so far, scores to weights, and their sum"),
           {scores, kOffset, kFactor, kSum}, keys < kBlock ? Rows::Names{"groups"} : Rows::Names{},
           keys < kBlock ? Rows::Numbers{kUsualGroups} : Rows::Numbers{});
}

}  // namespace

void add_attention_rows(Rows& rows) {
#define SKALD_SIZE(positions) positions,
  for (const int positions : {SKALD_ATTENTION_I8_SIZES(SKALD_SIZE)}) add_i8(rows, positions);
#undef SKALD_SIZE
#define SKALD_SIZE(keys) keys,
  for (const int keys : {SKALD_ATTENTION_BF16_KEYS(SKALD_SIZE)}) add_bf16(rows, keys);
#undef SKALD_SIZE
  KernelRow& values = rows.add("attention_values_bf16_64", text("O = O times factor, + V^T P"),
                               {{"v", kBf16, kNumbers, kIn, "blocks 4x8", {}},
                                {"scores", kF32, kNumbers, kIn, "blocks 4x4", {}},
                                as(kFactor, kIn),
                                kOutput});
  values.macs = kNumbers * kBlock;
  values.peak = kPeakBf16;
  rows.add("attention_turn_bf16_32", text("O = O times factor, and 32 keys' values turned"),
           {{"v", kBf16, kNumbers / 2, kIn, "blocks 4x8", {}},
            as(kFactor, kIn),
            {"scores", kF32, kNumbers / 2, kInOut, "blocks 4x4", {}},
            kOutput},
           {"groups"}, {kUsualGroups});
  rows.add("attention_begin_bf16_64", text("no maximum, sum or output yet"),
           {as(kOffset, kOut), as(kSum, kOut), as(kOutput, kOut)});
  rows.add("attention_queries_bf16_64", text("16 queries, scaled and turned"),
           {{"q", kBf16, kSlice, kIn, "blocks 4x8", {}}, {"factor", kBf16, kNumbers, kInOut, "blocks 8x4", {}}},
           {"slice"}, {2});
  rows.add("attention_finish_bf16_64", text("16 queries of O / sum to bfloat16"),
           {as(kOutput, kIn), as(kSum, kIn), {"y", kBf16, kSlice, kOut, "blocks 4x4", {}}}, {"slice"}, {2});
  rows.add("attention_take_bf16_64", text("32 queries in panels, scaled and turned"),
           {{"q", kBf16, 2 * kSlice, kIn, "panels", {}}, {"factor", kBf16, kNumbers, kInOut, "blocks 8x4", {}}},
           {"half"}, {1});
  rows.add("attention_give_bf16_64", text("16 queries of O / sum to bfloat16 in panels"),
           {as(kOutput, kIn), as(kSum, kIn), {"y", kBf16, kSlice, kOut, "panels", {}}}, {"slice"}, {2});
  rows.add("attention_give_i8_64", text("32 queries of O / sum to int8 in a panel"),
           {as(kOutput, kIn), as(kSum, kIn), {"y", kI8, 2 * kSlice, kOut, "panels", {}}},
           {"half", "up", "factor", "shift"}, {1, 13, 9000, 14});
}

}  // namespace skald::npu
