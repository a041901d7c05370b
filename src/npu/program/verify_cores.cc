// What the cores do: objects held and given back, kernels and their operands, parameters.

#include <algorithm>
#include <map>
#include <set>

#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

std::string where_of(const Core& core) {
  return "core " + to_string(core.tile);
}

/// Depth of the end of `fifo` at `tile`; 0: it has none there.
int depth_at(const Fifo& fifo, Tile tile) {
  if (fifo.producer == tile) return fifo.depth;
  for (const Consumer& consumer : fifo.consumers) {
    if (consumer.tile == tile) return consumer.depth;
  }
  return 0;
}

template <class Action, class Visit>
void for_each_action(const Context& c, const Visit& visit) {
  for (const Core& core : c.program.cores) {
    for_each_step(core.body, [&](const Step& step, int depth) {
      if (const Action* action = std::get_if<Action>(&step.action)) visit(core, *action, depth);
    });
  }
}

void core_end(const Context& c, Report& report) {
  const auto look = [&](const Core& core, int fifo, const char* what) {
    if (depth_at(c.fifo(fifo), core.tile) > 0) return;
    report(where_of(core), std::string(what) + " objects of fifo " + c.fifo(fifo).name + ", which does not end there",
           "use the streams that end at the core's tile");
  };
  for_each_action<Acquire>(c, [&](const Core& core, const Acquire& step, int) { look(core, step.fifo, "acquires"); });
  for_each_action<Release>(c, [&](const Core& core, const Release& step, int) { look(core, step.fifo, "releases"); });
}

void acquire_depth(const Context& c, Report& report) {
  for_each_action<Acquire>(c, [&](const Core& core, const Acquire& step, int) {
    const int depth = depth_at(c.fifo(step.fifo), core.tile);
    if (depth == 0 || step.count <= depth) return;
    report(
        where_of(core),
        "acquires " + text(step.count) + " objects of fifo " + c.fifo(step.fifo).name + ", which holds " + text(depth),
        "it would wait for ever: make the stream deeper");
  });
}

void loop_count(const Context& c, Report& report) {
  for (const Core& core : c.program.cores) {
    for_each_step(core.body, [&](const Step& step, int) {
      const Loop* loop = std::get_if<Loop>(&step.action);
      if (loop == nullptr || loop->count.kind != Scalar::Kind::kConstant || loop->count.value != 0) return;
      report(where_of(core), "a loop runs 0 times", "leave it out: the toolchain refuses to unroll it");
    });
    for_each_step(core.body, [&](const Step& step, int depth) {
      const Loop* loop = std::get_if<Loop>(&step.action);
      if (loop == nullptr || loop->count.kind != Scalar::Kind::kConstant || loop->count.value >= 0) return;
      if (depth == 0 && &step == &core.body.back()) return;
      report(where_of(core), "an endless loop is not the last thing that the core does",
             "nothing behind or around it is ever reached");
    });
  }
}

/// Visits every number with the loops around it.
template <class Visit>
void for_each_scalar(const Context& c, const Visit& visit) {
  for_each_action<Loop>(c, [&](const Core& core, const Loop& loop, int depth) { visit(core, loop.count, depth); });
  for_each_action<Choose>(
      c, [&](const Core& core, const Choose& choose, int depth) { visit(core, choose.selector, depth); });
  for_each_action<Call>(c, [&](const Core& core, const Call& call, int depth) {
    for (const Operand& operand : call.operands) {
      if (operand.kind == Operand::Kind::kScalar) visit(core, operand.scalar, depth);
    }
  });
}

void scalar_range(const Context& c, Report& report) {
  for_each_scalar(c, [&](const Core& core, const Scalar& scalar, int depth) {
    if (scalar.kind == Scalar::Kind::kConstant) return;
    int words = 0;
    for (const Parameters& given : c.program.parameters) words = given.tile == core.tile ? given.words : words;
    const bool counter = scalar.kind == Scalar::Kind::kLoopCounter;
    if (scalar.value >= 0 && scalar.value < (counter ? depth : words)) return;
    report(where_of(core),
           counter ? "counter " + text(scalar.value) + " where " + text(depth) + " loops are around"
                   : "parameter " + text(scalar.value) + " of " + text(words),
           "name a loop or a word that is there");
  });
  for_each_action<Choose>(c, [&](const Core& core, const Choose& choose, int) {
    const auto phases = static_cast<int64_t>(choose.phases.size());
    const bool constant = choose.selector.kind == Scalar::Kind::kConstant;
    if (phases > 0 && !(constant && (choose.selector.value < 0 || choose.selector.value >= phases))) return;
    report(where_of(core), "chooses among " + text(phases) + " phases one that is not there", "name one of them");
  });
}

void kernel_known(const Context& c, Report& report) {
  std::set<std::string> told;
  for_each_action<Call>(c, [&](const Core& core, const Call& call, int) {
    if (c.kernels.kernel(call.kernel) || !told.insert(call.kernel).second) return;
    report(where_of(core), "there is no kernel " + call.kernel, "name one of the kernel catalogue");
  });
}

/// The block behind an operand that is memory.
const Block& block_of(const Context& c, const Operand& operand) {
  return operand.kind == Operand::Kind::kObject ? c.fifo(operand.id).block
                                                : c.program.buffers[static_cast<size_t>(operand.id)].block;
}

template <class Visit>
void for_each_argument(const Context& c, const Visit& visit) {
  for_each_action<Call>(c, [&](const Core& core, const Call& call, int) {
    const auto kernel = c.kernels.kernel(call.kernel);
    if (!kernel) return;
    for (size_t i = 0; i < std::min(kernel->blocks.size(), call.operands.size()); ++i) {
      if (call.operands[i].kind == Operand::Kind::kScalar) continue;
      visit(core, kernel->blocks[i], call.operands[i], call.kernel + ", " + kernel->blocks[i].name);
    }
  });
}

void kernel_operands(const Context& c, Report& report) {
  for_each_action<Call>(c, [&](const Core& core, const Call& call, int) {
    const auto kernel = c.kernels.kernel(call.kernel);
    if (!kernel) return;
    const size_t blocks = kernel->blocks.size();
    bool right = call.operands.size() == blocks + static_cast<size_t>(kernel->scalars);
    for (size_t i = 0; right && i < call.operands.size(); ++i) {
      right = (call.operands[i].kind == Operand::Kind::kScalar) == (i >= blocks);
    }
    if (right) return;
    report(where_of(core), "calls " + call.kernel + " with " + std::to_string(call.operands.size()) + " operands",
           "it takes " + std::to_string(blocks) + " blocks, then " + text(kernel->scalars) + " numbers");
  });
}

/// Whether bytes hold what a kernel wants, from an aligned place on; only a buffer may be larger than what is written.
bool fits_bytes(const Block& block, const KernelBlock& wanted, const Operand& operand) {
  const int64_t left = bytes_of(block) - operand.from;
  const int64_t bytes = wanted.elements * bytes_of(wanted.type);
  if (operand.from < 0 || operand.from % kNpu1.tools.alignment != 0 || left < bytes) return false;
  return operand.kind == Operand::Kind::kBuffer || wanted.access == Access::kRead || left == bytes;
}

void operand_block(const Context& c, Report& report) {
  for_each_argument(
      c, [&](const Core& core, const KernelBlock& wanted, const Operand& operand, const std::string& what) {
        const Block& block = block_of(c, operand);
        if (block.type == Element::kI8 && fits_bytes(block, wanted, operand)) return;
        // What a kernel only reads may lie at the start of something larger: parameters in an object of their stream.
        const bool room = wanted.access == Access::kRead ? elements_of(block) >= wanted.elements
                                                         : elements_of(block) == wanted.elements;
        if (block.type == wanted.type && room && operand.from == 0) return;
        report(where_of(core), what + " is given " + text(elements_of(block)) + " elements of " + to_string(block.type),
               "it takes " + text(wanted.elements) + " of " + to_string(wanted.type));
      });
}

void operand_access(const Context& c, Report& report) {
  for_each_argument(c,
                    [&](const Core& core, const KernelBlock& wanted, const Operand& operand, const std::string& what) {
                      if (wanted.access == Access::kRead || operand.kind != Operand::Kind::kObject) return;
                      if (c.fifo(operand.id).producer == core.tile) return;
                      report(where_of(core), what + " writes to an object that the core consumes",
                             "write to an object that it produces, or to a buffer");
                    });
}

void operand_table(const Context& c, Report& report) {
  for_each_argument(
      c, [&](const Core& core, const KernelBlock& wanted, const Operand& operand, const std::string& what) {
        if (wanted.table.empty()) return;
        const bool buffer = operand.kind == Operand::Kind::kBuffer;
        if (buffer && c.program.buffers[static_cast<size_t>(operand.id)].table == wanted.table) return;
        report(where_of(core), what + " needs table " + wanted.table, "give it a buffer that holds that table");
      });
}

void buffer_reach(const Context& c, Report& report) {
  for_each_action<Call>(c, [&](const Core& core, const Call& call, int) {
    for (const Operand& operand : call.operands) {
      if (operand.kind != Operand::Kind::kBuffer) continue;
      const Buffer& buffer = c.program.buffers[static_cast<size_t>(operand.id)];
      if (reaches(core.tile, buffer.tile, *c.device)) continue;
      report(where_of(core), "uses buffer " + buffer.name + " at " + to_string(buffer.tile),
             "a core reaches its own memory and that to the west, north and south");
    }
  });
}

void parameter_awaited(const Context& c, Report& report) {
  for (const Core& core : c.program.cores) {
    bool awaited = false;
    bool told = false;
    const auto look = [&](const Scalar& scalar) {
      if (awaited || told || scalar.kind != Scalar::Kind::kParameter) return;
      told = true;
      report(where_of(core), "reads parameters before it has awaited them",
             "await first: they are written when the core is already running");
    };
    for_each_step(core.body, [&](const Step& step, int) {
      if (std::holds_alternative<AwaitParameters>(step.action)) awaited = true;
      if (const Loop* loop = std::get_if<Loop>(&step.action)) look(loop->count);
      if (const Choose* choose = std::get_if<Choose>(&step.action)) look(choose->selector);
      const Call* call = std::get_if<Call>(&step.action);
      if (call == nullptr) return;
      for (const Operand& operand : call->operands) {
        if (operand.kind == Operand::Kind::kScalar) look(operand.scalar);
      }
    });
    const bool given = std::ranges::any_of(
        c.program.parameters, [&core](const Parameters& parameters) { return parameters.tile == core.tile; });
    if (awaited && !given) report(where_of(core), "awaits parameters that it does not have", "declare some");
  }
}

using Held = std::map<int, int>;

/// Follows the objects that a core holds through its text. Loops and choices have to leave what they found.
class Walk {
 public:
  Walk(const Context& context, const Core& core, Report& report, bool about_balance)
      : c_(context), core_(core), report_(report), about_balance_(about_balance) {}

  void run() {
    Held held;
    walk(core_.body, held);
    for (const auto& [fifo, count] : held) {
      if (count > 0) unbalanced(fifo, "still holds " + text(count) + " objects at its end");
    }
  }

 private:
  void walk(const std::vector<Step>& steps, Held& held) {
    for (const Step& step : steps) {
      std::visit([&](const auto& action) { take(action, held); }, step.action);
    }
  }

  void take(const Acquire& step, Held& held) { held[step.fifo] = std::max(held[step.fifo], step.count); }

  void take(const Release& step, Held& held) {
    int& count = held[step.fifo];
    if (count < step.count) {
      unbalanced(step.fifo, "releases " + text(step.count) + " objects where it holds " + text(count));
    }
    count = std::max(0, count - step.count);
  }

  void take(const Call& call, Held& held) {
    for (const Operand& operand : call.operands) {
      if (operand.kind != Operand::Kind::kObject || about_balance_) continue;
      const int count = held[operand.id];
      if (operand.index >= 0 && operand.index < count) continue;
      report_(where_of(core_),
              "calls " + call.kernel + " with object " + text(operand.index) + " of fifo " + c_.fifo(operand.id).name +
                  " where it holds " + text(count),
              "acquire it first");
    }
  }

  void take(const Loop& loop, Held& held) {
    Held inside = held;
    walk(loop.body, inside);
    compare(held, inside, "a round of a loop");
  }

  void take(const Choose& choose, Held& held) {
    for (const std::vector<Step>& phase : choose.phases) {
      Held inside = held;
      walk(phase, inside);
      compare(held, inside, "a phase");
    }
  }

  void take(const AwaitParameters&, Held&) {}

  void compare(Held before, const Held& after, const char* what) {
    for (const auto& [fifo, count] : after) {
      if (before[fifo] != count) {
        unbalanced(fifo,
                   std::string(what) + " begins with " + text(before[fifo]) + " objects and ends with " + text(count));
      }
    }
  }

  void unbalanced(int fifo, const std::string& message) {
    if (!about_balance_) return;
    report_(where_of(core_) + ", fifo " + c_.fifo(fifo).name, message,
            "release what was acquired, in the same round of the same loop");
  }

  const Context& c_;
  const Core& core_;
  Report& report_;
  bool about_balance_;
};

void balance(const Context& c, Report& report) {
  for (const Core& core : c.program.cores) Walk(c, core, report, true).run();
}

void operand_held(const Context& c, Report& report) {
  for (const Core& core : c.program.cores) Walk(c, core, report, false).run();
}

}  // namespace

std::span<const Row> core_rows() {
  static constexpr Row kRows[] = {
      {{"core-end", "a core acquires and releases where a stream ends at its tile", "mlir-aie ObjectFifoAcquireOp"},
       1,
       core_end},
      {{"acquire-depth", "a core holds no more objects than there are", "it would wait for ever"}, 1, acquire_depth},
      {{"loop-count", "loops run; an endless one is the last thing of a core", "mlir-aie unrollForLoops"},
       1,
       loop_count},
      {{"scalar-range", "counters, parameters and phases that are named exist", "program.h"}, 1, scalar_range},
      {{"kernel-known", "kernels are those of the catalogue", "mlir-aie.md: kernels without link_with"},
       1,
       kernel_known},
      {{"kernel-operands", "a call has a kernel's operands in its order", "kernel catalogue"}, 1, kernel_operands},
      {{"operand-block",
        "operands have the type and extent that a kernel takes (or more, where it only reads), or the bytes for it",
        "mlir-aie.md, rejected"},
       1,
       operand_block},
      {{"operand-access", "a kernel does not write to what a core consumes", "the producer still owns its contents"},
       1,
       operand_access},
      {{"operand-table", "a kernel gets the lookup table that it needs", "kernel catalogue"}, 1, operand_table},
      {{"buffer-reach", "a core uses memory that it reaches", "npu.md 1.3, 7.3: no east window"}, 1, buffer_reach},
      {{"parameter-awaited", "parameters are read after they were awaited", "program.h"}, 1, parameter_awaited},
      {{"balance", "every round of a loop releases what it acquires",
        "mlir-aie.md: missing releases; npu.md pitfall 27"},
       2,
       balance},
      {{"operand-held", "objects that a kernel gets are held", "mlir-aie ObjectFifoSubviewAccessOp"}, 2, operand_held},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
