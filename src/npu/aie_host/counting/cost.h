#pragma once
// Cycles and program text of what was recorded.
//
// * A loop that asks for pipelining runs as length + (trips - 1) * interval. What comes before and after it in the same
//   body is laid out together with one of its iterations (as prologue and epilogue are), so accumulators that are
//   loaded before and stored after it overlap with it.
// * Another loop runs its iterations one after the other, each as its list schedule; carried values may make it longer.
//   A loop without loops or calls inside is a zero-overhead one, the others end in a branch.
// * A software routine or a function that is not inlined is a wall: everything before it is done first.
// * Iterations that access two banks in turn (and are the same else) are laid out as such: one loads from where the one
//   before does not store.

#include <cstdint>
#include <string>
#include <vector>

namespace skald::npu::counting {

struct Trace;

/// Cycles to set a loop's registers and reach its first bundle: three moves, and a distance of 64 bytes of code from
/// the last to the loop's first bundle (Hello XDNA). 12,297 = 12 * 1024 + 9, 495 = 15 * 32 + 15 and 1490 = 23 * 64 + 18
/// (MLIR-AIE programming guide, section 4c) calibrate it. A pipelined loop does this under its prologue.
inline constexpr int kLoopSetup = 12;

/// Jump and link, return, and one bundle each to save and restore; both have five delay slots.
inline constexpr int kCallCycles = 14;

/// Text of a function besides its bundles: saving registers, alignment of loops to 16 bytes. An estimate: two bundles
/// in and two out of 16 bytes.
inline constexpr int kFunctionBytes = 64;

struct LoopCost {
  std::string site;
  bool asked = false;      ///< the source asks for pipelining
  std::int64_t trips = 0;  ///< of one execution
  std::int64_t times = 0;  ///< executions
  int interval = 0;        ///< 0: not pipelined
  int length = 0;          ///< of one iteration
  int stages = 0;
  int resource_bound = 0;
  int recurrence_bound = 0;
  int vector_registers = 0;
  int accumulators = 0;
  std::int64_t cycles = 0;  ///< of all executions
};

/// A function that is not inlined, of all kernels that call it.
struct CalledFunction {
  std::string name;
  std::int64_t text_bytes = 0;
};

struct Cost {
  std::int64_t cycles = 0;
  std::int64_t text_bytes = 0;         ///< with that of `called`
  std::vector<CalledFunction> called;  ///< by name
  std::int64_t macs = 0;               ///< products that its multiplies form
  std::int64_t multiplies = 0;         ///< vector multiply operations issued
  std::vector<LoopCost> loops;         ///< in the order of the source
  std::string fault;                   ///< not empty: why the other fields mean nothing
};

Cost cost(const Trace& trace);

}  // namespace skald::npu::counting
