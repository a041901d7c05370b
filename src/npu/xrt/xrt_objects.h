#pragma once
// What XrtDevice makes: XRT's objects in the roles of device.h. Only for this folder.

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "npu/device/device.h"
#include "npu/xrt/guarded.h"
#include "xrt/experimental/xrt_kernel.h"
#include "xrt/xrt_bo.h"
#include "xrt/xrt_device.h"
#include "xrt/xrt_hw_context.h"
#include "xrt/xrt_kernel.h"

namespace skald::npu {

class XrtMemory final : public DeviceMemory {
 public:
  XrtMemory(xrt::bo bo, std::span<std::byte> bytes) : bo_(std::move(bo)), bytes_(bytes) {}

  static Result<std::shared_ptr<XrtMemory>> make(const xrt::device& device, size_t bytes, xrt::bo::flags flags,
                                                 int group, const std::string& where) {
    return guarded(Doing::kBuffer, where, [&] {
      xrt::bo bo(device, bytes, flags, static_cast<xrt::memory_group>(group));
      const std::span<std::byte> mapped(bo.map<std::byte*>(), bytes);
      return std::make_shared<XrtMemory>(std::move(bo), mapped);
    });
  }

  std::span<std::byte> bytes() override { return bytes_; }
  const xrt::bo& bo() const { return bo_; }
  Result<void> sync(SyncDirection direction, size_t offset, size_t count) override {
    const auto way = direction == SyncDirection::kToDevice ? XCL_BO_SYNC_BO_TO_DEVICE : XCL_BO_SYNC_BO_FROM_DEVICE;
    return guarded(Doing::kSyncing, "buffer", [&] { bo_.sync(way, count, offset); });
  }

 private:
  xrt::bo bo_;
  std::span<std::byte> bytes_;
};

class XrtContext final : public HardwareContext {
 public:
  XrtContext(xrt::hw_context context, std::vector<std::string> kernels)
      : context_(std::move(context)), kernels_(std::move(kernels)) {}
  const xrt::hw_context& context() const { return context_; }
  const std::vector<std::string>& kernels() const { return kernels_; }  ///< of the xclbin

 private:
  xrt::hw_context context_;
  std::vector<std::string> kernels_;
};

class XrtKernel final : public LoadedKernel {
 public:
  XrtKernel(std::shared_ptr<XrtContext> context, const Artifact& artifact, xrt::kernel kernel,
            const std::shared_ptr<XrtMemory>& words)
      : LoadedKernel(std::move(context), artifact),
        kernel_(std::move(kernel)),
        words_(words->bo()),
        count_(static_cast<uint32_t>(artifact.instructions.size())) {
    instructions_ = DeviceBuffer(words);
  }
  const xrt::kernel& kernel() const { return kernel_; }
  const xrt::bo& instructions() const { return words_; }
  uint32_t count() const { return count_; }  ///< instruction words

 private:
  xrt::kernel kernel_;
  xrt::bo words_;
  uint32_t count_;
};

class XrtRun final : public BoundRun {
 public:
  XrtRun(std::shared_ptr<LoadedKernel> kernel, std::vector<DeviceBuffer> buffers, std::vector<xrt::bo> parts,
         xrt::run run)
      : BoundRun(std::move(kernel), std::move(buffers)), parts_(std::move(parts)), run_(std::move(run)) {}
  const xrt::run& run() const { return run_; }

 private:
  std::vector<xrt::bo> parts_;  // sub-buffers that the run was given
  xrt::run run_;
};

/// A run list, or runs that go one after another: there is only one, or run lists do not work here.
class XrtExecution final : public DeviceExecution {
 public:
  XrtExecution(std::string where, xrt::runlist list)
      : DeviceExecution(true), where_(std::move(where)), list_(std::move(list)) {}
  XrtExecution(std::string where, std::deque<xrt::run> runs)
      : DeviceExecution(false), where_(std::move(where)), runs_(std::move(runs)) {}

  const std::string& where() const { return where_; }
  xrt::runlist& list() { return list_; }
  std::deque<xrt::run>& runs() { return runs_; }  ///< the first is running, the others wait

 private:
  std::string where_;
  xrt::runlist list_;
  std::deque<xrt::run> runs_;
};

}  // namespace skald::npu
