// The decoder's choice of tokens.

#include "npu/kernels/rows.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

constexpr std::int64_t kRanks = 8;
constexpr std::int64_t kLogits = 4096;

}  // namespace

void add_topk_rows(Rows& rows) {
  for (const Element type : {kBf16, kF32}) {
    rows.add("topk_" + std::string(to_string(type)) + "_4096", {"topk.cc", "the 8 largest of 4096 logits"},
             {{"logits", type, kLogits, kIn, "rows", {}}, {"list", kI32, 2 * kRanks, kOut, "list", {}}});
  }
  for (const std::int64_t lists : {16, 80, 112}) {
    rows.add("beam_step_" + std::to_string(lists), {"topk.cc", "the 8 best continuations of all beams' lists"},
             {{"candidates", kI32, lists * 2 * kRanks, kIn, "lists", {}},
              {"beams", kI32, lists * (kRanks + 2), kIn, "beams", {}},
              {"totals", kF32, lists * kRanks, kInOut, "scratch", {}},
              {"best", kI32, 4 * kRanks, kOut, "rows", {}}});
  }
}

}  // namespace skald::npu
