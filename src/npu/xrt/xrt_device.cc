// Written against the headers of XRT 2.20 and later; the order of calls is XRT's for NPUs (npu.md 4.1).

#include "npu/xrt/xrt_device.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "npu/xrt/xrt_objects.h"
#include "xrt/experimental/xrt_version.h"
#include "xrt/experimental/xrt_xclbin.h"

namespace skald::npu {
namespace {

using std::chrono::milliseconds;

// Arguments of the kernel call: 64-bit opcode, instruction buffer, count of 32-bit words, then the data.
constexpr int kOpcodeArgument = 0;
constexpr int kInstructionsArgument = 1;
constexpr int kCountArgument = 2;
constexpr int kFirstData = 3;
constexpr uint64_t kTransaction = 3;  // all 8 bytes are copied: XRT takes the size of what it is given
// XRT submits a list in chains of 24: where the first chain fails, nothing of a list of that length has started.
constexpr size_t kChain = 24;

constexpr const char* kNotTried = "not tried yet";
constexpr const char* kWorks = "yes";

Result<std::string> version_text() {
  return guarded(Doing::kOpening, "XRT", [] {
    return fmt::format("{}.{}.{}", xrt::version::major(), xrt::version::minor(), xrt::version::patch());
  });
}

class XrtDevice final : public Device {
 public:
  XrtDevice(xrt::device device, std::string name) : device_(std::move(device)), name_(std::move(name)) {}

  DeviceInfo info() const override {
    return {.kind = "xrt",
            .name = name_,
            .runtime = "XRT " + version_text().value_or("of unknown version"),
            .run_lists = run_lists_};
  }

 protected:
  Result<std::shared_ptr<HardwareContext>> make_context(const Artifact& artifact) override;
  Result<std::shared_ptr<LoadedKernel>> make_kernel(std::shared_ptr<HardwareContext> context,
                                                    const Artifact& artifact) override;
  Result<std::shared_ptr<DeviceMemory>> make_memory(const LoadedKernel& kernel, size_t argument, size_t bytes) override;
  Result<std::shared_ptr<BoundRun>> make_run(std::shared_ptr<LoadedKernel> kernel,
                                             std::vector<DeviceBuffer> buffers) override;
  Result<std::unique_ptr<DeviceExecution>> start(const Runs& runs) override;
  Result<bool> finish(DeviceExecution& execution, milliseconds timeout) override;

 private:
  static Result<std::unique_ptr<DeviceExecution>> start_list(const Runs& runs);
  static Result<std::unique_ptr<DeviceExecution>> start_alone(const Runs& runs);

  xrt::device device_;
  std::string name_;
  std::string run_lists_ = kNotTried;
};

Result<std::shared_ptr<HardwareContext>> XrtDevice::make_context(const Artifact& artifact) {
  if (artifact.xclbin.empty()) {
    return fail(ErrorCode::kNotFound, artifact.name, "there is no configuration (xclbin)",
                "build the artifact with the device's toolchain first: skald npu build MODEL");
  }
  std::vector<std::string> kernels;
  SKALD_TRY(const xrt::uuid id, guarded(Doing::kLoading, artifact.name, [&] {
              const xrt::xclbin xclbin(artifact.xclbin);
              for (const auto& kernel : xclbin.get_kernels()) kernels.push_back(kernel.get_name());
              return device_.register_xclbin(xclbin);
            }));
  return guarded(Doing::kContext, artifact.name, [&]() -> std::shared_ptr<HardwareContext> {
    return std::make_shared<XrtContext>(xrt::hw_context(device_, id), std::move(kernels));
  });
}

Result<std::shared_ptr<LoadedKernel>> XrtDevice::make_kernel(std::shared_ptr<HardwareContext> context,
                                                             const Artifact& artifact) {
  SKALD_CHECK(check_instructions(artifact.instructions, artifact.name));
  auto own = std::static_pointer_cast<XrtContext>(std::move(context));
  const auto& names = own->kernels();
  const auto exact = std::ranges::find(names, artifact.kernel);
  const auto found = exact != names.end() ? exact : std::ranges::find_if(names, [&](const std::string& name) {
    return name.starts_with(artifact.kernel);
  });
  if (found == names.end()) {
    return fail(ErrorCode::kNotFound, artifact.name,
                fmt::format("its xclbin has no kernel {}, but {}", artifact.kernel, fmt::join(names, ", ")),
                "name one of them in the artifact");
  }
  SKALD_TRY(auto kernel, guarded(Doing::kLoading, artifact.name, [&] { return xrt::kernel(own->context(), *found); }));
  SKALD_TRY(const int group, guarded(Doing::kBuffer, artifact.name,
                                     [&] { return static_cast<int>(kernel.group_id(kInstructionsArgument)); }));
  const size_t bytes = artifact.instructions.size() * sizeof(uint32_t);
  SKALD_TRY(auto words, XrtMemory::make(device_, bytes, xrt::bo::flags::cacheable, group, artifact.name));
  std::memcpy(words->bytes().data(), artifact.instructions.data(), bytes);
  SKALD_CHECK(words->sync(SyncDirection::kToDevice, 0, bytes));
  return std::make_shared<XrtKernel>(std::move(own), artifact, std::move(kernel), words);
}

Result<std::shared_ptr<DeviceMemory>> XrtDevice::make_memory(const LoadedKernel& kernel, size_t argument,
                                                             size_t bytes) {
  const auto& own = static_cast<const XrtKernel&>(kernel);
  const std::string where = kernel.name + "." + kernel.arguments[argument].name;
  SKALD_TRY(const int group, guarded(Doing::kBuffer, where, [&] {
              return static_cast<int>(own.kernel().group_id(kFirstData + static_cast<int>(argument)));
            }));
  return XrtMemory::make(device_, bytes, xrt::bo::flags::host_only, group, where);
}

Result<std::shared_ptr<BoundRun>> XrtDevice::make_run(std::shared_ptr<LoadedKernel> kernel,
                                                      std::vector<DeviceBuffer> buffers) {
  const auto& own = static_cast<const XrtKernel&>(*kernel);
  return guarded(Doing::kSubmitting, kernel->name, [&]() -> std::shared_ptr<BoundRun> {
    xrt::run run(own.kernel());
    run.set_arg(kOpcodeArgument, kTransaction);
    run.set_arg(kInstructionsArgument, own.instructions());
    run.set_arg(kCountArgument, own.count());
    std::vector<xrt::bo> parts;
    int argument = kFirstData;
    for (const DeviceBuffer& buffer : buffers) {
      const xrt::bo& whole = static_cast<const XrtMemory&>(*buffer.memory()).bo();
      parts.push_back(buffer.offset() == 0 ? whole : xrt::bo(whole, buffer.size(), buffer.offset()));
      run.set_arg(argument++, parts.back());
    }
    return std::make_shared<XrtRun>(std::move(kernel), std::move(buffers), std::move(parts), std::move(run));
  });
}

Result<std::unique_ptr<DeviceExecution>> XrtDevice::start_list(const Runs& runs) {
  const auto& kernel = static_cast<const XrtKernel&>(runs.front()->kernel());
  const auto& context = static_cast<const XrtContext&>(*kernel.context());
  return guarded(Doing::kSubmitting, kernel.name, [&]() -> std::unique_ptr<DeviceExecution> {
    xrt::runlist list(context.context());
    for (const auto& run : runs) list.add(static_cast<const XrtRun&>(*run).run());
    list.execute();
    return std::make_unique<XrtExecution>(kernel.name, std::move(list));
  });
}

Result<std::unique_ptr<DeviceExecution>> XrtDevice::start_alone(const Runs& runs) {
  const std::string& where = runs.front()->kernel().name;
  return guarded(Doing::kSubmitting, where, [&]() -> std::unique_ptr<DeviceExecution> {
    std::deque<xrt::run> queue;
    for (const auto& run : runs) queue.push_back(static_cast<const XrtRun&>(*run).run());
    queue.front().start();
    return std::make_unique<XrtExecution>(where, std::move(queue));
  });
}

/// Documents disagree on whether run lists work on this NPU: the first list finds out.
Result<std::unique_ptr<DeviceExecution>> XrtDevice::start(const Runs& runs) {
  if (runs.size() == 1 || (run_lists_ != kNotTried && run_lists_ != kWorks)) return start_alone(runs);
  auto started = start_list(runs);
  if (started) {
    run_lists_ = kWorks;
    return started;
  }
  if (run_lists_ == kWorks) return started;
  run_lists_ = started.error().message;
  return runs.size() <= kChain ? start_alone(runs) : std::move(started);
}

Result<bool> XrtDevice::finish(DeviceExecution& execution, milliseconds timeout) {
  auto& own = static_cast<XrtExecution&>(execution);
  const auto end = std::chrono::steady_clock::now() + timeout;
  const auto left = [&] {  // XRT takes 0 for "as long as it takes"
    const auto rest = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    return std::max(rest, milliseconds(1));
  };
  return guarded(Doing::kWaiting, own.where(), [&] {
    if (own.as_list()) {
      if (own.list().wait(std::max(timeout, milliseconds(1))) == std::cv_status::timeout) return false;
      own.list().reset();  // a run may be in one list only
      return true;
    }
    while (!own.runs().empty()) {
      if (own.runs().front().wait2(left()) == std::cv_status::timeout) return false;
      own.runs().pop_front();
      if (!own.runs().empty()) own.runs().front().start();
    }
    return true;
  });
}

}  // namespace

RuntimeFacts xrt_facts() {
  return {.built = true, .version = version_text().value_or(""), .reason = ""};
}

Result<std::unique_ptr<Device>> open_xrt_device(unsigned index) {
  return guarded(Doing::kOpening, "device npu", [&]() -> std::unique_ptr<Device> {
    xrt::device device(index);
    std::string name = device.get_info<xrt::info::device::name>();
    return std::make_unique<XrtDevice>(std::move(device), std::move(name));
  });
}

}  // namespace skald::npu
