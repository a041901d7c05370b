// In place of xrt_device.cc where XRT was not found; SKALD_XRT_REASON comes from the configure step.

#include "npu/xrt/xrt_device.h"

namespace skald::npu {

RuntimeFacts xrt_facts() {
  return {.built = false, .version = "", .reason = SKALD_XRT_REASON};
}

Result<std::unique_ptr<Device>> open_xrt_device(unsigned) {
  return fail(ErrorCode::kUnsupported, "device npu",
              std::string("this program was built without XRT: ") + SKALD_XRT_REASON,
              "install XRT 2.20 or later with its headers and build again; skald npu info shows the rest");
}

}  // namespace skald::npu
