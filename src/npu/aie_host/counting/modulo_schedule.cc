#include <utility>

#include "npu/aie_host/counting/arrange.h"
#include "npu/aie_host/counting/reservations.h"
#include "npu/aie_host/counting/schedule.h"

namespace skald::npu::counting {
namespace {

/// The smallest interval that the slots and banks allow.
int resource_bound(const Graph& graph) {
  std::array<int, 1U << kSlots> by_choice{};
  std::array<int, kBanks> by_bank{};
  for (const Node& node : graph.nodes) {
    const Operation& op = operation(node.op);
    ++by_choice[op.slots];
    for (int slot = 0; slot < kSlots; ++slot) {
      const std::uint8_t one = bit(static_cast<Slot>(slot));
      by_choice[one] += (op.also & one) != 0 ? 1 : 0;
      by_choice[one] += op.hold > 1 && (memory_slots() & one) != 0 ? op.hold - 1 : 0;
    }
    by_bank[node.bank] += node.bank != 0 ? 1 : 0;
    by_bank[node.other] += node.other != 0 ? 1 : 0;
  }
  int bound = (*std::max_element(by_bank.begin(), by_bank.end()) + 1) / 2;  // of two iterations
  for (std::size_t slots = 1; slots < by_choice.size(); ++slots) {
    int operations = 0;  // that can go nowhere but into `slots`
    for (std::size_t choice = 1; choice < by_choice.size(); ++choice) {
      operations += (choice & ~slots) == 0 ? by_choice[choice] : 0;
    }
    const int width = std::popcount(slots);
    bound = std::max(bound, (operations + width - 1) / width);
  }
  return std::max(bound, 1);
}

/// One attempt of modulo scheduling.
class Modulo {
 public:
  Modulo(const Graph& graph, const Neighbours& neighbours, int interval, std::vector<int> height)
      : graph_(graph),
        neighbours_(neighbours),
        interval_(interval),
        height_(std::move(height)),
        reservations_(interval),
        start_(graph.nodes.size(), -1),
        before_(graph.nodes.size(), -1),
        slot_(graph.nodes.size(), kSlots) {}

  /// Places the operations of the busiest slot first, then each other one next to those that it feeds or reads, so that
  /// values wait little in registers. Gives up where that leaves no place.
  bool run_close(const Arrangement& arrangement) {
    for (const int index : arrangement.order) {
      const Node& node = graph_.nodes[at(index)];
      constexpr int kFar = 1 << 28;
      int earliest = -kFar;
      int latest = kFar;
      for (const Edge& edge : neighbours_.in[at(index)]) {
        if (edge.from != index && slot_[at(edge.from)] != kSlots) {
          earliest = std::max(earliest, start_[at(edge.from)] + edge.cycles - interval_ * edge.distance);
        }
      }
      for (const Edge& edge : neighbours_.out[at(index)]) {
        if (edge.to != index && slot_[at(edge.to)] != kSlots) {
          latest = std::min(latest, start_[at(edge.to)] - edge.cycles + interval_ * edge.distance);
        }
      }
      const bool feeds = feeds_placed(index);
      const bool down = latest < kFar && (feeds || earliest == -kFar);
      const int from = down ? latest : std::max(earliest, arrangement.wish[at(index)]);
      int cycle = from;
      Slot slot = kSlots;
      for (int step = 0; step < interval_; ++step, cycle += down ? -1 : 1) {
        if (cycle < earliest || cycle > latest) {
          break;
        }
        slot = reservations_.find(node, cycle + kOrigin * interval_);
        if (slot != kSlots) {
          break;
        }
      }
      if (slot == kSlots) {
        return false;
      }
      reservations_.take(index, node, cycle + kOrigin * interval_, slot);
      start_[at(index)] = cycle;
      slot_[at(index)] = slot;
    }
    const int first = *std::min_element(start_.begin(), start_.end());
    for (int& start : start_) {
      start -= first;
    }
    return true;
  }

  bool run() {
    const auto first = [this](int a, int b) {
      return height_[at(a)] != height_[at(b)] ? height_[at(a)] > height_[at(b)] : a < b;
    };
    std::set<int, decltype(first)> open(first);
    for (int i = 0; i < static_cast<int>(graph_.nodes.size()); ++i) {
      open.insert(i);
    }
    constexpr std::size_t kTries = 32;  // per operation; Rau reports that few are needed
    for (std::size_t budget = kTries * graph_.nodes.size(); !open.empty(); --budget) {
      if (budget == 0) {
        return false;
      }
      const int index = *open.begin();
      open.erase(open.begin());
      for (const int evicted : place(index)) {
        open.insert(evicted);
      }
    }
    return true;
  }

  const std::vector<int>& start() const { return start_; }

 private:
  static constexpr int kOrigin = 1 << 12;  ///< iterations that keep cycles before the first positive

  /// Whether a placed operation of the same iteration reads what `index` makes.
  bool feeds_placed(int index) const {
    const auto& out = neighbours_.out[at(index)];
    return std::any_of(out.begin(), out.end(), [this](const Edge& edge) {
      return edge.read != 0 && edge.distance == 0 && slot_[at(edge.to)] != kSlots;
    });
  }

  std::set<int> place(int index) {
    const Node& node = graph_.nodes[at(index)];
    int earliest = 0;
    for (const Edge& edge : neighbours_.in[at(index)]) {
      if (edge.from != index && start_[at(edge.from)] >= 0) {
        earliest = std::max(earliest, start_[at(edge.from)] + edge.cycles - interval_ * edge.distance);
      }
    }
    for (int cycle = earliest; cycle < earliest + interval_; ++cycle) {
      const Slot slot = reservations_.find(node, cycle);
      if (slot != kSlots) {
        return settle(index, cycle, slot, {});
      }
    }
    const int before = before_[at(index)];
    const int cycle = before < 0 || earliest > before ? earliest : before + 1;
    const auto slot = static_cast<Slot>(std::countr_zero(operation(node.op).slots));
    return settle(index, cycle, slot, reservations_.in_the_way(node, cycle, slot));
  }

  std::set<int> settle(int index, int cycle, Slot slot, std::set<int> evicted) {
    for (const int other : evicted) {
      remove(other);
    }
    reservations_.take(index, graph_.nodes[at(index)], cycle, slot);
    start_[at(index)] = cycle;
    before_[at(index)] = cycle;
    slot_[at(index)] = slot;
    for (const Edge& edge : neighbours_.out[at(index)]) {
      const int other = edge.to;
      if (other != index && start_[at(other)] >= 0 &&
          start_[at(other)] < cycle + edge.cycles - interval_ * edge.distance) {
        remove(other);
        evicted.insert(other);
      }
    }
    return evicted;
  }

  void remove(int index) {
    reservations_.free(index, graph_.nodes[at(index)], start_[at(index)], slot_[at(index)]);
    start_[at(index)] = -1;
  }

  const Graph& graph_;
  const Neighbours& neighbours_;
  int interval_;
  std::vector<int> height_;
  Reservations reservations_;
  std::vector<int> start_;
  std::vector<int> before_;
  std::vector<Slot> slot_;
};

/// Most registers of a kind in use at once: a value holds its register from the stage that writes it to its last
/// reader.
int registers_in_use(const Graph& graph, const Neighbours& neighbours, const std::vector<int>& start, int interval,
                     Register kind) {
  constexpr int kUnit = 256;  // of both kinds: an accumulator may be loaded by halves
  std::vector<int> used(at(interval), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Operation& op = operation(graph.nodes[i].op);
    if (op.result != kind || graph.nodes[i].bits < 128) {
      continue;
    }
    const int written = start[i] + op.made;
    int last = written;
    for (const Edge& edge : neighbours.out[i]) {
      if (edge.read != 0) {
        last = std::max(last, start[at(edge.to)] + interval * edge.distance + edge.read - 1);
      }
    }
    const int units = (graph.nodes[i].bits + kUnit - 1) / kUnit;
    for (int cycle = written; cycle <= last; ++cycle) {
      used[at(cycle % interval)] += units;
    }
  }
  const int most = *std::max_element(used.begin(), used.end());
  return kind == Register::kVector ? most + graph.vector_invariants : (most + 1) / 2 + graph.accumulator_invariants;
}

/// Whether the stages and registers suffice; fills `result` if so.
bool accept(const Graph& graph, const Neighbours& neighbours, const std::vector<int>& start, int interval,
            int most_stages, Pipeline& result) {
  int length = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    length = std::max(length, end_of(graph, static_cast<int>(i), start[i]));
  }
  const int stages = (length + interval - 1) / interval;
  const int vectors = registers_in_use(graph, neighbours, start, interval, Register::kVector);
  const int accumulators = registers_in_use(graph, neighbours, start, interval, Register::kAccumulator);
  if (stages > most_stages || vectors > kVectorRegisters || accumulators > kAccumulators) {
    return false;
  }
  result.interval = interval;
  result.length = length;
  result.stages = stages;
  result.vector_registers = vectors;
  result.accumulators = accumulators;
  result.start = start;
  return true;
}

}  // namespace

Pipeline modulo_schedule(const Graph& graph, int most_stages, int straight) {
  Pipeline result;
  const Neighbours neighbours(graph);
  result.resource_bound = resource_bound(graph);
  result.recurrence_bound = 1;
  while (result.recurrence_bound <= straight && heights(graph, result.recurrence_bound).empty()) {
    ++result.recurrence_bound;
  }
  for (int interval = std::max(result.resource_bound, result.recurrence_bound); interval <= straight; ++interval) {
    std::vector<int> height = heights(graph, interval);
    if (height.empty()) {
      continue;
    }
    Arranger arranger(graph, neighbours, height);
    const auto close = [&](const Arrangement& arrangement) {
      Modulo attempt(graph, neighbours, interval, height);
      return attempt.run_close(arrangement) &&
             accept(graph, neighbours, attempt.start(), interval, most_stages, result);
    };
    if (close(arranger.by_height())) {
      return result;
    }
    for (int eighths = 8; eighths > 0; --eighths) {
      if (close(arranger.staggered(eighths))) {
        return result;
      }
    }
    // The order of operations of nearly equal height decides much; a few orders are tried.
    constexpr std::uint32_t kOrders = 24;
    for (std::uint32_t order = 0; order < (graph.nodes.size() < 64 ? kOrders : 1); ++order) {
      std::vector<int> bent = height;
      for (std::size_t i = 0; i < bent.size(); ++i) {
        bent[i] += static_cast<int>((static_cast<std::uint32_t>(i + 1) * 2654435761U * order >> 16U) % (1 + order / 4));
      }
      Modulo early(graph, neighbours, interval, std::move(bent));
      if (early.run() && accept(graph, neighbours, early.start(), interval, most_stages, result)) {
        return result;
      }
    }
  }
  return result;
}

}  // namespace skald::npu::counting
