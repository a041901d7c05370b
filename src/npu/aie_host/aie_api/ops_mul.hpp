#pragma once
// Element by element: mul, negmul, mac, msc. bfloat16 products go to float32 accumulators as the array adds them.

#include "npu/aie_host/aie_api/memory.hpp"
#include "npu/aie_host/rows/rows.h"

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

/// Lane arithmetic that wraps around.
template <typename Lane>
constexpr Lane wrapping_add(Lane a, Lane b) {
  using U = std::make_unsigned_t<Lane>;
  return static_cast<Lane>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
}
template <typename Lane>
constexpr Lane wrapping_sub(Lane a, Lane b) {
  using U = std::make_unsigned_t<Lane>;
  return static_cast<Lane>(static_cast<U>(static_cast<U>(a) - static_cast<U>(b)));
}
template <typename Lane, typename A, typename B>
constexpr Lane wrapping_product(A a, B b) {
  using U = std::make_unsigned_t<Lane>;
  return static_cast<Lane>(static_cast<U>(static_cast<std::uint64_t>(static_cast<std::int64_t>(a)) *
                                          static_cast<std::uint64_t>(static_cast<std::int64_t>(b))));
}

template <typename T, unsigned kElements>
vector<T, kElements> negated_bits(const vector<T, kElements>& v) {
  vector<T, kElements> made = v;
  for (T& lane : made.lanes) {
    lane = T::from_bits(static_cast<std::uint16_t>(lane.bits ^ 0x8000U));
  }
  return made;
}

/// sum += a b, or -= with kMinus.
template <bool kMinus, typename Tag, typename A, typename B, unsigned kElements>
void accumulate(accum<Tag, kElements>& sum, const vector<A, kElements>& a, const vector<B, kElements>& b) {
  using Lane = typename accum<Tag, kElements>::lane_type;
  if constexpr (accum<Tag, kElements>::is_floating_point()) {
    static_assert(std::is_same_v<A, bfloat16> && std::is_same_v<B, bfloat16>,
                  "AIE2 multiplies bfloat16 by bfloat16: split float32 into such parts");
    const vector<A, kElements> left = kMinus ? negated_bits(a) : a;
    if constexpr (kElements % 16 == 0) {
      host::rows().mac_bf16_lanes(sum.lanes.data(), left.lanes.data(), b.lanes.data(), kElements);
    } else {
      for (unsigned i = 0; i < kElements; ++i) {
        const std::uint32_t made =
            host::add_products(std::bit_cast<std::uint32_t>(sum.lanes[i]), &left.lanes[i].bits, &b.lanes[i].bits, 1, 1);
        sum.lanes[i] = std::bit_cast<float>(made);
      }
    }
  } else {
    for (unsigned i = 0; i < kElements; ++i) {
      const Lane product = wrapping_product<Lane>(a.lanes[i], b.lanes[i]);
      sum.lanes[i] = kMinus ? wrapping_sub(sum.lanes[i], product) : wrapping_add(sum.lanes[i], product);
    }
  }
}

template <typename Tag>
constexpr Op multiply_op(bool adds) {
  if constexpr (std::is_same_v<Tag, accfloat>) {
    return adds ? Op::kBf16Mac : Op::kBf16Mul;
  } else {
    return adds ? Op::kIntMac : Op::kIntMul;
  }
}

/// The core multiplies 16 by 16 bits at most: 32 by 32 are four products of halves, which two shuffles a factor bring
/// into place (AIE API, its emulated 32-bit multiplications on AIE2). Records what makes `sum` of `kElements` lanes.
template <typename Tag, unsigned kElements, typename A, typename B>
Token record_multiply(bool adds, unsigned bits, const A& a, const B& b, Token sum) {
  if constexpr (sizeof(typename A::value_type) < 4 || sizeof(typename B::value_type) < 4) {
    return record(multiply_op<Tag>(adds), bits, a.token, b.token, sum, kElements);
  } else {
    const Token left[2] = {record(Op::kVectorMove, a.bits(), a.token), record(Op::kVectorMove, a.bits(), a.token)};
    const Token right[2] = {record(Op::kVectorMove, b.bits(), b.token), record(Op::kVectorMove, b.bits(), b.token)};
    Token made = sum;
    for (int i = 0; i < 4; ++i) {
      made = record(multiply_op<Tag>(adds || i > 0), bits, left[i / 2], right[i % 2], made, kElements);
    }
    return made;
  }
}

template <bool kMinus, bool kFresh, typename Tag, typename A, typename B, unsigned kElements>
accum<Tag, kElements> multiply(accum<Tag, kElements> sum, const vector<A, kElements>& a,
                               const vector<B, kElements>& b) {
  accumulate<kMinus>(sum, a, b);
  sum.token = record_multiply<Tag, kElements>(!kFresh, sum.bits(), a, b, kFresh ? Token{} : sum.token);
  return sum;
}

/// A scalar factor is broadcast to a register first.
template <typename T, unsigned kElements, typename E>
vector<T, kElements> as_vector(E value) {
  return broadcast<T, kElements>(value);
}

template <typename E>
concept Number = std::is_arithmetic_v<E> || std::is_same_v<E, bfloat16>;

template <typename Tag, typename A, typename B>
using SumTag = std::conditional_t<std::is_void_v<Tag>, typename ProductTag<A, B>::type, Tag>;

}  // namespace detail

template <typename Tag = void, typename A, typename B, unsigned kElements>
auto mul(const vector<A, kElements>& a, const vector<B, kElements>& b) {
  return detail::multiply<false, true>(accum<detail::SumTag<Tag, A, B>, kElements>(), a, b);
}
template <typename Tag = void, typename A, detail::Number E, unsigned kElements>
auto mul(const vector<A, kElements>& a, E b) {
  return mul<Tag>(a, broadcast<E, kElements>(b));
}
template <typename Tag = void, typename A, detail::Number E, unsigned kElements>
auto mul(E a, const vector<A, kElements>& b) {
  return mul<Tag>(broadcast<E, kElements>(a), b);
}

template <typename Tag = void, typename A, typename B, unsigned kElements>
auto negmul(const vector<A, kElements>& a, const vector<B, kElements>& b) {
  return detail::multiply<true, true>(accum<detail::SumTag<Tag, A, B>, kElements>(), a, b);
}
template <typename Tag = void, typename A, detail::Number E, unsigned kElements>
auto negmul(const vector<A, kElements>& a, E b) {
  return negmul<Tag>(a, broadcast<E, kElements>(b));
}

template <typename Tag, typename A, typename B, unsigned kElements>
accum<Tag, kElements> mac(const accum<Tag, kElements>& sum, const vector<A, kElements>& a,
                          const vector<B, kElements>& b) {
  return detail::multiply<false, false>(sum, a, b);
}
template <typename Tag, typename A, detail::Number E, unsigned kElements>
accum<Tag, kElements> mac(const accum<Tag, kElements>& sum, const vector<A, kElements>& a, E b) {
  return mac(sum, a, broadcast<E, kElements>(b));
}
template <typename Tag, typename A, detail::Number E, unsigned kElements>
accum<Tag, kElements> mac(const accum<Tag, kElements>& sum, E a, const vector<A, kElements>& b) {
  return mac(sum, broadcast<E, kElements>(a), b);
}

template <typename Tag, typename A, typename B, unsigned kElements>
accum<Tag, kElements> msc(const accum<Tag, kElements>& sum, const vector<A, kElements>& a,
                          const vector<B, kElements>& b) {
  return detail::multiply<true, false>(sum, a, b);
}
template <typename Tag, typename A, detail::Number E, unsigned kElements>
accum<Tag, kElements> msc(const accum<Tag, kElements>& sum, const vector<A, kElements>& a, E b) {
  return msc(sum, a, broadcast<E, kElements>(b));
}

/// Squares, and squares added.
template <typename Tag = void, typename A, unsigned kElements>
auto mul_square(const vector<A, kElements>& a) {
  return mul<Tag>(a, a);
}
template <typename Tag, typename A, unsigned kElements>
accum<Tag, kElements> mac_square(const accum<Tag, kElements>& sum, const vector<A, kElements>& a) {
  return mac(sum, a, a);
}

}  // namespace aie::inline SKALD_AIE_BUILD
