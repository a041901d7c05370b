#include "npu/aie_host/counting/cost.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "npu/aie_host/counting/graph.h"
#include "npu/aie_host/counting/operations.h"
#include "npu/aie_host/counting/schedule.h"
#include "npu/aie_host/counting/trace.h"

namespace skald::npu::counting {
namespace {

/// What one execution of a body costs.
struct BodyCost {
  std::int64_t cycles = 0;
  std::int64_t macs = 0;
  std::int64_t multiplies = 0;
  bool walls = false;  ///< has loops or calls inside
};

/// The interval of a pipelined loop's body.
struct Steady {
  Pipeline pipeline;
  int straight = 0;    ///< length of its list schedule
  int overlapped = 0;  ///< bytes of text beyond one iteration
};

bool is_call(const Recorded& op) {
  return operation(op.op).call != 0;
}

bool has_walls(const Block& block) {
  return std::any_of(block.items.begin(), block.items.end(), [&block](const Item& item) {
    return item.kind != Item::Kind::kOperation || is_call(block.ops[item.index]);
  });
}

/// For each operation, the last item that uses its result.
std::vector<std::size_t> last_uses(const Block& block) {
  std::vector<std::size_t> last(block.ops.size(), 0);
  for (std::size_t position = 0; position < block.items.size(); ++position) {
    if (block.items[position].kind != Item::Kind::kOperation) {
      continue;
    }
    for (const Use& use : block.ops[block.items[position].index].uses) {
      if (use.from == From::kHere) {
        last[use.op] = position;
      }
    }
  }
  return last;
}

/// Cycles from one iteration to the next when they do not overlap: the schedule's length, or more where a carried value
/// needs it.
int with_carried(GraphBuilder builder, const Block& block, const std::vector<Placed>& placed,
                 const Schedule& schedule) {
  const Graph& graph = builder.graph();
  const std::size_t within = graph.edges.size();
  builder.add_carried(block, placed, false);
  int length = schedule.length;
  for (std::size_t i = within; i < graph.edges.size(); ++i) {
    const Edge& edge = graph.edges[i];
    length = std::max(length, schedule.start[static_cast<std::size_t>(edge.from)] + edge.cycles -
                                  schedule.start[static_cast<std::size_t>(edge.to)]);
  }
  return length;
}

class Coster {
 public:
  explicit Coster(const Trace& trace) : trace_(trace) {}

  Cost run() {
    Cost result;
    result.fault = trace_.fault;
    if (!result.fault.empty()) {
      return result;
    }
    const BodyCost kernel = body(trace_.root, false);
    result.cycles = kernel.cycles + kCallCycles;
    result.macs = kernel.macs;
    result.multiplies = kernel.multiplies;
    std::map<std::string, std::int64_t> called;
    for (const auto& [place, bytes] : text_) {
      result.text_bytes += bytes;
      if (!place.first.empty()) called[place.first] += bytes;
    }
    for (const auto& [name, bytes] : called) result.called.push_back({.name = name, .text_bytes = bytes});
    count_loops(trace_.root, 1);
    for (auto& [site, loop] : loops_) {
      result.loops.push_back(loop);
    }
    return result;
  }

 private:
  /// A stretch of a body without walls, under construction.
  struct Stretch {
    GraphBuilder builder;
    std::int64_t further = 0;  ///< cycles of the iterations of the loop inside that are not laid out
    int overlapped = 0;        ///< bytes of text of that loop's overlapped iterations
    bool has_loop = false;
    bool empty = true;
    int alone = 0;  ///< length of the loop's iteration when there is nothing else
  };

  BodyCost body(std::uint32_t index, bool in_loop) {
    const auto known = bodies_.find({index, in_loop});
    if (known != bodies_.end()) {
      return known->second;
    }
    const BodyCost made = make_body(trace_.blocks[index], in_loop);
    bodies_[{index, in_loop}] = made;
    return made;
  }

  BodyCost make_body(const Block& block, bool in_loop) {
    BodyCost result;
    result.walls = has_walls(block);
    std::int64_t bytes = 0;
    Stretch stretch;
    std::vector<Placed> placed(block.ops.size());
    std::vector<std::vector<Placed>> nested(block.items.size());
    const std::vector<std::size_t> last_use = last_uses(block);
    const auto close = [&](std::size_t position) {
      if (!stretch.empty) {
        for (std::size_t i = 0; i < placed.size(); ++i) {
          for (int part = 0; part < placed[i].count && last_use[i] >= position; ++part) {
            stretch.builder.graph().leaves[static_cast<std::size_t>(placed[i].first) + static_cast<std::size_t>(part)] =
                true;
          }
        }
        result.cycles += finish(stretch, bytes);
      }
      // What was laid out is done: operands from there are ready.
      stretch = {};
      std::fill(placed.begin(), placed.end(), Placed{});
      std::fill(nested.begin(), nested.end(), std::vector<Placed>{});
    };
    for (std::size_t position = 0; position < block.items.size(); ++position) {
      const Item& item = block.items[position];
      if (item.kind == Item::Kind::kOperation) {
        const Recorded& op = block.ops[item.index];
        result.macs += op.macs;
        count_multiplies(op, result);
        if (is_call(op)) {
          close(position);
          result.cycles += static_cast<std::int64_t>(op.count) * operation(op.op).call;
        } else {
          placed[item.index] = stretch.builder.add(op, placed, nullptr, &nested);
          stretch.empty = stretch.empty && op.count == 0;
          stretch.alone = op.count == 0 ? stretch.alone : 0;
        }
      } else if (item.kind == Item::Kind::kCall) {
        close(position);
        const std::string caller = std::exchange(function_, trace_.blocks[item.index].site);
        const BodyCost called = body(item.index, false);
        function_ = caller;
        result.cycles += called.cycles + kCallCycles;
        add_counts(result, called, 1);
      } else {
        const Loop& loop = trace_.loops[item.index];
        if (stretch.has_loop || !lies_flat(loop)) {
          close(position);
        }
        if (lies_flat(loop)) {
          lay_out(loop, placed, nested[position], stretch, result);
        } else {
          result.cycles += plain_loop(loop, result);
        }
      }
    }
    carried_ = in_loop && !result.walls ? &block : nullptr;
    carried_placed_ = &placed;
    close(block.items.size());
    if (in_loop && result.walls) {
      result.cycles = std::max<std::int64_t>(result.cycles, 1 + kDelaySlots);
      bytes += 6;  // the branch
    }
    std::int64_t& text = text_[{function_, block.site}];
    text = std::max(text, bytes + kFunctionBytes * (in_loop ? 0 : 1));
    return result;
  }

  static void count_multiplies(const Recorded& op, BodyCost& result) {
    if (op.op == Op::kIntMul || op.op == Op::kIntMac || op.op == Op::kBf16Mul || op.op == Op::kBf16Mac) {
      result.multiplies += op.count;
    }
  }

  static void add_counts(BodyCost& to, const BodyCost& from, std::int64_t times) {
    to.macs += from.macs * times;
    to.multiplies += from.multiplies * times;
  }

  /// Whether a loop's iterations overlap and it can be laid out with what is around it.
  bool lies_flat(const Loop& loop) {
    if (loop.kind != LoopKind::kPipelined) {
      return false;
    }
    const std::size_t size = trace_.blocks[loop.runs[0].block].ops.size();
    return std::all_of(loop.runs.begin(), loop.runs.end(), [&](const Run& run) {
      const Block& block = trace_.blocks[run.block];
      return block.ops.size() == size && !has_walls(block) && steady(loop, run).pipeline.interval != 0;
    });
  }

  /// The block of the iterations between those of `run`: another one where two take turns.
  std::uint32_t between(const Loop& loop, const Run& run) const {
    constexpr std::size_t kFewest = 4;
    const std::vector<Run>& runs = loop.runs;
    if (runs.size() < kFewest) return run.block;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i].count != 1 || runs[i].block != runs[i % 2].block) return run.block;
    }
    const auto kinds = [this](std::uint32_t index) {
      std::vector<Op> all;
      for (const Recorded& op : trace_.blocks[index].ops) all.insert(all.end(), op.count, op.op);
      return all;
    };
    const std::uint32_t other = run.block == runs[0].block ? runs[1].block : runs[0].block;
    return kinds(run.block) == kinds(other) ? other : run.block;
  }

  const Steady& steady(const Loop& loop, const Run& run) {
    const std::uint32_t other = between(loop, run);
    const std::tuple key{run.block, other, loop.minimum_trips};
    if (const auto known = steady_.find(key); known != steady_.end()) {
      return known->second;
    }
    const Block& block = trace_.blocks[run.block];
    GraphBuilder builder;
    std::vector<Placed> placed(block.ops.size());
    for (std::size_t i = 0; i < block.ops.size(); ++i) {
      placed[i] = builder.add(block.ops[i], placed, nullptr, nullptr);
    }
    Steady made;
    const Schedule straight = list_schedule(builder.graph());
    made.straight = with_carried(builder, block, placed, straight);
    builder.add_carried(block, placed, true);
    for (std::size_t i = 0; i < block.ops.size(); ++i) {
      for (int part = 0; part < placed[i].count; ++part) {
        builder.graph().nodes[static_cast<std::size_t>(placed[i].first) + static_cast<std::size_t>(part)].other =
            trace_.blocks[other].ops[i].bank;
      }
    }
    made.pipeline = modulo_schedule(builder.graph(), std::max(loop.minimum_trips, 1), made.straight);
    if (made.pipeline.interval != 0) made.overlapped = overlapped_bytes(builder.graph(), made.pipeline);
    return steady_[key] = made;
  }

  /// Puts the first iteration of a pipelined loop into the stretch; the others follow at the loop's interval.
  void lay_out(const Loop& loop, const std::vector<Placed>& enclosing, std::vector<Placed>& placed, Stretch& stretch,
               BodyCost& result) {
    const Block& first = trace_.blocks[loop.runs[0].block];
    placed.assign(first.ops.size(), Placed{});
    for (std::size_t i = 0; i < first.ops.size(); ++i) {
      placed[i] = stretch.builder.add(first.ops[i], placed, &enclosing, nullptr);
    }
    stretch.alone = stretch.empty ? 1 : 0;
    stretch.empty = false;
    stretch.has_loop = true;
    int bytes = 0;
    for (const Run& run : loop.runs) {
      const Steady& of_run = steady(loop, run);
      const Pipeline& pipeline = of_run.pipeline;
      stretch.alone = stretch.alone != 0 ? std::max(stretch.alone, pipeline.length) : 0;
      const std::int64_t times = run.count - (&run == loop.runs.data() ? 1 : 0);
      stretch.further += times * pipeline.interval;
      bytes = std::max(bytes, of_run.overlapped);
      BodyCost counts;
      for (const Recorded& op : trace_.blocks[run.block].ops) {
        counts.macs += op.macs;
        count_multiplies(op, counts);
      }
      add_counts(result, counts, run.count);
    }
    stretch.overlapped = bytes;
  }

  std::int64_t plain_loop(const Loop& loop, BodyCost& result) {
    std::int64_t cycles = 0;
    bool walls = false;
    for (const Run& run : loop.runs) {
      const BodyCost one = body(run.block, true);
      walls = walls || one.walls;
      cycles += one.cycles * run.count;
      add_counts(result, one, run.count);
    }
    return cycles + (walls ? 1 : kLoopSetup);
  }

  /// Cycles of a stretch; adds its text to `bytes`.
  std::int64_t finish(Stretch& stretch, std::int64_t& bytes) {
    Graph& graph = stretch.builder.graph();
    const Schedule schedule = list_schedule(graph);
    int length = stretch.alone != 0 ? std::min(schedule.length, stretch.alone) : schedule.length;
    if (carried_ != nullptr) {
      length = with_carried(stretch.builder, *carried_, *carried_placed_, schedule);
      carried_ = nullptr;
    }
    bytes += code_bytes(graph, schedule) + std::max(0, length - schedule.length) * kShortestBundle + stretch.overlapped;
    return length + stretch.further;
  }

  void count_loops(std::uint32_t index, std::int64_t times) {
    const Block& block = trace_.blocks[index];
    for (const Item& item : block.items) {
      if (item.kind == Item::Kind::kCall) {
        count_loops(item.index, times);
      } else if (item.kind == Item::Kind::kLoop) {
        count_loop(trace_.loops[item.index], times);
      }
    }
  }

  void count_loop(const Loop& loop, std::int64_t times) {
    LoopCost& entry = loops_[loop.site];
    entry.site = loop.site;
    entry.asked = loop.kind == LoopKind::kPipelined;
    entry.trips = loop.trips;
    entry.times += times;
    BodyCost counts;
    if (lies_flat(loop)) {
      const Run& most = *std::max_element(loop.runs.begin(), loop.runs.end(),
                                          [](const Run& a, const Run& b) { return a.count < b.count; });
      const Pipeline& pipeline = steady(loop, most).pipeline;
      entry.interval = pipeline.interval;
      entry.length = pipeline.length;
      entry.stages = pipeline.stages;
      entry.resource_bound = pipeline.resource_bound;
      entry.recurrence_bound = pipeline.recurrence_bound;
      entry.vector_registers = pipeline.vector_registers;
      entry.accumulators = pipeline.accumulators;
      entry.cycles += times * (pipeline.length + (loop.trips - 1) * pipeline.interval);
    } else {
      entry.length = static_cast<int>(body(loop.runs.back().block, true).cycles);
      entry.cycles += times * plain_loop(loop, counts);
    }
    for (const Run& run : loop.runs) {
      count_loops(run.block, times * run.count);
    }
  }

  const Trace& trace_;
  std::map<std::pair<std::uint32_t, bool>, BodyCost> bodies_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, int>, Steady> steady_;
  std::map<std::pair<std::string, std::string>, std::int64_t> text_;  ///< by function (none: the kernel) and site
  std::string function_;                                              ///< that is being costed
  std::map<std::string, LoopCost> loops_;
  const Block* carried_ = nullptr;
  const std::vector<Placed>* carried_placed_ = nullptr;
};

}  // namespace

Cost cost(const Trace& trace) {
  return Coster(trace).run();
}

}  // namespace skald::npu::counting
