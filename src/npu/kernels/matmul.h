#pragma once
// C (kM x kK by kK x kN) += A B on blocks, all panels in block order (layout.h).
//
// One pipelined loop over blocks of kDown x kAcross native results; the whole depth of the panel is straight code in
// its body. So a block's accumulators are loaded while the block before still multiplies, and stored while the one
// after does: the multiplier never waits, although depth 32 or 64 is little.

#include "kernel.h"

namespace {

/// Where a block's factors and sums begin, and how far it is to the next ones.
template <typename In, typename Sum>
struct BlockPlaces {
  const In* a;
  int a_row;  ///< native factors from a row of them to the next
  const In* b;
  int b_depth;      ///< native factors from a depth to the next
  const Sum* from;  ///< sums that are added to
  int from_row;     ///< native results
  int from_column;
  Sum* c;
  int c_row;  ///< native results
};

template <typename Mmul, typename In, typename Sum, int kDepth, int kDown, int kAcross, bool kFirst>
inline void multiply_block(const BlockPlaces<In, Sum>& at) {
  constexpr int kA = static_cast<int>(Mmul::size_A);
  constexpr int kB = static_cast<int>(Mmul::size_B);
  constexpr int kC = static_cast<int>(Mmul::size_C);
  Mmul sums[kDown][kAcross];
  if constexpr (!kFirst) {
    SKALD_UNROLL
    for (int i = 0; i < kDown; ++i) {
      SKALD_UNROLL
      for (int j = 0; j < kAcross; ++j) {
        sums[i][j] = Mmul(aie::load_v<Mmul::size_C>(at.from + (i * at.from_row + j * at.from_column) * kC));
      }
    }
  }
  SKALD_UNROLL
  for (int k = 0; k < kDepth; ++k) {
    aie::vector<In, Mmul::size_A> left[kDown];
    aie::vector<In, Mmul::size_B> right[kAcross];
    SKALD_UNROLL
    for (int i = 0; i < kDown; ++i) {
      left[i] = aie::load_v<Mmul::size_A>(at.a + (i * at.a_row + k) * kA);
    }
    SKALD_UNROLL
    for (int j = 0; j < kAcross; ++j) {
      right[j] = aie::load_v<Mmul::size_B>(at.b + (k * at.b_depth + j) * kB);
    }
    SKALD_UNROLL
    for (int i = 0; i < kDown; ++i) {
      SKALD_UNROLL
      for (int j = 0; j < kAcross; ++j) {
        if (kFirst && k == 0) {
          sums[i][j].mul(left[i], right[j]);
        } else {
          sums[i][j].mac(left[i], right[j]);
        }
      }
    }
  }
  SKALD_UNROLL
  for (int i = 0; i < kDown; ++i) {
    SKALD_UNROLL
    for (int j = 0; j < kAcross; ++j) {
      aie::store_v(at.c + (i * at.c_row + j) * kC, sums[i][j].template to_vector<Sum>());
    }
  }
}

/// kFirst: C = A B, whatever C held. Otherwise the body does a block of C's upper and one of its lower half: one is
/// loaded while the other is stored, and when a bank ends in the middle of C (place_arguments), these do not meet.
template <typename Mmul, typename In, typename Sum, int kM, int kK, int kN, int kDown, int kAcross, bool kFirst>
inline void multiply(const In* __restrict a, const In* __restrict b, Sum* __restrict c) {
  constexpr int kDepth = kK / static_cast<int>(Mmul::K);
  constexpr int kColumns = kN / static_cast<int>(Mmul::N);
  constexpr int kAlong = kColumns / kAcross;
  constexpr int kRows = kM / static_cast<int>(Mmul::M);
  constexpr int kBlocks = kRows / kDown * kAlong;
  static_assert(kM % (static_cast<int>(Mmul::M) * kDown) == 0 && kN % (static_cast<int>(Mmul::N) * kAcross) == 0);
  const auto block = [&](int row, int column) {
    Sum* sums = c + (row * kColumns + column) * static_cast<int>(Mmul::size_C);
    multiply_block<Mmul, In, Sum, kDepth, kDown, kAcross, kFirst>(
        {.a = a + row * kDepth * static_cast<int>(Mmul::size_A),
         .a_row = kDepth,
         .b = b + column * static_cast<int>(Mmul::size_B),
         .b_depth = kColumns,
         .from = sums,
         .from_row = kColumns,
         .from_column = 1,
         .c = sums,
         .c_row = kColumns});
  };
  constexpr bool kHalves = !kFirst && kRows % (2 * kDown) == 0;
  if constexpr (kHalves) {
    SKALD_PIPELINED_LOOP(at, kBlocks / 2, 2) {
      const int row = at / kAlong * kDown;
      const int column = at % kAlong * kAcross;
      block(row, column);
      block(row + kRows / 2, column);
    }
  } else if constexpr (kBlocks == 1) {
    block(0, 0);
  } else {
    SKALD_PIPELINED_LOOP(at, kBlocks, 2) {
      block(at / kAlong * kDown, at % kAlong * kAcross);
    }
  }
}

}  // namespace
