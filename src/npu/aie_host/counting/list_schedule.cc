#include <ranges>

#include "npu/aie_host/counting/reservations.h"
#include "npu/aie_host/counting/schedule.h"

namespace skald::npu::counting {

std::vector<int> heights(const Graph& graph, int interval) {
  std::vector<int> height(graph.nodes.size(), 0);
  const std::size_t most = graph.nodes.size() + 1;
  for (std::size_t round = 0; round <= most; ++round) {
    bool changed = false;
    for (const Edge& edge : graph.edges | std::views::reverse) {
      if (interval == 0 && edge.distance != 0) {
        continue;
      }
      const int way = height[at(edge.to)] + edge.cycles - interval * edge.distance;
      if (way > height[at(edge.from)]) {
        height[at(edge.from)] = way;
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

namespace {

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

/// Bytes of `times` copies of a schedule, `apart` cycles from one to the next.
int bytes_of_copies(const Graph& graph, const std::vector<int>& start, int length, int times, int apart) {
  const int all = length + (times - 1) * apart;
  std::vector<int> bits(at(all), 0);
  std::vector<int> operations(at(all), 0);
  for (int copy = 0; copy < times; ++copy) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const auto slot = std::countr_zero(operation(graph.nodes[i].op).slots);
      const std::size_t cycle = at(start[i] + copy * apart);
      bits[cycle] += kSlotBits[at(slot)];
      ++operations[cycle];
    }
  }
  int bytes = 0;
  for (std::size_t cycle = 0; cycle < bits.size(); ++cycle) bytes += bundle_bytes(operations[cycle], bits[cycle]);
  return bytes;
}

}  // namespace

int code_bytes(const Graph& graph, const Schedule& schedule) {
  return bytes_of_copies(graph, schedule.start, schedule.length, 1, 0);
}

int overlapped_bytes(const Graph& graph, const Pipeline& pipeline) {
  return bytes_of_copies(graph, pipeline.start, pipeline.length, pipeline.stages, pipeline.interval) -
         bytes_of_copies(graph, pipeline.start, pipeline.length, 1, 0);
}

}  // namespace skald::npu::counting
