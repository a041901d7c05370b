#pragma once
// What both schedulers keep: which slot and bank is taken when, and the edges of a graph by their ends.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <set>
#include <vector>

#include "npu/aie_host/counting/graph.h"
#include "npu/aie_host/counting/operations.h"

namespace skald::npu::counting {

inline constexpr int kBanks = 5;  // 0 stands for none

inline std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

constexpr std::uint8_t memory_slots() {
  return static_cast<std::uint8_t>(bit(kLoadA) | bit(kLoadB) | bit(kStore));
}

/// What is taken in each cycle; modulo `interval` where that is not 0. Banks are kept for two iterations, as accesses
/// may go to one bank and another in turn.
class Reservations {
 public:
  explicit Reservations(int interval) : interval_(interval), cycles_(at(std::max(2 * interval, 1))) {}

  /// The slot for `node` at `cycle`, or kSlots if none is free.
  Slot find(const Node& node, int cycle) {
    const Operation& op = operation(node.op);
    if (node.bank != 0 && (bank(node, cycle) >= 0 || other_bank(node, cycle) >= 0)) {
      return kSlots;
    }
    for (int held = 0; held < op.hold; ++held) {
      const std::uint8_t needed = held == 0 ? op.also : memory_slots();
      if ((taken(cycle + held) & needed) != 0) {
        return kSlots;
      }
    }
    for (int slot = 0; slot < kSlots; ++slot) {
      if ((op.slots & bit(static_cast<Slot>(slot))) != 0 && row(cycle)[at(slot)] < 0) {
        return static_cast<Slot>(slot);
      }
    }
    return kSlots;
  }

  void take(int index, const Node& node, int cycle, Slot slot) { mark(index, node, cycle, slot, index); }
  void free(int index, const Node& node, int cycle, Slot slot) { mark(index, node, cycle, slot, -1); }

  /// Nodes that must go for `node` to issue at `cycle` in `slot`.
  std::set<int> in_the_way(const Node& node, int cycle, Slot slot) {
    std::set<int> found;
    const Operation& op = operation(node.op);
    for (int held = 0; held < op.hold; ++held) {
      std::uint8_t needed = held == 0 ? static_cast<std::uint8_t>(op.also | bit(slot)) : memory_slots();
      for (; needed != 0; needed = static_cast<std::uint8_t>(needed & (needed - 1U))) {
        found.insert(row(cycle + held)[at(std::countr_zero(needed))]);
      }
    }
    if (node.bank != 0) {
      found.insert(bank(node, cycle));
      found.insert(other_bank(node, cycle));
    }
    found.erase(-1);
    return found;
  }

 private:
  struct Row {
    std::array<int, kSlots> slots{-1, -1, -1, -1, -1, -1};
    std::array<int, kBanks> banks{-1, -1, -1, -1, -1};
  };

  /// `iterations`: after which what is kept is the same again.
  Row& cycle_row(int cycle, int iterations) {
    if (interval_ > 0) {
      return cycles_[at(cycle % (iterations * interval_))];
    }
    if (cycles_.size() <= at(cycle)) {
      cycles_.resize(at(cycle) + 64);
    }
    return cycles_[at(cycle)];
  }

  std::array<int, kSlots>& row(int cycle) { return cycle_row(cycle, 1).slots; }

  int& bank(const Node& node, int cycle) { return cycle_row(cycle + operation(node.op).memory, 2).banks[node.bank]; }
  int& other_bank(const Node& node, int cycle) {
    return cycle_row(cycle + interval_ + operation(node.op).memory, 2).banks[node.other];
  }

  std::uint8_t taken(int cycle) {
    std::uint8_t slots = 0;
    for (int slot = 0; slot < kSlots; ++slot) {
      if (row(cycle)[at(slot)] >= 0) {
        slots = static_cast<std::uint8_t>(slots | bit(static_cast<Slot>(slot)));
      }
    }
    return slots;
  }

  void mark(int index, const Node& node, int cycle, Slot slot, int value) {
    const Operation& op = operation(node.op);
    for (int held = 0; held < op.hold; ++held) {
      std::uint8_t needed = held == 0 ? static_cast<std::uint8_t>(op.also | bit(slot)) : memory_slots();
      for (; needed != 0; needed = static_cast<std::uint8_t>(needed & (needed - 1U))) {
        int& place = row(cycle + held)[at(std::countr_zero(needed))];
        if (value >= 0 || place == index) {
          place = value;
        }
      }
    }
    if (node.bank != 0) {
      bank(node, cycle) = value;
      other_bank(node, cycle) = value;
    }
  }

  int interval_;
  std::vector<Row> cycles_;
};

/// Edges by their ends.
struct Neighbours {
  explicit Neighbours(const Graph& graph) : in(graph.nodes.size()), out(graph.nodes.size()) {
    for (const Edge& edge : graph.edges) {
      in[at(edge.to)].push_back(edge);
      out[at(edge.from)].push_back(edge);
    }
  }
  std::vector<std::vector<Edge>> in;
  std::vector<std::vector<Edge>> out;
};

/// Longest way from each node to the end, with iterations `interval` apart (0: within one iteration only). Empty: there
/// is a cycle of positive length, so the interval is too short.
std::vector<int> heights(const Graph& graph, int interval);

/// The cycle in which an operation that issues at `start` is done with its slots, and with its result where the graph's
/// `leaves` asks for it.
int end_of(const Graph& graph, int index, int start);

}  // namespace skald::npu::counting
