// Attention in bfloat16 with float32 statistics, for blocks of 64 queries and 64 or 32 keys, heads of 64: the parts
// between and after its products (online softmax, Milakov and Gimelshein, arXiv 1805.02867).
//
// Scores are kept with keys down and queries across: S = K Q^T (matmul_bf16_64x64x64_first). A native result then has
// four keys and four queries, so what belongs to a query (maximum, sum, factor) is one number of four, repeated for
// each row of the result; two results on top of each other are a factor of the second product as they are; and the
// output grows as O = V^T P, dimensions down. Queries are turned on their way in, values as they are multiplied, and
// the output on its way out.
//
// Of the largest score m so far, 192 - m is kept: what Exp2 wants to have added to a score.
//
// Queries are scaled by log2(e) / sqrt(64), so that weights are powers of two. Outputs and sums that were scaled to a
// lower maximum are put right in each block, as two bfloat16 parts (2^-17 of them) times a bfloat16 factor.

#include "functions.h"
#include "kernel.h"
#include "modes.h"
#include "shapes.h"

namespace {

constexpr int kBlock = 64;           // queries, keys, dimensions of a head
constexpr int kGroups = kBlock / 4;  // native results along each
constexpr int kResult = 16;          // numbers of a native result
constexpr int kSlice = 16;           // queries that arrive and leave together
// log2(e) / 8 in two parts.
constexpr float kScaleHigh = 0.1806640625F;
constexpr float kScaleLow = -0.00032718239F;
constexpr float kNothing = -30000.0F;  // a score that has no weight: below 2^-62 of any other

using MmulBf16 = aie::mmul<4, 8, 4, bfloat16, bfloat16, accfloat>;

/// Weights lie in the places of scores: those of eight keys and four queries in that of the first four keys.
inline const bfloat16* weights_of(const float* scores, int keys8, int group) {
  return reinterpret_cast<const bfloat16*>(scores + (2 * keys8 * kGroups + group) * kResult);
}

inline aie::vector<float, 16> scores_of(const float* scores, int keys4, int group) {
  return aie::load_v<16>(scores + (keys4 * kGroups + group) * kResult);
}

/// The largest of each column of a native result, in all of its rows.
inline aie::vector<float, 16> column_max(const aie::vector<float, 16>& v) {
  const aie::vector<float, 16> halves = aie::max(v, aie::shuffle_down_rotate(v, 8));
  return aie::max(halves, aie::shuffle_down_rotate(halves, 4));
}

/// A native result of float32 sums, times a number for each of its columns.
inline aie::accum<accfloat, 16> scaled(const float* at, const aie::vector<bfloat16, 16>& factor) {
  const TwoParts parts{aie::accum<accfloat, 16>(aie::load_v<16>(at))};
  return aie::mac(aie::mul(parts.high, factor), parts.low, factor);
}

/// Eight keys by eight dimensions of values (keys by dimensions, blocks 4 x 8), turned: two factors of four dimensions
/// by eight keys.
inline aie::vector<bfloat16, 64> turned_values(const bfloat16* v, int keys8, int dimensions8) {
  const bfloat16* at = v + (keys8 * kGroups + dimensions8) * 32;
  return aie::transpose(aie::concat(aie::load_v<32>(at), aie::load_v<32>(at + kBlock / 8 * 32)), 8, 8);
}

/// Two rows and four columns of native results of O += V^T P, 64 keys.
inline void add_values(const bfloat16* __restrict v, const float* __restrict scores, float* __restrict o, int row,
                       int column) {
  MmulBf16 sums[2][4];
  SKALD_UNROLL
  for (int j = 0; j < 4; ++j) {
    SKALD_UNROLL
    for (int i = 0; i < 2; ++i) {
      sums[i][j] = MmulBf16(aie::load_v<16>(o + ((row + i) * kGroups + column + j) * kResult));
    }
  }
  SKALD_UNROLL
  for (int k = 0; k < kBlock / 8; ++k) {
    const aie::vector<bfloat16, 64> turned = turned_values(v, k, row / 2);
    SKALD_UNROLL
    for (int j = 0; j < 4; ++j) {
      const aie::vector<bfloat16, 32> right = aie::load_v<32>(weights_of(scores, k, column + j));
      sums[0][j].mac(turned.template extract<32>(0), right);
      sums[1][j].mac(turned.template extract<32>(1), right);
    }
  }
  SKALD_UNROLL
  for (int i = 0; i < 2; ++i) {
    SKALD_UNROLL
    for (int j = 0; j < 4; ++j) {
      aie::store_v(o + ((row + i) * kGroups + column + j) * kResult, sums[i][j].template to_vector<float>());
    }
  }
}

/// Takes the scores away of keys that a query does not see. Key 4 i + l / 4 and query 4 j + l % 4 meet in lane l of
/// native result (i, j); the key is seen if lanes[l] <= first + group_step group - kKeys block - 4 i
/// (+ 4 j if causal).
template <int kKeys>
inline void hide(float* __restrict scores, const std::int32_t* __restrict lanes, std::int32_t first,
                 std::int32_t causal, std::int32_t group_step, std::int32_t group, std::int32_t block,
                 std::int32_t groups) {
  const std::int32_t limit = first + group_step * group - kKeys * block;
  const aie::vector<std::int32_t, 16> places = aie::load_v<16>(lanes + 16 * causal);
  const aie::vector<float, 16> nothing = aie::broadcast<float, 16>(kNothing);
  SKALD_PIPELINED_LOOP(at, kKeys / 4 * groups, 4) {
    const int i = at % (kKeys / 4);
    const int j = at / (kKeys / 4);
    const aie::mask<16> hidden = aie::gt(places, limit + 4 * (causal * j - i));
    aie::store_v(scores + (i * kGroups + j) * kResult, aie::select(scores_of(scores, i, j), nothing, hidden));
  }
}

/// What belongs to four queries: their largest score with that of earlier blocks, what the old sum and output are
/// multiplied by, weights 2^(score - maximum) in place of scores, sum = sum factor + weights. One pass, so that the
/// exponential is there once and scores are read together with their maximum.
template <int kKeys>
inline void weigh(const Exp2& exp2, float* __restrict scores, float* __restrict offset, bfloat16* __restrict factor,
                  float* __restrict sum, int group) {
  const aie::accum<accfloat, 16> start = exp2.start.extract<16>(0);
  const aie::vector<bfloat16, 32> ones = aie::broadcast<bfloat16, 32>(1.0F);
  aie::vector<float, 16> highest = scores_of(scores, 0, group);
  SKALD_UNROLL
  for (int i = 1; i < kKeys / 4; ++i) {
    highest = aie::max(highest, scores_of(scores, i, group));
  }
  const aie::accum<accfloat, 16> all(column_max(highest));
  const aie::vector<float, 16> before = aie::load_v<16>(offset + group * kResult);
  const aie::vector<float, 16> after = aie::min(before, aie::sub(start, all).template to_vector<float>());
  aie::store_v(offset + group * kResult, after);
  const aie::accum<accfloat, 16> change =
      aie::add(start, aie::sub(aie::accum<accfloat, 16>(after), aie::accum<accfloat, 16>(before)));
  const aie::vector<bfloat16, 16> lower = exp2(aie::concat(change, change)).extract<16>(0);
  aie::store_v(factor + group * kResult, lower);
  const aie::accum<accfloat, 32> both(aie::concat(after, after));
  MmulBf16 total(scaled(sum + group * kResult, lower));
  SKALD_UNROLL
  for (int keys8 = 0; keys8 < kKeys / 8; ++keys8) {
    const aie::accum<accfloat, 32> score(
        aie::concat(scores_of(scores, 2 * keys8, group), scores_of(scores, 2 * keys8 + 1, group)));
    const aie::vector<bfloat16, 32> weights = exp2(aie::add(score, both));
    aie::store_v(const_cast<bfloat16*>(weights_of(scores, keys8, group)), weights);
    // Every row of the result is the sum of the weights' columns.
    total.mac(ones, weights);
  }
  aie::store_v(sum + group * kResult, total.template to_vector<float>());
}

/// O = O times factor, of the first `groups` of four queries. Wants rounding mode conv_even.
inline void scale_output(const bfloat16* __restrict factor, float* __restrict o, std::int32_t groups) {
  SKALD_PIPELINED_LOOP(pair, groups * 8, 4) {
    const int group = pair / 8;
    const aie::vector<bfloat16, 16> lower = aie::load_v<16>(factor + group * kResult);
    SKALD_UNROLL
    for (int i = 0; i < 2; ++i) {
      float* at = o + ((pair % 8 + 8 * i) * kGroups + group) * kResult;
      aie::store_v(at, scaled(at, lower).template to_vector<float>());
    }
  }
}

/// Four queries by eight dimensions of O / sum.
inline aie::vector<bfloat16, 32> quotients(const float* o, const TwoParts<16>& share, int pair, int column) {
  aie::vector<bfloat16, 16> turned[2];
  SKALD_UNROLL
  for (int half = 0; half < 2; ++half) {
    const TwoParts out{aie::accum<accfloat, 16>(aie::load_v<16>(o + ((2 * pair + half) * kGroups + column) * kResult))};
    turned[half] =
        aie::transpose(aie::mac(aie::mac(aie::mul(out.high, share.high), out.low, share.high), out.high, share.low)
                           .template to_vector<bfloat16>(),
                       4, 4);
  }
  const auto rows = aie::interleave_zip(turned[0], turned[1], 4);
  return aie::concat(rows.first, rows.second);
}

}  // namespace

SKALD_KERNELS_BEGIN

/// Before the first keys: no maximum, no sum, no output.
void attention_begin_bf16_64(float* __restrict offset, float* __restrict sum, float* __restrict o) {
  SKALD_PIPELINED_LOOP(i, kGroups, 4) {
    aie::store_v(offset + i * kResult, aie::broadcast<float, 16>(192.0F - kNothing));
    aie::store_v(sum + i * kResult, aie::broadcast<float, 16>(0.0F));
  }
  SKALD_PIPELINED_LOOP(i, kGroups * kGroups, 4) {
    aie::store_v(o + i * kResult, aie::broadcast<float, 16>(0.0F));
  }
}

/// Sixteen queries (blocks 4 x 8) into the factor of the first product (blocks 8 x 4, all queries), scaled.
void attention_queries_bf16_64(const bfloat16* __restrict q, bfloat16* __restrict factor, std::int32_t slice) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const aie::vector<bfloat16, 32> high = aie::broadcast<bfloat16, 32>(kScaleHigh);
  const aie::vector<bfloat16, 32> low = aie::broadcast<bfloat16, 32>(kScaleLow);
  SKALD_PIPELINED_LOOP(block, kSlice / 4 * kBlock / 8, 4) {
    const aie::vector<bfloat16, 32> v = aie::load_v<32>(q + block * 32);
    const aie::vector<bfloat16, 32> scaled = aie::mac(aie::mul(v, high), v, low).template to_vector<bfloat16>();
    const int depth = block % (kBlock / 8);
    const int group = slice * (kSlice / 4) + block / (kBlock / 8);
    aie::store_v(factor + (depth * kGroups + group) * 32, aie::transpose(scaled, 4, 8));
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// Sixteen queries of O / sum (blocks 4 x 4, queries down).
void attention_finish_bf16_64(const float* __restrict o, const float* __restrict sum, bfloat16* __restrict y,
                              std::int32_t slice) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_LOOP(group, kSlice / 4) {
    const int column = slice * (kSlice / 4) + group;
    const TwoParts share{reciprocal(aie::load_v<16>(sum + column * kResult))};
    SKALD_PIPELINED_LOOP(row, kGroups, 4) {
      const TwoParts out{aie::accum<accfloat, 16>(aie::load_v<16>(o + (row * kGroups + column) * kResult))};
      const aie::vector<bfloat16, 16> quotient =
          aie::mac(aie::mac(aie::mul(out.high, share.high), out.low, share.high), out.high, share.low)
              .template to_vector<bfloat16>();
      aie::store_v(y + (group * kGroups + row) * kResult, aie::transpose(quotient, 4, 4));
    }
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

void attention_mask_bf16_64(float* scores, const std::int32_t* lanes, std::int32_t first, std::int32_t causal,
                            std::int32_t group_step, std::int32_t group, std::int32_t block) {
  hide<64>(scores, lanes, first, causal, group_step, group, block, kGroups);
}

// Blocks of 32 keys: of the first `groups` of four queries, as many as there are.

void attention_mask_bf16_32(float* scores, const std::int32_t* lanes, std::int32_t first, std::int32_t causal,
                            std::int32_t group_step, std::int32_t group, std::int32_t block, std::int32_t groups) {
  hide<32>(scores, lanes, first, causal, group_step, group, block, groups);
}

void attention_weights_bf16_32(float* __restrict scores, float* __restrict offset, bfloat16* __restrict factor,
                               float* __restrict sum, std::int32_t groups) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const Exp2 exp2;
  SKALD_PIPELINED_LOOP(group, groups, 2) {
    weigh<32>(exp2, scores, offset, factor, sum, group);
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// So many keys fill the pipeline by themselves, and leave no registers for a second group.
void attention_weights_bf16_64(float* __restrict scores, float* __restrict offset, bfloat16* __restrict factor,
                               float* __restrict sum) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const Exp2 exp2;
  SKALD_LOOP(group, kGroups) {
    weigh<64>(exp2, scores, offset, factor, sum, group);
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// O = O times factor, + V^T P.
void attention_values_bf16_64(const bfloat16* __restrict v, const float* __restrict scores,
                              const bfloat16* __restrict factor, float* __restrict o) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  scale_output(factor, o, kGroups);
  SKALD_PIPELINED_LOOP(block, kGroups * kGroups / 8, 2) {
    add_values(v, scores, o, block % 8 * 2, block / 8 * 4);
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// O = O times factor, and V^T where product_values_bf16_32 (resident.cc) wants it: between the weights of eight keys
/// and of the next eight, sixteen dimensions at a time.
void attention_turn_bf16_32(const bfloat16* __restrict v, const bfloat16* __restrict factor, float* __restrict scores,
                            float* __restrict o, std::int32_t groups) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  scale_output(factor, o, groups);
  aie::set_rounding(aie::rounding_mode::floor);
  SKALD_PIPELINED_LOOP(block, kBlock / 2, 4) {
    const int keys8 = block / 8;
    const int pair = block % 8;  // of native rows of the product
    bfloat16* out = reinterpret_cast<bfloat16*>(scores) + 512 + pair / 2 * 1024 + (pair % 2 * 8 + keys8) * 32;
    const aie::vector<bfloat16, 64> turned = turned_values(v, keys8, pair);
    aie::store_v(out, turned.template extract<32>(0));
    aie::store_v(out + 4 * 32, turned.template extract<32>(1));
  }
}

/// Thirty-two queries that lie in panels of 32 columns (layout.h), as attention_queries_bf16_64 has sixteen.
void attention_take_bf16_64(const bfloat16* __restrict q, bfloat16* __restrict factor, std::int32_t half) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  const aie::vector<bfloat16, 32> high = aie::broadcast<bfloat16, 32>(kScaleHigh);
  const aie::vector<bfloat16, 32> low = aie::broadcast<bfloat16, 32>(kScaleLow);
  SKALD_PIPELINED_LOOP(block, 64, 4) {  // panel, strip, block of eight columns
    const aie::vector<bfloat16, 32> v = aie::load_v<32>(q + block * 32);
    const aie::vector<bfloat16, 32> scaled = aie::mac(aie::mul(v, high), v, low).template to_vector<bfloat16>();
    const int depth = block / 32 * 4 + block % 4;
    const int group = half * 8 + block / 4 % 8;
    aie::store_v(factor + (depth * kGroups + group) * 32, aie::transpose(scaled, 4, 8));
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// Sixteen queries of O / sum, in panels of 32 columns.
void attention_give_bf16_64(const float* __restrict o, const float* __restrict sum, bfloat16* __restrict y,
                            std::int32_t slice) {
  aie::set_rounding(aie::rounding_mode::conv_even);
  SKALD_LOOP(group, kSlice / 4) {
    const int column = slice * (kSlice / 4) + group;
    const TwoParts share{reciprocal(aie::load_v<16>(sum + column * kResult))};
    SKALD_PIPELINED_LOOP(pair, kGroups / 2, 4) {
      aie::store_v(y + ((pair / 4 * 4 + group) * 4 + pair % 4) * 32, quotients(o, share, pair, column));
    }
  }
  aie::set_rounding(aie::rounding_mode::floor);
}

/// Thirty-two queries of O / sum in one panel of 64 columns of int8: round(floor(O / sum 2^up) factor, shift), with
/// saturation.
void attention_give_i8_64(const float* __restrict o, const float* __restrict sum, std::int8_t* __restrict y,
                          std::int32_t half, std::int32_t up, std::int32_t factor, std::int32_t shift) {
  const aie::vector<std::int16_t, 32> factors = aie::broadcast<std::int16_t, 32>(static_cast<std::int16_t>(factor));
  SKALD_LOOP(group, 8) {
    const int column = half * 8 + group;
    aie::set_rounding(aie::rounding_mode::conv_even);
    aie::set_saturation(aie::saturation_mode::none);
    const TwoParts share{reciprocal(aie::load_v<16>(sum + column * kResult))};
    aie::set_saturation(aie::saturation_mode::saturate);
    SKALD_PIPELINED_LOOP(pair, kGroups / 2, 4) {
      const aie::accum<acc32, 32> fixed(aie::to_fixed(quotients(o, share, pair, column), up));
      const aie::accum<acc32, 32> scaled = aie::mul(fixed.template to_vector<std::int16_t>(), factors);
      aie::store_v(y + (group * 8 + pair) * 32, scaled.template to_vector<std::int8_t>(shift));
    }
  }
  Modes::restore();
}

SKALD_KERNELS_END
