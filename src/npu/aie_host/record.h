#pragma once
// What the emulated AIE API tells about the operations it is asked for.
//
// Kernel sources are compiled twice for the host: the value build computes and records nothing (every hook below is
// empty and costs nothing), the counting build also records each operation with the values it reads and makes, so that
// counting/ can say how many cycles and bundles the device would need. Cycles do not depend on data.
//
// Rules for the API (aie_api/):
// * Every vector and accumulator object carries the Token of the operation that made it; a copy copies it.
// * One call of `record` per operation of the source with the size of its result; it is split here into machine
//   operations by the widths of counting/operations.h (a 1024-bit add is two, a 64-lane bfloat16 multiply four). Only a
//   multiply whose depth takes several machine operations is recorded as that many calls, chained by `accumulator`.
// * What only renames registers is not recorded: casts, halves of a register (256-bit parts of a vector, 512-bit parts
//   of an accumulator) taken or put together. Of two tokens make one with `join`.
// * Record the plain operations: load then unpack or up-shift, shift-round-saturate or convert then store. The recorder
//   fuses each such pair into the one machine operation that does both.
// * What the device does in several operations is recorded as these: a scalar factor is broadcast (kVectorMove) at
// every
//   call; 32 x 32-bit products shuffle halves out of both factors (two kVectorMove each), then kIntMul and three
//   kIntMac chained; a parallel lookup widens and adds to its indices, then per four lanes a kLookup and a kVectorMove.
// * Constants, and scalars that are plain C++ numbers, have Token{}: ready from the start, no register counted.

#include <cstdint>

#if SKALD_AIE_COUNTING
#define SKALD_AIE_BUILD counted
#else
#define SKALD_AIE_BUILD valued
#endif

namespace aie::inline SKALD_AIE_BUILD::detail {

/// Operations of an AIE2 core, by the unit and the latency they have (counting/operations.h holds the table).
enum class Op : std::uint8_t {
  kLoad,              ///< load of a vector or scalar
  kLoadAccumulator,   ///< load of an accumulator as it is
  kLookup,            ///< load of table entries at four addresses (parallel lookup)
  kStore,             ///< store of a vector or a 32-bit scalar
  kStoreAccumulator,  ///< store of an accumulator as it is
  kStoreNarrow,       ///< 8- or 16-bit scalar store: a read-modify-write
  kVectorAlu,         ///< add, subtract, min, max, compare, select, logic, negate, absolute
  kVectorMove,        ///< shuffle, shift, broadcast, insert or extract an element, between scalar and vector
  kIntMul,            ///< integer vector multiply
  kIntMac,            ///< integer vector multiply-accumulate (or multiply-subtract)
  kBf16Mul,           ///< bfloat16 vector multiply
  kBf16Mac,           ///< bfloat16 vector multiply-accumulate (or multiply-subtract)
  kIntAccAdd,         ///< add, subtract, negate integer accumulators
  kFloatAccAdd,       ///< add, subtract, negate float accumulators
  kAccZero,           ///< clear an accumulator
  kSrs,               ///< accumulator to vector: shift, round, saturate
  kUps,               ///< vector to accumulator: shift up
  kConvert,           ///< float32 accumulator to bfloat16 vector, bfloat16 to int32
  kWiden,             ///< bfloat16 vector to float32 accumulator
  kPack,              ///< vector to half the width
  kUnpack,            ///< vector to twice the width
  kScalarAlu,         ///< add, logic, shift, compare
  kScalarMul,         ///< 32 x 32 multiply
  kScalarMove,        ///< between register files
  kSoftFloatAdd,      ///< scalar float addition, subtraction, comparison in software
  kSoftFloatMul,      ///< scalar float multiplication in software
  kSoftDivide,        ///< scalar integer division in software
  // Made by the recorder alone:
  kLoadUnpack,    ///< load, then widen
  kLoadUps,       ///< load, then shift up into an accumulator
  kLoadWiden,     ///< load bfloat16 as float32 accumulator
  kStoreSrs,      ///< shift, round, saturate, then store
  kStoreConvert,  ///< float32 to bfloat16, then store
  kStorePack,     ///< pack, then store
  kBranch,        ///< branch at the end of an iteration that is no zero-overhead loop's
  kCount
};

#if SKALD_AIE_COUNTING

/// Names the value that an operation made; 0: a constant.
struct Token {
  std::uint32_t id = 0;
};

/// Records `op`, which makes a value of `bits` (vector or accumulator; 32 for a scalar) from up to three others.
/// `accumulator` is the one that a multiply-accumulate adds to, which it needs later than its factors. `macs`: products
/// that a multiply forms, all of them (mmul<4, 8, 8>: 256). Compares and reductions to a scalar: `bits` of an operand.
Token record(Op op, unsigned bits, Token first = {}, Token second = {}, Token accumulator = {}, unsigned macs = 0);

/// A value that is made of two: ready when both are. Costs nothing.
Token join(Token first, Token second);

/// Records kLoad, kLoadAccumulator or kLookup of `bytes` at `address`; `index`: what the address was computed from.
/// A lookup fetches four entries at once: one call, of 32 bytes, for four lanes.
Token record_load(Op op, const void* address, unsigned bytes, Token index = {});

/// Records kStore, kStoreAccumulator or kStoreNarrow of `bytes` at `address`.
void record_store(Op op, const void* address, unsigned bytes, Token value);

#else

struct Token {};
inline Token record(Op, unsigned, Token = {}, Token = {}, Token = {}, unsigned = 0) {
  return {};
}
inline Token join(Token, Token) {
  return {};
}
inline Token record_load(Op, const void*, unsigned, Token = {}) {
  return {};
}
inline void record_store(Op, const void*, unsigned, Token) {}

#endif

// Loops are told by kernels/kernel.h (SKALD_LOOP, SKALD_PIPELINED_LOOP), never by the API.
#if SKALD_AIE_COUNTING

/// What the source says of a loop.
enum class LoopKind : std::uint8_t {
  kPlain,      ///< no hint: one iteration after the other
  kPipelined,  ///< asks for software pipelining
};

/// A place in the source: tells loops and functions apart, and orders reports.
struct Site {
  const char* file;
  int line;
};

/// Brackets a loop. Iterations outside any are not allowed.
void begin_loop(Site site, LoopKind kind, int minimum_trips);
void begin_iteration();
void end_iteration();
void end_loop();

/// Brackets a function that the device does not inline: its text counts once, each call costs jump and return.
void begin_call(Site site);
void end_call();

#endif

}  // namespace aie::inline SKALD_AIE_BUILD::detail
