#pragma once
// A stream at work: moves one object after the other (slice by slice where an end is joined or distributed) from the
// producer's memory to that of all consumers, or from or to the host's memory as the transfers say.

#include <deque>
#include <vector>

#include "npu/sim/array.h"
#include "npu/sim/pattern.h"

namespace skald::npu::sim {

class Stream final : public Actor {
 public:
  Stream(Array& array, StreamEnds ends);

  /// The controller starts a transfer. Pre: room().
  void push(double now, const Transfer& transfer);
  bool room() const { return pending_.size() <= kQueue; }

  /// Takes the token of a finished transfer; `waiter` is woken when there may be one.
  bool take_token();
  void wake_at_token(Actor* waiter) { waiter_ = waiter; }

  void wake(double now) override;
  StreamReport& report() { return report_; }

  /// Why it does not move, for a deadlock's message; empty when it has nothing to do.
  std::string blocked() const;

 private:
  static constexpr size_t kQueue = 4;  ///< transfers behind the running one: AM020, task queue depth

  /// What is moved at once: the part of an object between two cuts.
  struct Unit {
    int64_t begin = 0;
    int64_t bytes = 0;
  };

  bool ready();
  void start(double now);
  void finish(double now);
  void deliver();
  void finish_transfer(double now);
  double duration(double now);
  const Slice* slice_at(const StreamEnd& end, int64_t byte) const;
  bool interface() const { return ends_.producer.interface || ends_.consumers.front().interface; }

  Array& array_;
  StreamEnds ends_;
  const Fifo& fifo_;
  int element_bytes_;
  std::vector<Unit> units_;
  size_t unit_ = 0;
  int repetition_ = 0;
  bool busy_ = false;
  double done_at_ = 0;
  double idle_since_ = 0;
  bool held_back_by_space_ = false;
  std::deque<PendingTransfer> pending_;
  std::deque<PatternCursor> cursors_;  ///< of pending_
  double last_transfer_end_ = -1;
  int tokens_ = 0;
  Actor* waiter_ = nullptr;
  std::vector<std::byte> staging_;
  StreamReport report_;
};

}  // namespace skald::npu::sim
