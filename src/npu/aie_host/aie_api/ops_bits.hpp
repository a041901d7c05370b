#pragma once
// Logic and shifts of integer elements.

#include "npu/aie_host/aie_api/ops_mul.hpp"

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

template <typename T, unsigned kElements, typename F>
vector<T, kElements> logic(const vector<T, kElements>& a, const vector<T, kElements>& b, F f) {
  static_assert(!kIsFloat<T>, "logic is for integers: cast_to first");
  vector<T, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    made.lanes[i] = static_cast<T>(f(a.lanes[i], b.lanes[i]));
  }
  made.token = record(Op::kVectorAlu, made.bits(), a.token, b.token);
  return made;
}

}  // namespace detail

template <typename T, unsigned kElements>
vector<T, kElements> bit_and(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::logic(a, b, [](auto x, auto y) { return x & y; });
}
template <typename T, unsigned kElements>
vector<T, kElements> bit_or(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::logic(a, b, [](auto x, auto y) { return x | y; });
}
template <typename T, unsigned kElements>
vector<T, kElements> bit_xor(const vector<T, kElements>& a, const vector<T, kElements>& b) {
  return detail::logic(a, b, [](auto x, auto y) { return x ^ y; });
}
template <typename T, unsigned kElements>
vector<T, kElements> bit_not(const vector<T, kElements>& v) {
  return detail::logic(v, v, [](auto x, auto) { return ~x; });
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> bit_and(E a, const vector<T, kElements>& b) {
  return bit_and(broadcast<T, kElements>(a), b);
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> bit_or(E a, const vector<T, kElements>& b) {
  return bit_or(broadcast<T, kElements>(a), b);
}
template <typename T, unsigned kElements, detail::Number E>
vector<T, kElements> bit_xor(E a, const vector<T, kElements>& b) {
  return bit_xor(broadcast<T, kElements>(a), b);
}

/// v * 2^shift. Goes through an accumulator, so saturates as the core's mode says.
template <typename T, unsigned kElements>
vector<T, kElements> upshift(const vector<T, kElements>& v, unsigned shift) {
  using Tag = std::conditional_t<sizeof(T) == 4, acc64, acc32>;
  return accum<Tag, kElements>(v, static_cast<int>(shift)).template to_vector<T>(0);
}
/// v / 2^shift. Goes through an accumulator, so rounds as the core's mode says.
template <typename T, unsigned kElements>
vector<T, kElements> downshift(const vector<T, kElements>& v, unsigned shift) {
  using Tag = std::conditional_t<sizeof(T) == 4, acc64, acc32>;
  return accum<Tag, kElements>(v, 0).template to_vector<T>(static_cast<int>(shift));
}
/// The elements' bits moved down, zeros above: an arithmetic shift, then a mask (floor mode).
template <typename T, unsigned kElements>
vector<T, kElements> logical_downshift(const vector<T, kElements>& v, unsigned shift) {
  using U = std::make_unsigned_t<T>;
  const vector<T, kElements> arithmetic = downshift(v, shift);
  vector<T, kElements> made = bit_and(arithmetic, arithmetic);
  for (unsigned i = 0; i < kElements; ++i) {
    made.lanes[i] = static_cast<T>(static_cast<U>(v.lanes[i]) >> shift);
  }
  return made;
}

}  // namespace aie::inline SKALD_AIE_BUILD
