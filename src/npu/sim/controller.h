#pragma once
// The controller that runs a Program's sequence.

#include <memory>
#include <string>
#include <vector>

#include "npu/sim/array.h"
#include "npu/sim/core.h"
#include "npu/sim/stream.h"

namespace skald::npu::sim {

class Controller final : public Actor {
 public:
  /// `streams`: by Program::fifos; null for those between neighbours. `cores`: woken when parameters are handed over.
  Controller(Array& array, std::vector<Stream*> streams, std::vector<Actor*> cores)
      : array_(array), streams_(std::move(streams)), cores_(std::move(cores)) {}

  /// Starts the sequence anew.
  void begin(double now);

  bool done() const { return next_ == array_.program.sequence.size() && !doing_; }
  double done_at() const { return free_at_; }

  /// Which step it waits in, for a deadlock's message; empty when it does not.
  const std::string& blocked() const { return blocked_; }

  void wake(double now) override;

 private:
  bool step(double now);
  double cost(const SequenceStep& step) const;
  bool can_start(const SequenceStep& step);
  void take_effect(double now, const SequenceStep& step);

  Array& array_;
  std::vector<Stream*> streams_;
  std::vector<Actor*> cores_;
  size_t next_ = 0;
  bool doing_ = false;  ///< step next_ is being executed until free_at_
  double free_at_ = 0;
  std::string blocked_;
};

}  // namespace skald::npu::sim
