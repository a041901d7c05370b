#pragma once
// Runs a Program on the simulated array: values by the kernels themselves inside their tiles' memories, time by events.
//
// An object is what moves, never a word: a stream starts an object when the producer has it and every consumer has
// room, and takes as long as its words do; a kernel takes the cycles that its source was counted for. What is not
// modelled: words in flight between tiles (an object's transfer cannot begin before there is room for all of it),
// conflicts between streams on one switch (the toolchain routes them apart) and between DMA and core on a memory bank.

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "npu/program/program.h"
#include "npu/sim/array.h"
#include "npu/sim/kernels.h"
#include "npu/sim/report.h"

namespace skald::npu::sim {

class CoreActor;
class Stream;
class Controller;

/// A Program loaded onto the array. Launches continue where the one before left the cores, as on the device.
class Simulation {
 public:
  /// `program` and `kernels` must outlive it. Pre: verify(program) found nothing.
  /// Errors: kUnsupported: a tile's memory is too small; those of the kernels' lookups.
  static Result<std::unique_ptr<Simulation>> load(const Program& program, const Kernels& kernels,
                                                  const Options& options);

  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Runs the sequence once over `arguments`, one buffer per host argument (empty ones when values are off). Counters
  /// are those of this launch. Errors: kInvalidArgument: sizes do not fit, a core's program is wrong, or nothing can
  /// move on any more (the message says who waits for what).
  Result<Report> launch(std::span<const std::span<std::byte>> arguments);

 private:
  Simulation(const Program& program, const Kernels& kernels, const Options& options);
  Result<void> build();
  Result<void> fill_tables();
  Result<void> check(std::span<const std::span<std::byte>> arguments) const;
  void drain();
  Error deadlock() const;

  const Kernels& kernels_;
  Array array_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<CoreActor>> cores_;
  std::unique_ptr<Controller> controller_;
  double now_ = 0;
};

}  // namespace skald::npu::sim
