#pragma once
// The AIE API for the host: what kernel sources include. Names and meanings are those of AMD's AIE API for AIE-ML
// (AIE API User Guide, xilinx.github.io/aie_api); values are those of the array as docs/NUMERICS.md describes it.

#include "npu/aie_host/aie_api/accum.hpp"
#include "npu/aie_host/aie_api/lut.hpp"
#include "npu/aie_host/aie_api/mask.hpp"
#include "npu/aie_host/aie_api/memory.hpp"
#include "npu/aie_host/aie_api/mmul.hpp"
#include "npu/aie_host/aie_api/ops_arith.hpp"
#include "npu/aie_host/aie_api/ops_bits.hpp"
#include "npu/aie_host/aie_api/ops_compare.hpp"
#include "npu/aie_host/aie_api/ops_convert.hpp"
#include "npu/aie_host/aie_api/ops_mul.hpp"
#include "npu/aie_host/aie_api/ops_reduce.hpp"
#include "npu/aie_host/aie_api/ops_shuffle.hpp"
#include "npu/aie_host/aie_api/rounding.hpp"
#include "npu/aie_host/aie_api/types.hpp"
#include "npu/aie_host/aie_api/vector.hpp"
