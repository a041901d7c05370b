#pragma once
// The device of a machine without one: every call says why there is none and what to do.

#include <utility>

#include "npu/device/device.h"

namespace skald::npu {

class NullDevice final : public Device {
 public:
  /// `reason` should have a remedy.
  explicit NullDevice(Error reason) : reason_(std::move(reason)) {}

  DeviceInfo info() const override {
    return {.kind = "none", .name = reason_.message, .runtime = "", .run_lists = reason_.message};
  }
  const Error& reason() const { return reason_; }

 protected:
  Result<std::shared_ptr<HardwareContext>> make_context(const Artifact&) override { return std::unexpected(reason_); }
  Result<std::shared_ptr<LoadedKernel>> make_kernel(std::shared_ptr<HardwareContext>, const Artifact&) override {
    return std::unexpected(reason_);
  }
  Result<std::shared_ptr<DeviceMemory>> make_memory(const LoadedKernel&, size_t, size_t) override {
    return std::unexpected(reason_);
  }
  Result<std::shared_ptr<BoundRun>> make_run(std::shared_ptr<LoadedKernel>, std::vector<DeviceBuffer>) override {
    return std::unexpected(reason_);
  }
  Result<std::unique_ptr<DeviceExecution>> start(const Runs&) override { return std::unexpected(reason_); }
  Result<bool> finish(DeviceExecution&, std::chrono::milliseconds) override { return std::unexpected(reason_); }

 private:
  Error reason_;
};

}  // namespace skald::npu
