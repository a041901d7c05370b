#pragma once
// One number of all elements. Halves are combined until one element is left, so sums of floats have that order.

#include "npu/aie_host/aie_api/ops_arith.hpp"
#include "npu/aie_host/aie_api/ops_compare.hpp"
#include "npu/aie_host/aie_api/ops_shuffle.hpp"

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

template <typename V, typename F>
auto reduced(V v, F combine) {
  for (unsigned half = V::size() / 2; half > 0; half /= 2) {
    v = combine(v, shuffle_down_rotate(v, half));
  }
  return v.get(0);
}

}  // namespace detail

/// bfloat16 is summed as float32 and rounded once.
template <typename T, unsigned kElements>
T reduce_add(const vector<T, kElements>& v) {
  if constexpr (std::is_same_v<T, bfloat16>) {
    accum<accfloat, kElements> sum(v);
    for (unsigned half = kElements / 2; half > 0; half /= 2) {
      accum<accfloat, kElements> other;
      for (unsigned i = 0; i < kElements; ++i) {
        other.lanes[i] = sum.lanes[(i + half) % kElements];
      }
      other.token = detail::record(detail::Op::kVectorMove, sum.bits(), sum.token);
      sum = add(sum, other);
    }
    return sum.template to_vector<bfloat16>().get(0);
  } else {
    return detail::reduced(v, [](const auto& a, const auto& b) { return add(a, b); });
  }
}
template <typename T, unsigned kElements>
T reduce_max(const vector<T, kElements>& v) {
  return detail::reduced(v, [](const auto& a, const auto& b) { return max(a, b); });
}
template <typename T, unsigned kElements>
T reduce_min(const vector<T, kElements>& v) {
  return detail::reduced(v, [](const auto& a, const auto& b) { return min(a, b); });
}

/// Sums of up to four vectors in the first elements of the result.
template <typename T, unsigned kElements, typename... Others>
  requires(sizeof...(Others) < 4 && (std::is_same_v<Others, vector<T, kElements>> && ...))
vector<T, kElements> reduce_add_v(const vector<T, kElements>& v, const Others&... others) {
  vector<T, kElements> made;
  unsigned index = 0;
  made.set(reduce_add(v), index);
  (made.set(reduce_add(others), ++index), ...);
  return made;
}

}  // namespace aie::inline SKALD_AIE_BUILD
