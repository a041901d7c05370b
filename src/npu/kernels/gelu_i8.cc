// GELU of int8 by a table of all 256 values: y = table[x + 128].

#include "kernel.h"

namespace {

constexpr int kEntries = 256;

template <int kCount>
inline void gelu_table(const std::int8_t* __restrict x, const std::int8_t* table_ab, const std::int8_t* table_cd,
                       std::int8_t* __restrict y) {
  const aie::lut<4, std::int8_t> table(kEntries, table_ab, table_cd);
  aie::parallel_lookup<std::int8_t, aie::lut<4, std::int8_t>> lookup(table, 0, kEntries / 2);
  SKALD_PIPELINED_LOOP(i, kCount / 32, 8) {
    aie::store_v(y + 32 * i, lookup.fetch(aie::load_v<32>(x + 32 * i)));
  }
}

}  // namespace

SKALD_KERNELS_BEGIN

void gelu_i8_512(const std::int8_t* x, const std::int8_t* table_ab, const std::int8_t* table_cd, std::int8_t* y) {
  gelu_table<512>(x, table_ab, table_cd, y);
}

void gelu_i8_2048(const std::int8_t* x, const std::int8_t* table_ab, const std::int8_t* table_cd, std::int8_t* y) {
  gelu_table<2048>(x, table_ab, table_cd, y);
}

SKALD_KERNELS_END
