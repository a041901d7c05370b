#pragma once
// aie::accum: lanes of 32 or 64 bits, or float32, that sums are kept in.

#include "npu/aie_host/aie_api/vector.hpp"

namespace aie::inline SKALD_AIE_BUILD {

template <typename Tag, unsigned kElements>
class accum {
 public:
  using value_type = Tag;
  using lane_type = typename detail::AccumTraits<Tag>::lane;

  static constexpr bool is_floating_point() { return std::is_same_v<lane_type, float>; }
  static constexpr unsigned size() { return kElements; }
  static constexpr unsigned value_bits() { return 8 * sizeof(lane_type); }
  static constexpr unsigned accum_bits() { return value_bits(); }
  static constexpr unsigned bits() { return kElements * value_bits(); }

  accum() = default;

  /// Lanes of the same kind under another tag.
  template <typename Other>
    requires(!std::is_same_v<Other, Tag> &&
             std::is_same_v<typename detail::AccumTraits<Other>::native, typename detail::AccumTraits<Tag>::native>)
  accum(const accum<Other, kElements>& other) : lanes(other.lanes), token(other.token) {}  // NOLINT

  template <typename T>
  explicit accum(const vector<T, kElements>& v, int shift = 0) {
    from_vector(v, shift);
  }

  template <typename T>
  accum& operator=(const vector<T, kElements>& v) {
    from_vector(v);
    return *this;
  }

  /// v * 2^shift, integers; float32 and bfloat16 as they are.
  template <typename T>
  void from_vector(const vector<T, kElements>& v, int shift = 0) {
    if constexpr (is_floating_point()) {
      static_assert(detail::kIsFloat<T>, "a float accumulator takes bfloat16 or float");
      for (unsigned i = 0; i < kElements; ++i) {
        lanes[i] = static_cast<float>(v.lanes[i]);
      }
      token = detail::record(sizeof(T) == 2 ? detail::Op::kWiden : detail::Op::kUps, bits(), v.token);
    } else {
      static_assert(!detail::kIsFloat<T>, "an integer accumulator takes integers");
      const host::Modes modes = host::modes();
      for (unsigned i = 0; i < kElements; ++i) {
        lanes[i] = host::shift_round_saturate<lane_type>(static_cast<std::int64_t>(v.lanes[i]), -shift, modes);
      }
      token = detail::record(detail::Op::kUps, bits(), v.token);
    }
  }

  /// lane / 2^shift, rounded and saturated as the core's modes say; float accumulators: float as it is, bfloat16
  /// rounded.
  template <typename T>
  vector<T, kElements> to_vector([[maybe_unused]] int shift = 0) const {
    vector<T, kElements> made;
    const host::Modes modes = host::modes();
    detail::Op op = detail::Op::kSrs;
    if constexpr (std::is_same_v<T, float>) {
      static_assert(is_floating_point(), "an integer accumulator gives integers");
      std::memcpy(made.lanes.data(), lanes.data(), sizeof lanes);
    } else if constexpr (std::is_same_v<T, bfloat16>) {
      static_assert(is_floating_point(), "an integer accumulator gives integers");
      for (unsigned i = 0; i < kElements; ++i) {
        made.lanes[i] = host::to_bfloat16(lanes[i], modes.rounding);
      }
      op = detail::Op::kConvert;
    } else {
      static_assert(!is_floating_point(), "a float accumulator gives float or bfloat16");
      if (shift == 0 && modes.saturation == saturation_mode::none) {
        for (unsigned i = 0; i < kElements; ++i) {
          made.lanes[i] = static_cast<T>(lanes[i]);
        }
      } else {
        for (unsigned i = 0; i < kElements; ++i) {
          made.lanes[i] = host::shift_round_saturate<T>(lanes[i], shift, modes);
        }
      }
    }
    made.token = detail::record(op, made.bits(), token);
    return made;
  }

  template <unsigned kOut>
  accum<Tag, kOut> extract(unsigned index) const {
    accum<Tag, kOut> made;
    std::memcpy(made.lanes.data(), lanes.data() + static_cast<std::size_t>(index) * kOut, sizeof made.lanes);
    const bool renamed = kOut == kElements || made.bits() >= detail::kAccumulatorRegisterBits || index == 0;
    made.token = renamed ? token : detail::record(detail::Op::kVectorMove, made.bits(), token);
    return made;
  }

  template <unsigned kIn>
  accum& insert(unsigned index, const accum<Tag, kIn>& part) {
    std::memcpy(lanes.data() + static_cast<std::size_t>(index) * kIn, part.lanes.data(), sizeof part.lanes);
    if constexpr (kIn == kElements) {
      token = part.token;
    } else if constexpr (accum<Tag, kIn>::bits() >= detail::kAccumulatorRegisterBits) {
      token = detail::join(token, part.token);
    } else {
      token = detail::record(detail::Op::kVectorMove, bits(), token, part.token);
    }
    return *this;
  }

  template <unsigned kOut>
  accum<Tag, kOut> grow(unsigned index = 0) const {
    accum<Tag, kOut> made;
    std::memcpy(made.lanes.data() + static_cast<std::size_t>(index) * kElements, lanes.data(), sizeof lanes);
    made.token = token;
    return made;
  }

  /// The same bits under another tag.
  template <typename Other>
  accum<Other, bits() / accum<Other, 1>::value_bits()> cast_to() const {
    accum<Other, bits() / accum<Other, 1>::value_bits()> made;
    std::memcpy(made.lanes.data(), lanes.data(), sizeof lanes);
    made.token = token;
    return made;
  }

  /// Not part of the device's API.
  alignas(detail::storage_alignment(kElements * sizeof(lane_type))) std::array<lane_type, kElements> lanes{};
  [[no_unique_address]] detail::Token token{};
};

template <typename T>
struct is_accum : std::false_type {};
template <typename Tag, unsigned kElements>
struct is_accum<accum<Tag, kElements>> : std::true_type {};

template <typename T, typename Tag, unsigned kElements>
vector<T, kElements> to_vector(const accum<Tag, kElements>& sum, int shift = 0) {
  return sum.template to_vector<T>(shift);
}

template <typename Tag, typename T, unsigned kElements>
accum<Tag, kElements> from_vector(const vector<T, kElements>& v, int shift = 0) {
  return accum<Tag, kElements>(v, shift);
}

template <typename Tag, unsigned kElements, typename... Others>
  requires(std::is_same_v<Others, accum<Tag, kElements>> && ...)
accum<Tag, kElements * (1 + sizeof...(Others))> concat(const accum<Tag, kElements>& first, const Others&... others) {
  accum<Tag, kElements * (1 + sizeof...(Others))> made = first.template grow<kElements * (1 + sizeof...(Others))>();
  unsigned index = 0;
  (made.insert(++index, others), ...);
  return made;
}

template <typename Tag, unsigned kElements>
  requires(!detail::kIsElement<Tag>)
accum<Tag, kElements> zeros() {
  accum<Tag, kElements> made;
  made.token = detail::record(detail::Op::kAccZero, made.bits());
  return made;
}

}  // namespace aie::inline SKALD_AIE_BUILD
