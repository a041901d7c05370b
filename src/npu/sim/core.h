#pragma once
// A compute tile's program at work.

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "npu/sim/array.h"
#include "npu/sim/kernels.h"

namespace skald::npu::sim {

class CoreActor final : public Actor {
 public:
  /// `index`: of Program::cores.
  CoreActor(Array& array, int index, const Kernels& kernels);

  void wake(double now) override;

  /// Its program came to an end. A resident one never does.
  bool finished() const { return frames_.empty(); }

  /// It waits inside a loop that runs for ever and holds nothing: a resident program between two launches.
  bool resting() const;

  /// What it waits for, for a deadlock's message; empty when it does not.
  std::string blocked() const;

  /// Counts from 0 again.
  void begin_launch();
  const CoreReport& report() const { return report_; }

 private:
  struct Frame {
    const std::vector<Step>* body = nullptr;
    size_t next = 0;
    int64_t left = 0;  ///< rounds after this one; negative: for ever
    int32_t counter = 0;
    bool loop = true;
  };

  /// A call of the program, once it has been made.
  struct Known {
    Kernel kernel{};
    std::vector<int32_t> numbers{};  ///< of the last call
    double cycles = -1;              ///< with these; negative: none was made
    KernelReport* report = nullptr;  ///< of this launch
  };

  bool step();
  void do_step(const Loop& loop);
  void do_step(const Choose& choose);
  void do_step(const Acquire& acquire);
  void do_step(const Release& release);
  void do_step(const Call& call);
  void do_step(const AwaitParameters& await);
  int32_t number(const Scalar& scalar) const;
  int32_t* parameters() const;
  void block(int fifo, int64_t more, int64_t there);
  void unblock();
  Known* known(const Call& call);
  bool holds(const Operand& operand);
  std::byte* address(const Operand& operand);
  Ring& ring_of(int fifo) { return array_.rings[static_cast<size_t>(ends_.at(fifo).ring)]; }

  Array& array_;
  const Core& core_;
  const Kernels& kernels_;
  const std::map<int, CoreEnd>& ends_;
  int parameters_ = -1;  ///< index into Program::parameters; -1: none
  std::unordered_map<const Call*, Known> known_;
  std::vector<Frame> frames_;
  double now_ = 0;
  double busy_until_ = 0;
  bool advanced_ = true;  ///< the last step was done, go on with the next
  bool blocked_ = false;
  int blocked_fifo_ = -1;  ///< -1: waits for parameters
  int64_t blocked_more_ = 0;
  int64_t blocked_there_ = 0;
  double blocked_since_ = 0;
  int64_t idle_steps_ = 0;  ///< steps since time last passed
  CoreReport report_;
};

}  // namespace skald::npu::sim
