#pragma once
// A core's program, step by step, as far as objects and parameters go.

#include <map>
#include <string>
#include <vector>

#include "npu/program/program.h"

namespace skald::npu {

/// Objects between a producer and a consumer.
struct FlowRing {
  int64_t free = 0;
  int64_t full = 0;
};

/// Run-time parameters of a tile.
struct FlowParameters {
  std::vector<int32_t> words{};
  bool handed = false;
};

class FlowCore {
 public:
  struct End {
    FlowRing* ring = nullptr;
    bool produces = false;
  };

  /// `ends`: of its streams, by index; `parameters`: its tile's, or nullptr.
  FlowCore(const Core& core, std::map<int, End> ends, FlowParameters* parameters)
      : core_(core), ends_(std::move(ends)), parameters_(parameters) {
    frames_.push_back({.steps = &core.body, .left = 1});
  }

  /// Goes on until it has to wait, or `budget` steps are used up. Whether it got anywhere.
  bool run(int64_t& budget);

  const Core& core() const { return core_; }
  bool finished() const { return frames_.empty(); }
  /// Waits where a round of its endless loop begins: has taken and given nothing in this round.
  bool idle() const { return finished() || (endless() && !moved_); }
  bool bad_choice() const { return bad_choice_; }
  /// The stream that it waits for; -1: parameters.
  int waits_for() const { return waits_for_; }

 private:
  struct Frame {
    const std::vector<Step>* steps = nullptr;
    size_t at = 0;
    int64_t left = 0;  ///< rounds with this one; negative: endless
    int64_t counter = 0;
    bool loop = false;
  };

  bool endless() const { return frames_.size() > 1 && frames_[1].left < 0; }
  int64_t value(const Scalar& scalar) const;
  bool next_round();
  bool take(const Loop& step);
  bool take(const Choose& step);
  bool take(const Acquire& step);
  bool take(const Release& step);
  bool take(const Call&) { return true; }
  bool take(const AwaitParameters&);

  const Core& core_;
  std::map<int, End> ends_;
  FlowParameters* parameters_;
  std::map<int, int> held_{};
  std::vector<Frame> frames_{};
  bool moved_ = false;
  bool bad_choice_ = false;
  int waits_for_ = -1;
};

}  // namespace skald::npu
