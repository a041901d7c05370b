// Attention in int8, one head of 64 whose queries and keys are all here: Q, K and V one after the other (blocks 4 x 8
// each), as many positions of each. Every step is exact:
//
//   h = round(k q, 6)                                to int16: 64 products of int8 have at most 2^20
//   w = exp[min(round((max h - h) factor, shift), 255)]   0 to 127, by table
//   s = sum w, share = 2^21 / s                      integer division
//   y = round(round(sum w v, 5) share, 16)           to int8, in units of v
//
// round(v, s): v / 2^s to the nearest, halves to even. As in attention_bf16.cc keys go down and queries across: a
// native result has four keys and eight queries.

#include "kernel.h"
#include "modes.h"
#include "shapes.h"

namespace {

using MmulI8 = aie::mmul<4, 8, 8, int8, int8, acc32>;

constexpr int kHeadBlocks = 8;  // blocks of 8 along a head of 64
constexpr int kDown = 6;
constexpr int kOutDown = 5;
constexpr int kShareBits = 21;
constexpr int kExpEntries = 256;

/// Eight rows by eight columns of an array in blocks 4 x 8, turned.
inline aie::vector<std::int8_t, 64> turned(const std::int8_t* array, int row8, int column8) {
  const std::int8_t* at = array + (2 * row8 * kHeadBlocks + column8) * 32;
  return aie::transpose(aie::concat(aie::load_v<32>(at), aie::load_v<32>(at + kHeadBlocks * 32)), 8, 8);
}

/// Four by two native results of K Q^T.
template <int kPositions>
inline void score_block(const std::int8_t* __restrict q, const std::int8_t* __restrict k, std::int16_t* __restrict h,
                        int row, int column) {
  MmulI8 sums[4][2];
  SKALD_UNROLL
  for (int depth = 0; depth < kHeadBlocks; ++depth) {
    SKALD_UNROLL
    for (int j = 0; j < 2; ++j) {
      const aie::vector<std::int8_t, 64> right = turned(q, column + j, depth);
      SKALD_UNROLL
      for (int i = 0; i < 4; ++i) {
        const aie::vector<std::int8_t, 32> left = aie::load_v<32>(k + ((row + i) * kHeadBlocks + depth) * 32);
        if (depth == 0) {
          sums[i][j].mul(left, right);
        } else {
          sums[i][j].mac(left, right);
        }
      }
    }
  }
  SKALD_UNROLL
  for (int i = 0; i < 4; ++i) {
    SKALD_UNROLL
    for (int j = 0; j < 2; ++j) {
      aie::store_v(h + ((row + i) * (kPositions / 8) + column + j) * 32,
                   sums[i][j].template to_vector<std::int16_t>(kDown));
    }
  }
}

template <int kPositions>
inline void make_scores(const std::int8_t* __restrict qkv, std::int16_t* __restrict h) {
  constexpr int kAcross = kPositions / 16;
  Modes::set();
  SKALD_PIPELINED_LOOP(block, kPositions / 16 * kAcross, 2) {
    score_block<kPositions>(qkv, qkv + kPositions * 64, h, block / kAcross * 4, block % kAcross * 2);
  }
  Modes::restore();
}

/// The largest of each of eight queries, in all four rows.
template <int kPositions>
inline aie::vector<std::int16_t, 32> highest_of(const std::int16_t* h, int column) {
  aie::vector<std::int16_t, 32> highest = aie::load_v<32>(h + column * 32);
  SKALD_UNROLL
  for (int row = 1; row < kPositions / 4; ++row) {
    highest = aie::max(highest, aie::load_v<32>(h + (row * (kPositions / 8) + column) * 32));
  }
  highest = aie::max(highest, aie::shuffle_down_rotate(highest, 16));
  return aie::max(highest, aie::shuffle_down_rotate(highest, 8));
}

/// Weights in blocks of eight keys by eight queries, and their sums, repeated for four rows.
template <int kPositions>
inline void make_weights(const std::int16_t* __restrict h, const std::int8_t* table_ab, const std::int8_t* table_cd,
                         std::int8_t* __restrict w, std::int32_t* __restrict sums, int factor, int shift) {
  constexpr int kAcross = kPositions / 8;
  Modes::set();
  aie::parallel_lookup<std::int16_t, aie::lut<4, std::int8_t>> exp(
      aie::lut<4, std::int8_t>(kExpEntries, table_ab, table_cd));
  const aie::vector<std::int16_t, 32> slope = aie::broadcast<std::int16_t, 32>(static_cast<std::int16_t>(factor));
  const aie::vector<std::int16_t, 32> last = aie::broadcast<std::int16_t, 32>(kExpEntries - 1);
  const aie::vector<std::int8_t, 32> ones = aie::broadcast<std::int8_t, 32>(1);
  SKALD_LOOP(column, kAcross) {
    const aie::vector<std::int16_t, 32> highest = highest_of<kPositions>(h, column);
    SKALD_LOOP(row, kPositions / 4) {
      const aie::vector<std::int16_t, 32> below = aie::sub(highest, aie::load_v<32>(h + (row * kAcross + column) * 32));
      const aie::vector<std::int16_t, 32> index =
          aie::min(aie::mul<acc32>(below, slope).template to_vector<std::int16_t>(shift), last);
      aie::store_v(w + (row / 2 * kAcross + column) * 64 + row % 2 * 32, exp.fetch(index));
    }
    MmulI8 total;
    SKALD_UNROLL
    for (int keys8 = 0; keys8 < kPositions / 8; ++keys8) {
      total.mac(ones, aie::load_v<64>(w + (keys8 * kAcross + column) * 64));
    }
    aie::store_v(sums + column * 32, total.template to_vector<std::int32_t>());
  }
  Modes::restore();
}

/// Two rows and two columns of native results of V^T W, shared out and turned back.
template <int kPositions>
inline void output_block(const std::int8_t* __restrict v, const std::int8_t* __restrict w,
                         const std::int32_t* __restrict shares, std::int8_t* __restrict y, int dims8, int column) {
  constexpr int kAcross = kPositions / 8;
  MmulI8 sums[2][2];
  SKALD_UNROLL
  for (int keys8 = 0; keys8 < kPositions / 8; ++keys8) {
    const aie::vector<std::int8_t, 64> left = turned(v, keys8, dims8);
    SKALD_UNROLL
    for (int j = 0; j < 2; ++j) {
      const aie::vector<std::int8_t, 64> right = aie::load_v<64>(w + (keys8 * kAcross + column + j) * 64);
      SKALD_UNROLL
      for (int i = 0; i < 2; ++i) {
        const aie::vector<std::int8_t, 32> half = left.template extract<32>(static_cast<unsigned>(i));
        if (keys8 == 0) {
          sums[i][j].mul(half, right);
        } else {
          sums[i][j].mac(half, right);
        }
      }
    }
  }
  SKALD_UNROLL
  for (int j = 0; j < 2; ++j) {
    const aie::vector<std::int32_t, 8> eight = aie::load_v<8>(shares + (column + j) * 8);
    const aie::vector<std::int16_t, 32> share =
        aie::accum<acc32, 32>(aie::concat(eight, eight, eight, eight)).template to_vector<std::int16_t>();
    aie::vector<std::int8_t, 32> out[2];
    SKALD_UNROLL
    for (int i = 0; i < 2; ++i) {
      out[i] = aie::mul<acc32>(sums[i][j].template to_vector<std::int16_t>(kOutDown), share)
                   .template to_vector<std::int8_t>(kShareBits - kOutDown);
    }
    const aie::vector<std::int8_t, 64> rows = aie::transpose(aie::concat(out[0], out[1]), 8, 8);
    std::int8_t* at = y + (2 * (column + j) * kHeadBlocks + dims8) * 32;
    aie::store_v(at, rows.template extract<32>(0));
    aie::store_v(at + kHeadBlocks * 32, rows.template extract<32>(1));
  }
}

template <int kPositions>
inline void make_outputs(const std::int8_t* __restrict qkv, const std::int8_t* __restrict w,
                         const std::int32_t* __restrict shares, std::int8_t* __restrict y) {
  constexpr int kAcross = kPositions / 16;
  Modes::set();
  SKALD_PIPELINED_LOOP(block, kHeadBlocks * kAcross, 2) {
    output_block<kPositions>(qkv + 2 * kPositions * 64, w, shares, y, block / kAcross, block % kAcross * 2);
  }
  Modes::restore();
}

/// One share a query.
template <int kPositions>
inline void make_shares(const std::int32_t* __restrict sums, std::int32_t* __restrict shares) {
  SKALD_LOOP(query, kPositions) {
    const Int32 sum = load_scalar<Int32>(sums + query / 8 * 32 + query % 8);
    store_scalar(shares + query, Int32(1 << kShareBits) / sum);
  }
}

}  // namespace

SKALD_KERNELS_BEGIN

#define SKALD_ATTENTION_I8(positions)                                                                             \
  void attention_scores_i8_##positions(const std::int8_t* qkv, std::int16_t* h) {                                 \
    make_scores<positions>(qkv, h);                                                                               \
  }                                                                                                               \
  void attention_weights_i8_##positions(const std::int16_t* h, const std::int8_t* table_ab,                       \
                                        const std::int8_t* table_cd, std::int8_t* w, std::int32_t* sums,          \
                                        std::int32_t factor, std::int32_t shift) {                                \
    make_weights<positions>(h, table_ab, table_cd, w, sums, factor, shift);                                       \
  }                                                                                                               \
  void attention_shares_i8_##positions(const std::int32_t* sums, std::int32_t* shares) {                          \
    make_shares<positions>(sums, shares);                                                                         \
  }                                                                                                               \
  void attention_outputs_i8_##positions(const std::int8_t* qkv, const std::int8_t* w, const std::int32_t* shares, \
                                        std::int8_t* y) {                                                         \
    make_outputs<positions>(qkv, w, shares, y);                                                                   \
  }

SKALD_ATTENTION_I8_SIZES(SKALD_ATTENTION_I8)

SKALD_KERNELS_END
