#pragma once
// One query against the keys and values of one head, for any Vec. Unnamed namespace: see rows.h.

#include "cpu/kernels/vector/norm.h"

namespace skald::cpu {
namespace {

/// scores(i) = q . key_i, as many keys at a time as a register has lanes: one horizontal sum for all of them.
template <class V>
inline void dot_keys(const AttendF32& a) {
  static_assert(kPageRows % V::kLanes == 0);
  for (int i = 0; i < a.n; i += V::kLanes) {
    typename V::F acc[V::kLanes];
    const float* keys[V::kLanes];
    const float* const first = a.pages[i / kPageRows] + i % kPageRows * a.stride + a.key;
#pragma GCC unroll 16
    for (int j = 0; j < V::kLanes; ++j) {
      acc[j] = V::zero();
      keys[j] = first + (i + j < a.n ? j : a.n - 1 - i) * a.stride;  // past the end: the last key again, not stored
    }
    for (int e = 0; e < a.e; e += V::kLanes) {
      const auto mask = V::first(a.e - e);
      const auto q = V::load(mask, a.q + e);
#pragma GCC unroll 16
      for (int j = 0; j < V::kLanes; ++j) acc[j] = V::fma(q, V::load(mask, keys[j] + e), acc[j]);
    }
    V::store(V::first(a.n - i), a.scores + i, V::sum_rows(acc));
  }
}

/// out(e .. e + Vectors registers) = sum_i scores(i) * value_i, by Streams interleaved sums that hide the latency.
template <class V, int Vectors, int Streams>
inline void weigh_values(const AttendF32& a, int e) {
  static_assert(kPageRows % Streams == 0);
  typename V::F acc[Streams][Vectors];
#pragma GCC unroll 16
  for (int s = 0; s < Streams; ++s) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v) acc[s][v] = V::zero();
  }
  for (int begin = 0; begin < a.n; begin += kPageRows) {
    const float* value = a.pages[begin / kPageRows] + a.value + e;
    const int end = begin + kPageRows < a.n ? begin + kPageRows : a.n;
    int i = begin;
    for (; i + Streams <= end; i += Streams) {
#pragma GCC unroll 16
      for (int s = 0; s < Streams; ++s, value += a.stride) {
        const auto p = V::all(a.scores[i + s]);
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v) acc[s][v] = V::fma(p, V::load(value + v * V::kLanes), acc[s][v]);
      }
    }
    for (; i < end; ++i, value += a.stride) {
      const auto p = V::all(a.scores[i]);
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; ++v) acc[0][v] = V::fma(p, V::load(value + v * V::kLanes), acc[0][v]);
    }
  }
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; ++v) {
    auto sum = acc[0][v];
#pragma GCC unroll 16
    for (int s = 1; s < Streams; ++s) sum = V::add(sum, acc[s][v]);
    V::store(a.out + e + v * V::kLanes, sum);
  }
}

/// The same for the last, partly used register.
template <class V>
inline void weigh_values_tail(const AttendF32& a, int e) {
  const auto mask = V::first(a.e - e);
  auto acc = V::zero();
  for (int i = 0; i < a.n; ++i) {
    const float* const row = a.pages[i / kPageRows] + i % kPageRows * a.stride;
    acc = V::fma(V::all(a.scores[i]), V::load(mask, row + a.value + e), acc);
  }
  V::store(mask, a.out + e, acc);
}

template <class V>
inline void attend(const AttendF32& a) {
  dot_keys<V>(a);
  softmax_row<V>(a.scores, a.n, a.scale);
  constexpr int kVectors = 64 / V::kLanes;  // 64: the head width of every Whisper model
  constexpr int kStreams = 8 / kVectors;    // 8 sums in flight: 2 FMAs a cycle, 4 cycles each
  int e = 0;
  for (; e + 64 <= a.e; e += 64) weigh_values<V, kVectors, kStreams>(a, e);
  for (; e + V::kLanes <= a.e; e += V::kLanes) weigh_values<V, 1, 8>(a, e);
  if (e < a.e) weigh_values_tail<V>(a, e);
}

}  // namespace
}  // namespace skald::cpu
