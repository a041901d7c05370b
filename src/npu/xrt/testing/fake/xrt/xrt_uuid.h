#pragma once
// Stands in for XRT's header in tests: only what npu/xrt uses, over a recorder (fake_xrt.h). Likewise its neighbours.

namespace xrt {

class uuid {
 public:
  uuid() = default;
  explicit uuid(int value) : value_(value) {}
  int value() const { return value_; }

 private:
  int value_ = 0;
};

}  // namespace xrt
