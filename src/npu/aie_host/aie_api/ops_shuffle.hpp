#pragma once
// Moving elements: shuffles, shifts by bytes, interleaving, filters, reversal, transposition.

#include "npu/aie_host/aie_api/memory.hpp"

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

/// out[i] = from(i); one move of a register each 512 bits.
template <typename T, unsigned kElements, typename F>
vector<T, kElements> moved(Token first, Token second, F from) {
  vector<T, kElements> made;
  for (unsigned i = 0; i < kElements; ++i) {
    made.lanes[i] = from(i);
  }
  made.token = record(Op::kVectorMove, made.bits(), first, second);
  return made;
}

}  // namespace detail

/// out[i + n] = v[i]; the first n are not defined (here: zero).
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_up(const vector<T, kElements>& v, unsigned n) {
  return detail::moved<T, kElements>(v.token, {}, [&](unsigned i) { return i >= n ? v.lanes[i - n] : T{}; });
}
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_up_rotate(const vector<T, kElements>& v, unsigned n) {
  return detail::moved<T, kElements>(v.token, {},
                                     [&](unsigned i) { return v.lanes[(i + kElements - n % kElements) % kElements]; });
}
/// The first n are the last n of `fill`.
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_up_fill(const vector<T, kElements>& v, const vector<T, kElements>& fill, unsigned n) {
  return detail::moved<T, kElements>(
      v.token, fill.token, [&](unsigned i) { return i >= n ? v.lanes[i - n] : fill.lanes[kElements - n + i]; });
}
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_up_replicate(const vector<T, kElements>& v, unsigned n) {
  return detail::moved<T, kElements>(v.token, {}, [&](unsigned i) { return i >= n ? v.lanes[i - n] : v.lanes[0]; });
}

/// out[i] = v[i + n]; the last n are not defined (here: zero).
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_down(const vector<T, kElements>& v, unsigned n) {
  return detail::moved<T, kElements>(v.token, {}, [&](unsigned i) { return i + n < kElements ? v.lanes[i + n] : T{}; });
}
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_down_rotate(const vector<T, kElements>& v, unsigned n) {
  return detail::moved<T, kElements>(v.token, {}, [&](unsigned i) { return v.lanes[(i + n) % kElements]; });
}
/// The last n are the first n of `fill`.
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_down_fill(const vector<T, kElements>& v, const vector<T, kElements>& fill, unsigned n) {
  return detail::moved<T, kElements>(v.token, fill.token, [&](unsigned i) {
    return i + n < kElements ? v.lanes[i + n] : fill.lanes[i + n - kElements];
  });
}
template <typename T, unsigned kElements>
vector<T, kElements> shuffle_down_replicate(const vector<T, kElements>& v, unsigned n) {
  return detail::moved<T, kElements>(
      v.token, {}, [&](unsigned i) { return i + n < kElements ? v.lanes[i + n] : v.lanes[kElements - 1]; });
}

/// Both vectors one after the other, from byte `shift` of the first.
template <typename T, unsigned kElements>
vector<T, kElements> shift_bytes(const vector<T, kElements>& a, const vector<T, kElements>& b, unsigned shift) {
  std::array<T, 2 * kElements> both{};
  std::memcpy(both.data(), a.lanes.data(), sizeof a.lanes);
  std::memcpy(both.data() + kElements, b.lanes.data(), sizeof b.lanes);
  vector<T, kElements> made;
  std::memcpy(made.lanes.data(), reinterpret_cast<const std::byte*>(both.data()) + shift, sizeof made.lanes);
  made.token = detail::record(detail::Op::kVectorMove, made.bits(), a.token, b.token);
  return made;
}

template <typename T, unsigned kElements>
vector<T, kElements> reverse(const vector<T, kElements>& v) {
  return detail::moved<T, kElements>(v.token, {}, [&](unsigned i) { return v.lanes[kElements - 1 - i]; });
}

/// A matrix of `rows` x `columns`, row after row, becomes one of `columns` x `rows`.
template <typename T, unsigned kElements>
vector<T, kElements> transpose(const vector<T, kElements>& v, unsigned rows, [[maybe_unused]] unsigned columns) {
  return detail::moved<T, kElements>(v.token, {},
                                     [&](unsigned i) { return v.lanes[i % rows * (kElements / rows) + i / rows]; });
}

/// Chunks of a and b in turn.
template <typename T, unsigned kElements>
std::pair<vector<T, kElements>, vector<T, kElements>> interleave_zip(const vector<T, kElements>& a,
                                                                     const vector<T, kElements>& b, unsigned chunk) {
  const auto zipped = [&](unsigned i) {
    const unsigned from = i / (2 * chunk) * chunk + i % chunk;
    return i / chunk % 2 == 0 ? a.lanes[from] : b.lanes[from];
  };
  return {detail::moved<T, kElements>(a.token, b.token, zipped),
          detail::moved<T, kElements>(a.token, b.token, [&](unsigned i) { return zipped(i + kElements); })};
}

/// Even chunks of both, then odd chunks of both.
template <typename T, unsigned kElements>
std::pair<vector<T, kElements>, vector<T, kElements>> interleave_unzip(const vector<T, kElements>& a,
                                                                       const vector<T, kElements>& b, unsigned chunk) {
  const auto unzipped = [&](unsigned i, unsigned odd) {
    const unsigned from = i / chunk * 2 * chunk + odd * chunk + i % chunk;
    return from < kElements ? a.lanes[from] : b.lanes[from - kElements];
  };
  return {detail::moved<T, kElements>(a.token, b.token, [&](unsigned i) { return unzipped(i, 0); }),
          detail::moved<T, kElements>(a.token, b.token, [&](unsigned i) { return unzipped(i, 1); })};
}

template <typename T, unsigned kElements>
vector<T, kElements / 2> filter_even(const vector<T, kElements>& v, unsigned chunk = 1) {
  return detail::moved<T, kElements / 2>(v.token, {},
                                         [&](unsigned i) { return v.lanes[i / chunk * 2 * chunk + i % chunk]; });
}
template <typename T, unsigned kElements>
vector<T, kElements / 2> filter_odd(const vector<T, kElements>& v, unsigned chunk = 1) {
  return detail::moved<T, kElements / 2>(
      v.token, {}, [&](unsigned i) { return v.lanes[i / chunk * 2 * chunk + chunk + i % chunk]; });
}

}  // namespace aie::inline SKALD_AIE_BUILD
