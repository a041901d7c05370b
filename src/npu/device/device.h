#pragma once
// One NPU: real (npu/xrt), simulated, or none. The life of a launch: load() an artifact, allocate() its buffers, write
// the inputs and sync() them, bind() them, submit() runs, wait(), sync() the outputs. What holds for every device -
// limits, shapes, canaries, states after a failure, counters - is here; a device implements the seven virtuals.
// One thread at a time. Buffers, kernels and runs keep alive what they need, in any order of destruction.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/device/artifact.h"
#include "npu/device/buffer.h"
#include "npu/device/canary.h"
#include "npu/device/limits.h"

namespace skald::npu {

struct DeviceInfo {
  std::string kind;       ///< "xrt", "simulator", "none"
  std::string name;       ///< "RyzenAI-npu1"
  std::string runtime;    ///< "XRT 2.21"
  std::string run_lists;  ///< "yes", "not tried yet", or why not: then the entries of a list run one by one
};

/// Since the device was opened.
struct DeviceCounters {
  int64_t contexts_opened = 0;
  int64_t context_switches = 0;  ///< submissions to another context than the one before
  int64_t submissions = 0;
  int64_t runs = 0;
  int64_t list_runs = 0;    ///< of `runs`, those that went as an entry of a run list
  int64_t single_runs = 0;  ///< of `runs`, those that went alone, also where a list was asked for
  int64_t bytes_to_device = 0;
  int64_t bytes_from_device = 0;
  int64_t failures = 0;
  int64_t silent_runs = 0;      ///< completed, but left an output as it was
  int64_t lines_checked = 0;    ///< canary lines looked at after a run ...
  int64_t lines_written = 0;    ///< ... and those that the run had written
  int64_t outputs_trusted = 0;  ///< outputs without a canary: they were also an input of work still to be done
  double wait_seconds = 0;      ///< spent in wait()
};

/// A configuration that is resident on the array. Goes with its last kernel.
class HardwareContext {
 public:
  HardwareContext() = default;
  virtual ~HardwareContext() = default;
  HardwareContext(const HardwareContext&) = delete;
  HardwareContext& operator=(const HardwareContext&) = delete;

 private:
  friend class Device;
  std::string configuration_;
  int in_flight_ = 0;
  std::optional<Error> broken_;     // a command failed: nothing more is submitted
  std::vector<DeviceBuffer> kept_;  // of commands that never ended: freed after the context
};

/// A loaded artifact.
class LoadedKernel {
 public:
  LoadedKernel(std::shared_ptr<HardwareContext> context, const Artifact& artifact)
      : name(artifact.name), arguments(artifact.arguments), context_(std::move(context)) {}
  virtual ~LoadedKernel() = default;
  LoadedKernel(const LoadedKernel&) = delete;
  LoadedKernel& operator=(const LoadedKernel&) = delete;

  const std::string name;                         // NOLINT(misc-non-private-member-variables-in-classes)
  const std::vector<ArtifactArgument> arguments;  // NOLINT(misc-non-private-member-variables-in-classes)
  const std::shared_ptr<HardwareContext>& context() const { return context_; }

 protected:
  DeviceBuffer instructions_;  ///< empty where a device needs none

 private:
  friend class Device;
  std::shared_ptr<HardwareContext> context_;
  const void* device_ = nullptr;
};

/// A kernel with its buffers; can be submitted any number of times, once at a time.
class BoundRun {
 public:
  BoundRun(std::shared_ptr<LoadedKernel> kernel, std::vector<DeviceBuffer> buffers)
      : kernel_(std::move(kernel)), buffers_(std::move(buffers)) {}
  virtual ~BoundRun() = default;
  BoundRun(const BoundRun&) = delete;
  BoundRun& operator=(const BoundRun&) = delete;

  const LoadedKernel& kernel() const { return *kernel_; }
  const std::vector<DeviceBuffer>& buffers() const { return buffers_; }

 private:
  friend class Device;
  std::shared_ptr<LoadedKernel> kernel_;
  std::vector<DeviceBuffer> buffers_;
  bool in_flight_ = false;
};

using Runs = std::vector<std::shared_ptr<BoundRun>>;

/// Submitted runs, as a device sees them.
class DeviceExecution {
 public:
  explicit DeviceExecution(bool as_list) : as_list_(as_list) {}
  virtual ~DeviceExecution() = default;
  DeviceExecution(const DeviceExecution&) = delete;
  DeviceExecution& operator=(const DeviceExecution&) = delete;
  bool as_list() const { return as_list_; }

 private:
  bool as_list_;
};

/// Names a submission.
enum class Ticket : uint64_t {};

class Device {
 public:
  Device() = default;
  virtual ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  virtual DeviceInfo info() const = 0;
  const DeviceCounters& counters() const { return counters_; }

  /// Artifacts of one configuration share a context. Errors: kUnsupported (no context is free; not for this device),
  /// kNotFound, kPermission, kOutOfMemory, kInvalidArgument.
  Result<std::shared_ptr<LoadedKernel>> load(const Artifact& artifact);

  /// A buffer for argument `argument` of `kernel`, zeroed; it may be bound to arguments of other kernels too.
  /// Errors: kInvalidArgument, kOutOfMemory.
  Result<DeviceBuffer> allocate(const LoadedKernel& kernel, size_t argument, size_t bytes);

  /// Makes what one side wrote visible to the other. Errors: kInvalidArgument, kIo.
  Result<void> sync(const DeviceBuffer& buffer, SyncDirection direction);

  /// One buffer for each argument, at least as large. Errors: kInvalidArgument.
  Result<std::shared_ptr<BoundRun>> bind(std::shared_ptr<LoadedKernel> kernel, std::vector<DeviceBuffer> buffers);

  /// Starts 1 to 64 runs of one context, in order; returns at once. At most 4 submissions of a context may be
  /// unfinished. Errors: kInvalidArgument, kIo (a command of this context failed before: load again), kOutOfMemory.
  Result<Ticket> submit(const Runs& runs);

  /// True: all runs of the ticket completed, and every output was written. False: they still run after `timeout`
  /// (then wait again). Errors: kInvalidArgument (no such ticket), kIo (timeout of the driver, error, silent output):
  /// the context takes no further runs.
  Result<bool> wait(Ticket ticket, std::chrono::milliseconds timeout);

  /// submit() and wait(); still running after `timeout` is an error, and the context is given up.
  Result<void> execute(const Runs& runs, std::chrono::milliseconds timeout);

  /// Outputs are checked unless told otherwise; checking writes and syncs up to 4 KiB of each output per run.
  void check_outputs(bool check) { check_outputs_ = check; }

 protected:
  virtual Result<std::shared_ptr<HardwareContext>> make_context(const Artifact& artifact) = 0;
  virtual Result<std::shared_ptr<LoadedKernel>> make_kernel(std::shared_ptr<HardwareContext> context,
                                                            const Artifact& artifact) = 0;
  virtual Result<std::shared_ptr<DeviceMemory>> make_memory(const LoadedKernel& kernel, size_t argument,
                                                            size_t bytes) = 0;
  virtual Result<std::shared_ptr<BoundRun>> make_run(std::shared_ptr<LoadedKernel> kernel,
                                                     std::vector<DeviceBuffer> buffers) = 0;
  virtual Result<std::unique_ptr<DeviceExecution>> start(const Runs& runs) = 0;
  /// Completed, or still running after `timeout`; any other state is an error (error_of_state()).
  virtual Result<bool> finish(DeviceExecution& execution, std::chrono::milliseconds timeout) = 0;

 private:
  struct Watched {
    Canary canary;
    const ArtifactArgument* argument = nullptr;
  };
  struct Flight {
    Runs runs;
    std::vector<Watched> outputs;
    std::unique_ptr<DeviceExecution> execution;
  };

  Result<std::shared_ptr<HardwareContext>> context_for(const Artifact& artifact);
  Result<void> check_runs(const Runs& runs) const;
  Result<std::vector<Watched>> watch(const Runs& runs);
  bool is_awaited(const DeviceBuffer& output, const Runs& runs, size_t run) const;
  Result<void> judge(const Flight& flight);
  void land(const Flight& flight);
  void give_up(Flight& flight, const Error& error);
  void count_submission(const Runs& runs, const DeviceExecution& execution);

  DeviceCounters counters_;
  bool check_outputs_ = true;
  std::vector<std::weak_ptr<HardwareContext>> contexts_;
  std::map<Ticket, Flight> flights_;
  uint64_t next_ticket_ = 1;
  std::weak_ptr<HardwareContext> last_context_;
};

}  // namespace skald::npu
