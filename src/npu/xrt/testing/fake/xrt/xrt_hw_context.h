#pragma once

#include <memory>

#include "xrt/xrt_device.h"
#include "xrt/xrt_uuid.h"

namespace xrt {

class hw_context {
 public:
  hw_context() = default;
  hw_context(const xrt::device& device, const xrt::uuid& xclbin_id);

 private:
  std::shared_ptr<void> handle_;
};

}  // namespace xrt
