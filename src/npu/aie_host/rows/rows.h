#pragma once
// The multiplier's hot operations, one row per instruction set, all with the same bits. rows_scalar.cc is the
// definition; docs/NUMERICS.md says where it comes from.
//
// Blocks lie in memory as in the device's registers: row after row, no padding. Pointers need no alignment.

#include <cstdint>

namespace skald {
enum class Isa;  // base/cpu_features.h
}

namespace aie::host {

struct Rows {
  skald::Isa isa;

  /// c (4 x 8 int32) += a (4 x 8 int8) b (8 x 8 int8), wrapping around.
  void (*mac_i8_4x8x8)(void* c, const void* a, const void* b);

  /// c (4 x 4 float32) += a (4 x 8 bfloat16) b (8 x 4 bfloat16) as the array adds.
  void (*mac_bf16_4x8x4)(void* c, const void* a, const void* b);

  /// c += a b lane by lane, float32 and bfloat16; `lanes` is a multiple of 16.
  void (*mac_bf16_lanes)(void* c, const void* a, const void* b, unsigned lanes);

  /// sum = a + b of float32 accumulators; `lanes` is a multiple of 16. `sum` may be `a` or `b`.
  void (*add_lanes)(void* sum, const void* a, const void* b, unsigned lanes);
};

const Rows& rows(skald::Isa isa);

/// The row for this processor, SKALD_CPU permitting; chosen once. A SKALD_CPU that this processor cannot run is
/// reported by whoever starts the program; here it chooses the scalar row.
const Rows& rows();

/// The sum of an accumulator lane and of `count` products, float32 bits: a[i] * b[i * step].
std::uint32_t add_products(std::uint32_t sum, const std::uint16_t* a, const std::uint16_t* b, int count, int step);

/// a + b of float32 accumulators, bits.
std::uint32_t add_accumulators(std::uint32_t a, std::uint32_t b);

void mac_i8_4x8x8_scalar(void* c, const void* a, const void* b);
void mac_i8_4x8x8_avx2(void* c, const void* a, const void* b);
void mac_i8_4x8x8_avx512(void* c, const void* a, const void* b);
void mac_bf16_4x8x4_scalar(void* c, const void* a, const void* b);
void mac_bf16_4x8x4_avx2(void* c, const void* a, const void* b);
void mac_bf16_4x8x4_avx512(void* c, const void* a, const void* b);
void mac_bf16_lanes_scalar(void* c, const void* a, const void* b, unsigned lanes);
void mac_bf16_lanes_avx2(void* c, const void* a, const void* b, unsigned lanes);
void mac_bf16_lanes_avx512(void* c, const void* a, const void* b, unsigned lanes);
void add_lanes_scalar(void* sum, const void* a, const void* b, unsigned lanes);
void add_lanes_avx2(void* sum, const void* a, const void* b, unsigned lanes);
void add_lanes_avx512(void* sum, const void* a, const void* b, unsigned lanes);

}  // namespace aie::host
