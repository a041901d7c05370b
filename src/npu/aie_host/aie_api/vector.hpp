#pragma once
// aie::vector: 128 to 1024 bits of elements (and shorter parts, which the device keeps in the low part of a register).

#include <array>
#include <cstring>
#include <utility>

#include "npu/aie_host/aie_api/rounding.hpp"

namespace aie::inline SKALD_AIE_BUILD {

namespace detail {
/// Parts that are registers of their own can be renamed; smaller ones must be moved.
inline constexpr unsigned kVectorRegisterBits = 256;
inline constexpr unsigned kAccumulatorRegisterBits = 512;

constexpr unsigned storage_alignment(std::size_t bytes) {
  return bytes >= 64 ? 64 : static_cast<unsigned>(bytes);
}
}  // namespace detail

template <typename T, unsigned kElements = 256 / detail::kTypeBits<T>>
class vector {
  static_assert(detail::kIsElement<T>, "no vectors of this type");
  static_assert((kElements & (kElements - 1)) == 0 && kElements * detail::kTypeBits<T> <= 1024,
                "vectors have a power of two elements and 1024 bits at most");

 public:
  using value_type = T;

  static constexpr unsigned type_bits() { return detail::kTypeBits<T>; }
  static constexpr unsigned size() { return kElements; }
  static constexpr unsigned bits() { return kElements * type_bits(); }
  static constexpr unsigned bytes() { return bits() / 8; }
  static constexpr bool is_signed() { return detail::kIsSigned<T>; }
  static constexpr bool is_integral() { return !detail::kIsFloat<T>; }
  static constexpr bool is_floating_point() { return detail::kIsFloat<T>; }

  vector() = default;

  template <typename... Values>
    requires(sizeof...(Values) + 1 <= kElements && (std::is_convertible_v<Values, T> && ...))
  explicit vector(T first, Values... others) : lanes{first, static_cast<T>(others)...} {
    token = detail::record(detail::Op::kVectorMove, bits());
  }

  T get(unsigned index) const {
    detail::record(detail::Op::kVectorMove, 32, token);
    return lanes[index];
  }
  void set(T value, unsigned index) {
    token = detail::record(detail::Op::kVectorMove, bits(), token);
    lanes[index] = value;
  }
  /// Shifts all elements up by one and puts `value` first.
  vector& push(T value) {
    token = detail::record(detail::Op::kVectorMove, bits(), token);
    for (unsigned i = kElements - 1; i > 0; --i) {
      lanes[i] = lanes[i - 1];
    }
    lanes[0] = value;
    return *this;
  }

  /// An element to be read or replaced.
  class element {
   public:
    element(vector& owner, unsigned index) : owner_(owner), index_(index) {}
    element(const element&) = default;
    ~element() = default;
    operator T() const { return std::as_const(owner_).get(index_); }  // NOLINT(google-explicit-constructor)
    element& operator=(T value) {
      owner_.set(value, index_);
      return *this;
    }
    element& operator=(const element& other) { return *this = static_cast<T>(other); }

   private:
    vector& owner_;
    unsigned index_;
  };
  T operator[](unsigned index) const { return get(index); }
  element operator[](unsigned index) { return {*this, index}; }

  template <unsigned kOut>
  vector<T, kOut> extract(unsigned index) const {
    static_assert(kOut <= kElements);
    vector<T, kOut> made;
    std::memcpy(made.lanes.data(), lanes.data() + static_cast<std::size_t>(index) * kOut, sizeof made.lanes);
    const bool renamed = kOut == kElements || made.bits() >= detail::kVectorRegisterBits || index == 0;
    made.token = renamed ? token : detail::record(detail::Op::kVectorMove, made.bits(), token);
    return made;
  }

  template <unsigned kIn>
  vector& insert(unsigned index, const vector<T, kIn>& part) {
    static_assert(kIn <= kElements);
    std::memcpy(lanes.data() + static_cast<std::size_t>(index) * kIn, part.lanes.data(), sizeof part.lanes);
    if constexpr (kIn == kElements) {
      token = part.token;
    } else if constexpr (vector<T, kIn>::bits() >= detail::kVectorRegisterBits) {
      token = detail::join(token, part.token);
    } else {
      token = detail::record(detail::Op::kVectorMove, bits(), token, part.token);
    }
    return *this;
  }

  /// A larger vector with this one as its part `index`; the others are not defined (here: zero).
  template <unsigned kOut>
  vector<T, kOut> grow(unsigned index = 0) const {
    static_assert(kOut >= kElements);
    vector<T, kOut> made;
    std::memcpy(made.lanes.data() + static_cast<std::size_t>(index) * kElements, lanes.data(), sizeof lanes);
    made.token = token;
    return made;
  }

  template <unsigned kOut>
  vector<T, kOut> grow_replicate() const {
    vector<T, kOut> made;
    for (unsigned i = 0; i < kOut; ++i) {
      made.lanes[i] = lanes[i % kElements];
    }
    made.token =
        bits() >= detail::kVectorRegisterBits ? token : detail::record(detail::Op::kVectorMove, made.bits(), token);
    return made;
  }

  template <unsigned kParts>
  std::array<vector<T, kElements / kParts>, kParts> split() const {
    std::array<vector<T, kElements / kParts>, kParts> parts;
    for (unsigned i = 0; i < kParts; ++i) {
      parts[i] = extract<kElements / kParts>(i);
    }
    return parts;
  }

  /// The same bits as elements of another type.
  template <typename U>
  vector<U, bytes() / sizeof(U)> cast_to() const {
    vector<U, bytes() / sizeof(U)> made;
    std::memcpy(static_cast<void*>(made.lanes.data()), lanes.data(), bytes());
    made.token = token;
    return made;
  }

  /// Elements of twice the width.
  auto unpack() const {
    using Wide = typename detail::Widths<T>::twice;
    vector<Wide, kElements> made;
    for (unsigned i = 0; i < kElements; ++i) {
      made.lanes[i] = static_cast<Wide>(lanes[i]);
    }
    made.token = detail::record(detail::Op::kUnpack, made.bits(), token);
    return made;
  }

  /// Elements of half the width: their low bits, or limited to what fits under a saturation mode.
  auto pack() const {
    using Narrow = typename detail::Widths<T>::half;
    vector<Narrow, kElements> made;
    const host::Modes modes{.rounding = rounding_mode::floor, .saturation = host::modes().saturation};
    for (unsigned i = 0; i < kElements; ++i) {
      made.lanes[i] = host::shift_round_saturate<Narrow>(static_cast<std::int64_t>(lanes[i]), 0, modes);
    }
    made.token = detail::record(detail::Op::kPack, made.bits(), token);
    return made;
  }

  /// Not part of the device's API.
  alignas(detail::storage_alignment(kElements * sizeof(T))) std::array<T, kElements> lanes{};
  [[no_unique_address]] detail::Token token{};
};

template <typename T>
struct is_vector : std::false_type {};
template <typename T, unsigned kElements>
struct is_vector<vector<T, kElements>> : std::true_type {};

template <typename T, unsigned kElements>
auto unpack(const vector<T, kElements>& v) {
  return v.unpack();
}
template <typename T, unsigned kElements>
auto pack(const vector<T, kElements>& v) {
  return v.pack();
}

template <typename U, typename T, unsigned kElements>
auto vector_cast(const vector<T, kElements>& v) {
  return v.template cast_to<U>();
}

/// Vectors one after the other, the first in the lowest elements.
template <typename T, unsigned kElements, typename... Others>
  requires(std::is_same_v<Others, vector<T, kElements>> && ...)
vector<T, kElements * (1 + sizeof...(Others))> concat(const vector<T, kElements>& first, const Others&... others) {
  vector<T, kElements * (1 + sizeof...(Others))> made;
  const std::array<const vector<T, kElements>*, 1 + sizeof...(Others)> parts = {&first, &others...};
  made.token = first.token;
  for (unsigned i = 0; i < parts.size(); ++i) {
    std::memcpy(made.lanes.data() + i * kElements, parts[i]->lanes.data(), sizeof first.lanes);
    if (i > 0) {
      made.token = first.bits() >= detail::kVectorRegisterBits
                       ? detail::join(made.token, parts[i]->token)
                       : detail::record(detail::Op::kVectorMove, made.bits(), made.token, parts[i]->token);
    }
  }
  return made;
}

template <typename T, unsigned kElements = 256 / detail::kTypeBits<T>, typename From>
  requires(detail::kIsElement<T> && std::is_convertible_v<From, T>)
vector<T, kElements> broadcast(From value) {
  vector<T, kElements> made;
  made.lanes.fill(static_cast<T>(value));
  made.token = detail::record(detail::Op::kVectorMove, made.bits());
  return made;
}

template <typename T, unsigned kElements = 256 / detail::kTypeBits<T>>
  requires(detail::kIsElement<T>)
vector<T, kElements> zeros() {
  return broadcast<T, kElements>(T{});
}

}  // namespace aie::inline SKALD_AIE_BUILD
