#pragma once
// What kernel sources use besides <aie_api/aie.hpp>: where kernels live, loops, and scalars.
//
// The device compiler (Peano; Chess knows the same attributes) takes a kernel source as it is: loops become `for` with
// hints, scalars plain numbers, kernels C functions. On the host each source is compiled twice, for values and for
// counts (record.h); there, loops are recording scopes in the counting build and scalars record what they do.
//
// A plain `for` in a kernel stands for straight code: SKALD_UNROLL goes before it, its bounds are constants. A function
// that several kernels share as code is SKALD_NOINLINE and begins with SKALD_CALLED; the linker keeps it once.

#include <aie_api/aie.hpp>
#include <cstdint>
#include <type_traits>

#define SKALD_PRAGMA(text) _Pragma(#text)

#if defined(__AIENGINE__) || defined(__AIEARCH__)  // ---- device

#define SKALD_KERNELS_BEGIN extern "C" {
#define SKALD_KERNELS_END }
#if defined(__chess__)
#define SKALD_UNROLL [[chess::flatten_loop]]
#define SKALD_LOOP(i, count) for (int i = 0; i < (count); ++i)
#define SKALD_PIPELINED_LOOP(i, count, minimum) \
  [[chess::prepare_for_pipelining, chess::min_loop_count(minimum)]] for (int i = 0; i < (count); ++i)
#else
#define SKALD_UNROLL SKALD_PRAGMA(clang loop unroll(full))
#define SKALD_LOOP(i, count) SKALD_PRAGMA(clang loop unroll(disable)) for (int i = 0; i < (count); ++i)
#define SKALD_PIPELINED_LOOP(i, count, minimum) \
  SKALD_PRAGMA(clang loop min_iteration_count(minimum)) for (int i = 0; i < (count); ++i)
#endif
#define SKALD_NOINLINE __attribute__((noinline))
#define SKALD_CALLED

#else  // ---- host

#include "npu/aie_host/record.h"

#define SKALD_KERNELS_BEGIN           \
  namespace skald::npu::device_code { \
  inline namespace SKALD_AIE_BUILD {
#define SKALD_KERNELS_END \
  }                       \
  }
#define SKALD_UNROLL
#define SKALD_NOINLINE
#if SKALD_AIE_COUNTING
#define SKALD_CALLED const ::skald::npu::device_code::counted::CallScope skald_call_({__PRETTY_FUNCTION__, __LINE__})
#define SKALD_LOOP(i, count)                                                         \
  for ([[maybe_unused]] const int i : ::skald::npu::device_code::counted::LoopRange( \
           {__FILE__, __LINE__}, ::aie::detail::LoopKind::kPlain, 0, (count)))
#define SKALD_PIPELINED_LOOP(i, count, minimum)                                      \
  for ([[maybe_unused]] const int i : ::skald::npu::device_code::counted::LoopRange( \
           {__FILE__, __LINE__}, ::aie::detail::LoopKind::kPipelined, (minimum), (count)))
#else
#define SKALD_CALLED
#define SKALD_LOOP(i, count) for (int i = 0; i < (count); ++i)
#define SKALD_PIPELINED_LOOP(i, count, minimum) for (int i = 0; i < (count); ++i)
#endif

#endif

// ---- Scalars: values that the core's scalar unit computes on, as against loop counters and addresses, which cost
// nothing (hardware loops, address generators). Float32 is software on the device: it has no scalar floating-point
// unit.

#if SKALD_AIE_COUNTING

namespace skald::npu::device_code::inline counted {

/// A called function's bracket.
class CallScope {
 public:
  explicit CallScope(::aie::counted::detail::Site site) { ::aie::counted::detail::begin_call(site); }
  ~CallScope() { ::aie::counted::detail::end_call(); }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
};

/// A loop's bracket: iterations begin and end as the range is walked.
class LoopRange {
 public:
  LoopRange(::aie::counted::detail::Site site, ::aie::counted::detail::LoopKind kind, int minimum, int count)
      : count_(count) {
    ::aie::counted::detail::begin_loop(site, kind, minimum);
  }

  struct End {};
  class Iterator {
   public:
    explicit Iterator(int count) : count_(count) {}
    int operator*() const { return index_; }
    Iterator& operator++() {
      ::aie::counted::detail::end_iteration();
      ++index_;
      return *this;
    }
    bool operator!=(End) const {
      if (index_ < count_) {
        ::aie::counted::detail::begin_iteration();
        return true;
      }
      ::aie::counted::detail::end_loop();
      return false;
    }

   private:
    int index_ = 0;
    int count_;
  };

  Iterator begin() const { return Iterator(count_); }
  End end() const { return {}; }

 private:
  int count_;
};

template <typename T>
struct Scalar {
  T value = 0;
  ::aie::counted::detail::Token token = {};

  Scalar() = default;
  Scalar(T number) : value(number) {}  // NOLINT(google-explicit-constructor): a constant
  Scalar(T number, ::aie::counted::detail::Token made) : value(number), token(made) {}

  static ::aie::counted::detail::Token sum(Scalar a, Scalar b) {
    using ::aie::counted::detail::Op;
    const Op op = std::is_same_v<T, float> ? Op::kSoftFloatAdd : Op::kScalarAlu;
    return ::aie::counted::detail::record(op, 32, a.token, b.token);
  }

  friend Scalar operator+(Scalar a, Scalar b) { return {a.value + b.value, sum(a, b)}; }
  friend Scalar operator-(Scalar a, Scalar b) { return {a.value - b.value, sum(a, b)}; }
  friend Scalar operator*(Scalar a, Scalar b) {
    using ::aie::counted::detail::Op;
    const Op op = std::is_same_v<T, float> ? Op::kSoftFloatMul : Op::kScalarMul;
    return {a.value * b.value, ::aie::counted::detail::record(op, 32, a.token, b.token, {}, 1)};
  }
  /// Integers. Counts are taken over memory full of zeros.
  friend Scalar operator/(Scalar a, Scalar b) {
    using ::aie::counted::detail::Op;
    return {b.value == 0 ? 0 : a.value / b.value,
            ::aie::counted::detail::record(Op::kSoftDivide, 32, a.token, b.token)};
  }
};

using Int32 = Scalar<std::int32_t>;
using Float32 = Scalar<float>;

/// Reads a number of any width as a 32-bit one.
template <typename To, typename From>
To load_scalar(const From* at) {
  using ::aie::counted::detail::Op;
  return {static_cast<decltype(To::value)>(*at), ::aie::counted::detail::record_load(Op::kLoad, at, sizeof(From))};
}

/// Reads a number that addresses or counts of loops follow from.
template <typename From>
int load_index(const From* at) {
  ::aie::counted::detail::record_load(::aie::counted::detail::Op::kLoad, at, sizeof(From));
  return static_cast<int>(*at);
}

template <typename To, typename From>
void store_scalar(To* at, From value) {
  using ::aie::counted::detail::Op;
  *at = static_cast<To>(value.value);
  const Op op = sizeof(To) < 4 ? Op::kStoreNarrow : Op::kStore;
  ::aie::counted::detail::record_store(op, at, sizeof(To), value.token);
}

}  // namespace skald::npu::device_code::inline counted

using skald::npu::device_code::load_index;
using skald::npu::device_code::load_scalar;
using skald::npu::device_code::store_scalar;

#else

SKALD_KERNELS_BEGIN
using Int32 = std::int32_t;
using Float32 = float;
SKALD_KERNELS_END

namespace {

template <typename To, typename From>
inline To load_scalar(const From* at) {
  return static_cast<To>(*at);
}

template <typename From>
inline int load_index(const From* at) {
  return static_cast<int>(*at);
}

template <typename To, typename From>
inline void store_scalar(To* at, From value) {
  *at = static_cast<To>(value);
}

}  // namespace

#endif

#if !defined(__AIENGINE__) && !defined(__AIEARCH__)
using skald::npu::device_code::Float32;
using skald::npu::device_code::Int32;
#endif
