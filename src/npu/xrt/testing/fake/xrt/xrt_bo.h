#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

// Values: XRT's xrt_mem.h and xrt.h.
enum xclBOSyncDirection { XCL_BO_SYNC_BO_TO_DEVICE = 0, XCL_BO_SYNC_BO_FROM_DEVICE };

namespace xrt {

using memory_group = uint32_t;
class device;

class bo {
 public:
  enum class flags : uint32_t { normal = 0, cacheable = 1U << 24U, host_only = 1U << 29U };

  bo() = default;
  bo(const xrt::device& device, size_t sz, bo::flags kind, memory_group grp);
  bo(const bo& parent, size_t size, size_t offset);
  void* map();
  template <typename MapType>
  MapType map() {
    return reinterpret_cast<MapType>(map());
  }
  void sync(xclBOSyncDirection dir, size_t sz, size_t offset);

  struct impl;
  const std::shared_ptr<impl>& get_handle() const { return handle_; }

 private:
  std::shared_ptr<impl> handle_;
};

}  // namespace xrt
