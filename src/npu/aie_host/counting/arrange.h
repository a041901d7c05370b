#pragma once
// In which order a modulo scheduler places the operations of a body.

#include <vector>

#include "npu/aie_host/counting/reservations.h"

namespace skald::npu::counting {

/// In which order operations are placed, and before which cycle an operation need not issue.
struct Arrangement {
  std::vector<int> order;
  std::vector<int> wish;
};

/// Arranges a body: the operations of the busiest slot first, then those around them, the nearest first.
class Arranger {
 public:
  Arranger(const Graph& graph, const Neighbours& neighbours, const std::vector<int>& height)
      : graph_(graph), neighbours_(neighbours), height_(height) {
    std::array<int, 1U << kSlots> load{};
    for (const Node& node : graph.nodes) {
      ++load[operation(node.op).slots];
    }
    const auto busiest = static_cast<std::size_t>(std::max_element(load.begin(), load.end()) - load.begin());
    const std::size_t anchor = load[bit(kVector)] * 2 >= load[busiest] ? bit(kVector) : busiest;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      if (operation(graph.nodes[i].op).slots == anchor) {
        anchors_.push_back(static_cast<int>(i));
      }
    }
  }

  /// Anchors by height.
  Arrangement by_height() {
    begin();
    take(anchors_);
    std::sort(made_.order.begin(), made_.order.end(), [this](int a, int b) { return higher(a, b); });
    outwards();
    return made_;
  }

  /// Chains of accumulation start one after the other as fast as accumulators can be loaded or stored, and the
  /// multiplies of a chain are `eighths`/8 of their distance in the source apart: the shorter, the fewer accumulators
  /// are alive and the longer factors are.
  Arrangement staggered(int eighths) {
    begin();
    int sums = 0;
    int stores = 0;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Operation& op = operation(graph_.nodes[i].op);
      if (op.memory != 0 && op.result == Register::kAccumulator) {
        take({static_cast<int>(i)});
        ++sums;
      }
      stores += op.memory != 0 && op.result == Register::kNone ? 1 : 0;
    }
    const auto begin_of_anchors = static_cast<std::ptrdiff_t>(made_.order.size());
    take(anchors_);
    set_wishes(eighths, sums, stores);
    std::sort(made_.order.begin() + begin_of_anchors, made_.order.end(), [this](int a, int b) {
      return made_.wish[at(a)] != made_.wish[at(b)] ? made_.wish[at(a)] < made_.wish[at(b)] : a < b;
    });
    outwards();
    return made_;
  }

 private:
  void begin() {
    made_ = {.order = {}, .wish = std::vector<int>(graph_.nodes.size(), 0)};
    taken_.assign(graph_.nodes.size(), false);
  }

  bool higher(int a, int b) const { return height_[at(a)] != height_[at(b)] ? height_[at(a)] > height_[at(b)] : a < b; }

  void take(const std::vector<int>& indices) {
    for (const int index : indices) {
      if (!taken_[at(index)]) {
        taken_[at(index)] = true;
        made_.order.push_back(index);
      }
    }
  }

  /// Cycles from the load of an accumulator to the multiply that adds to it.
  int sum_latency() const {
    int most = 0;
    for (const int load : made_.order) {
      for (const Edge& edge : neighbours_.out[at(load)]) {
        const Operation& op = operation(graph_.nodes[at(load)].op);
        most = op.memory != 0 && op.result == Register::kAccumulator ? std::max(most, edge.cycles) : most;
      }
    }
    return most;
  }

  void set_wishes(int eighths, int sums, int stores) {
    std::vector<int> rank(graph_.nodes.size(), -1);
    std::vector<int> before(anchors_.size(), -1);  // the multiply that the chain's sum comes from
    int chains = 0;
    for (std::size_t i = 0; i < anchors_.size(); ++i) {
      rank[at(anchors_[i])] = static_cast<int>(i);
      for (const Edge& edge : neighbours_.in[at(anchors_[i])]) {
        if (edge.read != 0 && edge.distance == 0 && rank[at(edge.from)] >= 0) {
          before[i] = rank[at(edge.from)];
        }
      }
      chains += before[i] < 0 ? 1 : 0;
    }
    const int loads_each = sums / std::max(chains, 1);
    const int skew = std::max(sums, stores) / std::max(chains, 1);
    const int lead = loads_each > 0 ? loads_each - 1 + sum_latency() : 0;
    int start = -skew;                          // of the latest chain, not before its place in the source
    std::vector<int> wish(anchors_.size(), 0);  // in eighths of a cycle
    for (std::size_t i = 0; i < anchors_.size(); ++i) {
      if (before[i] < 0) {
        start = std::max(start + skew, static_cast<int>(i));
        wish[i] = 8 * (lead + start);
      } else {
        wish[i] = wish[at(before[i])] + eighths * (static_cast<int>(i) - before[i]);
      }
      made_.wish[at(anchors_[i])] = wish[i] / 8;
    }
    for (const int load : made_.order) {
      for (const Edge& edge : neighbours_.out[at(load)]) {
        if (rank[at(load)] < 0 && edge.read != 0 && rank[at(edge.to)] >= 0) {
          made_.wish[at(load)] = std::max(0, made_.wish[at(edge.to)] - lead);
        }
      }
    }
  }

  /// Makers of what is placed from the last to the first, then readers from the first to the last.
  void outwards() {
    for (std::size_t before = 0; before != made_.order.size();) {
      before = made_.order.size();
      std::vector<int> makers;
      std::vector<int> readers;
      for (const int index : made_.order) {
        gather(neighbours_.in[at(index)], true, makers);
        gather(neighbours_.out[at(index)], false, readers);
      }
      // Operations that have no choice of slot before those that may go elsewhere.
      const auto fixed = [this](int index) { return std::popcount(operation(graph_.nodes[at(index)].op).slots) == 1; };
      std::sort(makers.begin(), makers.end(),
                [&](int a, int b) { return fixed(a) != fixed(b) ? fixed(a) : higher(b, a); });
      std::sort(readers.begin(), readers.end(), [this](int a, int b) { return higher(a, b); });
      made_.order.insert(made_.order.end(), makers.begin(), makers.end());
      made_.order.insert(made_.order.end(), readers.begin(), readers.end());
    }
    for (int i = 0; i < static_cast<int>(graph_.nodes.size()); ++i) {
      take({i});
    }
  }

  void gather(const std::vector<Edge>& edges, bool makers, std::vector<int>& found) {
    for (const Edge& edge : edges) {
      const int other = makers ? edge.from : edge.to;
      if (edge.read != 0 && !taken_[at(other)]) {
        taken_[at(other)] = true;
        found.push_back(other);
      }
    }
  }

  const Graph& graph_;
  const Neighbours& neighbours_;
  const std::vector<int>& height_;
  std::vector<int> anchors_;
  std::vector<bool> taken_;
  Arrangement made_;
};

}  // namespace skald::npu::counting
