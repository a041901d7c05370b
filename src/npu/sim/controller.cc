#include "npu/sim/controller.h"

#include <algorithm>

namespace skald::npu::sim {

void Controller::begin(double now) {
  next_ = 0;
  doing_ = false;
  free_at_ = now;
  array_.events.wake(now, *this);
}

double Controller::cost(const SequenceStep& step) const {
  const TimeModel& time = array_.options.time;
  if (const auto* transfer = std::get_if<Transfer>(&step)) {
    const bool reads = array_.program.fifos[static_cast<size_t>(transfer->fifo)].producer.row == 0;
    return time.descriptor_write + (reads ? time.push_read : time.push_write);
  }
  if (std::holds_alternative<Wait>(step)) return 0;
  return time.register_write;
}

/// Whether the step can begin: a wait needs its token (which it takes), a transfer a place in its queue.
bool Controller::can_start(const SequenceStep& step) {
  if (const auto* wait = std::get_if<Wait>(&step)) {
    Stream& stream = *streams_[static_cast<size_t>(wait->fifo)];
    if (stream.take_token()) return true;
    stream.wake_at_token(this);
    blocked_ = "the sequence waits for a transfer of " + array_.program.fifos[static_cast<size_t>(wait->fifo)].name;
    return false;
  }
  if (const auto* transfer = std::get_if<Transfer>(&step)) {
    Stream& stream = *streams_[static_cast<size_t>(transfer->fifo)];
    if (stream.room()) return true;
    stream.wake_at_token(this);
    blocked_ =
        "the sequence waits for room in the queue of " + array_.program.fifos[static_cast<size_t>(transfer->fifo)].name;
    return false;
  }
  return true;
}

void Controller::take_effect(double now, const SequenceStep& step) {
  Report& report = array_.report;
  if (const auto* write = std::get_if<WriteParameter>(&step)) {
    const auto index = static_cast<size_t>(write->parameters);
    const Tile tile = array_.program.parameters[index].tile;
    auto* words = reinterpret_cast<int32_t*>(array_.memories.at(tile).at(array_.parameter_address[index]));
    words[write->index] = write->value;
    ++report.register_writes;
  } else if (const auto* over = std::get_if<HandOver>(&step)) {
    array_.handed_over[static_cast<size_t>(over->parameters)] = true;
    if (over->parameters == 0) report.handed_over.push_back(now - array_.began);
    for (Actor* core : cores_) array_.events.wake(now, *core);
    ++report.register_writes;
  } else if (const auto* transfer = std::get_if<Transfer>(&step)) {
    streams_[static_cast<size_t>(transfer->fifo)]->push(now, *transfer);
    ++report.descriptor_writes;
    ++report.pushes;
  }
}

bool Controller::step(double now) {
  if (next_ == array_.program.sequence.size()) return false;
  const SequenceStep& current = array_.program.sequence[next_];
  if (doing_) {
    if (now < free_at_) return false;
    take_effect(now, current);
    doing_ = false;
    ++next_;
    return true;
  }
  if (!can_start(current)) return false;
  blocked_.clear();
  const double cycles = cost(current);
  free_at_ = std::max(now, free_at_) + cycles;
  array_.report.controller_cycles += cycles;
  if (cycles > 0 && array_.options.timeline) {
    array_.bar("controller", std::holds_alternative<Transfer>(current) ? "push" : "write", now, free_at_);
  }
  doing_ = true;
  if (cycles > 0) array_.events.wake(free_at_, *this);
  return cycles == 0;
}

void Controller::wake(double now) {
  while (step(now)) {
  }
}

}  // namespace skald::npu::sim
