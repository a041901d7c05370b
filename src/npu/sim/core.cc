#include "npu/sim/core.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace skald::npu::sim {
namespace {

// A program that loops without ever taking time would hang the simulator.
constexpr int64_t kMostIdleSteps = 10'000'000;

}  // namespace

CoreActor::CoreActor(Array& array, int index, const Kernels& kernels)
    : array_(array),
      core_(array.program.cores[static_cast<size_t>(index)]),
      kernels_(kernels),
      ends_(array.core_ends[static_cast<size_t>(index)]) {
  report_.tile = core_.tile;
  for (size_t i = 0; i < array.program.parameters.size(); ++i) {
    if (array.program.parameters[i].tile == core_.tile) parameters_ = static_cast<int>(i);
  }
  for (const auto& [fifo, end] : ends_) {
    Ring& ring = ring_of(fifo);
    (end.produces ? ring.writer : ring.reader) = this;
  }
  frames_.push_back({.body = &core_.body});
}

bool CoreActor::resting() const {
  if (blocked_.empty()) return false;
  const bool resident = std::ranges::any_of(frames_, [](const Frame& frame) { return frame.left < 0; });
  const bool holds = std::ranges::any_of(ends_, [this](const auto& entry) {
    const Ring& ring = array_.rings[static_cast<size_t>(entry.second.ring)];
    return !entry.second.produces && ring.reading > 0;
  });
  return resident && !holds;
}

void CoreActor::wake(double now) {
  if (now < busy_until_) return;
  now_ = std::max(now_, now);
  while (!array_.error && step()) {
  }
}

/// One step; false when it has to wait (for an object, parameters or time) or is done.
bool CoreActor::step() {
  if (frames_.empty()) return false;
  Frame& frame = frames_.back();
  if (frame.next == frame.body->size()) {
    if (frame.left == 0) {
      frames_.pop_back();
    } else {
      frame.left -= frame.left > 0 ? 1 : 0;
      frame.next = 0;
      ++frame.counter;
    }
  } else {
    const Step& next = (*frame.body)[frame.next];
    ++frame.next;  // before the step, which may open a frame
    advanced_ = true;
    std::visit([this](const auto& action) { do_step(action); }, next.action);
    if (!advanced_) {
      --frames_.back().next;
      return false;
    }
  }
  if (++idle_steps_ > kMostIdleSteps) {
    array_.error = Error{ErrorCode::kInvalidArgument, array_.program.name + ", core " + to_string(core_.tile),
                         "loops without ever calling a kernel or waiting", "correct the core's program"};
  }
  return busy_until_ <= now_;
}

int32_t* CoreActor::parameters() const {
  const auto index = static_cast<size_t>(parameters_);
  const Tile tile = array_.program.parameters[index].tile;
  return reinterpret_cast<int32_t*>(array_.memories.at(tile).at(array_.parameter_address[index]));
}

int32_t CoreActor::number(const Scalar& scalar) const {
  switch (scalar.kind) {
    case Scalar::Kind::kConstant: return scalar.value;
    case Scalar::Kind::kParameter: return parameters()[scalar.value];
    case Scalar::Kind::kLoopCounter: break;
  }
  int up = scalar.value;
  for (const auto& frame : std::views::reverse(frames_)) {
    if (frame.loop && up-- == 0) return frame.counter;
  }
  return 0;
}

void CoreActor::do_step(const Loop& loop) {
  const int32_t count = number(loop.count);
  if (count != 0 && !loop.body.empty()) {
    frames_.push_back({.body = &loop.body, .left = count < 0 ? -1 : count - 1});
  }
}

void CoreActor::do_step(const Choose& choose) {
  const int32_t phase = number(choose.selector);
  if (phase < 0 || static_cast<size_t>(phase) >= choose.phases.size()) {
    array_.error = Error{ErrorCode::kInvalidArgument, array_.program.name + ", core " + to_string(core_.tile),
                         "is asked for phase " + std::to_string(phase) + " of " + std::to_string(choose.phases.size()),
                         "correct the parameters that the sequence writes"};
    return;
  }
  const auto& body = choose.phases[static_cast<size_t>(phase)];
  if (!body.empty()) frames_.push_back({.body = &body, .loop = false});
}

void CoreActor::do_step(const Acquire& acquire) {
  const bool produces = ends_.at(acquire.fifo).produces;
  Ring& ring = ring_of(acquire.fifo);
  int64_t& held = produces ? ring.writing : ring.reading;
  const int64_t more = acquire.count - held;
  if (more <= 0) return;
  const int64_t there = produces ? ring.empty() : ring.full();
  if (there < more) {
    const std::string& name = array_.program.fifos[static_cast<size_t>(acquire.fifo)].name;
    block("waits to acquire " + std::to_string(more) + (produces ? " empty" : " filled") + " of " + name + " (" +
              std::to_string(there) + " there)",
          name);
    return;
  }
  unblock();
  held += more;
  now_ += array_.options.time.core_lock;
  report_.locks += array_.options.time.core_lock;
}

void CoreActor::do_step(const Release& release) {
  const CoreEnd end = ends_.at(release.fifo);
  Ring& ring = ring_of(release.fifo);
  now_ += array_.options.time.core_lock;
  report_.locks += array_.options.time.core_lock;
  if (release.count > (end.produces ? ring.writing : ring.reading)) {
    array_.error = Error{
        ErrorCode::kInvalidArgument, array_.program.name + ", core " + to_string(core_.tile),
        "releases more objects of " + array_.program.fifos[static_cast<size_t>(release.fifo)].name + " than it holds",
        "balance acquire and release"};
    return;
  }
  for (int i = 0; i < release.count; ++i) {
    if (end.produces) {
      --ring.writing;
      ++ring.produced;
      array_.produced(now_, end.ring);
    } else {
      --ring.reading;
      ++ring.consumed;
      array_.consumed(now_, end.ring);
    }
  }
}

void CoreActor::do_step(const AwaitParameters& /*await*/) {
  const auto index = static_cast<size_t>(parameters_);
  if (!array_.handed_over[index]) {
    block("waits for parameters", array_.program.parameters[index].name);
    return;
  }
  unblock();
  array_.handed_over[index] = false;
  now_ += array_.options.time.core_lock;
  report_.locks += array_.options.time.core_lock;
}

const Kernel* CoreActor::kernel(const std::string& name) {
  if (const auto found = known_.find(name); found != known_.end()) return &found->second;
  auto loaded = kernels_.kernel(name);
  if (!loaded) {
    array_.error = std::move(loaded).error();
    return nullptr;
  }
  return &known_.emplace(name, *std::move(loaded)).first->second;
}

std::byte* CoreActor::address(const Operand& operand) {
  if (operand.kind == Operand::Kind::kBuffer) {
    const auto index = static_cast<size_t>(operand.id);
    return array_.memories.at(array_.program.buffers[index].tile).at(array_.buffer_address[index] + operand.from);
  }
  const Ring& ring = ring_of(operand.id);
  const bool produces = ends_.at(operand.id).produces;
  const int64_t held = produces ? ring.writing : ring.reading;
  if (operand.index >= held) {
    array_.error =
        Error{ErrorCode::kInvalidArgument, array_.program.name + ", core " + to_string(core_.tile),
              "uses object " + std::to_string(operand.index) + " of " +
                  array_.program.fifos[static_cast<size_t>(operand.id)].name + " and holds " + std::to_string(held),
              "acquire it first"};
    return nullptr;
  }
  return array_.memories.at(ring.tile).at((produces ? ring.written_at(operand.index) : ring.read_at(operand.index)) +
                                          operand.from);
}

void CoreActor::do_step(const Call& call) {
  const Kernel* called = kernel(call.kernel);
  if (called == nullptr) return;
  std::vector<std::byte*> memory;
  std::vector<int32_t> numbers;
  for (const Operand& operand : call.operands) {
    if (operand.kind == Operand::Kind::kScalar) {
      numbers.push_back(number(operand.scalar));
    } else {
      memory.push_back(address(operand));
      if (array_.error) return;
    }
  }
  if (array_.options.values) called->run(memory, numbers);
  const auto cycles = static_cast<double>(called->cycles(numbers));
  const double overhead = array_.options.time.kernel_call;
  array_.bar("core " + to_string(core_.tile), call.kernel, now_, now_ + overhead + cycles);
  array_.calls.emplace_back(now_, now_ + overhead + cycles);
  now_ += overhead + cycles;
  busy_until_ = now_;
  idle_steps_ = 0;
  report_.busy += cycles;
  report_.locks += overhead;
  ++report_.calls;
  report_.macs += called->macs;
  KernelReport& kernel = array_.report.kernels[call.kernel];
  ++kernel.calls;
  kernel.cycles += cycles;
  array_.report.macs += called->macs;
  array_.events.wake(now_, *this);
}

void CoreActor::block(std::string reason, const std::string& stream) {
  advanced_ = false;
  if (!blocked_.empty()) return;
  blocked_ = std::move(reason);
  blocked_stream_ = stream;
  blocked_since_ = now_;
}

void CoreActor::unblock() {
  idle_steps_ = 0;
  if (blocked_.empty()) return;
  const double waited = now_ - blocked_since_;
  report_.waiting += waited;
  report_.waiting_for[blocked_stream_] += waited;
  blocked_.clear();
}

}  // namespace skald::npu::sim
