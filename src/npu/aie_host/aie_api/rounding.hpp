#pragma once
// Rounding and saturation of a core, and what shift-round-saturate does to one number.
//
// The ten modes and their codes: xdna-emu, crates/xdna-archspec/src/aie2/rounding.rs; which way each goes: interpreter/
// execute/vector_srs.rs and, for float32 to bfloat16, vector_float.rs there.

#include "npu/aie_host/aie_api/types.hpp"

namespace aie {

enum class rounding_mode : unsigned {
  floor = 0,            ///< towards minus infinity
  ceil = 1,             ///< towards plus infinity
  symmetric_floor = 2,  ///< towards zero
  symmetric_ceil = 3,   ///< away from zero
  negative_inf = 8,     ///< nearest, halves down
  positive_inf = 9,     ///< nearest, halves up
  symmetric_zero = 10,  ///< nearest, halves towards zero
  symmetric_inf = 11,   ///< nearest, halves away from zero
  conv_even = 12,       ///< nearest, halves to even
  conv_odd = 13,        ///< nearest, halves to odd
};

enum class saturation_mode : unsigned {
  none = 0,       ///< keeps the low bits
  saturate = 1,   ///< the type's limits
  symmetric = 3,  ///< the same, with -limit as the lower one of signed types
};

namespace host {

/// Control registers of the core that this thread emulates; as after reset.
struct Modes {
  rounding_mode rounding = rounding_mode::floor;
  saturation_mode saturation = saturation_mode::none;
};
Modes& modes();

/// Whether a number in two's complement that is cut after its ones' place (so rounded towards minus infinity) is
/// increased there. `half`: the highest bit that is cut; `rest`: any other that is.
constexpr bool rounds_up(rounding_mode mode, bool negative, bool odd, bool half, bool rest) {
  switch (mode) {
    case rounding_mode::floor: return false;
    case rounding_mode::ceil: return half || rest;
    case rounding_mode::symmetric_floor: return negative && (half || rest);
    case rounding_mode::symmetric_ceil: return !negative && (half || rest);
    case rounding_mode::negative_inf: return half && rest;
    case rounding_mode::positive_inf: return half;
    case rounding_mode::symmetric_zero: return half && (negative || rest);
    case rounding_mode::symmetric_inf: return half && (!negative || rest);
    case rounding_mode::conv_even: return half && (odd || rest);
    case rounding_mode::conv_odd: return half && (!odd || rest);
  }
  return false;
}

/// The same for a magnitude beside its sign (a float), which cutting rounds towards zero. The modes mean the same
/// there: `floor` goes towards minus infinity, so away from zero where the number is negative.
constexpr bool magnitude_rounds_up(rounding_mode mode, bool negative, bool odd, bool half, bool rest) {
  switch (mode) {
    case rounding_mode::floor: return negative && (half || rest);
    case rounding_mode::ceil: return !negative && (half || rest);
    case rounding_mode::symmetric_floor: return false;
    case rounding_mode::symmetric_ceil: return half || rest;
    case rounding_mode::negative_inf: return half && (negative || rest);
    case rounding_mode::positive_inf: return half && (!negative || rest);
    case rounding_mode::symmetric_zero: return half && rest;
    case rounding_mode::symmetric_inf: return half;
    case rounding_mode::conv_even: return half && (odd || rest);
    case rounding_mode::conv_odd: return half && (!odd || rest);
  }
  return false;
}

/// value / 2^shift, rounded and limited to T as the modes say; what does not fit keeps its low bits. A negative shift
/// goes left.
template <typename T>
constexpr T shift_round_saturate(std::int64_t value, int shift, const Modes& modes) {
  __extension__ using Wide = __int128;
  Wide rounded = value;
  if (shift > 0) {
    const int cut = shift < 100 ? shift : 100;
    const Wide floor = rounded >> cut;
    const Wide lost = rounded - (floor << cut);
    const Wide half = Wide{1} << (cut - 1);
    const bool up = rounds_up(modes.rounding, value < 0, (floor & 1) != 0, lost >= half, (lost & (half - 1)) != 0);
    rounded = floor + (up ? 1 : 0);
  } else {
    rounded = rounded * (Wide{1} << (shift > -60 ? -shift : 60));
  }
  if (modes.saturation != saturation_mode::none) {
    constexpr int kBits = 8 * sizeof(T);
    const bool is_signed = std::is_signed_v<T>;
    const Wide high = is_signed ? (Wide{1} << (kBits - 1)) - 1 : (Wide{1} << kBits) - 1;
    const Wide low = !is_signed ? Wide{0} : (modes.saturation == saturation_mode::symmetric ? -high : -high - 1);
    rounded = rounded > high ? high : (rounded < low ? low : rounded);
  }
  return static_cast<T>(static_cast<std::make_unsigned_t<T>>(rounded));
}

/// float32 to bfloat16. Denormals are numbers like any other; a NaN stays one; rounding may reach infinity.
constexpr bfloat16 to_bfloat16(float number, rounding_mode mode) {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  auto cut = static_cast<std::uint16_t>(bits >> 16U);
  if ((bits & 0x7F800000U) != 0x7F800000U) {
    const bool up =
        magnitude_rounds_up(mode, (bits >> 31U) != 0, (cut & 1U) != 0, (bits & 0x8000U) != 0, (bits & 0x7FFFU) != 0);
    cut = static_cast<std::uint16_t>(cut + (up ? 1 : 0));
  } else if ((bits & 0x007FFFFFU) != 0 && (cut & 0x7FU) == 0) {
    cut = static_cast<std::uint16_t>(cut + 1);
  }
  return bfloat16::from_bits(cut);
}

}  // namespace host

inline namespace SKALD_AIE_BUILD {

inline void set_rounding(rounding_mode mode) {
  host::modes().rounding = mode;
}
inline rounding_mode get_rounding() {
  return host::modes().rounding;
}
inline void set_saturation(saturation_mode mode) {
  host::modes().saturation = mode;
}
inline saturation_mode get_saturation() {
  return host::modes().saturation;
}

/// The core's control registers.
class tile {
 public:
  static tile current() { return {}; }
  void set_rounding(rounding_mode mode) const { host::modes().rounding = mode; }
  rounding_mode get_rounding() const { return host::modes().rounding; }
  void set_saturation(saturation_mode mode) const { host::modes().saturation = mode; }
  saturation_mode get_saturation() const { return host::modes().saturation; }
};

}  // namespace SKALD_AIE_BUILD
}  // namespace aie
