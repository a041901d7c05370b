#pragma once
// What a simulated launch gives: counters only, and on request a timeline. Times are array cycles.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "npu/program/program.h"

namespace skald::npu::sim {

struct CoreReport {
  Tile tile{};
  double busy = 0;     ///< in kernels
  double locks = 0;    ///< acquiring, releasing and calling
  double waiting = 0;  ///< for objects or parameters
  int64_t calls = 0;
  int64_t macs = 0;
  std::map<std::string, double> waiting_for{};  ///< stream -> cycles
};

struct StreamReport {
  std::string name{};
  int64_t objects = 0;
  int64_t bytes = 0;
  double busy = 0;
  double waiting_for_data = 0;   ///< idle because the producer had nothing
  double waiting_for_space = 0;  ///< idle because a consumer had no room
};

struct KernelReport {
  int64_t calls = 0;
  double cycles = 0;
};

/// A bar of the timeline.
struct Bar {
  std::string track{};
  std::string name{};
  double begin = 0;
  double end = 0;
};

struct Report {
  double cycles = 0;             ///< from the first instruction of the sequence to the end of its last wait
  double controller_cycles = 0;  ///< of them, the controller was writing or pushing
  int64_t register_writes = 0;
  int64_t descriptor_writes = 0;
  int64_t pushes = 0;
  int64_t ddr_read_bytes = 0;
  int64_t ddr_write_bytes = 0;
  double ddr_busy = 0;
  double any_core_busy = 0;              ///< any core was inside a kernel
  std::vector<double> handed_over = {};  ///< when the first core was handed parameters: a resident program's phases
  int64_t macs = 0;
  std::vector<CoreReport> cores{};
  std::vector<StreamReport> streams{};
  std::map<std::string, KernelReport> kernels{};
  std::vector<Bar> timeline{};  ///< when asked for
};

/// The timeline in Chrome's trace format (one microsecond shown is one cycle), for chrome://tracing or Perfetto.
std::string to_chrome_trace(const Report& report);

}  // namespace skald::npu::sim
