// Conversions to integers in AVX-512.

#include "cpu/kernels/vector/integer.h"
#include "cpu/kernels/avx512/vec.h"

namespace skald::cpu {

void quantise_i8_avx512(const QuantiseI8& args) noexcept {
  quantise<Vec>(args);
}

void quantise_i16_avx512(const QuantiseI16& args) noexcept {
  quantise<Vec>(args);
}

void pack_rows_i16_avx512(const PackI16& args) noexcept {
  pack_rows<Vec>(args);
}

void pack_columns_i16_avx512(const PackI16& args) noexcept {
  pack_columns<Vec>(args);
}

void pack_rows_i8_avx512(const PackI8& args) noexcept {
  pack_rows<Vec>(args);
}

void pack_columns_i8_avx512(const PackI8& args) noexcept {
  pack_columns<Vec>(args);
}

void pack_rows_bytes_avx512(const PackBytes& args) noexcept {
  pack_rows<Vec>(args);
}

void pack_columns_bytes_avx512(const PackBytes& args) noexcept {
  pack_columns<Vec>(args);
}

void softmax_i16_avx512(const SoftmaxI16& args) noexcept {
  softmax_i16<Vec>(args);
}

}  // namespace skald::cpu
