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
  if (!blocked_) return false;
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
    block(acquire.fifo, more, there);
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
    block(-1, 0, 0);
    return;
  }
  unblock();
  array_.handed_over[index] = false;
  now_ += array_.options.time.core_lock;
  report_.locks += array_.options.time.core_lock;
}

/// The kernel of a call, found once.
CoreActor::Known* CoreActor::known(const Call& call) {
  const auto [place, fresh] = known_.try_emplace(&call);
  Known& known = place->second;
  if (fresh) {
    auto loaded = kernels_.kernel(call.kernel);
    if (!loaded) {
      array_.error = std::move(loaded).error();
      return nullptr;
    }
    known.kernel = *std::move(loaded);
  }
  if (known.report == nullptr) known.report = &array_.report.kernels[call.kernel];
  return &known;
}

/// Whether the object is there that an operand means.
bool CoreActor::holds(const Operand& operand) {
  if (operand.kind != Operand::Kind::kObject) return true;
  const Ring& ring = ring_of(operand.id);
  const int64_t held = ends_.at(operand.id).produces ? ring.writing : ring.reading;
  if (operand.index < held) return true;
  array_.error =
      Error{ErrorCode::kInvalidArgument, array_.program.name + ", core " + to_string(core_.tile),
            "uses object " + std::to_string(operand.index) + " of " +
                array_.program.fifos[static_cast<size_t>(operand.id)].name + " and holds " + std::to_string(held),
            "acquire it first"};
  return false;
}

/// Pre: holds(operand).
std::byte* CoreActor::address(const Operand& operand) {
  if (operand.kind == Operand::Kind::kBuffer) {
    const auto index = static_cast<size_t>(operand.id);
    return array_.memories.at(array_.program.buffers[index].tile).at(array_.buffer_address[index] + operand.from);
  }
  const Ring& ring = ring_of(operand.id);
  const bool produces = ends_.at(operand.id).produces;
  return array_.memories.at(ring.tile).at((produces ? ring.written_at(operand.index) : ring.read_at(operand.index)) +
                                          operand.from);
}

void CoreActor::do_step(const Call& call) {
  Known* called = known(call);
  if (called == nullptr) return;
  bool changed = called->cycles < 0;
  size_t numbers = 0;
  for (const Operand& operand : call.operands) {
    if (!holds(operand)) return;
    if (operand.kind != Operand::Kind::kScalar) continue;
    const int32_t value = number(operand.scalar);
    if (numbers == called->numbers.size()) called->numbers.push_back(value);
    changed |= std::exchange(called->numbers[numbers], value) != value;
    ++numbers;
  }
  if (array_.options.values) {
    std::vector<std::byte*> memory;
    for (const Operand& operand : call.operands) {
      if (operand.kind != Operand::Kind::kScalar) memory.push_back(address(operand));
    }
    called->kernel.run(memory, called->numbers);
  }
  if (changed) called->cycles = static_cast<double>(called->kernel.cycles(called->numbers));
  const double cycles = called->cycles;
  const double overhead = array_.options.time.kernel_call;
  if (array_.options.timeline) {
    array_.bar("core " + to_string(core_.tile), call.kernel, now_, now_ + overhead + cycles);
  }
  array_.calls.emplace_back(now_, now_ + overhead + cycles);
  now_ += overhead + cycles;
  busy_until_ = now_;
  idle_steps_ = 0;
  report_.busy += cycles;
  report_.locks += overhead;
  ++report_.calls;
  const int64_t macs = called->kernel.macs_of(called->numbers);
  report_.macs += macs;
  ++called->report->calls;
  called->report->cycles += cycles;
  array_.report.macs += macs;
  array_.events.wake(now_, *this);
}

void CoreActor::block(int fifo, int64_t more, int64_t there) {
  advanced_ = false;
  blocked_there_ = there;
  if (blocked_) return;
  blocked_ = true;
  blocked_fifo_ = fifo;
  blocked_more_ = more;
  blocked_since_ = now_;
}

std::string CoreActor::blocked() const {
  if (!blocked_) return {};
  if (blocked_fifo_ < 0) return "waits for parameters";
  return "waits to acquire " + std::to_string(blocked_more_) +
         (ends_.at(blocked_fifo_).produces ? " empty of " : " filled of ") +
         array_.program.fifos[static_cast<size_t>(blocked_fifo_)].name + " (" + std::to_string(blocked_there_) +
         " there)";
}

void CoreActor::unblock() {
  idle_steps_ = 0;
  if (!blocked_) return;
  const double waited = now_ - blocked_since_;
  report_.waiting += waited;
  const std::string& name = blocked_fifo_ < 0 ? array_.program.parameters[static_cast<size_t>(parameters_)].name
                                              : array_.program.fifos[static_cast<size_t>(blocked_fifo_)].name;
  report_.waiting_for[name] += waited;
  blocked_ = false;
}

void CoreActor::begin_launch() {
  report_ = {.tile = core_.tile};
  for (auto& [call, known] : known_) known.report = nullptr;
}

}  // namespace skald::npu::sim
