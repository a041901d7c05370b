#include "npu/emit/core_text.h"

#include <algorithm>
#include <span>
#include <utility>

#include "npu/emit/core_values.h"
#include "npu/emit/rotation.h"

namespace skald::npu {
namespace {

using text::Lines;

class CorePrinter {
 public:
  CorePrinter(const Program& program, const Core& core, Declarations& declarations, Lines& lines, Lines::Place top)
      : program_(program),
        core_(core),
        declarations_(declarations),
        lines_(lines),
        values_(program, core, lines, top) {}

  Result<void> print(const std::vector<Step>& body) {
    for (const Step& step : body) {
      SKALD_CHECK(std::visit([this](const auto& action) { return print(action); }, step.action));
    }
    return {};
  }

 private:
  const Fifo& fifo(int index) const { return program_.fifos[static_cast<size_t>(index)]; }

  /// A region that runs any number of times (`repeats`), or once or not at all.
  Result<void> print_region(const std::vector<Step>& body, bool repeats) {
    Touched touched;
    touched.add(body);
    CoreValues::State before = values_.state();
    if (repeats) values_.forget(touched);
    lines_.indent();
    SKALD_CHECK(print(body));
    lines_.outdent();
    return values_.restore(std::move(before), touched);
  }

  void forget(std::span<const std::vector<Step>> bodies) {
    Touched touched;
    for (const auto& body : bodies) touched.add(body);
    values_.forget(touched);
  }

  Result<void> print(const Loop& loop) {
    const bool known = loop.count.kind == Scalar::Kind::kConstant;
    if (loop.body.empty() || (known && loop.count.value == 0)) return {};
    std::string bound;
    if (known) {
      bound = values_.constant(loop.count.value < 0 ? CoreValues::kForEver : loop.count.value, "index");
    } else {
      SKALD_TRY(const std::string count, values_.number(loop.count));
      bound = values_.fresh("bound");
      lines_.add(bound + " = arith.index_cast " + count + " : i32 to index");
    }
    const std::string counter = values_.fresh("i");
    const std::string from = values_.constant(0, "index");
    const std::string step = values_.constant(1, "index");
    std::string line = "scf.for " + counter;
    line += " = " + from;
    line += " to " + bound;
    line += " step " + step;
    const auto place = lines_.add(line + " {");
    values_.enter_loop(counter, place);
    SKALD_CHECK(print_region(loop.body, true));
    values_.leave_loop();
    lines_.add("}");
    forget({&loop.body, 1});
    return {};
  }

  Result<void> print(const Choose& choose) {
    SKALD_TRY(const std::string selector, values_.number(choose.selector));
    for (size_t i = 0; i < choose.phases.size(); ++i) {
      if (choose.phases[i].empty()) continue;
      const std::string chosen = values_.fresh("chosen");
      const std::string phase = values_.constant(static_cast<int64_t>(i), "i32");
      std::string line = chosen + " = arith.cmpi eq, ";
      line += selector;
      line += ", " + phase;
      lines_.add(line + " : i32");
      lines_.add("scf.if " + chosen + " {");
      SKALD_CHECK(print_region(choose.phases[i], false));
      lines_.add("}");
    }
    forget(choose.phases);
    return {};
  }

  /// "@name(Consume, 2)"
  Result<std::string> port(int index, int count) const {
    const Fifo& shown = fifo(index);
    const bool produces = shown.producer == core_.tile;
    const auto here = [&](const Consumer& consumer) { return consumer.tile == core_.tile; };
    if (!produces && std::ranges::none_of(shown.consumers, here)) {
      return values_.wrong("has no end of " + shown.name, "acquire only what begins or ends on the tile");
    }
    std::string text = "@" + shown.name;
    text += produces ? "(Produce, " : "(Consume, ";
    return text + std::to_string(count) + ")";
  }

  Result<void> print(const Acquire& acquire) {
    SKALD_TRY(const std::string end, port(acquire.fifo, acquire.count));
    const std::string view = values_.fresh("view");
    const std::string type = "!aie.objectfifosubview<" + text::memref(fifo(acquire.fifo).block) + ">";
    values_.acquired(acquire, view, lines_.add(view + " = aie.objectfifo.acquire " + end + " : " + type));
    return {};
  }

  Result<void> print(const Release& release) {
    SKALD_TRY(const std::string end, port(release.fifo, release.count));
    SKALD_CHECK(values_.released(release));
    lines_.add("aie.objectfifo.release " + end);
    return {};
  }

  Result<void> print(const AwaitParameters& /*await*/) {
    SKALD_TRY(const Parameters* awaited, values_.parameters());
    values_.handed_over(lines_.add("aie.use_lock(%handover_" + awaited->name + ", AcquireGreaterEqual, 1)"));
    return {};
  }

  /// Bytes as what a kernel takes, from a byte on: a view of its own, as pointers to memory that begins elsewhere are
  /// passed without the offset.
  std::string view(const std::string& value, const Operand& operand, const std::string& given,
                   const std::string& wanted) {
    const std::string from = values_.constant(operand.from, "index");
    std::string made = values_.fresh("part");
    lines_.add(made + " = memref.view " + value + "[" + from + "][] : " + given + " to " + wanted);
    return made;
  }

  Result<void> print(const Call& call) {
    SKALD_TRY(const Declaration* callee, declarations_.of(call));
    std::string operands;
    std::string types;
    for (size_t i = 0; i < call.operands.size(); ++i) {
      SKALD_TRY(std::string value, values_.operand(call.operands[i]));
      const std::string given = declarations_.given(call.operands[i]);
      if (given != callee->types[i]) {
        value = view(value, call.operands[i], given, callee->types[i]);
      } else if (call.operands[i].from != 0) {
        return values_.wrong("gives " + call.kernel + " memory from a byte on, of which it is not known what it takes",
                             "say which blocks the kernel has");
      }
      operands += text::separator(operands);
      operands += value;
      types += text::separator(types);
      types += callee->types[i];
    }
    lines_.add("func.call @" + callee->code.symbol + "(" + operands + ") : (" + types + ") -> ()");
    return {};
  }

  const Program& program_;
  const Core& core_;
  Declarations& declarations_;
  Lines& lines_;
  CoreValues values_;
};

}  // namespace

Result<void> print_core(const Program& program, const Core& core, Declarations& declarations, text::Lines& lines) {
  const std::string tile = std::to_string(core.tile.column) + "_" + std::to_string(core.tile.row);
  const auto top = lines.add("%core_" + tile + " = aie.core(" + text::tile_value(core.tile) + ") {");
  lines.indent();
  SKALD_CHECK(CorePrinter(program, core, declarations, lines, top).print(core.body));
  lines.add("aie.end");
  lines.outdent();
  lines.add("} {stack_size = " + std::to_string(core.stack_bytes) + " : i32" +
            (needs_dynamic_lowering(program, core) ? ", dynamic_objfifo_lowering = true}" : "}"));
  return {};
}

}  // namespace skald::npu
