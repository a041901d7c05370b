#pragma once
// The NPU on the simulated array, with a clock of its own: an artifact brings its Program, a run takes the launch cost
// of the description and the simulated time of the array, a run of another configuration the switch before it. Host
// and array have their own copies of every buffer; only sync() joins them.
//
// Runs happen when they are waited for, in the order of submission, so that nobody sees results early.

#include <deque>
#include <memory>
#include <optional>

#include "npu/device/device.h"
#include "npu/program/kernel_info.h"
#include "npu/sim/kernels.h"
#include "npu/sim/report.h"
#include "npu/sim/time_model.h"
#include "npu/spec/device_spec.h"

namespace skald::npu {

/// Where the simulated milliseconds went.
struct SimulatedTime {
  double contexts = 0;  ///< making them
  double switches = 0;  ///< between them
  double launches = 0;  ///< the host's part of runs
  double array = 0;     ///< the array's part
  double all() const { return contexts + switches + launches + array; }
};

/// What goes wrong with a run, for drills.
struct SimFault {
  enum class Kind : uint8_t {
    kLostCompletion,  ///< it is done, and nobody is told
    kTimeout,         ///< it hangs, and the driver ends it
    kError,           ///< it ends in an error
    kSilent,          ///< it completes and leaves its outputs as they were
    kGone,            ///< the device is no longer there
  };
  Kind kind = Kind::kError;
  int64_t run = 0;  ///< from 0, since the device was opened; kGone: and all after it
};

class SimDevice final : public Device {
 public:
  struct Options {
    const sim::Kernels& kernels;  ///< that Programs call; outlives the device
    const KernelLookup& lookup;   ///< the same for verify()
    HostCosts host = {};
    sim::TimeModel time = {};
    int contexts_taken = 0;  ///< by other programs
    std::optional<SimFault> fault = {};
  };
  explicit SimDevice(const Options& options);

  DeviceInfo info() const override;
  const SimulatedTime& time() const { return time_; }
  /// Counters of the run that ended last.
  const sim::Report& last_report() const { return report_; }

 protected:
  Result<std::shared_ptr<HardwareContext>> make_context(const Artifact& artifact) override;
  /// Errors: kInvalidArgument: no Program; not the array of the configuration's other artifacts. Those of verify().
  Result<std::shared_ptr<LoadedKernel>> make_kernel(std::shared_ptr<HardwareContext> context,
                                                    const Artifact& artifact) override;
  Result<std::shared_ptr<DeviceMemory>> make_memory(const LoadedKernel& kernel, size_t argument, size_t bytes) override;
  Result<std::shared_ptr<BoundRun>> make_run(std::shared_ptr<LoadedKernel> kernel,
                                             std::vector<DeviceBuffer> buffers) override;
  Result<std::unique_ptr<DeviceExecution>> start(const Runs& runs) override;
  /// `timeout` is simulated time.
  Result<bool> finish(DeviceExecution& execution, std::chrono::milliseconds timeout) override;

 private:
  struct Submission;
  class Execution;

  bool goes_wrong(SimFault::Kind kind, int64_t run) const {
    return options_.fault && options_.fault->kind == kind && options_.fault->run == run;
  }
  void run(Submission& submission);
  Result<double> run_once(const BoundRun& run, int64_t index, bool listed);

  Options options_;
  std::deque<std::weak_ptr<Submission>> waiting_;
  std::weak_ptr<HardwareContext> resident_;
  SimulatedTime time_;
  double now_ms_ = 0;   ///< of the host
  double free_ms_ = 0;  ///< when the array has done what it was given
  sim::Report report_;
  int64_t started_ = 0;                                       ///< runs
  std::shared_ptr<int> contexts_ = std::make_shared<int>(0);  ///< living; they may outlive the device
};

}  // namespace skald::npu
