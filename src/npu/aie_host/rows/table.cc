#include "base/cpu_features.h"
#include "npu/aie_host/aie_api/rounding.hpp"
#include "npu/aie_host/rows/rows.h"

namespace aie::host {
namespace {

constexpr Rows kScalarRow = {.isa = skald::Isa::kScalar,
                             .mac_i8_4x8x8 = mac_i8_4x8x8_scalar,
                             .mac_bf16_4x8x4 = mac_bf16_4x8x4_scalar,
                             .mac_bf16_lanes = mac_bf16_lanes_scalar,
                             .add_lanes = add_lanes_scalar};
constexpr Rows kAvx2Row = {.isa = skald::Isa::kAvx2,
                           .mac_i8_4x8x8 = mac_i8_4x8x8_avx2,
                           .mac_bf16_4x8x4 = mac_bf16_4x8x4_avx2,
                           .mac_bf16_lanes = mac_bf16_lanes_avx2,
                           .add_lanes = add_lanes_avx2};
constexpr Rows kAvx512Row = {.isa = skald::Isa::kAvx512,
                             .mac_i8_4x8x8 = mac_i8_4x8x8_avx512,
                             .mac_bf16_4x8x4 = mac_bf16_4x8x4_avx512,
                             .mac_bf16_lanes = mac_bf16_lanes_avx512,
                             .add_lanes = add_lanes_avx512};

const Rows& choose() {
  const skald::Result<skald::Isa> isa = skald::select_isa();
  return rows(isa.has_value() ? *isa : skald::Isa::kScalar);
}

}  // namespace

const Rows& rows(skald::Isa isa) {
  switch (isa) {
    case skald::Isa::kScalar: return kScalarRow;
    case skald::Isa::kAvx2:
    case skald::Isa::kAvxVnni: return kAvx2Row;
    case skald::Isa::kAvx512:
    case skald::Isa::kAvx512Vnni:
    case skald::Isa::kAvx512Bf16:
    case skald::Isa::kAmx: return kAvx512Row;
  }
  return kScalarRow;
}

Modes& modes() {
  thread_local Modes state;
  return state;
}

const Rows& rows() {
  static const Rows& chosen = choose();
  return chosen;
}

}  // namespace aie::host
