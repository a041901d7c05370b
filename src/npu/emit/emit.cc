#include "npu/emit/emit.h"

#include <algorithm>
#include <set>
#include <utility>

#include "npu/emit/core_text.h"
#include "npu/emit/core_values.h"
#include "npu/emit/declarations.h"
#include "npu/emit/sequence_text.h"
#include "npu/emit/text.h"
#include "npu/program/blocks.h"

namespace skald::npu {
namespace {

using text::Lines;

/// "[x, y]" and the like: `text(element)` of all.
template <class Range, class Text>
std::string list(const char* open, const Range& range, const char* close, const Text& text) {
  std::string parts;
  for (const auto& element : range) {
    parts += text::separator(parts);
    parts += text(element);
  }
  return open + parts + close;
}

class Printer {
 public:
  Printer(const Program& program, const EmitLookups& lookups)
      : program_(program), lookups_(lookups), declarations_(program, lookups) {}

  Result<std::string> run() {
    // Cores first, for they say which kernels are called; in the text, declarations stand in front of them.
    Lines cores;
    cores.indent();
    cores.indent();
    for (const Core& core : program_.cores) SKALD_CHECK(print_core(program_, core, declarations_, cores));
    SKALD_CHECK(check_symbols());

    lines_.add("// " + program_.name + ", for " + std::string(kMlirAieVersion));
    lines_.add("module {");
    lines_.indent();
    lines_.add("aie.device(" + program_.device + ") {");
    lines_.indent();
    tiles();
    for (const Fifo& fifo : program_.fifos) print(fifo);
    for (const Link& link : program_.links) print(link);
    for (const Declaration* kernel : declarations_.in_order()) print(*kernel);
    for (const Buffer& buffer : program_.buffers) SKALD_CHECK(print(buffer));
    for (const Parameters& parameters : program_.parameters) print(parameters);
    lines_.append(std::move(cores));
    SKALD_CHECK(print_sequence(program_, lines_));
    lines_.outdent();
    lines_.add("}");
    lines_.outdent();
    lines_.add("}");
    return lines_.joined();
  }

 private:
  /// The device has one table of symbols, and verify does not know all: C names of kernels, and those made here.
  Result<void> check_symbols() const {
    std::set<std::string> known = {std::string(kSequenceName)};
    std::string twice;
    const auto look = [&](const std::string& symbol) {
      if (!known.insert(symbol).second) twice = symbol;
    };
    for (const Fifo& fifo : program_.fifos) look(fifo.name);
    for (const Buffer& buffer : program_.buffers) look(buffer.name);
    for (const Parameters& parameters : program_.parameters) {
      look(parameters.name);
      look(lock_name(parameters));
    }
    for (const Declaration* kernel : declarations_.in_order()) look(kernel->code.symbol);
    if (twice.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, program_.name, "'" + twice + "' stands for two things", "rename one");
  }

  /// Whether they have a lock: a core awaits them, or the sequence hands them over.
  bool is_handed_over(const Parameters& parameters) const {
    const bool awaited = std::ranges::any_of(program_.cores, [&](const Core& core) {
      Touched touched;
      touched.add(core.body);
      return core.tile == parameters.tile && touched.parameters;
    });
    return awaited || std::ranges::any_of(program_.sequence, [&](const SequenceStep& step) {
             const auto* over = std::get_if<HandOver>(&step);
             return over != nullptr && &program_.parameters[static_cast<size_t>(over->parameters)] == &parameters;
           });
  }

  static std::string lock_name(const Parameters& parameters) { return parameters.name + "_handover"; }

  void tiles() {
    std::set<Tile> used;
    for (const Fifo& fifo : program_.fifos) {
      used.insert(fifo.producer);
      for (const Consumer& consumer : fifo.consumers) used.insert(consumer.tile);
    }
    for (const Buffer& buffer : program_.buffers) used.insert(buffer.tile);
    for (const Parameters& parameters : program_.parameters) used.insert(parameters.tile);
    for (const Core& core : program_.cores) used.insert(core.tile);
    for (const Tile tile : used) {
      lines_.add(text::tile_value(tile) + " = aie.tile(" + std::to_string(tile.column) + ", " +
                 std::to_string(tile.row) + ")");
    }
  }

  void print(const Fifo& fifo) {
    std::string producer = text::tile_value(fifo.producer);
    if (!fifo.to_stream.empty()) producer += " dimensionsToStream " + text::dims(fifo.to_stream);
    const auto consumer = [](const Consumer& end) {
      std::string text = text::tile_value(end.tile);
      if (!end.from_stream.empty()) text += " dimensionsFromStream " + text::dims(end.from_stream);
      return text;
    };
    std::vector<int> depths = {fifo.depth};
    for (const Consumer& end : fifo.consumers) depths.push_back(end.depth);
    const auto depth = [](int objects) { return std::to_string(objects) + " : i32"; };
    // An attribute of 1 would ask for DMA between neighbours that share memory.
    const std::string repeat = fifo.repeat == 1 ? "" : " {repeat_count = " + std::to_string(fifo.repeat) + " : i32}";
    lines_.add("aie.objectfifo @" + fifo.name + "(" + producer + ", " + list("{", fifo.consumers, "}", consumer) +
               ", " + list("[", depths, "]", depth) + ")" + repeat + " : !aie.objectfifo<" + text::memref(fifo.block) +
               ">");
  }

  void print(const Link& link) {
    const auto name = [this](int index) { return "@" + program_.fifos[static_cast<size_t>(index)].name; };
    const auto number = [](int64_t offset) { return std::to_string(offset); };
    const std::string offsets = list("[", link.offsets, "]", number);
    const bool join = link.inputs.size() > 1;
    lines_.add("aie.objectfifo.link " + list("[", link.inputs, "]", name) + " -> " +
               list("[", link.outputs, "]", name) + " (" + (join ? offsets + " []" : "[] " + offsets) + ")");
  }

  void print(const Declaration& kernel) {
    const std::string stem = kernel.code.source.substr(0, kernel.code.source.rfind('.'));
    lines_.add("func.func private @" + kernel.code.symbol +
               list("(", kernel.types, ")", [](const std::string& type) { return type; }) +
               " attributes {link_with = \"" + stem + ".o\"}");
  }

  Result<void> print(const Buffer& buffer) {
    std::string line = "%buffer_" + buffer.name + " = aie.buffer(" + text::tile_value(buffer.tile) +
                       ") {sym_name = \"" + buffer.name + "\"} : " + text::memref(buffer.block);
    if (!buffer.table.empty()) {
      SKALD_TRY(const std::string contents, table(buffer));
      line += " = " + contents;
    }
    lines_.add(std::move(line));
    return {};
  }

  /// Bytes in the order of memory: the same for integers and bf16, exact, and two characters a byte.
  Result<std::string> table(const Buffer& buffer) const {
    SKALD_TRY(const std::span<const std::byte> bytes, lookups_.table(buffer.table));
    const int64_t wanted = bytes_of(buffer.block);
    if (std::cmp_not_equal(bytes.size(), wanted)) {
      return fail(ErrorCode::kUnsupported, program_.name + ", buffer " + buffer.name,
                  "table " + buffer.table + " has " + std::to_string(bytes.size()) + " bytes, the buffer " +
                      std::to_string(wanted),
                  "make the buffer as large as its table");
    }
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string text = "dense<\"0x";
    for (const std::byte byte : bytes) {
      text += kDigits[std::to_integer<size_t>(byte) >> 4];
      text += kDigits[std::to_integer<size_t>(byte) & 15];
    }
    return text + "\">";
  }

  void print(const Parameters& parameters) {
    const std::string tile = text::tile_value(parameters.tile);
    lines_.add("%parameters_" + parameters.name + " = aie.buffer(" + tile + ") {sym_name = \"" + parameters.name +
               "\"} : " + text::memref(Element::kI32, parameters.words));
    if (!is_handed_over(parameters)) return;
    lines_.add("%handover_" + parameters.name + " = aie.lock(" + tile + ") {init = 0 : i32, sym_name = \"" +
               lock_name(parameters) + "\"}");
  }

  const Program& program_;
  const EmitLookups& lookups_;
  Declarations declarations_;
  Lines lines_;
};

}  // namespace

Result<std::string> emit(const Program& program, const EmitLookups& lookups) {
  return Printer(program, lookups).run();
}

}  // namespace skald::npu
