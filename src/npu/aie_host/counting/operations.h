#pragma once
// The operations of an AIE2 core as a scheduler sees them: issue slots, stages, bypasses. One row per detail::Op.
//
// Stages count from 1, the cycle of issue. An operation that reads in stage `use` what another makes in stage `made`
// must issue at least made - use + 1 cycles later, one less where both ends are on the same bypass.
//
// Sources. [S] the public itinerary of the core, Xilinx/llvm-aie AIE2Schedule.td: operand stages, bypasses, memory
// stages. [F] slot widths and the slot that an operation issues in: AIE2Slots.td and the instruction formats beside it.
// [W] register widths of the operands in the same files: what one machine operation makes.

#include <array>
#include <cstdint>

#include "npu/aie_host/record.h"

namespace skald::npu::counting {

using aie::counted::detail::Op;

/// Issue slots of a bundle. The seventh, for long immediates, takes the place of others and is not used here.
enum Slot : std::uint8_t { kLoadA, kLoadB, kStore, kVector, kMoves, kScalar, kSlots };

constexpr std::uint8_t bit(Slot slot) {
  return static_cast<std::uint8_t>(1U << slot);
}

/// Forwarding paths between units.
enum class Bypass : std::uint8_t { kNone, kMove, kVector };

enum class Register : std::uint8_t { kNone, kScalar, kVector, kAccumulator };

struct Operation {
  const char* name = "";
  std::uint8_t slots = 0;             ///< any one of these
  std::uint8_t also = 0;              ///< slots it blocks besides
  std::uint8_t made = 0;              ///< stage in which the result is made; 0: none
  std::uint8_t use = 0;               ///< stage in which operands are read
  std::uint8_t use_sum = 0;           ///< stage in which the accumulator that is added to is read
  std::uint8_t memory = 0;            ///< stage of the memory access; 0: none
  Bypass made_on = Bypass::kNone;     ///< bypass that the result is on
  Bypass use_on = Bypass::kNone;      ///< bypass that operands are taken from
  Bypass sum_on = Bypass::kNone;      ///< bypass that the accumulator is taken from
  Register result = Register::kNone;  ///< where the result lives
  std::uint16_t made_bits = 0;        ///< bits that one machine operation makes (a store: writes)
  std::uint16_t call = 0;             ///< cycles of a call into a software routine; 0: one machine operation
  std::uint8_t hold = 1;              ///< cycles for which no other memory operation may issue
};

const Operation& operation(Op op);

/// Cycles from the issue of `from` to that of `to`, which reads its result (as the accumulator it adds to: `sum`).
/// Negative where `to` reads so late that it may issue first.
int latency(Op from, Op to, bool sum);

inline constexpr int kDelaySlots = 5;        ///< of a taken branch; Hello XDNA, isa
inline constexpr int kVectorRegisters = 24;  ///< of 256 bit; AM020 chapter 4
inline constexpr int kAccumulators = 18;     ///< of 512 bit (nine of 1024); xdna-emu register file
inline constexpr unsigned kLoadBytes = 32;   ///< one load or store; AM020 chapter 2
inline constexpr std::array<int, kSlots> kSlotBits = {21, 16, 21, 26, 22, 20};  ///< AIE2Slots.td
inline constexpr int kFormatBits = 7;      ///< of a bundle of several slots; see bundle_bytes
inline constexpr int kShortestBundle = 2;  ///< bytes; a bundle without operations

/// Bytes of a bundle whose slots take `bits`: 2 without operations, 4 with one, else a multiple of 2 up to 16. Fits the
/// 32 bundles of a public listing (xdna-emu, tools/fixtures/debug_halt_probe_objdump.txt), each of them: 208 bytes.
constexpr int bundle_bytes(int operations, int bits) {
  constexpr int kOne = 4;
  constexpr int kLongest = 16;
  const int several = 2 * ((bits + kFormatBits + 15) / 16);
  return operations == 0 ? kShortestBundle : operations == 1 ? kOne : several < kLongest ? several : kLongest;
}

}  // namespace skald::npu::counting
