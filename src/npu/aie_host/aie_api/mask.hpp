#pragma once
// aie::mask: one bit an element, what compares make and `select` takes.

#include <bit>

#include "npu/aie_host/aie_api/vector.hpp"

namespace aie::inline SKALD_AIE_BUILD {

template <unsigned kElements>
class mask {
  static_assert(kElements <= 128, "a mask register has 128 bits");
  static constexpr unsigned kWords = (kElements + 63) / 64;
  static constexpr std::uint64_t kLast =
      kElements % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (kElements % 64)) - 1;

 public:
  static constexpr unsigned size() { return kElements; }

  constexpr explicit mask(bool all = false) {
    words.fill(all ? ~std::uint64_t{0} : 0);
    words.back() &= kLast;
  }
  static constexpr mask from_uint32(unsigned bits)
    requires(kElements <= 32)
  {
    return from_uint64(bits);
  }
  static constexpr mask from_uint64(std::uint64_t bits)
    requires(kElements <= 64)
  {
    mask made;
    made.words[0] = bits & kLast;
    return made;
  }

  constexpr bool test(unsigned index) const { return (words[index / 64] >> (index % 64) & 1U) != 0; }
  constexpr void set(unsigned index) { words[index / 64] |= std::uint64_t{1} << (index % 64); }
  constexpr void clear(unsigned index) { words[index / 64] &= ~(std::uint64_t{1} << (index % 64)); }

  constexpr unsigned count() const {
    unsigned bits = 0;
    for (const std::uint64_t word : words) {
      bits += static_cast<unsigned>(std::popcount(word));
    }
    return bits;
  }
  constexpr bool empty() const { return count() == 0; }
  constexpr bool full() const { return count() == kElements; }
  /// Elements before the first one that is set.
  constexpr unsigned clz() const {
    unsigned index = 0;
    while (index < kElements && !test(index)) {
      ++index;
    }
    return index;
  }

  constexpr std::uint32_t to_uint32(unsigned index = 0) const {
    return static_cast<std::uint32_t>(words[index / 2] >> (index % 2 * 32));
  }
  constexpr std::uint64_t to_uint64(unsigned index = 0) const { return words[index]; }

  // Masks live in scalar registers: logic on them is scalar, a word of 32 bits at a time.
  friend mask operator&(const mask& a, const mask& b) {
    return combine(a, b, [](std::uint64_t x, std::uint64_t y) { return x & y; });
  }
  friend mask operator|(const mask& a, const mask& b) {
    return combine(a, b, [](std::uint64_t x, std::uint64_t y) { return x | y; });
  }
  friend mask operator^(const mask& a, const mask& b) {
    return combine(a, b, [](std::uint64_t x, std::uint64_t y) { return x ^ y; });
  }
  mask operator~() const { return *this ^ mask(true); }
  mask& operator&=(const mask& other) { return *this = *this & other; }
  mask& operator|=(const mask& other) { return *this = *this | other; }
  friend bool operator==(const mask& a, const mask& b) { return a.words == b.words; }

  /// Not part of the device's API.
  std::array<std::uint64_t, kWords> words{};
  [[no_unique_address]] detail::Token token{};

 private:
  template <typename F>
  static mask combine(const mask& a, const mask& b, F f) {
    mask made;
    for (unsigned i = 0; i < kWords; ++i) {
      made.words[i] = f(a.words[i], b.words[i]);
    }
    for (unsigned word = 0; word < (kElements + 31) / 32; ++word) {
      made.token = detail::record(detail::Op::kScalarAlu, 32, a.token, b.token);
    }
    return made;
  }
};

}  // namespace aie::inline SKALD_AIE_BUILD
