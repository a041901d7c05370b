#pragma once
// The kernels that a core can run: one row each. Planner, verifier, emitter and simulator look kernels up here and know
// nothing else about them.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "npu/aie_host/counting/cost.h"
#include "npu/spec/element.h"

namespace skald::npu {

enum class Direction : std::uint8_t { kIn, kOut, kInOut };

/// A pointer argument of a kernel.
struct KernelArgument {
  std::string_view name;
  Element element = Element::kI8;
  std::int64_t extent = 0;  ///< elements
  Direction direction = Direction::kIn;
  std::string_view layout;  ///< see layout.h; "rows": row-major
  std::string_view table;   ///< not empty: it is this lookup table

  constexpr std::int64_t bytes() const { return extent * bytes_of(element); }
};

/// What every argument's address is a multiple of: a vector load or store of 512 bits.
inline constexpr int kArgumentAlignment = 64;

/// Size of a multiplication: C (m x n) += A (m x k) B (k x n); all 0 for other kernels.
struct MatmulShape {
  int m = 0;
  int k = 0;
  int n = 0;
  bool operator==(const MatmulShape&) const = default;
};

struct KernelRow;

/// Calls the kernel: pointers in the order of the arguments, then numbers.
using KernelCall = void (*)(std::span<std::byte* const> memory, std::span<const std::int32_t> numbers);

struct KernelRow {
  std::string_view symbol;   ///< C name in the source
  std::string_view source;   ///< file of this folder
  std::string_view purpose;  ///< one line
  std::span<const KernelArgument> arguments;
  std::span<const std::string_view> numbers;  ///< names of the 32-bit arguments that follow
  std::span<const std::int32_t> usual;        ///< values of those that tests and reports use
  MatmulShape shape;
  std::int64_t macs = 0;       ///< multiply-accumulates of one call with the usual numbers
  int macs_by = -1;            ///< the number that they are proportional to; -1: none
  int peak = 0;                ///< multiply-accumulates a cycle that the types allow; 0: does not multiply
  int stack_bytes = 0;         ///< of its frame
  KernelCall run = nullptr;    ///< value build
  KernelCall count = nullptr;  ///< counting build: for cost_of alone
};

/// Every row, in a fixed order.
std::span<const KernelRow> kernel_rows();

/// The row of that symbol, or nullptr.
const KernelRow* find_kernel(std::string_view symbol);

/// Cycles, text and loops of one call, with each argument in a bank of its own as far as they go (place_arguments).
/// Counted on the first call and kept; may be called from several threads.
const counting::Cost& cost_of(const KernelRow& row, std::span<const std::int32_t> numbers);
inline const counting::Cost& cost_of(const KernelRow& row) {
  return cost_of(row, row.usual);
}

/// Where `cost_of` and the tests put the arguments in a tile's 64 KiB: byte offsets in their order, the largest first.
/// What is read and written lies half on each side of a boundary between banks, the others each in the bank with most
/// room. Empty when they do not fit beside `stack_bytes`. Cycles hold for buffers in banks like these.
std::span<const std::int64_t> place_arguments(const KernelRow& row);

/// A lookup table of the kernels.
struct KernelTable {
  std::string_view name;
  Element element = Element::kI8;
  std::span<const std::byte> (*contents)() = nullptr;  ///< made on the first call
};

/// Bytes of a table of int8 numbers by an int8 or uint8 index: 256 entries in two copies, as a lookup reads two banks.
inline constexpr std::int64_t kTableI8Bytes = 2 * 256;

/// Size of one step of the int8 numbers that table "gelu_i8" takes and gives.
inline constexpr double kGeluStep = 1.0 / 16;

/// round(GELU(x s) / s), s = kGeluStep, halves to even: an entry of "gelu_i8". GELU(v) = v/2 (1 + erf(v/sqrt 2)).
std::int8_t gelu_i8_entry(std::int8_t x);

std::span<const KernelTable> kernel_tables();
const KernelTable* find_table(std::string_view name);

}  // namespace skald::npu
