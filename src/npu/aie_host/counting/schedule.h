#pragma once
// Places machine operations into bundles, in the two ways that the device compilers do.

#include <vector>

#include "npu/aie_host/counting/graph.h"

namespace skald::npu::counting {

/// A straight piece of code.
struct Schedule {
  std::vector<int> start;  ///< cycle of issue of each node
  int length = 0;          ///< bundles
};

/// List scheduling: cycle by cycle, longest way to the end first. Two accesses to one bank never share a cycle: where a
/// compiler puts them together the core waits that cycle. The length lets every `leaf` result arrive.
Schedule list_schedule(const Graph& graph);

/// A loop whose iterations overlap: a new one starts every `interval` cycles.
struct Pipeline {
  int interval = 0;
  int length = 0;  ///< of one iteration
  int stages = 0;  ///< ceil(length / interval)
  int resource_bound = 0;
  int recurrence_bound = 0;
  int vector_registers = 0;  ///< most in use at once, of 256 bit
  int accumulators = 0;      ///< likewise of 512 bit
  std::vector<int> start;
};

/// Iterative modulo scheduling (Rau 1994) from the larger of the two bounds upwards: the smallest interval that has a
/// schedule of at most `most_stages` stages within the registers. `interval` 0: none up to `straight`.
Pipeline modulo_schedule(const Graph& graph, int most_stages, int straight);

/// Bytes of the bundles of a straight piece of code.
int code_bytes(const Graph& graph, const Schedule& schedule);

/// Bytes that a pipelined loop has beyond those of one iteration: its first iterations begin, all overlap in the loop
/// itself, the last ones end, which is the code of as many iterations as there are stages, one interval apart.
int overlapped_bytes(const Graph& graph, const Pipeline& pipeline);

}  // namespace skald::npu::counting
