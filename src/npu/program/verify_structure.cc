// Names, tiles, indices, sizes: what every other rule relies on, and where things may stand.

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

constexpr const char* kRename = "use letters, digits and _, at most 64, beginning with a letter";
constexpr int kDeepest = 32;
// Far more than any tile has; small enough that no sum overflows.
constexpr int kMostObjects = 1 << 10;
constexpr int kMostBytes = 1 << 20;

void device_known(const Context& c, Report& report) {
  if (c.device != nullptr) return;
  report("device", "no NPU is called '" + c.program.device + "'", find_device(c.program.device).error().remedy);
}

void for_each_name(const Program& program, const std::function<void(const char*, const std::string&)>& visit) {
  for (const HostArgument& argument : program.arguments) visit("argument", argument.name);
  for (const Fifo& fifo : program.fifos) visit("fifo", fifo.name);
  for (const Buffer& buffer : program.buffers) visit("buffer", buffer.name);
  for (const Parameters& parameters : program.parameters) visit("parameters", parameters.name);
}

std::set<std::string> kernel_names(const Program& program) {
  std::set<std::string> names;
  for (const Core& core : program.cores) {
    for_each_step(core.body, [&names](const Step& step, int) {
      if (const Call* call = std::get_if<Call>(&step.action)) names.insert(call->kernel);
    });
  }
  return names;
}

void name_form(const Context& c, Report& report) {
  const auto look = [&report](const char* kind, const std::string& name) {
    if (!is_name(name)) report(named(kind, name), "'" + name + "' is no name", kRename);
  };
  look("program", c.program.name);
  for_each_name(c.program, look);
  for (const std::string& kernel : kernel_names(c.program)) look("kernel", kernel);
}

void name_unique(const Context& c, Report& report) {
  std::set<std::string> seen = kernel_names(c.program);
  for_each_name(c.program, [&](const char* kind, const std::string& name) {
    if (!seen.insert(name).second) report(named(kind, name), "another thing has this name", "rename one of them");
  });
}

void for_each_tile(const Program& program, const std::function<void(const std::string&, Tile)>& visit) {
  for (const Fifo& fifo : program.fifos) {
    visit(named("fifo", fifo.name), fifo.producer);
    for (const Consumer& consumer : fifo.consumers) visit(named("fifo", fifo.name), consumer.tile);
  }
  for (const Buffer& buffer : program.buffers) visit(named("buffer", buffer.name), buffer.tile);
  for (const Parameters& parameters : program.parameters) visit(named("parameters", parameters.name), parameters.tile);
  for (const Core& core : program.cores) visit("core " + to_string(core.tile), core.tile);
}

void tile_in_device(const Context& c, Report& report) {
  if (c.device == nullptr) return;
  const Geometry& geometry = c.device->geometry;
  for_each_tile(c.program, [&](const std::string& where, Tile tile) {
    if (geometry.contains(tile.column, tile.row)) return;
    report(where, "tile " + to_string(tile) + " is outside " + std::string(c.device->name),
           "use columns 0 to " + text(geometry.columns - 1) + " and rows 0 to " + text(geometry.rows - 1));
  });
}

/// Reports an index that is out of range.
class Indices {
 public:
  Indices(const Program& program, Report& report) : program_(program), report_(report) {}
  void fifo(const std::string& where, int index) { look(where, "fifo", index, program_.fifos.size()); }
  void buffer(const std::string& where, int index) { look(where, "buffer", index, program_.buffers.size()); }
  void parameters(const std::string& where, int index) { look(where, "parameters", index, program_.parameters.size()); }
  void argument(const std::string& where, int index) { look(where, "argument", index, program_.arguments.size()); }

 private:
  void look(const std::string& where, const char* kind, int index, size_t count) {
    if (index >= 0 && static_cast<size_t>(index) < count) return;
    report_(where, "there is no " + std::string(kind) + " " + text(index), "there are " + std::to_string(count));
  }
  const Program& program_;
  Report& report_;
};

void index_in_range(const Context& c, Report& report) {
  Indices indices(c.program, report);
  for (const Link& link : c.program.links) {
    for (const int fifo : link.inputs) indices.fifo("link", fifo);
    for (const int fifo : link.outputs) indices.fifo("link", fifo);
  }
  for (const Core& core : c.program.cores) {
    const std::string where = "core " + to_string(core.tile);
    for_each_step(core.body, [&](const Step& step, int) {
      if (const Acquire* acquire = std::get_if<Acquire>(&step.action)) indices.fifo(where, acquire->fifo);
      if (const Release* release = std::get_if<Release>(&step.action)) indices.fifo(where, release->fifo);
      const Call* call = std::get_if<Call>(&step.action);
      if (call == nullptr) return;
      for (const Operand& operand : call->operands) {
        if (operand.kind == Operand::Kind::kObject) indices.fifo(where, operand.id);
        if (operand.kind == Operand::Kind::kBuffer) indices.buffer(where, operand.id);
      }
    });
  }
  for (const SequenceStep& step : c.program.sequence) {
    if (const WriteParameter* write = std::get_if<WriteParameter>(&step)) {
      indices.parameters("sequence", write->parameters);
    } else if (const HandOver* hand = std::get_if<HandOver>(&step)) {
      indices.parameters("sequence", hand->parameters);
    } else if (const Transfer* transfer = std::get_if<Transfer>(&step)) {
      indices.fifo("sequence", transfer->fifo);
      indices.argument("sequence", transfer->argument);
    } else if (const Wait* wait = std::get_if<Wait>(&step)) {
      indices.fifo("sequence", wait->fifo);
    }
  }
}

void block_size(const Context& c, Report& report) {
  const auto look = [&report](const std::string& where, const Block& block) {
    if (checked_elements(block)) return;
    report(where, "an extent is below 1, there is none, or the whole is too large",
           "use extents of at least 1 that make at most 2^40 bytes");
  };
  for (const HostArgument& argument : c.program.arguments) look(named("argument", argument.name), argument.block);
  for (const Fifo& fifo : c.program.fifos) look(named("fifo", fifo.name), fifo.block);
  for (const Buffer& buffer : c.program.buffers) look(named("buffer", buffer.name), buffer.block);
}

void pattern_size(const Context& c, Report& report) {
  const auto look = [&report](const std::string& where, const Pattern& pattern) {
    int64_t elements = 1;
    for (const Dim& dim : pattern) {
      const bool sound = dim.size >= 1 && dim.size <= kLargestBlock && dim.stride >= 0 && dim.stride <= kLargestBlock &&
                         elements <= kLargestBlock / dim.size &&
                         (dim.stride == 0 || dim.size <= kLargestBlock / dim.stride);
      if (!sound || pattern.size() > 8) {
        report(where, "a size below 1, a stride below 0, or more than 2^40 elements", "use sound sizes and strides");
        return;
      }
      elements *= dim.size;
    }
  };
  for (const Fifo& fifo : c.program.fifos) {
    look(named("fifo", fifo.name), fifo.to_stream);
    for (const Consumer& consumer : fifo.consumers) look(named("fifo", fifo.name), consumer.from_stream);
  }
  for (const SequenceStep& step : c.program.sequence) {
    if (const Transfer* transfer = std::get_if<Transfer>(&step)) look("sequence", transfer->pattern);
  }
}

void count_range(const Context& c, Report& report) {
  const auto look = [&report](const std::string& where, const char* what, int count, int most = kMostObjects) {
    if (count >= 1 && count <= most) return;
    report(where, std::string(what) + " is " + text(count),
           "use 1 or more; 0 sends the toolchain into an endless loop");
  };
  for (const Fifo& fifo : c.program.fifos) {
    const std::string where = named("fifo", fifo.name);
    look(where, "depth", fifo.depth);
    look(where, "repeat", fifo.repeat);
    for (const Consumer& consumer : fifo.consumers) look(where, "depth", consumer.depth);
  }
  for (const Parameters& parameters : c.program.parameters) {
    look(named("parameters", parameters.name), "number of words", parameters.words, kMostBytes);
  }
  for (const Core& core : c.program.cores) {
    const std::string where = "core " + to_string(core.tile);
    look(where, "stack", core.stack_bytes, kMostBytes);
    for_each_step(core.body, [&](const Step& step, int) {
      if (const Acquire* acquire = std::get_if<Acquire>(&step.action)) look(where, "acquired", acquire->count);
      if (const Release* release = std::get_if<Release>(&step.action)) look(where, "released", release->count);
    });
  }
}

void step_nesting(const Context& c, Report& report) {
  for (const Core& core : c.program.cores) {
    int deepest = 0;
    for_each_step(core.body, [&deepest](const Step&, int depth) { deepest = std::max(deepest, depth); });
    if (deepest > kDeepest) report("core " + to_string(core.tile), "loops nest too deep", "at most 32 deep");
  }
}

void argument_count(const Context& c, Report& report) {
  if (c.program.arguments.size() <= static_cast<size_t>(kHostArguments)) return;
  report("arguments", std::to_string(c.program.arguments.size()) + " buffers", "pack them into five or fewer");
}

void fifo_tiles(const Context& c, Report& report) {
  for (const Fifo& fifo : c.program.fifos) {
    const std::string where = named("fifo", fifo.name);
    if (fifo.consumers.empty()) report(where, "nothing consumes it", "give it a consumer");
    std::set<Tile> seen{fifo.producer};
    for (const Consumer& consumer : fifo.consumers) {
      if (!seen.insert(consumer.tile).second) {
        report(where, "tile " + to_string(consumer.tile) + " is an end of it twice", "name each tile once");
      }
    }
  }
}

void fifo_kinds(const Context& c, Report& report) {
  for (const Fifo& fifo : c.program.fifos) {
    for (const Consumer& consumer : fifo.consumers) {
      const TileKind from = c.kind(fifo.producer);
      if (from != c.kind(consumer.tile) || from == TileKind::kCompute) continue;
      report(named("fifo", fifo.name), "leads from " + to_string(fifo.producer) + " to a tile of its own row",
             "interface and memory tiles exchange streams with other rows alone");
    }
  }
}

void core_tile(const Context& c, Report& report) {
  const auto look = [&](const std::string& where, Tile tile) {
    if (c.kind(tile) == TileKind::kCompute) return;
    report(where, "tile " + to_string(tile) + " has no core", "use rows 2 to 5");
  };
  for (const Core& core : c.program.cores) look("core " + to_string(core.tile), core.tile);
  for (const Buffer& buffer : c.program.buffers) look(named("buffer", buffer.name), buffer.tile);
  for (const Parameters& given : c.program.parameters) look(named("parameters", given.name), given.tile);
}

void core_unique(const Context& c, Report& report) {
  std::set<Tile> cores;
  for (const Core& core : c.program.cores) {
    if (!cores.insert(core.tile).second) {
      report("core " + to_string(core.tile), "this tile has two programs", "make them one");
    }
  }
  std::set<Tile> given;
  for (const Parameters& parameters : c.program.parameters) {
    if (!given.insert(parameters.tile).second) {
      report(named("parameters", parameters.name), "this tile has two sets of parameters", "make them one");
    }
  }
}

void fifo_core(const Context& c, Report& report) {
  std::set<Tile> cores;
  for (const Core& core : c.program.cores) cores.insert(core.tile);
  const auto look = [&](const Fifo& fifo, Tile tile) {
    if (c.kind(tile) != TileKind::kCompute || cores.contains(tile)) return;
    report(named("fifo", fifo.name), "ends at " + to_string(tile) + ", which has no program", "give that core one");
  };
  for (const Fifo& fifo : c.program.fifos) {
    look(fifo, fifo.producer);
    for (const Consumer& consumer : fifo.consumers) look(fifo, consumer.tile);
  }
}

}  // namespace

std::span<const Row> structure_rows() {
  static constexpr Row kRows[] = {
      {{"device-known", "the device is one of the DeviceSpecs", "spec/device_spec.h"}, 0, device_known},
      {{"name-form", "every name is an identifier", "MLIR symbols and C identifiers"}, 0, name_form},
      {{"name-unique", "no two things have one name", "MLIR: one symbol table"}, 0, name_unique},
      {{"tile-in-device", "every tile is one of the partition", "mlir-aie.md, rejected: tile outside"},
       0,
       tile_in_device},
      {{"index-in-range", "every index names something", "program.h"}, 0, index_in_range},
      {{"block-size", "extents are at least 1 and do not overflow", "program.h"}, 0, block_size},
      {{"pattern-size", "sizes and strides are sound and do not overflow", "program.h"}, 0, pattern_size},
      {{"count-range", "depths, repeats, words and counts are at least 1", "mlir-aie.md, endless loop: depth 0"},
       0,
       count_range},
      {{"step-nesting", "loops nest no deeper than 32", "text.h"}, 0, step_nesting},
      {{"argument-count", "a launch has at most five buffers", "npu.md 4.1: XRT slots 3 to 7"}, 1, argument_count},
      {{"fifo-tiles", "a stream has consumers, and each tile is an end of it once", "mlir-aie ObjectFifoCreateOp"},
       1,
       fifo_tiles},
      {{"fifo-kinds", "no stream joins two interface tiles or two memory tiles",
        "npu.md 1.4, 7.3: no lateral memory tile streams"},
       1,
       fifo_kinds},
      {{"core-tile", "programs, buffers and parameters are at compute tiles",
        "npu.md 1.3: no core reaches a memory tile"},
       1,
       core_tile},
      {{"core-unique", "a tile has one program and one set of parameters", "mlir-aie CoreOp; Scalar in program.h"},
       1,
       core_unique},
      {{"fifo-core", "a stream that ends at a compute tile meets a program there", "it would never move"},
       1,
       fifo_core},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
