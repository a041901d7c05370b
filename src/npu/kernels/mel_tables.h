#pragma once
// Tables of mel.cc.

#include <span>

#include "npu/kernels/catalogue.h"

namespace skald::npu {

std::span<const KernelTable> mel_tables();

}  // namespace skald::npu
