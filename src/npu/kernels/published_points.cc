#include "npu/kernels/published_points.h"

#include "npu/aie_host/counting/cost.h"
#include "npu/kernels/catalogue.h"

namespace skald::npu {
namespace {

/// Cycles between a kernel's first and last statement: what event 0 and event 1 of a trace bracket.
double inside(std::string_view symbol) {
  const KernelRow* row = find_kernel(symbol);
  return row == nullptr ? 0.0 : static_cast<double>(cost_of(*row).cycles - counting::kCallCycles);
}

/// Cycles of a whole call.
double whole(std::string_view symbol) {
  const KernelRow* row = find_kernel(symbol);
  return row == nullptr ? 0.0 : static_cast<double>(cost_of(*row).cycles);
}

constexpr std::string_view kGuide = "MLIR-AIE programming guide, section 4c";

/// Suggested for kernel cycles is 2 %. Compilers differ by a bundle or two an iteration, which is 5 % of the loops
/// here.
constexpr double kTight = 0.05;
/// Where the published kernel's source or compiler is not the one that the row has.
constexpr double kLoose = 0.20;

}  // namespace

std::vector<PublishedPoint> core_points() {
  constexpr double kArrayClock = 1.028e9;  // Phoenix's ordinary H clock
  constexpr double kIreeClock = 1.6e9;     // assumed by the issue
  constexpr double kIreeCalls = 512.0 / 64 * 512 / 64 * 512 / 64 * 100;
  constexpr double kOldLaunch = 1.5e-3;  // seconds of host path around each call then
  return {
      {"scalar_i16",
       "scalar scale of 1024 int16",
       kGuide,
       "cycles",
       10250,
       inside("scale_scalar_i16"),
       kTight,
       false,
       {}},
      {"scalar_i32", "scalar scale of 1024 int32", "MLIR-AIE section 4b; xdna-emu coverage (hardware)", "cycles", 12297,
       inside("scale_scalar_i32"), kTight, false,
       "12 bundles an iteration; load 7, multiply 2, store 1 make 10, as published for int16; two are unexplained"},
      {"plain_i16", "vector scale of 1024 int16 without hints", kGuide, "cycles", 495, inside("scale_i16_plain"),
       kTight, true, "kLoopSetup"},
      {"plain_i32", "vector scale of 1024 int32 without hints", kGuide, "cycles", 1490, inside("scale_i32_plain"),
       kTight, true, "kLoopSetup"},
      {"pipelined_i16", "vector scale of 1024 int16", kGuide, "cycles", 78, inside("scale_i16"), kTight, false,
       "72 in the text, 78 in the trace"},
      {"pipelined_i32", "vector scale of 1024 int32", kGuide, "cycles", 339, inside("scale_i32"), kLoose, false,
       "interval 5 published, the bound that we find too (five shuffles); our schedule needs 6"},
      {"stock_i16", "stock product, int16", kGuide, "cycles", 2535, inside("stock_i16_64x64x32"), kTight, false,
       "said to be 64 x 64 x 64, ideally 2048 cycles; at 64 a cycle these are 131,072 products: 64 x 64 x 32"},
      {"assembly_bf16",
       "bfloat16 32 x 32 x 32 by hand",
       "Hello XDNA",
       "bundles",
       288,
       inside("matmul_bf16_32x32x32_first"),
       kTight,
       false,
       {}},
      {"single_core_bf16", "bfloat16 512^3, 100 times, one core", "iree-amd-aie issue 1198", "ms", 152,
       whole("stock_bf16_64x64x64") * kIreeCalls / kIreeClock * 1e3, kLoose, false,
       "the core alone, tiles of 64 as the issue's; moving tiles and the loop around the calls are not in it"},
      {"saxpy_bf16",
       "z = 3 x + y, 4096 bfloat16",
       "Npu-Embeddings-XDNA1",
       "cycles",
       335,
       inside("saxpy_bf16"),
       kTight,
       false,
       {}},
      {"scalar_bf16", "bfloat16 64 x 64 x 64 in software float", "Unicorn-Amanuensis", "ms", 54.4,
       (whole("matmul_scalar_bf16_64x64x64") / kArrayClock + kOldLaunch) * 1e3, kTight, true,
       "cycles of a software addition"},
  };
}

}  // namespace skald::npu
