#pragma once
// The state that cores, streams and the controller share while a Program runs.

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "npu/program/blocks.h"
#include "npu/program/program.h"
#include "npu/sim/events.h"
#include "npu/sim/report.h"
#include "npu/sim/ring.h"
#include "npu/sim/time_model.h"

namespace skald::npu::sim {

struct Options {
  bool values = true;     ///< false: time only, no kernel runs and no element moves
  bool timeline = false;  ///< record Report::timeline
  TimeModel time{};
};

/// Which ring a core sees at its end of a stream.
struct CoreEnd {
  int ring = 0;
  bool produces = false;
};

/// A tile's data memory, aligned as vectors need it.
class TileMemory {
 public:
  explicit TileMemory(int64_t bytes) : lines_(static_cast<size_t>((bytes + 63) / 64)) {}
  std::byte* at(int64_t address) { return lines_.front().bytes + address; }

 private:
  struct alignas(64) Line {
    std::byte bytes[64] = {};
  };
  std::vector<Line> lines_{};
};

/// A transfer that the controller has pushed to an interface tile.
struct PendingTransfer {
  const Transfer* transfer = nullptr;
  int64_t elements = 0;  ///< in all
  int64_t done = 0;
};

struct Array {
  Array(const Program& shown, const Options& chosen) : program(shown), options(chosen) {}

  const Program& program;
  Options options;
  EventQueue events;
  std::vector<Ring> rings{};
  std::map<Tile, TileMemory> memories{};
  std::vector<int64_t> buffer_address{};            ///< of Program::buffers
  std::vector<int64_t> parameter_address{};         ///< of Program::parameters
  std::vector<std::map<int, CoreEnd>> core_ends{};  ///< of Program::cores: stream -> ring
  std::vector<bool> handed_over{};                  ///< of Program::parameters
  std::vector<std::span<std::byte>> arguments{};
  std::optional<Error> error;  ///< the first defect that the run came upon
  Report report;
  double began = 0;                                ///< this launch
  std::vector<std::pair<double, double>> calls{};  ///< of it: kernels, from when to when
  double ddr_free = 0;

  /// The time at which `bytes` have passed the host's memory, asked for at `now`.
  double through_ddr(double now, int64_t bytes) {
    const double cycles = static_cast<double>(bytes) / options.time.ddr_gb_s * options.time.clock_ghz;
    ddr_free = std::max(ddr_free, now) + cycles;
    report.ddr_busy += cycles;
    return ddr_free;
  }

  void produced(double now, int ring) { events.produced(now + rings[static_cast<size_t>(ring)].lock_delay, ring); }
  void consumed(double now, int ring) { events.consumed(now + rings[static_cast<size_t>(ring)].lock_delay, ring); }

  /// Pre: options.timeline. Names cost time, so they are not made without one.
  void bar(const std::string& track, const std::string& name, double begin, double end) {
    report.timeline.push_back({.track = track, .name = name, .begin = begin, .end = end});
  }
};

/// A slice of an object and the ring that holds it.
struct Slice {
  int64_t begin = 0;  ///< byte of the object
  int64_t bytes = 0;
  int ring = 0;
};

/// One end of a stream, as its DMA channel sees it.
struct StreamEnd {
  Tile tile{};
  bool interface = false;       ///< host memory by transfers, no ring
  std::vector<Slice> slices{};  ///< in object order
  Pattern pattern{};            ///< of one slice
};

/// Both ends. A stream between neighbours that share memory has a ring and no channel: `direct`.
struct StreamEnds {
  int fifo = 0;
  bool direct = false;
  StreamEnd producer{};
  std::vector<StreamEnd> consumers{};
};

/// Lays buffers, parameters and rings out in their tiles' memories, and finds both ends of every stream.
/// Pre: verify(program). Errors: kUnsupported: a memory is too small.
Result<std::vector<StreamEnds>> lay_out(Array& array);

}  // namespace skald::npu::sim
