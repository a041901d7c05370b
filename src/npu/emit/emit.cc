#include "npu/emit/emit.h"

#include <algorithm>
#include <set>
#include <utility>

#include "npu/emit/core_text.h"
#include "npu/emit/core_values.h"
#include "npu/emit/declarations.h"
#include "npu/emit/sequence_text.h"
#include "npu/emit/text.h"

namespace skald::npu {
namespace {

using text::Lines;

std::string list(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

class Printer {
 public:
  Printer(const Program& program, const EmitLookups& lookups)
      : program_(program), lookups_(lookups), declarations_(program, lookups) {}

  Result<std::string> run() {
    SKALD_CHECK(check_names());
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
  std::unexpected<Error> wrong(std::string message, std::string remedy) const {
    return fail(ErrorCode::kInvalidArgument, program_.name, std::move(message), std::move(remedy));
  }

  const std::string& fifo(int index) const { return program_.fifos[static_cast<size_t>(index)].name; }

  /// Names become symbols and values.
  Result<void> check_names() const {
    std::vector<std::string> names;
    for (const Fifo& fifo : program_.fifos) names.push_back(fifo.name);
    for (const Buffer& buffer : program_.buffers) names.push_back(buffer.name);
    for (const Parameters& parameters : program_.parameters) names.push_back(parameters.name);
    for (const HostArgument& argument : program_.arguments) names.push_back(argument.name);
    for (const std::string& name : names) {
      if (!text::is_identifier(name)) {
        return wrong("the name '" + name + "' cannot be a symbol", "use letters, digits and _, a letter first");
      }
    }
    if (program_.name.find('\n') != std::string::npos) return wrong("its name has a line break", "rename it");
    return {};
  }

  /// The device has one table of symbols; host arguments are values of their own.
  Result<void> check_symbols() const {
    std::set<std::string> known = {std::string(kSequenceName)};
    std::vector<std::string> symbols;
    for (const Fifo& fifo : program_.fifos) symbols.push_back(fifo.name);
    for (const Buffer& buffer : program_.buffers) symbols.push_back(buffer.name);
    for (const Parameters& parameters : program_.parameters) {
      symbols.push_back(parameters.name);
      symbols.push_back(lock_name(parameters));
    }
    for (const Declaration* kernel : declarations_.in_order()) symbols.push_back(kernel->code.symbol);
    for (const std::string& symbol : symbols) {
      if (!known.insert(symbol).second) return wrong("'" + symbol + "' stands for two things", "rename one");
    }
    std::set<std::string> arguments;
    for (const HostArgument& argument : program_.arguments) {
      if (!arguments.insert(argument.name).second)
        return wrong("has two arguments '" + argument.name + "'", "rename one");
    }
    return {};
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
    for (const Tile tile : used) lines_.add(text::tile_value(tile) + " = aie.tile" + text::coordinates(tile));
  }

  void print(const Fifo& fifo) {
    std::string producer = text::tile_value(fifo.producer);
    if (!fifo.to_stream.empty()) producer += " dimensionsToStream " + text::dims(fifo.to_stream);
    std::vector<std::string> consumers;
    std::vector<std::string> depths = {std::to_string(fifo.depth) + " : i32"};
    for (const Consumer& consumer : fifo.consumers) {
      std::string end = text::tile_value(consumer.tile);
      if (!consumer.from_stream.empty()) end += " dimensionsFromStream " + text::dims(consumer.from_stream);
      consumers.push_back(std::move(end));
      depths.push_back(std::to_string(consumer.depth) + " : i32");
    }
    // An attribute of 1 would ask for DMA between neighbours that share memory.
    const std::string repeat = fifo.repeat == 1 ? "" : " {repeat_count = " + std::to_string(fifo.repeat) + " : i32}";
    lines_.add("aie.objectfifo @" + fifo.name + "(" + producer + ", {" + list(consumers) + "}, [" + list(depths) +
               "])" + repeat + " : !aie.objectfifo<" + text::memref(fifo.block) + ">");
  }

  void print(const Link& link) {
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::vector<std::string> offsets;
    for (const int input : link.inputs) inputs.push_back("@" + fifo(input));
    for (const int output : link.outputs) outputs.push_back("@" + fifo(output));
    for (const int64_t offset : link.offsets) offsets.push_back(std::to_string(offset));
    const bool join = link.inputs.size() > 1;
    lines_.add("aie.objectfifo.link [" + list(inputs) + "] -> [" + list(outputs) + "] ([" +
               (join ? list(offsets) + "] []" : "] [" + list(offsets) + "]") + ")");
  }

  void print(const Declaration& kernel) {
    const std::string stem = kernel.code.source.substr(0, kernel.code.source.rfind('.'));
    lines_.add("func.func private @" + kernel.code.symbol + "(" + list(kernel.types) + ") attributes {link_with = \"" +
               stem + ".o\"}");
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
    const int64_t wanted = text::elements(buffer.block) * text::element_bytes(buffer.block.type);
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
               "\"} : " + text::memref(Type::kI32, parameters.words));
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
