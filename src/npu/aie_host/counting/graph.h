#pragma once
// Machine operations and what orders them: what the schedulers work on.

#include <cstdint>
#include <vector>

#include "npu/aie_host/counting/trace.h"

namespace skald::npu::counting {

/// One machine operation.
struct Node {
  Op op = Op::kLoad;
  std::uint8_t bank = 0;   ///< logical bank plus one; 0: no access, or outside of the tile image
  std::uint8_t other = 0;  ///< the same in every second iteration of a loop
  std::uint16_t bits = 0;  ///< of its result
};

/// `to` issues at least `cycles` after `from` of `distance` iterations before.
struct Edge {
  int from = 0;
  int to = 0;
  int cycles = 0;
  int distance = 0;
  int read = 0;  ///< stage in which `to` reads what `from` made; 0: it reads nothing from it
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::vector<bool> leaves;        ///< per node: its result must be ready when the body ends
  int vector_invariants = 0;       ///< 256-bit registers that hold values made outside
  int accumulator_invariants = 0;  ///< likewise 512-bit accumulators
};

/// The nodes that a recorded operation became: `first` to `first + count - 1`.
struct Placed {
  int first = -1;
  int count = 0;
};

/// Puts the operations of one body into a graph, after those that are there. `outside` finds operands that are made in
/// the enclosing body or in a nested loop; they are ready where it finds none.
class GraphBuilder {
 public:
  /// Adds the operation; `placed` are the operations of its own body so far.
  Placed add(const Recorded& op, const std::vector<Placed>& placed, const std::vector<Placed>* enclosing,
             const std::vector<std::vector<Placed>>* nested);

  /// Adds the orders from an iteration to the next; after all operations of `block` were added as `placed`. With
  /// `reuse`, a register is written again only when its last reader has read: registers are not renamed from one
  /// iteration to the next.
  void add_carried(const Block& block, const std::vector<Placed>& placed, bool reuse);

  Graph& graph() { return graph_; }

 private:
  void connect(Placed from, Placed to, const Use& use, int distance);

  Graph graph_;
};

}  // namespace skald::npu::counting
