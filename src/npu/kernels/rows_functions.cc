// Functions that the core has no instruction for.

#include "npu/kernels/rows.h"

namespace skald::npu {
namespace {

using enum Element;
using enum Direction;

constexpr std::int64_t kFunctionCount = 1024;
constexpr std::int64_t kTanhTable = 2 * 64 * 2;  // two copies of 64 segments of two numbers

void add_function(Rows& rows, std::string_view name, std::string_view purpose) {
  rows.add(std::string(name) + "_bf16_1024", {"functions.cc", purpose},
           {{"x", kBf16, kFunctionCount, kIn, "rows", {}}, {"y", kBf16, kFunctionCount, kOut, "rows", {}}});
}

}  // namespace

void add_function_rows(Rows& rows) {
  add_function(rows, "exp", "e^x of bfloat16");
  add_function(rows, "log2", "log2(x) of bfloat16");
  add_function(rows, "reciprocal", "1/x of bfloat16");
  add_function(rows, "inverse_sqrt", "1/sqrt(x) of bfloat16");
  rows.add("tanh_bf16_1024", {"functions.cc", "tanh(x) of bfloat16 by table"},
           {{"x", kBf16, kFunctionCount, kIn, "rows", {}},
            {"table_ab", kF32, kTanhTable, kIn, "rows", "tanh"},
            {"table_cd", kF32, kTanhTable, kIn, "rows", "tanh"},
            {"y", kBf16, kFunctionCount, kOut, "rows", {}}});
}

}  // namespace skald::npu
