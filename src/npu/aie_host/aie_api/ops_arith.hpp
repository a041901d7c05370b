#pragma once
// Element by element: add, sub, neg, abs, on vectors and accumulators.

#include "npu/aie_host/aie_api/ops_mul.hpp"

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

/// a + b or a - b. float32 as the accumulators' adder does it; bfloat16 likewise, then rounded.
template <bool kMinus, typename T>
T sum_of(T a, T b, rounding_mode mode) {
  if constexpr (std::is_same_v<T, float>) {
    const std::uint32_t right = std::bit_cast<std::uint32_t>(b) ^ (kMinus ? 0x80000000U : 0U);
    return std::bit_cast<float>(host::add_accumulators(std::bit_cast<std::uint32_t>(a), right));
  } else if constexpr (std::is_same_v<T, bfloat16>) {
    return host::to_bfloat16(sum_of<kMinus>(static_cast<float>(a), static_cast<float>(b), mode), mode);
  } else {
    return kMinus ? wrapping_sub(a, b) : wrapping_add(a, b);
  }
}

/// Operations that a sum of vectors takes: bfloat16 goes through accumulators.
template <typename T>
Token record_sum(unsigned bits, Token a, Token b) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    const Token left = record(Op::kWiden, 2 * bits, a);
    const Token right = record(Op::kWiden, 2 * bits, b);
    return record(Op::kConvert, bits, record(Op::kFloatAccAdd, 2 * bits, left, right));
  } else {
    return record(std::is_same_v<T, float> ? Op::kFloatAccAdd : Op::kVectorAlu, bits, a, b);
  }
}

/// The same of all lanes.
template <bool kMinus, typename Lanes>
void sum_lanes(Lanes& made, const Lanes& a, const Lanes& b, rounding_mode mode) {
  if constexpr (std::is_same_v<typename Lanes::value_type, float> && std::tuple_size_v<Lanes> % 16 == 0) {
    Lanes right = b;
    if constexpr (kMinus) {
      for (float& lane : right) lane = -lane;
    }
    host::rows().add_lanes(made.data(), a.data(), right.data(), std::tuple_size_v<Lanes>);
  } else {
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = sum_of<kMinus>(a[i], b[i], mode);
  }
}

template <bool kMinus, typename T, unsigned kElements>
vector<T, kElements> sum_vectors(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  vector<T, kElements> made;
  sum_lanes<kMinus>(made.lanes, a.lanes, b.lanes, host::modes().rounding);
  made.token = record_sum<T>(made.bits(), a.token, b.token);
  return made;
}

template <bool kMinus, typename Tag, unsigned kElements>
accum<Tag, kElements> sum_accums(const accum<Tag, kElements>& a, const accum<Tag, kElements>& b) {
  accum<Tag, kElements> made;
  sum_lanes<kMinus>(made.lanes, a.lanes, b.lanes, rounding_mode::floor);
  made.token = record(a.is_floating_point() ? Op::kFloatAccAdd : Op::kIntAccAdd, made.bits(), a.token, b.token);
  return made;
}

}  // namespace detail

template <typename T, unsigned kElements>
vector<T, kElements> add(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::sum_vectors<false>(a, b);
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> add(const vector<T, kElements>& a, E b) {
  return add(a, broadcast<T, kElements>(b));
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> add(E a, const vector<T, kElements>& b) {
  return add(broadcast<T, kElements>(a), b);
}
template <typename T, unsigned kElements>
vector<T, kElements> sub(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::sum_vectors<true>(a, b);
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> sub(const vector<T, kElements>& a, E b) {
  return sub(a, broadcast<T, kElements>(b));
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> sub(E a, const vector<T, kElements>& b) {
  return sub(broadcast<T, kElements>(a), b);
}

template <typename Tag, unsigned kElements>
accum<Tag, kElements> add(const accum<Tag, kElements>& a, const accum<Tag, kElements>& b) {
  return detail::sum_accums<false>(a, b);
}
template <typename Tag, unsigned kElements>
accum<Tag, kElements> sub(const accum<Tag, kElements>& a, const accum<Tag, kElements>& b) {
  return detail::sum_accums<true>(a, b);
}
/// A vector is brought to the accumulator's lanes first.
template <typename Tag, typename T, unsigned kElements>
accum<Tag, kElements> add(const accum<Tag, kElements>& a, const vector<T, kElements>& b) {
  return add(a, accum<Tag, kElements>(b));
}
template <typename Tag, typename T, unsigned kElements>
accum<Tag, kElements> sub(const accum<Tag, kElements>& a, const vector<T, kElements>& b) {
  return sub(a, accum<Tag, kElements>(b));
}

template <typename T, unsigned kElements>
vector<T, kElements> neg(const vector<T, kElements>& v) {
  vector<T, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    if constexpr (std::is_same_v<T, bfloat16>) {
      made.lanes[i] = bfloat16::from_bits(static_cast<std::uint16_t>(v.lanes[i].bits ^ 0x8000U));
    } else if constexpr (std::is_same_v<T, float>) {
      made.lanes[i] = -v.lanes[i];
    } else {
      made.lanes[i] = detail::wrapping_sub(T{0}, v.lanes[i]);
    }
  }
  made.token = detail::record(detail::Op::kVectorAlu, made.bits(), v.token);
  return made;
}
template <typename Tag, unsigned kElements>
accum<Tag, kElements> neg(const accum<Tag, kElements>& a) {
  accum<Tag, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    if constexpr (accum<Tag, kElements>::is_floating_point()) {
      made.lanes[i] = -a.lanes[i];
    } else {
      made.lanes[i] = detail::wrapping_sub(typename accum<Tag, kElements>::lane_type{0}, a.lanes[i]);
    }
  }
  made.token =
      detail::record(a.is_floating_point() ? detail::Op::kFloatAccAdd : detail::Op::kIntAccAdd, made.bits(), a.token);
  return made;
}

/// The lowest number of a signed integer type stays as it is.
template <typename T, unsigned kElements>
vector<T, kElements> abs(const vector<T, kElements>& v) {
  vector<T, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    if constexpr (detail::kIsFloat<T>) {
      using Bits = detail::BitsOf<T>;
      constexpr Bits kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(T) - 1));
      made.lanes[i] = std::bit_cast<T>(static_cast<Bits>(std::bit_cast<Bits>(v.lanes[i]) & ~kSign));
    } else {
      made.lanes[i] = v.lanes[i] < 0 ? detail::wrapping_sub(T{0}, v.lanes[i]) : v.lanes[i];
    }
  }
  made.token = detail::record(detail::Op::kVectorAlu, made.bits(), v.token);
  return made;
}

}  // namespace aie::inline SKALD_AIE_BUILD
