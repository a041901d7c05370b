#pragma once
// A device for tests: its runs do what a test says, its memory has a host and an array side that only sync() joins.

#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "npu/device/device.h"
#include "npu/device/state.h"

namespace skald::npu {

class ScriptedMemory final : public DeviceMemory {
 public:
  explicit ScriptedMemory(size_t bytes) : host_(bytes), array_(bytes) {}
  std::span<std::byte> bytes() override { return host_; }
  std::span<std::byte> array() { return array_; }
  Result<void> sync(SyncDirection direction, size_t offset, size_t count) override {
    synced.push_back({direction, offset, count});
    std::byte* host = host_.data() + offset;
    std::byte* array = array_.data() + offset;
    if (direction == SyncDirection::kToDevice) std::memcpy(array, host, count);
    if (direction == SyncDirection::kFromDevice) std::memcpy(host, array, count);
    return {};
  }
  struct Sync {
    SyncDirection direction;
    size_t offset;
    size_t count;
  };
  std::vector<Sync> synced;  // NOLINT(misc-non-private-member-variables-in-classes)

 private:
  std::vector<std::byte> host_;
  std::vector<std::byte> array_;
};

/// The array's side of a buffer.
inline std::span<std::byte> array_side(const DeviceBuffer& buffer) {
  return dynamic_cast<ScriptedMemory&>(*buffer.memory()).array().subspan(buffer.offset(), buffer.size());
}

class ScriptedDevice final : public Device {
 public:
  /// What a run does on the array; false: it does not finish this time. An error: the command failed.
  std::function<Result<bool>(const BoundRun&)> behaviour = [](const BoundRun&) -> Result<bool> { return true; };
  int contexts = 0;         // living now
  int most_contexts = 100;  // the "driver's" limit

  DeviceInfo info() const override { return {.kind = "scripted", .name = "s", .runtime = "", .run_lists = "yes"}; }

 protected:
  struct CountedContext final : HardwareContext {
    explicit CountedContext(int& count) : living(count) { ++living; }
    ~CountedContext() override { --living; }
    CountedContext(const CountedContext&) = delete;
    CountedContext& operator=(const CountedContext&) = delete;
    int& living;
  };
  struct ScriptedExecution final : DeviceExecution {
    explicit ScriptedExecution(Runs list) : DeviceExecution(list.size() > 1), runs(std::move(list)) {}
    Runs runs;
    size_t done = 0;
  };

  Result<std::shared_ptr<HardwareContext>> make_context(const Artifact& artifact) override {
    if (contexts == most_contexts) return std::unexpected(error_of_call(Doing::kContext, 22, artifact.name, ""));
    return std::make_shared<CountedContext>(contexts);
  }
  Result<std::shared_ptr<LoadedKernel>> make_kernel(std::shared_ptr<HardwareContext> context,
                                                    const Artifact& artifact) override {
    return std::make_shared<LoadedKernel>(std::move(context), artifact);
  }
  Result<std::shared_ptr<DeviceMemory>> make_memory(const LoadedKernel&, size_t, size_t bytes) override {
    return std::make_shared<ScriptedMemory>(bytes);
  }
  Result<std::shared_ptr<BoundRun>> make_run(std::shared_ptr<LoadedKernel> kernel,
                                             std::vector<DeviceBuffer> buffers) override {
    return std::make_shared<BoundRun>(std::move(kernel), std::move(buffers));
  }
  Result<std::unique_ptr<DeviceExecution>> start(const Runs& runs) override {
    return std::make_unique<ScriptedExecution>(runs);
  }
  Result<bool> finish(DeviceExecution& execution, std::chrono::milliseconds) override {
    auto& list = dynamic_cast<ScriptedExecution&>(execution);
    for (; list.done < list.runs.size(); ++list.done) {
      auto finished = behaviour(*list.runs[list.done]);
      if (!finished || !*finished) return finished;
    }
    return true;
  }
};

}  // namespace skald::npu
