#pragma once
// What the emulated AIE API tells about the operations it is asked for.
//
// Kernel sources are compiled twice for the host: the value build computes and records nothing (every hook below is
// empty and costs nothing), the counting build also records each operation with the values it reads and makes, so that
// counting/schedule.h can say how many cycles the device would need. Cycles do not depend on data.

#include <cstdint>

#if SKALD_AIE_COUNTING
#define SKALD_AIE_BUILD counted
#else
#define SKALD_AIE_BUILD valued
#endif

namespace aie::inline SKALD_AIE_BUILD::detail {

/// Operations of an AIE2 core, by the unit and the latency they have (counting/operations.h holds the table).
enum class Op : std::uint8_t {
  kLoad,         ///< vector or scalar load
  kLoadUnpack,   ///< load that widens
  kLoadUps,      ///< load into an accumulator with up-shift
  kStore,        ///< vector or 32-bit store
  kStoreSrs,     ///< store of an accumulator with shift, round and saturate, or with a bfloat16 conversion
  kStoreNarrow,  ///< 8- or 16-bit scalar store: a read-modify-write
  kVectorAlu,    ///< add, sub, min, max, compare, select, shift, shuffle, broadcast, insert, extract
  kIntMul,       ///< integer vector multiply
  kIntMac,       ///< integer vector multiply-accumulate
  kBf16Mul,      ///< bfloat16 vector multiply
  kBf16Mac,      ///< bfloat16 vector multiply-accumulate
  kFloatAdd,     ///< add or subtract of float accumulators
  kSrs,          ///< accumulator to vector
  kUps,          ///< vector to accumulator
  kConvert,      ///< float32 <-> bfloat16, bfloat16 to int32
  kPack,         ///< narrow a vector
  kUnpack,       ///< widen a vector in a register
  kMove,         ///< register move that the compiler cannot avoid
  kScalarAlu,    ///< add, logic, shift, compare
  kScalarMul,    ///< 32 x 32 multiply
  kSoftFloat,    ///< scalar float operation in software
  kSoftDivide,   ///< scalar integer division in software
};

#if SKALD_AIE_COUNTING

/// Names the value that an operation made; 0: a constant, ready from the start.
struct Token {
  std::uint32_t id = 0;
};

/// Records `op` reading up to three values; `accumulator` is the one that a multiply-accumulate adds to, which it needs
/// later than its factors. Returns the name of what it makes.
Token record(Op op, Token first = {}, Token second = {}, Token accumulator = {});

/// Records a memory operation of `bytes` at `address`.
Token record_load(Op op, const void* address, std::uint32_t bytes, Token index = {});
void record_store(Op op, const void* address, std::uint32_t bytes, Token value);

/// One iteration of a loop. `site` tells loops apart; `pipelined`: the source asks for software pipelining.
class Iteration {
 public:
  Iteration(const char* site, bool pipelined);
  ~Iteration();
  Iteration(const Iteration&) = delete;
  Iteration& operator=(const Iteration&) = delete;
};

/// A whole loop, around its iterations.
class LoopScope {
 public:
  explicit LoopScope(const char* site);
  ~LoopScope();
  LoopScope(const LoopScope&) = delete;
  LoopScope& operator=(const LoopScope&) = delete;
};

#else

struct Token {};
inline Token record(Op, Token = {}, Token = {}, Token = {}) {
  return {};
}
inline Token record_load(Op, const void*, std::uint32_t, Token = {}) {
  return {};
}
inline void record_store(Op, const void*, std::uint32_t, Token) {}

#endif

}  // namespace aie::inline SKALD_AIE_BUILD::detail
