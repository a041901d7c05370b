#include "npu/aie_host/counting/graph.h"

#include <algorithm>

#include "npu/aie_host/counting/operations.h"

namespace skald::npu::counting {
namespace {

/// Cycles between two accesses to the same bytes, by the stages in which they reach memory.
int memory_cycles(Op from, Op to) {
  const Operation& first = operation(from);
  const Operation& second = operation(to);
  const bool read_first = first.result != Register::kNone;
  return std::max(0, first.memory - second.memory + (read_first ? 0 : 1));
}

}  // namespace

Placed GraphBuilder::add(const Recorded& op, const std::vector<Placed>& placed, const std::vector<Placed>* enclosing,
                         const std::vector<std::vector<Placed>>* nested) {
  const Placed made{.first = static_cast<int>(graph_.nodes.size()), .count = op.count};
  for (int i = 0; i < op.count; ++i) {
    graph_.nodes.push_back(
        {.op = op.op, .bank = op.bank, .other = op.bank, .bits = static_cast<std::uint16_t>(op.bits / op.count)});
    graph_.leaves.push_back(op.used_later);
    if (i > 0 && operation(op.op).memory != 0) {
      // Through one pointer, which each access moves on.
      graph_.edges.push_back({.from = made.first + i - 1, .to = made.first + i, .cycles = 1, .distance = 0, .read = 0});
    }
  }
  for (const Use& use : op.uses) {
    if (use.from == From::kHere) {
      connect(placed[use.op], made, use, 0);
    } else if (use.from == From::kEnclosing && enclosing != nullptr && use.op < enclosing->size()) {
      connect((*enclosing)[use.op], made, use, 0);
    } else if (use.from == From::kNested && nested != nullptr && use.item < nested->size() &&
               use.op < (*nested)[use.item].size()) {
      connect((*nested)[use.item][use.op], made, use, 0);
    }
  }
  return made;
}

void GraphBuilder::connect(Placed from, Placed to, const Use& use, int distance) {
  if (from.first < 0 || from.count == 0 || to.count == 0) {
    return;
  }
  const Op made = graph_.nodes[static_cast<std::size_t>(from.first)].op;
  const Op used = graph_.nodes[static_cast<std::size_t>(to.first)].op;
  const int cycles = use.memory ? memory_cycles(made, used) : latency(made, used, use.sum);
  const Operation& user = operation(used);
  const int read = use.memory ? 0 : (use.sum ? user.use_sum : user.use);
  // Part i of the user takes the parts of the maker that overlap it.
  for (int i = 0; i < to.count; ++i) {
    const int begin = i * from.count / to.count;
    const int end = std::max(begin + 1, ((i + 1) * from.count + to.count - 1) / to.count);
    for (int j = begin; j < end; ++j) {
      graph_.edges.push_back(
          {.from = from.first + j, .to = to.first + i, .cycles = cycles, .distance = distance, .read = read});
    }
  }
}

void GraphBuilder::add_carried(const Block& block, const std::vector<Placed>& placed, bool reuse) {
  for (std::size_t i = 0; i < block.ops.size(); ++i) {
    for (const Use& use : block.ops[i].uses) {
      if (use.from == From::kBefore && use.op < placed.size()) {
        connect(placed[use.op], placed[i], use, 1);
      }
    }
  }
  if (!reuse) {
    return;
  }
  const std::size_t count = graph_.edges.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Edge edge = graph_.edges[i];
    if (edge.read == 0 || edge.from == edge.to) {
      continue;
    }
    // Written again in stage `made` of the next iteration, after it was read in stage `read` of this one.
    const Operation& made = operation(graph_.nodes[static_cast<std::size_t>(edge.from)].op);
    graph_.edges.push_back(
        {.from = edge.to, .to = edge.from, .cycles = edge.read - made.made, .distance = 1 - edge.distance});
  }
}

}  // namespace skald::npu::counting
