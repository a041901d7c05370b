#include "npu/aie_host/counting/operations.h"

namespace skald::npu::counting {
namespace {

constexpr auto kNo = Bypass::kNone;
constexpr auto kMv = Bypass::kMove;
constexpr auto kVec = Bypass::kVector;
constexpr auto kLoads = static_cast<std::uint8_t>(bit(kLoadA) | bit(kLoadB));
constexpr std::uint8_t kA = bit(kLoadA);
constexpr std::uint8_t kB = bit(kLoadB);
constexpr std::uint8_t kSt = bit(kStore);
constexpr std::uint8_t kV = bit(kVector);
constexpr std::uint8_t kM = bit(kMoves);
constexpr std::uint8_t kAlu = bit(kScalar);

constexpr Register kNone = Register::kNone;
constexpr Register kS = Register::kScalar;
constexpr Register kW = Register::kVector;
constexpr Register kC = Register::kAccumulator;

// Cycles of software routines. Multiplication: about 132 cycles an element (Npu-Embeddings-XDNA1). Addition: what is
// left of the 54.4 ms of a scalar 64 x 64 x 64 bfloat16 call (Unicorn-Amanuensis) at 1.028 GHz: 213 cycles a step, less
// 132 and the loop; it calibrates this number. Division: 32 steps of one cycle (II_DIVS) and the call.
constexpr std::uint16_t kSoftMul = 132;
constexpr std::uint16_t kSoftAdd = 68;
constexpr std::uint16_t kSoftDiv = 44;

// name, slots, also, made, use, use_sum, memory, made_on, use_on, sum_on, result, made_bits, call
constexpr std::array<Operation, static_cast<std::size_t>(Op::kCount)> kTable = {{
    {"load", kLoads, 0, 7, 1, 0, 5, kNo, kNo, kNo, kW, 256, 0},       // [S] II_VLDA_W, II_VLDB, II_LDA
    {"load.acc", kA, 0, 7, 1, 0, 5, kNo, kNo, kNo, kC, 256, 0},       // [S] II_VLDA_AM, port A only
    {"lookup", kB, kA, 7, 1, 0, 5, kNo, kNo, kNo, kW, 256, 0},        // [S] II_VLDB_4X holds port A too
    {"store", kSt, 0, 0, 1, 0, 5, kNo, kNo, kNo, kNone, 256, 0},      // [S] II_VST_W, II_ST
    {"store.acc", kSt, 0, 0, 1, 0, 5, kNo, kNo, kNo, kNone, 256, 0},  // [S] II_VST_AM
    {"store.narrow", kSt, kA, 0, 7, 0, 11, kNo, kNo, kNo, kNone, 256, 0,
     7},                                                             // [S] II_STHB: data read in stage 7; 7 apart
    {"valu", kM, 0, 2, 1, 0, 0, kMv, kMv, kNo, kW, 512, 0},          // [S] II_VADD, VMAX_LT, VSEL, VBLOG
    {"vmove", kM, 0, 2, 1, 0, 0, kMv, kMv, kNo, kW, 512, 0},         // [S] II_VSHUFFLE, VSHIFT, VBCST
    {"vmul", kV, 0, 5, 1, 0, 0, kVec, kNo, kNo, kC, 1024, 0},        // [S] II_VMUL
    {"vmac", kV, 0, 5, 1, 3, 0, kVec, kNo, kVec, kC, 1024, 0},       // [S] II_VMAC: 5 - 3 + 1 - 1 = 2
    {"vmul.f", kV, 0, 6, 1, 0, 0, kNo, kNo, kNo, kC, 512, 0},        // [S] II_VMULf
    {"vmac.f", kV, 0, 6, 1, 3, 0, kNo, kNo, kNo, kC, 512, 0},        // [S] II_VMACf: 6 - 3 + 1 = 4
    {"vadd.acc", kV, 0, 5, 3, 3, 0, kVec, kVec, kVec, kC, 1024, 0},  // [S] II_VACC
    {"vadd.f", kV, 0, 6, 3, 3, 0, kNo, kNo, kNo, kC, 512, 0},        // [S] II_VACCf
    {"vclr", kV, 0, 5, 1, 0, 0, kVec, kNo, kNo, kC, 1024, 0},        // [S] II_VCLR
    {"vsrs", kSt, 0, 4, 1, 0, 0, kNo, kNo, kNo, kW, 256, 0},         // [S] II_VSRS, [F] store slot
    {"vups", kM, 0, 3, 1, 0, 0, kNo, kNo, kNo, kC, 512, 0},          // [S] II_VUPS
    {"vconv", kSt, 0, 2, 1, 0, 0, kNo, kNo, kNo, kW, 256, 0},        // [S] II_VCONV, II_VFLOOR
    {"vwiden", kM, 0, 2, 1, 0, 0, kNo, kNo, kNo, kC, 512, 0},        // [S] II_VCONVfp32bf16
    {"vpack", kSt, 0, 2, 1, 0, 0, kNo, kNo, kNo, kW, 256, 0},        // [S] II_VPACK
    {"vunpack", kB, 0, 7, 7, 0, 0, kNo, kNo, kNo, kW, 512, 0},       // [S] II_VUNPACK, [F] slot of load B
    {"alu", kAlu, 0, 1, 1, 0, 0, kNo, kNo, kNo, kS, 32, 0},          // [S] II_ADD, II_LSHL, II_LT
    {"mul", kAlu, 0, 2, 1, 0, 0, kNo, kNo, kNo, kS, 32, 0},          // [S] II_MUL
    {"mov", static_cast<std::uint8_t>(kM | kAlu), 0, 1, 1, 0, 0, kNo, kNo, kNo, kS, 32, 0},  // [S] II_MOV
    {"soft add", kAlu, 0, 1, 1, 0, 0, kNo, kNo, kNo, kS, 32, kSoftAdd},
    {"soft mul", kAlu, 0, 1, 1, 0, 0, kNo, kNo, kNo, kS, 32, kSoftMul},
    {"soft div", kAlu, 0, 1, 1, 0, 0, kNo, kNo, kNo, kS, 32, kSoftDiv},
    {"load.unpack", kB, 0, 7, 1, 0, 5, kNo, kNo, kNo, kW, 512, 0},     // [S] II_VLDB_UNPACK
    {"load.ups", kA, 0, 9, 1, 0, 5, kNo, kNo, kNo, kC, 512, 0},        // [S] II_VLDA_UPS
    {"load.conv", kA, 0, 7, 1, 0, 5, kNo, kNo, kNo, kC, 512, 0},       // [S] II_VLDA_CONV
    {"store.srs", kSt, 0, 0, 1, 0, 7, kNo, kNo, kNo, kNone, 256, 0},   // [S] II_VST_SRS: memory in stage 7
    {"store.conv", kSt, 0, 0, 1, 0, 7, kNo, kNo, kNo, kNone, 256, 0},  // [S] II_VST_CONV
    {"store.pack", kSt, 0, 0, 1, 0, 5, kNo, kNo, kNo, kNone, 256, 0},  // [S] II_VST_PACK
    {"branch", kAlu, 0, 0, 1, 0, 0, kNo, kNo, kNo, kNone, 32, 0},      // [S] II_JNZD
}};

}  // namespace

const Operation& operation(Op op) {
  return kTable[static_cast<std::size_t>(op)];
}

int latency(Op from, Op to, bool sum) {
  const Operation& made = operation(from);
  const Operation& used = operation(to);
  const int stage = sum ? used.use_sum : used.use;
  const Bypass taken = sum ? used.sum_on : used.use_on;
  const int forwarded = made.made_on != Bypass::kNone && made.made_on == taken ? 1 : 0;
  return made.made - stage + 1 - forwarded;
}

}  // namespace skald::npu::counting
