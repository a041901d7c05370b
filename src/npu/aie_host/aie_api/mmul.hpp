#pragma once
// aie::mmul: products of small matrices, row after row. One machine operation multiplies a native shape; larger ones
// are made of several, in the order of depth.

#include <initializer_list>

#include "npu/aie_host/aie_api/ops_mul.hpp"

namespace aie::inline SKALD_AIE_BUILD {
namespace detail {

/// Depth of one machine operation for these types: products per result and operation (xdna-emu,
/// crates/xdna-archspec/src/aie2/matmul.rs). Sums of 32 bit: 256, 128, 64 products in 32 results; of 64 bit: 16
/// results; bfloat16: 128 in 16.
template <typename A, typename B, typename Tag>
constexpr unsigned native_depth() {
  if constexpr (std::is_same_v<Tag, accfloat>) {
    return 8;
  } else {
    constexpr unsigned kBytes = sizeof(A) * sizeof(B);  // 1, 2, 4, 8 and twice 8: 256, 128, 64, 32 products
    constexpr unsigned kResults = std::is_same_v<Tag, acc32> ? 32 : 16;
    constexpr unsigned kProducts = 256 / (kBytes < 8 ? kBytes : 8);
    return kProducts / kResults;
  }
}

/// The shapes that the API has for AIE2 (the table in its documentation of mmul) whose factors have at most 1024 bits.
template <typename A, typename B>
constexpr bool shape_exists(unsigned m, unsigned k, unsigned n) {
  struct Row {
    unsigned m, k, n;
  };
  const auto among = [&](std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
      if (row.m == m && row.k == k && row.n == n) {
        return true;
      }
    }
    return false;
  };
  if constexpr (std::is_same_v<A, bfloat16> && std::is_same_v<B, bfloat16>) {
    return among({{4, 8, 4}, {4, 8, 8}, {8, 8, 8}, {4, 16, 4}, {8, 8, 4}, {8, 1, 8}});
  } else if constexpr (sizeof(A) == 1 && sizeof(B) == 1) {
    return among({{4, 8, 4},
                  {4, 16, 4},
                  {4, 8, 8},
                  {8, 8, 8},
                  {8, 8, 4},
                  {2, 8, 8},
                  {1, 16, 8},
                  {2, 16, 8},
                  {4, 16, 8},
                  {8, 16, 8}});
  } else if constexpr (sizeof(A) == 2 && sizeof(B) == 1) {
    return among({{4, 8, 4}, {4, 4, 8}, {8, 4, 4}, {8, 4, 8}, {4, 4, 4}, {2, 8, 8}, {2, 16, 8}, {4, 16, 8}});
  } else if constexpr (sizeof(A) == 1 && sizeof(B) == 2) {
    return among({{4, 4, 8}, {4, 4, 4}});
  } else if constexpr (sizeof(A) == 2 && sizeof(B) == 2) {
    return among({{4, 2, 8}, {8, 2, 8}, {2, 4, 8}, {4, 4, 8}, {4, 4, 4}, {2, 8, 8}, {4, 8, 8}, {2, 8, 16}, {8, 1, 8}});
  } else if constexpr (sizeof(A) == 4 && sizeof(B) == 2) {
    return among({{4, 2, 4}, {4, 4, 4}, {2, 4, 8}, {4, 4, 8}, {4, 1, 8}});
  } else {
    return false;
  }
}

}  // namespace detail

template <unsigned kM, unsigned kK, unsigned kN, typename A, typename B = A, typename Tag = void>
class mmul {
  static_assert(detail::shape_exists<A, B>(kM, kK, kN), "AIE2 has no such shape for these types");
  using SumTag = detail::SumTag<Tag, A, B>;
  using Lane = typename detail::AccumTraits<SumTag>::lane;
  static constexpr bool kFloat = std::is_same_v<SumTag, accfloat>;

 public:
  static constexpr unsigned M = kM;
  static constexpr unsigned K = kK;
  static constexpr unsigned N = kN;
  static constexpr unsigned size_A = kM * kK;
  static constexpr unsigned size_B = kK * kN;
  static constexpr unsigned size_C = kM * kN;
  using accum_type = accum<SumTag, size_C>;

  mmul() = default;
  mmul(const accum_type& sum) : sum_(sum), started_(true) {}  // NOLINT(google-explicit-constructor)
  template <typename T>
  mmul(const vector<T, size_C>& sum, int shift = 0) : sum_(sum, shift), started_(true) {}  // NOLINT

  void mul(const vector<A, size_A>& a, const vector<B, size_B>& b) {
    sum_.lanes.fill(Lane{});
    add(a, b);
    note(false, a, b);
  }
  /// Without a sum to add to: as `mul`.
  void mac(const vector<A, size_A>& a, const vector<B, size_B>& b) {
    if (!started_) {
      mul(a, b);
      return;
    }
    add(a, b);
    note(true, a, b);
  }

  operator accum_type() const { return sum_; }  // NOLINT(google-explicit-constructor)
  accum_type to_accum() const { return sum_; }
  template <typename T>
  vector<T, size_C> to_vector(int shift = 0) const {
    return sum_.template to_vector<T>(shift);
  }

 private:
  void add(const vector<A, size_A>& a, const vector<B, size_B>& b) {
    if constexpr (kFloat) {
      add_bf16(a, b);
    } else if constexpr (kM == 4 && kK == 8 && kN == 8 && std::is_same_v<A, std::int8_t> &&
                         std::is_same_v<B, std::int8_t> && std::is_same_v<Lane, std::int32_t>) {
      host::rows().mac_i8_4x8x8(sum_.lanes.data(), a.lanes.data(), b.lanes.data());
    } else {
      for (unsigned i = 0; i < kM; ++i) {
        for (unsigned k = 0; k < kK; ++k) {
          for (unsigned j = 0; j < kN; ++j) {
            Lane& lane = sum_.lanes[i * kN + j];
            lane = detail::wrapping_add(lane, detail::wrapping_product<Lane>(a.lanes[i * kK + k], b.lanes[k * kN + j]));
          }
        }
      }
    }
  }

  void add_bf16(const vector<A, size_A>& a, const vector<B, size_B>& b) {
    if constexpr (kM == 4 && kK == 8 && kN == 4) {
      host::rows().mac_bf16_4x8x4(sum_.lanes.data(), a.lanes.data(), b.lanes.data());
    } else {
      // Depth in steps of 8: each is one sum of the array.
      for (unsigned k = 0; k < kK; k += 8) {
        for (unsigned i = 0; i < kM; ++i) {
          for (unsigned j = 0; j < kN; ++j) {
            const std::uint32_t made =
                host::add_products(std::bit_cast<std::uint32_t>(sum_.lanes[i * kN + j]), &a.lanes[i * kK + k].bits,
                                   &b.lanes[k * kN + j].bits, static_cast<int>(kK < 8 ? kK : 8), static_cast<int>(kN));
            sum_.lanes[i * kN + j] = std::bit_cast<float>(made);
          }
        }
      }
    }
  }

  void note(bool adds, const vector<A, size_A>& a, const vector<B, size_B>& b) {
    started_ = true;
    constexpr unsigned kDepth = detail::native_depth<A, B, typename detail::AccumTraits<SumTag>::native>();
    constexpr unsigned kSteps = kK <= kDepth ? 1 : kK / kDepth;
    for (unsigned step = 0; step < kSteps; ++step) {
      sum_.token = detail::record(detail::multiply_op<SumTag>(adds || step > 0), accum_type::bits(), a.token, b.token,
                                  adds || step > 0 ? sum_.token : detail::Token{}, kM * kK * kN / kSteps);
    }
  }

  accum_type sum_;
  bool started_ = false;
};

}  // namespace aie::inline SKALD_AIE_BUILD
