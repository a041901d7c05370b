#pragma once
// The kernels of both builds. Not for kernel sources: bindings.cc defines one of the two, by its build.

#include <span>

#include "npu/kernels/binding.h"

namespace skald::npu::device_code {

namespace valued {
std::span<const KernelBinding> bindings();
}

namespace counted {
std::span<const KernelBinding> bindings();
}

}  // namespace skald::npu::device_code
