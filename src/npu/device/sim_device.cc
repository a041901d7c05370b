#include "npu/device/sim_device.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "npu/device/state.h"
#include "npu/program/verify.h"
#include "npu/sim/simulation.h"

namespace skald::npu {
namespace {

/// Host and array sides of a buffer.
class SimMemory final : public DeviceMemory {
 public:
  explicit SimMemory(size_t bytes) : host_(bytes), array_(bytes) {}
  std::span<std::byte> bytes() override { return host_; }
  std::span<std::byte> array() { return array_; }
  Result<void> sync(SyncDirection direction, size_t offset, size_t count) override {
    const bool down = direction == SyncDirection::kToDevice;
    std::memcpy((down ? array_ : host_).data() + offset, (down ? host_ : array_).data() + offset, count);
    return {};
  }

 private:
  std::vector<std::byte> host_;
  std::vector<std::byte> array_;
};

class SimContext final : public HardwareContext {
 public:
  explicit SimContext(std::shared_ptr<int> living) : living_(std::move(living)) { ++*living_; }
  ~SimContext() override { --*living_; }
  SimContext(const SimContext&) = delete;
  SimContext& operator=(const SimContext&) = delete;

  std::shared_ptr<const Program> first;  // NOLINT(misc-non-private-member-variables-in-classes): of its artifacts

 private:
  std::shared_ptr<int> living_;
};

class SimKernel final : public LoadedKernel {
 public:
  SimKernel(std::shared_ptr<HardwareContext> context, const Artifact& artifact,
            std::unique_ptr<sim::Simulation> simulation)
      : LoadedKernel(std::move(context), artifact), program_(artifact.program), simulation_(std::move(simulation)) {}
  sim::Simulation& simulation() const { return *simulation_; }

 private:
  std::shared_ptr<const Program> program_;  // the simulation refers to it
  std::unique_ptr<sim::Simulation> simulation_;
};

/// The array is that of one description.
Result<void> check_device(const Program& program) {
  if (program.device == kNpu1.name) return {};
  return fail(ErrorCode::kUnsupported, program.name,
              "is planned for " + program.device + ", and this is " + std::string(kNpu1.name),
              "plan it for this device");
}

/// Whether two Programs are launches of one configuration: all that is loaded before a launch is the same.
bool same_array(const Program& a, const Program& b) {
  return a.device == b.device && a.fifos == b.fifos && a.links == b.links && a.buffers == b.buffers &&
         a.parameters == b.parameters && a.cores == b.cores;
}

}  // namespace

struct SimDevice::Submission {
  Runs runs;
  int64_t first = 0;  ///< of all runs of the device, the number of its first
  bool ran = false;
  double end_ms = 0;
  std::optional<Error> error;
};

class SimDevice::Execution final : public DeviceExecution {
 public:
  explicit Execution(std::shared_ptr<Submission> own)
      : DeviceExecution(own->runs.size() > 1), submission(std::move(own)) {}
  std::shared_ptr<Submission> submission;  // NOLINT(misc-non-private-member-variables-in-classes)
};

SimDevice::SimDevice(const Options& options) : options_(options) {}

DeviceInfo SimDevice::info() const {
  return {.kind = "simulator", .name = std::string(kNpu1.name), .runtime = "simulated", .run_lists = "yes"};
}

Result<std::shared_ptr<HardwareContext>> SimDevice::make_context(const Artifact& artifact) {
  if (!artifact.program) {
    return fail(ErrorCode::kInvalidArgument, artifact.name, "has no Program to simulate", "plan one");
  }
  SKALD_CHECK(check_device(*artifact.program));
  SKALD_CHECK(verified(*artifact.program, options_.lookup));
  if (*contexts_ + options_.contexts_taken >= kMaxContexts) {
    return std::unexpected(error_of_call(Doing::kContext, EINVAL, artifact.name, ""));
  }
  auto context = std::make_shared<SimContext>(contexts_);
  context->first = artifact.program;
  now_ms_ += options_.host.context_create_us * 1e-3;
  time_.contexts += options_.host.context_create_us * 1e-3;
  return context;
}

Result<std::shared_ptr<LoadedKernel>> SimDevice::make_kernel(std::shared_ptr<HardwareContext> context,
                                                             const Artifact& artifact) {
  const auto& own = static_cast<const SimContext&>(*context);
  if (!artifact.program || !same_array(*artifact.program, *own.first)) {
    return fail(ErrorCode::kInvalidArgument, artifact.name,
                "is not for the same array as the configuration's other artifacts",
                "give it a configuration of its own");
  }
  if (artifact.arguments != arguments_of(*artifact.program)) {
    return fail(ErrorCode::kInvalidArgument, artifact.name, "its arguments are not those of its Program",
                "take arguments_of(program)");
  }
  SKALD_CHECK(verified(*artifact.program, options_.lookup));
  SKALD_TRY(auto simulation, sim::Simulation::load(*artifact.program, options_.kernels, {.time = options_.time}));
  return std::make_shared<SimKernel>(std::move(context), artifact, std::move(simulation));
}

Result<std::shared_ptr<DeviceMemory>> SimDevice::make_memory(const LoadedKernel& kernel, size_t, size_t bytes) {
  try {
    return std::make_shared<SimMemory>(bytes);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, kernel.name, std::to_string(bytes) + " bytes could not be had");
  }
}

Result<std::shared_ptr<BoundRun>> SimDevice::make_run(std::shared_ptr<LoadedKernel> kernel,
                                                      std::vector<DeviceBuffer> buffers) {
  return std::make_shared<BoundRun>(std::move(kernel), std::move(buffers));
}

Result<std::unique_ptr<DeviceExecution>> SimDevice::start(const Runs& runs) {
  const std::optional<SimFault>& fault = options_.fault;
  if (fault && fault->kind == SimFault::Kind::kGone && started_ + std::ssize(runs) > fault->run) {
    return std::unexpected(error_of_call(Doing::kSubmitting, ENODEV, runs.front()->kernel().name, "No such device"));
  }
  auto submission = std::make_shared<Submission>();
  submission->runs = runs;
  submission->first = started_;
  started_ += std::ssize(runs);
  waiting_.push_back(submission);
  return std::make_unique<Execution>(std::move(submission));
}

/// The milliseconds that it takes.
Result<double> SimDevice::run_once(const BoundRun& run, int64_t index, bool listed) {
  const auto& kernel = static_cast<const SimKernel&>(run.kernel());
  double took = options_.host.ordinary_launch_us * 1e-3 * (listed ? options_.host.listed_share : 1);
  time_.launches += took;
  if (const auto resident = resident_.lock(); resident && resident != kernel.context()) {
    took += options_.host.context_switch_us * 1e-3;
    time_.switches += options_.host.context_switch_us * 1e-3;
  }
  resident_ = kernel.context();
  using enum SimFault::Kind;
  if (goes_wrong(kTimeout, index)) return std::unexpected(error_of_state(CommandState::kTimeout, kernel.name, ""));
  if (goes_wrong(kError, index)) return std::unexpected(error_of_state(CommandState::kError, kernel.name, ""));
  if (goes_wrong(kSilent, index)) return took;
  std::vector<std::span<std::byte>> arguments;
  for (const DeviceBuffer& buffer : run.buffers()) {
    arguments.push_back(static_cast<SimMemory&>(*buffer.memory()).array().subspan(buffer.offset(), buffer.size()));
  }
  auto report = kernel.simulation().launch(arguments);
  if (!report) {  // what hangs here, the driver ends after two seconds
    return std::unexpected(error_of_state(CommandState::kTimeout, kernel.name, report.error().message));
  }
  report_ = *std::move(report);
  const double array = report_.cycles / options_.time.clock_ghz * 1e-6;
  time_.array += array;
  return took + array;
}

void SimDevice::run(Submission& submission) {
  submission.ran = true;
  double end = std::max(now_ms_, free_ms_);
  for (size_t i = 0; i < submission.runs.size(); ++i) {
    const int64_t index = submission.first + static_cast<int64_t>(i);
    if (goes_wrong(SimFault::Kind::kLostCompletion, index)) {
      end = std::numeric_limits<double>::infinity();
      break;
    }
    const auto took = run_once(*submission.runs[i], index, submission.runs.size() > 1);
    if (!took) {
      submission.error = took.error();
      break;
    }
    end += *took;
  }
  submission.end_ms = end;
  free_ms_ = end;
}

Result<bool> SimDevice::finish(DeviceExecution& execution, std::chrono::milliseconds timeout) {
  const auto submission = static_cast<Execution&>(execution).submission;
  while (!submission->ran) {
    const auto next = waiting_.front().lock();  // nothing: given up
    waiting_.pop_front();
    if (next) run(*next);
  }
  const std::optional<Error>& error = submission->error;
  if (error) return std::unexpected(*error);
  const auto patience = static_cast<double>(timeout.count());
  if (submission->end_ms > now_ms_ + patience) {
    now_ms_ += patience;
    return false;
  }
  now_ms_ = std::max(now_ms_, submission->end_ms);
  return true;
}

}  // namespace skald::npu
