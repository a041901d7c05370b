#pragma once
// C (kM x kK by kK x kN) += A B on blocks, all panels in block order (layout.h).
//
// One pipelined loop over blocks of kDown x kAcross native results; the whole depth of the panel is straight code in
// its body. So a block's accumulators are loaded while the block before still multiplies, and stored while the one
// after does: the multiplier never waits, although depth 32 or 64 is little.

#include "kernel.h"

namespace {

template <typename Mmul, typename In, typename Sum, int kK, int kN, int kDown, int kAcross, bool kFirst>
inline void multiply_block(const In* __restrict a, const In* __restrict b, Sum* __restrict c, int row, int column) {
  constexpr int kDepth = kK / static_cast<int>(Mmul::K);
  constexpr int kColumns = kN / static_cast<int>(Mmul::N);
  Mmul sums[kDown][kAcross];
  if constexpr (!kFirst) {
    SKALD_UNROLL
    for (int i = 0; i < kDown; ++i) {
      SKALD_UNROLL
      for (int j = 0; j < kAcross; ++j) {
        const int at = ((row + i) * kColumns + column + j) * static_cast<int>(Mmul::size_C);
        sums[i][j] = Mmul(aie::load_v<Mmul::size_C>(c + at));
      }
    }
  }
  SKALD_UNROLL
  for (int k = 0; k < kDepth; ++k) {
    aie::vector<In, Mmul::size_A> left[kDown];
    aie::vector<In, Mmul::size_B> right[kAcross];
    SKALD_UNROLL
    for (int i = 0; i < kDown; ++i) {
      left[i] = aie::load_v<Mmul::size_A>(a + ((row + i) * kDepth + k) * static_cast<int>(Mmul::size_A));
    }
    SKALD_UNROLL
    for (int j = 0; j < kAcross; ++j) {
      right[j] = aie::load_v<Mmul::size_B>(b + (k * kColumns + column + j) * static_cast<int>(Mmul::size_B));
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
      const int at = ((row + i) * kColumns + column + j) * static_cast<int>(Mmul::size_C);
      aie::store_v(c + at, sums[i][j].template to_vector<Sum>());
    }
  }
}

/// kFirst: C = A B, whatever C held. Otherwise the body does a block of C's upper and one of its lower half: one is
/// loaded while the other is stored, and when a bank ends in the middle of C (place_arguments), these do not meet.
template <typename Mmul, typename In, typename Sum, int kM, int kK, int kN, int kDown, int kAcross, bool kFirst>
inline void multiply(const In* __restrict a, const In* __restrict b, Sum* __restrict c) {
  constexpr int kAlong = kN / static_cast<int>(Mmul::N) / kAcross;
  constexpr int kBlocks = kM / static_cast<int>(Mmul::M) / kDown * kAlong;
  static_assert(kM % (static_cast<int>(Mmul::M) * kDown) == 0 && kN % (static_cast<int>(Mmul::N) * kAcross) == 0);
  constexpr int kRows = kM / static_cast<int>(Mmul::M);
  constexpr bool kHalves = !kFirst && kRows % (2 * kDown) == 0;
  if constexpr (kHalves) {
    SKALD_PIPELINED_LOOP(block, kBlocks / 2, 2) {
      const int row = block / kAlong * kDown;
      const int column = block % kAlong * kAcross;
      multiply_block<Mmul, In, Sum, kK, kN, kDown, kAcross, kFirst>(a, b, c, row, column);
      multiply_block<Mmul, In, Sum, kK, kN, kDown, kAcross, kFirst>(a, b, c, row + kRows / 2, column);
    }
  } else if constexpr (kBlocks == 1) {
    multiply_block<Mmul, In, Sum, kK, kN, kDown, kAcross, kFirst>(a, b, c, 0, 0);
  } else {
    SKALD_PIPELINED_LOOP(block, kBlocks, 2) {
      multiply_block<Mmul, In, Sum, kK, kN, kDown, kAcross, kFirst>(a, b, c, block / kAlong * kDown,
                                                                    block % kAlong * kAcross);
    }
  }
}

}  // namespace
