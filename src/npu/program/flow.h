#pragma once
// Runs a Program with objects alone: no values, no time. Streams, cores and sequence go on as long as any of them can;
// what is left then is left for ever, as nothing in a Program depends on when something happens.

#include <cstdint>
#include <string>
#include <vector>

#include "npu/program/counts.h"

namespace skald::npu {

struct FlowFinding {
  std::string where{};
  std::string message{};
};

struct FlowOutcome {
  std::vector<FlowFinding> hang{};      ///< the sequence does not come to its end: what waits for what
  std::vector<FlowFinding> leftover{};  ///< it does, but objects, transfers, hand-overs or cores are left half-way
  std::vector<FlowFinding> choice{};    ///< run-time parameters choose a phase that is not there
  bool too_long = false;                ///< gave up after kLongestFlow steps
};

inline constexpr int64_t kLongestFlow = 40'000'000;

/// Pre: all rules of verify but those about the flow hold.
FlowOutcome run_flow(const Program& program, const Counts& counts, const DeviceSpec& device);

}  // namespace skald::npu
