#pragma once
// The NPU of this machine, through XRT. Where XRT was not there at build time, another source file says so.

#include <memory>

#include "base/result.h"
#include "npu/device/device.h"
#include "npu/device/host_checks.h"

namespace skald::npu {

/// Opens the device. Artifacts need `xclbin`, `kernel` and `instructions`. Errors: kUnsupported (not in this build, not
/// an NPU), kNotFound, kPermission, kOutOfMemory (limit of locked memory).
Result<std::unique_ptr<Device>> open_xrt_device(unsigned index = 0);

/// XRT as built in and as it runs.
RuntimeFacts xrt_facts();

}  // namespace skald::npu
