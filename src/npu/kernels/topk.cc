// The best of many numbers: topk_* gives the 8 largest of 4,096 logits and where they are; beam_step_* the 8 best
// continuations of a decoder's step, of the lists that topk_* made for each beam.
//
// In order of value, the lower place first where values are equal (-0 is below +0 here: the comparator's order).
// Infinitely low numbers are never chosen: where fewer than 8 others are left, the rest of the list is -1, -infinity.
//
// Each rank is one pass over the numbers, which looks for the best after that of the rank before: nothing is written
// meanwhile, and each lane keeps its own best, the first of equals.

#include "kernel.h"

namespace {

constexpr int kRanks = 8;
constexpr int kList = 2 * kRanks;  // words: places, then values as float32

template <typename T, typename Index>
struct Found {
  T value;
  Index place;
};

/// 0, 1, 2, ...
template <typename Index, unsigned kLanes>
inline aie::vector<Index, kLanes> counting() {
  aie::vector<Index, kLanes> lanes = aie::zeros<Index, kLanes>();
  SKALD_UNROLL
  for (unsigned i = 1; i < kLanes; ++i) {
    lanes.set(static_cast<Index>(i), i);
  }
  return lanes;
}

template <typename T>
constexpr float kLowest = -__builtin_inff();

/// The best of `count` numbers after `last`.
template <unsigned kLanes, typename T, typename Index>
inline Found<T, Index> next_best(const T* numbers, int count, const aie::vector<Index, kLanes>& lanes,
                                 const Found<T, Index>& last) {
  const aie::vector<T, kLanes> lowest = aie::broadcast<T, kLanes>(T(kLowest<T>));
  const aie::vector<T, kLanes> value = aie::broadcast<T, kLanes>(last.value);
  const aie::vector<Index, kLanes> place = aie::broadcast<Index, kLanes>(last.place);
  const aie::vector<Index, kLanes> step = aie::broadcast<Index, kLanes>(static_cast<Index>(kLanes));
  aie::vector<T, kLanes> best = lowest;
  aie::vector<Index, kLanes> where = aie::zeros<Index, kLanes>();
  aie::vector<Index, kLanes> at = lanes;
  SKALD_PIPELINED_LOOP(i, count / static_cast<int>(kLanes), 4) {
    const aie::vector<T, kLanes> x = aie::load_v<kLanes>(numbers + i * static_cast<int>(kLanes));
    const aie::mask<kLanes> after = aie::lt(x, value) | (aie::eq(x, value) & aie::gt(at, place));
    const aie::vector<T, kLanes> left = aie::select(lowest, x, after);
    const aie::mask<kLanes> better = aie::gt(left, best);
    best = aie::select(best, left, better);
    where = aie::select(where, at, better);
    at = aie::add(at, step);
  }
  const T top = aie::reduce_max(best);
  const aie::vector<Index, kLanes> last_place = aie::broadcast<Index, kLanes>(static_cast<Index>(0x7FFF));
  const aie::mask<kLanes> tops = aie::eq(best, aie::broadcast<T, kLanes>(top));
  return {top, aie::reduce_min(aie::select(last_place, where, tops))};
}

/// As float32, exactly.
inline aie::vector<float, 16> as_float(const aie::vector<bfloat16, 16>& v) {
  return aie::accum<accfloat, 16>(v).to_vector<float>();
}
inline aie::vector<float, 16> as_float(const aie::vector<float, 16>& v) {
  return v;
}

/// -1 where the value is infinitely low.
inline aie::vector<std::int32_t, 16> without_empty(const aie::vector<std::int32_t, 16>& v,
                                                   const aie::vector<float, 16>& values) {
  return aie::select(v, aie::broadcast<std::int32_t, 16>(-1),
                     aie::eq(values, aie::broadcast<float, 16>(kLowest<float>)));
}

template <unsigned kLanes, typename Index, typename T>
inline void topk(const T* __restrict logits, std::int32_t* __restrict list, int count) {
  const aie::vector<Index, kLanes> lanes = counting<Index, kLanes>();
  aie::vector<T, 16> values = aie::zeros<T, 16>();
  aie::vector<std::int32_t, 16> places = aie::zeros<std::int32_t, 16>();
  Found<T, Index> found{T(__builtin_inff()), -1};
  SKALD_LOOP(rank, kRanks) {
    found = next_best<kLanes>(logits, count, lanes, found);
    values.set(found.value, static_cast<unsigned>(rank));
    places.set(found.place, static_cast<unsigned>(rank));
  }
  const aie::vector<float, 16> exact = as_float(values);
  aie::store_v(list, without_empty(places, exact).extract<kRanks>(0));
  aie::store_v(list + kRanks, aie::vector_cast<std::int32_t>(exact).extract<kRanks>(0));
}

/// `lists` of topk; `beams`: for each list 8 times what its values are raised by (float32), then the first token of
/// each list, then the beam of each list. `best`: tokens, beams, values, nothing; 8 words each.
template <int kLists>
inline void beam_step(const std::int32_t* __restrict lists, const std::int32_t* __restrict beams,
                      float* __restrict totals, std::int32_t* __restrict best) {
  SKALD_PIPELINED_LOOP(pair, kLists / 2, 4) {
    const std::int32_t* at = lists + pair * 2 * kList + kRanks;
    const aie::vector<std::int32_t, 16> values = aie::concat(aie::load_v<kRanks>(at), aie::load_v<kRanks>(at + kList));
    const aie::accum<accfloat, 16> raised(aie::vector_cast<float>(aie::load_v<16>(beams + pair * 16)));
    const aie::accum<accfloat, 16> sum = aie::add(raised, aie::vector_cast<float>(values));
    aie::store_v(totals + pair * 16, sum.to_vector<float>());
  }
  const std::int32_t* first_tokens = beams + kLists * kRanks;
  const std::int32_t* beam_of = first_tokens + kLists;
  const aie::vector<std::int32_t, 16> lanes = counting<std::int32_t, 16>();
  aie::vector<float, 16> values = aie::zeros<float, 16>();
  aie::vector<std::int32_t, 16> tokens = aie::zeros<std::int32_t, 16>();
  aie::vector<std::int32_t, 16> sources = aie::zeros<std::int32_t, 16>();
  Found<float, std::int32_t> found{__builtin_inff(), -1};
  SKALD_LOOP(rank, kRanks) {
    found = next_best<16>(totals, kLists * kRanks, lanes, found);
    const int list = found.place / kRanks;
    const int token = load_index(lists + list * kList + found.place % kRanks) + load_index(first_tokens + list);
    values.set(found.value, static_cast<unsigned>(rank));
    tokens.set(token, static_cast<unsigned>(rank));
    sources.set(load_index(beam_of + list), static_cast<unsigned>(rank));
  }
  aie::store_v(best, without_empty(tokens, values).extract<kRanks>(0));
  aie::store_v(best + kRanks, without_empty(sources, values).extract<kRanks>(0));
  aie::store_v(best + 2 * kRanks, aie::vector_cast<std::int32_t>(values).extract<kRanks>(0));
  aie::store_v(best + 3 * kRanks, aie::zeros<std::int32_t, kRanks>());
}

}  // namespace

SKALD_KERNELS_BEGIN

void topk_bf16_4096(const bfloat16* logits, std::int32_t* list) {
  topk<32, std::int16_t>(logits, list, 4096);
}

void topk_f32_4096(const float* logits, std::int32_t* list) {
  topk<16, std::int32_t>(logits, list, 4096);
}

#define SKALD_BEAM_STEP(lists)                                                                     \
  void beam_step_##lists(const std::int32_t* candidates, const std::int32_t* beams, float* totals, \
                         std::int32_t* best) {                                                     \
    beam_step<lists>(candidates, beams, totals, best);                                             \
  }

SKALD_BEAM_STEP(16)
SKALD_BEAM_STEP(80)
SKALD_BEAM_STEP(112)

SKALD_KERNELS_END
