#include "npu/aie_host/counting/schedule.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <set>
#include <utility>

#include "npu/aie_host/counting/operations.h"

namespace skald::npu::counting {
namespace {

constexpr int kBanks = 5;  // 0 stands for none

std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

std::uint8_t memory_slots() {
  return static_cast<std::uint8_t>(bit(kLoadA) | bit(kLoadB) | bit(kStore));
}

/// What is taken in each cycle; modulo `interval` where that is not 0.
class Reservations {
 public:
  explicit Reservations(int interval) : interval_(interval), cycles_(at(std::max(interval, 1))) {}

  /// The slot for `node` at `cycle`, or kSlots if none is free.
  Slot find(const Node& node, int cycle) {
    const Operation& op = operation(node.op);
    if (node.bank != 0 && bank(node, cycle) >= 0) {
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
    }
    found.erase(-1);
    return found;
  }

 private:
  struct Row {
    std::array<int, kSlots> slots{-1, -1, -1, -1, -1, -1};
    std::array<int, kBanks> banks{-1, -1, -1, -1, -1};
  };

  Row& cycle_row(int cycle) {
    if (interval_ > 0) {
      return cycles_[at(cycle % interval_)];
    }
    if (cycles_.size() <= at(cycle)) {
      cycles_.resize(at(cycle) + 64);
    }
    return cycles_[at(cycle)];
  }

  std::array<int, kSlots>& row(int cycle) { return cycle_row(cycle).slots; }

  int& bank(const Node& node, int cycle) { return cycle_row(cycle + operation(node.op).memory).banks[node.bank]; }

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
std::vector<int> heights(const Graph& graph, int interval) {
  std::vector<int> height(graph.nodes.size(), 0);
  const std::size_t most = graph.nodes.size() + 1;
  for (std::size_t round = 0; round <= most; ++round) {
    bool changed = false;
    for (auto edge = graph.edges.rbegin(); edge != graph.edges.rend(); ++edge) {
      if (interval == 0 && edge->distance != 0) {
        continue;
      }
      const int way = height[at(edge->to)] + edge->cycles - interval * edge->distance;
      if (way > height[at(edge->from)]) {
        height[at(edge->from)] = way;
        changed = true;
      }
    }
    if (!changed) {
      return height;
    }
  }
  return {};
}

int end_of(const Graph& graph, int index, int start) {
  const Operation& op = operation(graph.nodes[at(index)].op);
  const int ready = graph.leaves[at(index)] ? op.made : 0;
  return start + std::max<int>(op.hold, ready);
}

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
  }
  int bound = *std::max_element(by_bank.begin(), by_bank.end());
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

/// In which order operations are placed, and before which cycle an operation need not issue.
struct Arrangement {
  std::vector<int> order;
  std::vector<int> wish;
};

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

/// Moves operations that read their operands late before what makes them, where that is legal; sets the length.
void hoist(const Graph& graph, const Neighbours& neighbours, Reservations& reservations, std::vector<Slot>& slots,
           Schedule& schedule) {
  schedule.length = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const int now = schedule.start[i];
    if (operation(node.op).use > 1 || operation(node.op).hold > 1) {
      int earliest = 0;
      for (const Edge& edge : neighbours.in[i]) {
        earliest = std::max(earliest, edge.distance == 0 ? schedule.start[at(edge.from)] + edge.cycles : 0);
      }
      const auto index = static_cast<int>(i);
      reservations.free(index, node, now, slots[i]);
      int cycle = std::min(earliest, now);
      while (cycle < now && reservations.find(node, cycle) == kSlots) {
        ++cycle;
      }
      slots[i] = cycle < now ? reservations.find(node, cycle) : slots[i];
      reservations.take(index, node, cycle, slots[i]);
      schedule.start[i] = cycle;
    }
    schedule.length = std::max(schedule.length, end_of(graph, static_cast<int>(i), schedule.start[i]));
  }
}

}  // namespace

Schedule list_schedule(const Graph& graph) {
  const Neighbours neighbours(graph);
  const std::vector<int> height = heights(graph, 0);
  Reservations reservations(0);
  Schedule done;
  done.start.assign(graph.nodes.size(), -1);
  std::vector<int> waiting(graph.nodes.size(), 0);  // makers that are not placed
  std::vector<int> earliest(graph.nodes.size(), 0);
  std::vector<int> ready;
  std::vector<Slot> slots(graph.nodes.size(), kSlots);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    waiting[i] = static_cast<int>(
        std::count_if(neighbours.in[i].begin(), neighbours.in[i].end(), [](const Edge& e) { return e.distance == 0; }));
    if (waiting[i] == 0) {
      ready.push_back(static_cast<int>(i));
    }
  }
  std::size_t left = graph.nodes.size();
  for (int cycle = 0; left > 0; ++cycle) {
    std::sort(ready.begin(), ready.end(), [&height](int a, int b) {
      return height[at(a)] != height[at(b)] ? height[at(a)] > height[at(b)] : a < b;
    });
    for (std::size_t k = 0; k < ready.size();) {
      const int index = ready[k];
      const Slot slot = earliest[at(index)] <= cycle ? reservations.find(graph.nodes[at(index)], cycle) : kSlots;
      if (slot == kSlots) {
        ++k;
        continue;
      }
      reservations.take(index, graph.nodes[at(index)], cycle, slot);
      done.start[at(index)] = cycle;
      slots[at(index)] = slot;
      ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(k));
      --left;
      for (const Edge& edge : neighbours.out[at(index)]) {
        if (edge.distance == 0) {
          earliest[at(edge.to)] = std::max(earliest[at(edge.to)], cycle + edge.cycles);
          if (--waiting[at(edge.to)] == 0) {
            ready.push_back(edge.to);
          }
        }
      }
    }
  }
  hoist(graph, neighbours, reservations, slots, done);
  return done;
}

namespace {

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
    std::stable_sort(made_.order.begin() + begin_of_anchors, made_.order.end(),
                     [this](int a, int b) { return made_.wish[at(a)] < made_.wish[at(b)]; });
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
    const int lead = loads_each > 0 ? loads_each - 1 + latency(Op::kLoadAccumulator, Op::kIntMac, true) : 0;
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
      std::stable_sort(makers.begin(), makers.end(),
                       [&](int a, int b) { return fixed(a) != fixed(b) ? fixed(a) : higher(b, a); });
      std::stable_sort(readers.begin(), readers.end(), [this](int a, int b) { return higher(a, b); });
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

int code_bytes(const Graph& graph, const Schedule& schedule) {
  std::vector<int> bits(at(schedule.length), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto slot = std::countr_zero(operation(graph.nodes[i].op).slots);
    bits[at(schedule.start[i])] += kSlotBits[at(slot)];
  }
  return std::accumulate(bits.begin(), bits.end(), 0, [](int bytes, int used) {
    return bytes + (used == 0 ? kShortestBundle : std::min(16, 2 * ((used + kFormatBits + 15) / 16)));
  });
}

}  // namespace skald::npu::counting
