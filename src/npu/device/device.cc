#include "npu/device/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace skald::npu {

Device::~Device() {
  for (auto& [ticket, flight] : flights_) give_up(flight, {});
}

Result<std::shared_ptr<HardwareContext>> Device::context_for(const Artifact& artifact) {
  std::erase_if(contexts_, [](const auto& context) { return context.expired(); });
  const std::string configuration = configuration_of(artifact);
  for (const auto& weak : contexts_) {
    auto context = weak.lock();
    if (context && context->configuration_ == configuration && !context->broken_) return context;
  }
  if (contexts_.size() >= static_cast<size_t>(kMaxContexts)) {
    return fail(ErrorCode::kUnsupported, artifact.name,
                fmt::format("would be configuration {} at once; the NPU holds {}", kMaxContexts + 1, kMaxContexts),
                "unload the kernels of another configuration first, or share one configuration");
  }
  SKALD_TRY(auto context, make_context(artifact));
  context->configuration_ = configuration;
  contexts_.push_back(context);
  ++counters_.contexts_opened;
  return context;
}

Result<std::shared_ptr<LoadedKernel>> Device::load(const Artifact& artifact) {
  SKALD_TRY(auto context, context_for(artifact));
  SKALD_TRY(auto kernel, make_kernel(std::move(context), artifact));
  kernel->device_ = this;
  if (kernel->instructions_.memory()) counters_.bytes_to_device += static_cast<int64_t>(kernel->instructions_.size());
  return kernel;
}

Result<DeviceBuffer> Device::allocate(const LoadedKernel& kernel, size_t argument, size_t bytes) {
  if (kernel.device_ != this || argument >= kernel.arguments.size() || bytes == 0) {
    return fail(
        ErrorCode::kInvalidArgument, kernel.name,
        fmt::format("{} bytes for argument {} of {} cannot be allocated", bytes, argument, kernel.arguments.size()),
        "ask for at least one byte, an argument of this kernel, on the device that loaded it");
  }
  SKALD_TRY(auto memory, make_memory(kernel, argument, bytes));
  memory->device_ = this;
  DeviceBuffer buffer(std::move(memory));
  std::ranges::fill(buffer.bytes(), std::byte{0});
  return buffer;
}

Result<void> Device::sync(const DeviceBuffer& buffer, SyncDirection direction) {
  if (!buffer.memory() || buffer.memory()->device_ != this) {
    return fail(ErrorCode::kInvalidArgument, "buffer", "is not of this device", "allocate it on the same device");
  }
  SKALD_CHECK(buffer.memory()->sync(direction, buffer.offset(), buffer.size()));
  (direction == SyncDirection::kToDevice ? counters_.bytes_to_device : counters_.bytes_from_device) +=
      static_cast<int64_t>(buffer.size());
  return {};
}

Result<std::shared_ptr<BoundRun>> Device::bind(std::shared_ptr<LoadedKernel> kernel,
                                               std::vector<DeviceBuffer> buffers) {
  if (!kernel || kernel->device_ != this) {
    return fail(ErrorCode::kInvalidArgument, "kernel", "is not of this device", "load it on the same device");
  }
  if (buffers.size() != kernel->arguments.size()) {
    return fail(ErrorCode::kInvalidArgument, kernel->name,
                fmt::format("takes {} buffers, not {}", kernel->arguments.size(), buffers.size()),
                "give one buffer for each argument");
  }
  for (size_t i = 0; i < buffers.size(); ++i) {
    const ArtifactArgument& argument = kernel->arguments[i];
    const std::string where = kernel->name + "." + argument.name;
    if (!buffers[i].memory() || buffers[i].memory()->device_ != this) {
      return fail(ErrorCode::kInvalidArgument, where, "the buffer is not of this device",
                  "allocate it on the same device");
    }
    if (buffers[i].size() < argument.bytes) {
      return fail(ErrorCode::kInvalidArgument, where,
                  fmt::format("the buffer has {} bytes, {} are needed", buffers[i].size(), argument.bytes),
                  "allocate a larger one");
    }
    SKALD_TRY(buffers[i], buffers[i].part(0, argument.bytes));  // the array touches no more of it
  }
  return make_run(std::move(kernel), std::move(buffers));
}

Result<void> Device::check_runs(const Runs& runs) const {
  if (runs.empty() || runs.size() > static_cast<size_t>(kMaxListEntries) ||
      std::ranges::any_of(runs, [](const auto& run) { return run == nullptr; })) {
    return fail(ErrorCode::kInvalidArgument, "submit", fmt::format("{} runs, or an empty one among them", runs.size()),
                fmt::format("submit 1 to {} runs at once", kMaxListEntries));
  }
  const HardwareContext* context = runs.front()->kernel_->context_.get();
  for (size_t i = 0; i < runs.size(); ++i) {
    const LoadedKernel& kernel = *runs[i]->kernel_;
    if (kernel.device_ != this || kernel.context_.get() != context) {
      return fail(ErrorCode::kInvalidArgument, kernel.name, "is of another device or configuration than the first run",
                  "submit it by itself");
    }
    const bool twice = std::find(runs.begin(), runs.begin() + static_cast<ptrdiff_t>(i), runs[i]) !=
                       runs.begin() + static_cast<ptrdiff_t>(i);
    if (runs[i]->in_flight_ || twice) {
      return fail(ErrorCode::kInvalidArgument, kernel.name, "this run is already submitted",
                  "wait for it, or bind another");
    }
  }
  if (context->broken_) {
    Error error = *context->broken_;
    error.message = "takes no further runs after an earlier failure: " + error.message;
    error.remedy = "load it again";
    return std::unexpected(std::move(error));
  }
  if (context->in_flight_ >= kMaxInFlight) {
    return fail(ErrorCode::kInvalidArgument, runs.front()->kernel_->name,
                fmt::format("{} submissions of this configuration are unfinished", context->in_flight_),
                "wait for one of them first");
  }
  return {};
}

/// Whether a run that has yet to run reads `output`, an output of `runs[run]`: those in flight, those up to itself.
bool Device::is_awaited(const DeviceBuffer& output, const Runs& runs, size_t run) const {
  const auto reads = [&](const BoundRun& other) {
    for (size_t i = 0; i < other.buffers_.size(); ++i) {
      if (other.kernel_->arguments[i].access != Access::kWrite && output.overlaps(other.buffers_[i])) return true;
    }
    return false;
  };
  for (const auto& [ticket, flight] : flights_) {
    if (std::ranges::any_of(flight.runs, [&](const auto& other) { return reads(*other); })) return true;
  }
  return std::any_of(runs.begin(), runs.begin() + static_cast<ptrdiff_t>(run) + 1,
                     [&](const auto& other) { return reads(*other); });
}

Result<std::vector<Device::Watched>> Device::watch(const Runs& runs) {
  std::vector<Watched> outputs;
  if (!check_outputs_) return outputs;
  for (size_t r = 0; r < runs.size(); ++r) {
    const LoadedKernel& kernel = *runs[r]->kernel_;
    for (size_t i = 0; i < kernel.arguments.size(); ++i) {
      if (kernel.arguments[i].access != Access::kWrite || kernel.arguments[i].bytes == 0) continue;
      const DeviceBuffer& output = runs[r]->buffers_[i];
      if (is_awaited(output, runs, r)) {
        ++counters_.outputs_trusted;
        continue;
      }
      SKALD_TRY(auto canary, Canary::plant(output, next_ticket_ << 20U));
      outputs.push_back({std::move(canary), &kernel.arguments[i]});
    }
  }
  return outputs;
}

void Device::count_submission(const Runs& runs, const DeviceExecution& execution) {
  const auto& context = runs.front()->kernel_->context_;
  if (const auto last = last_context_.lock(); last && last != context) ++counters_.context_switches;
  last_context_ = context;
  ++counters_.submissions;
  counters_.runs += std::ssize(runs);
  (execution.as_list() ? counters_.list_runs : counters_.single_runs) += std::ssize(runs);
}

Result<Ticket> Device::submit(const Runs& runs) {
  SKALD_CHECK(check_runs(runs));
  SKALD_TRY(auto outputs, watch(runs));
  SKALD_TRY(auto execution, start(runs));
  count_submission(runs, *execution);
  for (const auto& run : runs) run->in_flight_ = true;
  ++runs.front()->kernel_->context_->in_flight_;
  const Ticket ticket{next_ticket_++};
  flights_.emplace(ticket, Flight{runs, std::move(outputs), std::move(execution)});
  return ticket;
}

Result<void> Device::judge(const Flight& flight) {
  for (const Watched& watched : flight.outputs) {
    SKALD_TRY(const size_t changed, watched.canary.count_changed());
    counters_.lines_checked += static_cast<int64_t>(watched.canary.lines());
    counters_.lines_written += static_cast<int64_t>(changed);
    if (changed > 0) continue;
    ++counters_.silent_runs;
    return fail(ErrorCode::kIo, flight.runs.front()->kernel_->name + "." + watched.argument->name,
                "the run completed, but wrote nothing to this output",
                "check that the instructions belong to the configuration, then load it again");
  }
  return {};
}

void Device::land(const Flight& flight) {
  for (const auto& run : flight.runs) run->in_flight_ = false;
  --flight.runs.front()->kernel_->context_->in_flight_;
}

/// The array may go on writing: the buffers stay until the context is gone.
void Device::give_up(Flight& flight, const Error& error) {
  land(flight);
  HardwareContext& context = *flight.runs.front()->kernel_->context_;
  context.broken_ = error;
  for (const auto& run : flight.runs) {
    context.kept_.push_back(run->kernel_->instructions_);
    context.kept_.insert(context.kept_.end(), run->buffers_.begin(), run->buffers_.end());
  }
}

Result<bool> Device::wait(Ticket ticket, std::chrono::milliseconds timeout) {
  const auto found = flights_.find(ticket);
  if (found == flights_.end()) {
    return fail(ErrorCode::kInvalidArgument, "wait", "there is no such submission, or it was waited for",
                "wait once for each submission");
  }
  const auto begin = std::chrono::steady_clock::now();
  Result<bool> finished = finish(*found->second.execution, timeout);
  counters_.wait_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (finished && !*finished) return false;
  if (finished) {
    if (auto judged = judge(found->second); !judged) finished = std::unexpected(std::move(judged).error());
  }
  if (finished) {
    land(found->second);
  } else {
    ++counters_.failures;
    give_up(found->second, finished.error());
  }
  flights_.erase(found);
  return finished;
}

Result<void> Device::execute(const Runs& runs, std::chrono::milliseconds timeout) {
  SKALD_TRY(const Ticket ticket, submit(runs));
  SKALD_TRY(const bool finished, wait(ticket, timeout));
  if (finished) return {};
  const Error error{ErrorCode::kIo, runs.front()->kernel_->name, fmt::format("still runs after {} ms", timeout.count()),
                    "allow more time, or load it again if it hangs"};
  ++counters_.failures;
  give_up(flights_.at(ticket), error);
  flights_.erase(ticket);
  return std::unexpected(error);
}

}  // namespace skald::npu
