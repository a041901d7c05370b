#pragma once
// A kernel as something that can be called by name.

#include <string_view>

#include "npu/kernels/catalogue.h"

namespace skald::npu {

struct KernelBinding {
  std::string_view symbol;
  KernelCall call = nullptr;
  int pointers = 0;  ///< arguments of each kind that the function takes
  int numbers = 0;
};

}  // namespace skald::npu
