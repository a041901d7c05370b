#include "npu/program/flow_core.h"

#include <algorithm>
#include <ranges>

namespace skald::npu {
namespace {

/// Whether steps take or give anything; loops over kernels alone need not be gone through.
bool moves(const std::vector<Step>& steps) {
  return std::ranges::any_of(steps, [](const Step& step) {
    if (std::holds_alternative<Call>(step.action)) return false;
    if (const Loop* loop = std::get_if<Loop>(&step.action)) return moves(loop->body);
    if (const Choose* choose = std::get_if<Choose>(&step.action)) {
      return std::ranges::any_of(choose->phases, [](const std::vector<Step>& phase) { return moves(phase); });
    }
    return true;
  });
}

}  // namespace

int64_t FlowCore::value(const Scalar& scalar) const {
  if (scalar.kind == Scalar::Kind::kConstant) return scalar.value;
  if (scalar.kind == Scalar::Kind::kParameter) return parameters_->words[static_cast<size_t>(scalar.value)];
  int up = scalar.value;
  for (const Frame& frame : std::views::reverse(frames_)) {
    if (!frame.loop) continue;
    if (up == 0) return frame.counter;
    --up;
  }
  return 0;
}

bool FlowCore::run(int64_t& budget) {
  bool any = false;
  while (!frames_.empty() && !bad_choice_ && budget > 0) {
    if (frames_.back().at == frames_.back().steps->size()) {
      if (!next_round()) break;
      continue;
    }
    --budget;
    const size_t frame = frames_.size() - 1;
    const Step& step = (*frames_[frame].steps)[frames_[frame].at];
    if (!std::visit([this](const auto& action) { return take(action); }, step.action)) break;
    ++frames_[frame].at;
    any = true;
  }
  return any;
}

/// At the end of a frame's steps: its next round, or what comes behind it. False: an endless loop without any effect.
bool FlowCore::next_round() {
  Frame& frame = frames_.back();
  if (frame.left < 0 && !moved_) return false;
  if (frame.left < 0) moved_ = false;
  if (frame.left > 0) --frame.left;
  if (frame.left != 0) {
    frame.at = 0;
    ++frame.counter;
  } else {
    frames_.pop_back();
  }
  return true;
}

bool FlowCore::take(const Loop& step) {
  const int64_t count = value(step.count);
  const bool endless = step.count.kind == Scalar::Kind::kConstant && count < 0;
  if (endless) moved_ = false;
  if (endless || (count > 0 && moves(step.body))) {
    frames_.push_back({.steps = &step.body, .left = endless ? -1 : count, .loop = true});
  }
  return true;
}

bool FlowCore::take(const Choose& step) {
  const int64_t chosen = value(step.selector);
  if (chosen < 0 || chosen >= static_cast<int64_t>(step.phases.size())) {
    bad_choice_ = true;
    return false;
  }
  frames_.push_back({.steps = &step.phases[static_cast<size_t>(chosen)], .left = 1});
  return true;
}

bool FlowCore::take(const Acquire& step) {
  const End& end = ends_.at(step.fifo);
  int& held = held_[step.fifo];
  int64_t& there = end.produces ? end.ring->free : end.ring->full;
  const int more = std::max(0, step.count - held);
  if (there < more) {
    waits_for_ = step.fifo;
    return false;
  }
  there -= more;
  held += more;
  moved_ |= more > 0 && !end.produces;
  return true;
}

bool FlowCore::take(const Release& step) {
  const End& end = ends_.at(step.fifo);
  held_[step.fifo] -= step.count;
  (end.produces ? end.ring->full : end.ring->free) += step.count;
  moved_ = true;
  return true;
}

bool FlowCore::take(const AwaitParameters&) {
  if (parameters_ == nullptr || !parameters_->handed) {
    waits_for_ = -1;
    return false;
  }
  parameters_->handed = false;
  moved_ = true;
  return true;
}

}  // namespace skald::npu
