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
  constexpr int kDepth = kK / Mmul::K;
  constexpr int kColumns = kN / Mmul::N;
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

/// kFirst: C = A B, whatever C held.
template <typename Mmul, typename In, typename Sum, int kM, int kK, int kN, int kDown, int kAcross, bool kFirst>
inline void multiply(const In* __restrict a, const In* __restrict b, Sum* __restrict c) {
  constexpr int kAlong = kN / Mmul::N / kAcross;
  constexpr int kBlocks = kM / Mmul::M / kDown * kAlong;
  static_assert(kM % (Mmul::M * kDown) == 0 && kK % Mmul::K == 0 && kN % (Mmul::N * kAcross) == 0);
  if constexpr (kBlocks == 1) {
    multiply_block<Mmul, In, Sum, kK, kN, kDown, kAcross, kFirst>(a, b, c, 0, 0);
  } else {
    SKALD_PIPELINED_LOOP(block, kBlocks, 2) {
      multiply_block<Mmul, In, Sum, kK, kN, kDown, kAcross, kFirst>(a, b, c, block / kAlong * kDown,
                                                                    block % kAlong * kAcross);
    }
  }
}

}  // namespace
