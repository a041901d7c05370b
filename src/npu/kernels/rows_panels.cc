// What the encoder's resident program does with rows in panels (plan/encoder.h).

#include <bit>

#include "npu/kernels/rows.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

constexpr std::int64_t kSums = 64 * 128;
constexpr std::int64_t kPanelSlice = 8 * 128;
constexpr std::int64_t kRowGroup = 16384;  // the largest group of rows: 32 KiB
constexpr std::int64_t kWidest = 1280;

void add_finish(Rows& rows) {
  const KernelArgument sums{"c", kF32, kSums, kIn, "blocks 4x4", {}};
  const KernelArgument integers{"c", kI32, kSums, kIn, "blocks 4x8", {}};
  const KernelArgument bias{"bias", kBf16, 128 * 8, kIn, "groups of 4", {}};
  const KernelArgument out{"y", kBf16, kPanelSlice, kOut, "panels", {}};
  rows.add("dequantise_panels_64x128", {"panels.cc", "8 rows of int32 sums + bias, scaled, to bfloat16 in panels"},
           {integers, {"parameters", kI8, 128 * 8, kIn, "groups of 8", {}}, out}, {"pair", "half", "down", "shift"},
           {3, 1, 5, 18});
  rows.add("finish_panels_64x128", {"panels.cc", "8 rows of float32 sums + bias to bfloat16 in panels"},
           {sums, bias, out}, {"pair", "half"}, {3, 1});
  rows.add("finish_gelu_panels_64x128", {"panels.cc", "8 rows of float32 sums + bias, GELU, to bfloat16 in panels"},
           {sums, bias, out}, {"pair", "half"}, {3, 1});
  rows.add("add_panels_1024", {"panels.cc", "adds a residual to 8 rows"},
           {{"terms", kBf16, 2 * kPanelSlice, kIn, "panels", {}}, {"y", kBf16, kPanelSlice, kInOut, "panels", {}}},
           {"half"}, {1});
  rows.add("give_sums_64x128", {"panels.cc", "4 rows of float32 sums as they are"},
           {sums, {"y", kF32, 4 * 128, kOut, "blocks 4x4", {}}}, {"strip"}, {5});
}

void add_norm(Rows& rows) {
  const KernelArgument all{"rows", kBf16, kRowGroup, kInOut, "panels", {}};
  KernelArgument read = all;
  read.direction = kIn;
  const KernelArgument weights{"weights", kBf16, 2 * kWidest, kIn, "gamma, beta", {}};
  rows.add("take_panels_2048", {"norm_panels.cc", "puts 2048 numbers among the rows of a LayerNorm"},
           {{"x", kBf16, 2048, kIn, "panels", {}}, all}, {"index"}, {3});
  rows.add("norm_panels", {"norm_panels.cc", "rows less their mean, over their deviation, float32 statistics"}, {all},
           {"panels", "strips", "inverse"}, {16, 4, std::bit_cast<std::int32_t>(1.0F / 512)});
  rows.add("give_panels_bf16", {"norm_panels.cc", "1024 normalised numbers times gamma, + beta"},
           {read, weights, {"y", kBf16, kPanelSlice, kOut, "panels", {}}}, {"index", "panels", "strips"}, {5, 16, 4});
  rows.add("give_panels_i8", {"norm_panels.cc", "2048 normalised numbers times gamma, + beta, to int8"},
           {read, weights, {"y", kI8, 2 * kPanelSlice, kOut, "panels", {}}}, {"index", "panels", "strips"}, {2, 16, 4});
}

}  // namespace

void add_panel_rows(Rows& rows) {
  add_finish(rows);
  add_norm(rows);
}

}  // namespace skald::npu
