#pragma once

#include <memory>
#include <string>

#include "xrt/experimental/xrt_xclbin.h"
#include "xrt/xrt_uuid.h"

namespace xrt {

namespace info {
enum class device : unsigned int { bdf, interface_uuid, kdma, max_clock_frequency_mhz, m2m, name };
}

class device {
 public:
  device() = default;
  explicit device(unsigned int didx);
  uuid register_xclbin(const xrt::xclbin& xclbin);
  template <info::device param>
  std::string get_info() const {
    static_assert(param == info::device::name);
    return name();
  }

 private:
  static std::string name();
  std::shared_ptr<void> handle_;
};

}  // namespace xrt
