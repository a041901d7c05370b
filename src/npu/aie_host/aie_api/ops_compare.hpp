#pragma once
// Compares, select, max and min.
//
// Floats compare by sign and magnitude: -0 is below +0; with a NaN on either side `lt` and `ge` are both false. max
// gives its second operand where lt(first, second), min where ge(first, second), else the first. Seen on silicon for
// bfloat16 (xdna-emu: vector_compare.rs, vector_arith.rs, seeds 4, 41, 47 and 1433); taken over for float32.

#include "npu/aie_host/aie_api/mask.hpp"
#include "npu/aie_host/aie_api/ops_mul.hpp"

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

/// A number whose order is that of the comparator.
template <typename T>
constexpr auto order(T value) {
  if constexpr (kIsFloat<T>) {
    using Bits = std::conditional_t<sizeof(T) == 2, std::int16_t, std::int32_t>;
    const auto bits = std::bit_cast<Bits>(value);
    constexpr Bits kMagnitude = sizeof(T) == 2 ? Bits{0x7FFF} : static_cast<Bits>(0x7FFFFFFF);
    return static_cast<Bits>(bits < 0 ? bits ^ kMagnitude : bits);
  } else {
    return value;
  }
}

template <typename T>
constexpr bool is_nan(T value) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    return (value.bits & 0x7FFFU) > 0x7F80U;
  } else if constexpr (std::is_same_v<T, float>) {
    return (std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU) > 0x7F800000U;
  } else {
    return false;
  }
}

template <typename T>
constexpr bool less(T a, T b) {
  return !is_nan(a) && !is_nan(b) && order(a) < order(b);
}
template <typename T>
constexpr bool at_least(T a, T b) {
  return !is_nan(a) && !is_nan(b) && order(a) >= order(b);
}
template <typename T>
constexpr bool equal_lanes(T a, T b) {
  return at_least(a, b) && at_least(b, a);
}

template <typename T, unsigned kElements, typename F>
mask<kElements> compare(const vector<T, kElements>& a, const vector<T, kElements>& b, F f) {
  mask<kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    if (f(a.lanes[i], b.lanes[i])) {
      made.set(i);
    }
  }
  made.token = record(Op::kVectorAlu, a.bits(), a.token, b.token);
  return made;
}

template <typename T, unsigned kElements, typename F>
vector<T, kElements> choose(const vector<T, kElements>& a, const vector<T, kElements>& b, F second) {
  vector<T, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    made.lanes[i] = second(a.lanes[i], b.lanes[i]) ? b.lanes[i] : a.lanes[i];
  }
  made.token = record(Op::kVectorAlu, made.bits(), a.token, b.token);
  return made;
}

}  // namespace detail

template <typename T, unsigned kElements>
mask<kElements> lt(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::compare(a, b, detail::less<T>);
}
template <typename T, unsigned kElements>
mask<kElements> ge(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::compare(a, b, detail::at_least<T>);
}
template <typename T, unsigned kElements>
mask<kElements> gt(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return lt(b, a);
}
template <typename T, unsigned kElements>
mask<kElements> le(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return ge(b, a);
}
template <typename T, unsigned kElements>
mask<kElements> eq(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::compare(a, b, detail::equal_lanes<T>);
}
template <typename T, unsigned kElements>
mask<kElements> neq(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::compare(a, b, [](T x, T y) { return !detail::equal_lanes(x, y); });
}

template <typename T, unsigned kElements>
vector<T, kElements> max(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::choose(a, b, detail::less<T>);
}
template <typename T, unsigned kElements>
vector<T, kElements> min(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::choose(a, b, detail::at_least<T>);
}

/// With a number as either operand.
#define SKALD_AIE_WITH_NUMBERS(name)                          \
  template <typename T, unsigned kElements, detail::Number E> \
  auto name(const vector<T, kElements>& a, E b) {             \
    return name(a, broadcast<T, kElements>(b));               \
  }                                                           \
  template <typename T, unsigned kElements, detail::Number E> \
  auto name(E a, const vector<T, kElements>& b) {             \
    return name(broadcast<T, kElements>(a), b);               \
  }
SKALD_AIE_WITH_NUMBERS(lt)
SKALD_AIE_WITH_NUMBERS(ge)
SKALD_AIE_WITH_NUMBERS(gt)
SKALD_AIE_WITH_NUMBERS(le)
SKALD_AIE_WITH_NUMBERS(eq)
SKALD_AIE_WITH_NUMBERS(neq)
SKALD_AIE_WITH_NUMBERS(max)
SKALD_AIE_WITH_NUMBERS(min)
#undef SKALD_AIE_WITH_NUMBERS

/// a where the mask is clear, b where it is set.
template <typename T, unsigned kElements>
vector<T, kElements> select(const vector<T, kElements>& a, const vector<T, kElements>& b, const mask<kElements>& m) {
  vector<T, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    made.lanes[i] = m.test(i) ? b.lanes[i] : a.lanes[i];
  }
  made.token = detail::record(detail::Op::kVectorAlu, made.bits(), detail::join(a.token, b.token), m.token);
  return made;
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> select(const vector<T, kElements>& a, E b, const mask<kElements>& m) {
  return select(a, broadcast<T, kElements>(b), m);
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> select(E a, const vector<T, kElements>& b, const mask<kElements>& m) {
  return select(broadcast<T, kElements>(a), b, m);
}

template <typename T, unsigned kElements>
bool equal(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return eq(a, b).full();
}
template <typename T, unsigned kElements>
bool not_equal(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return !eq(a, b).full();
}

/// The result and where it is the second operand.
template <typename T, unsigned kElements>
std::pair<vector<T, kElements>, mask<kElements>> max_cmp(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return {max(a, b), lt(a, b)};
}
template <typename T, unsigned kElements>
std::pair<vector<T, kElements>, mask<kElements>> min_cmp(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return {min(a, b), ge(a, b)};
}

template <typename T, unsigned kElements>
vector<T, kElements> clamp(const vector<T, kElements>& v, const vector<T, kElements>& low,
                           const vector<T, kElements>& high) {
  return min(max(v, low), high);
}
template <typename T, unsigned kElements, detail::Number E1, detail::Number E2>
vector<T, kElements> clamp(const vector<T, kElements>& v, E1 low, E2 high) {
  return min(max(v, low), high);
}

}  // namespace aie::inline SKALD_AIE_BUILD
