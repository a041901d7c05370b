// What a memory tile may pass on.

#include <map>

#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

bool has_form(const Link& link) {
  return !link.inputs.empty() && !link.outputs.empty() && (link.inputs.size() == 1 || link.outputs.size() == 1);
}

std::string where_of(const Context& c, const Link& link) {
  const int fifo = !link.outputs.empty() ? link.outputs[0] : link.inputs.empty() ? -1 : link.inputs[0];
  return fifo < 0 ? "link" : "link of " + c.fifo(fifo).name;
}

void link_form(const Context& c, Report& report) {
  for (const Link& link : c.program.links) {
    if (has_form(link)) continue;
    report(where_of(c, link),
           text(static_cast<int64_t>(link.inputs.size())) + " inputs and " +
               text(static_cast<int64_t>(link.outputs.size())) + " outputs",
           "one input, or one output, or one of each");
  }
}

void link_tile(const Context& c, Report& report) {
  for (const Link& link : c.program.links) {
    if (!has_form(link)) continue;
    const Tile tile = c.fifo(link.outputs[0]).producer;
    bool meets = c.kind(tile) == TileKind::kMemory;
    for (const int fifo : link.outputs) meets &= c.fifo(fifo).producer == tile;
    for (const int fifo : link.inputs) {
      meets &= c.fifo(fifo).consumers.size() == 1 && c.fifo(fifo).consumers[0].tile == tile;
    }
    if (!meets) {
      report(where_of(c, link), "its streams do not all meet at one memory tile",
             "inputs end at that tile alone, outputs begin there");
    }
  }
}

void link_once(const Context& c, Report& report) {
  std::map<int, int> times;
  for (const Link& link : c.program.links) {
    for (const int fifo : link.inputs) ++times[fifo];
    for (const int fifo : link.outputs) ++times[fifo];
  }
  for (const auto& [fifo, count] : times) {
    if (count > 1) report(named("fifo", c.fifo(fifo).name), "is linked twice", "link it once");
  }
}

void link_missing(const Context& c, Report& report) {
  for (const End& end : c.counts.ends) {
    if (c.kind(end.tile) != TileKind::kMemory || end.link >= 0) continue;
    report(named("fifo", c.fifo(end.fifo).name), "ends at memory tile " + to_string(end.tile) + " without a link",
           "nothing else can empty or fill a memory tile: link it");
  }
}

void link_type(const Context& c, Report& report) {
  for (const Link& link : c.program.links) {
    if (!has_form(link)) continue;
    const Element type = c.fifo(link.outputs[0]).block.type;
    bool same = true;
    for (const int fifo : link.inputs) same &= c.fifo(fifo).block.type == type;
    for (const int fifo : link.outputs) same &= c.fifo(fifo).block.type == type;
    if (!same) report(where_of(c, link), "its streams have different types", "a memory tile does not convert");
  }
}

void link_slices(const Context& c, Report& report) {
  for (const Link& link : c.program.links) {
    if (!has_form(link)) continue;
    const bool join = link.inputs.size() > 1;
    const std::vector<int>& many = join ? link.inputs : link.outputs;
    const int64_t whole = elements_of(c.fifo(join ? link.outputs[0] : link.inputs[0]).block);
    std::vector<int64_t> offsets = link.offsets;
    if (offsets.empty() && many.size() == 1) offsets = {0};
    int64_t next = 0;
    bool right = offsets.size() == many.size();
    for (size_t i = 0; right && i < many.size(); ++i) {
      right = offsets[i] == next;
      next += elements_of(c.fifo(many[i]).block);
    }
    if (right && next == whole) continue;
    report(where_of(c, link), "the slices do not fill the object of " + text(whole) + " elements one after the other",
           "give each slice the sum of those before it as offset; in all they make the object");
  }
}

void link_depth(const Context& c, Report& report) {
  for (const Link& link : c.program.links) {
    if (!has_form(link)) continue;
    const int depth = c.fifo(link.outputs[0]).depth;
    bool same = true;
    for (const int fifo : link.outputs) same &= c.fifo(fifo).depth == depth;
    for (const int fifo : link.inputs) {
      for (const Consumer& consumer : c.fifo(fifo).consumers) {
        same &= consumer.tile != c.fifo(link.outputs[0]).producer || consumer.depth == depth;
      }
    }
    if (!same) {
      report(where_of(c, link), "its streams have different depths at the memory tile",
             "they share one set of objects: give all the same depth");
    }
  }
}

void repeat_place(const Context& c, Report& report) {
  for (const Fifo& fifo : c.program.fifos) {
    if (fifo.repeat == 1 || c.kind(fifo.producer) == TileKind::kMemory) continue;
    report(named("fifo", fifo.name), "repeats, but begins at " + to_string(fifo.producer),
           "only a memory tile sends objects repeatedly");
  }
  for (const Link& link : c.program.links) {
    if (!has_form(link)) continue;
    for (const int fifo : link.outputs) {
      const int repeat = c.fifo(fifo).repeat;
      if (repeat == c.fifo(link.outputs[0]).repeat && (repeat == 1 || link.inputs.size() == 1)) continue;
      report(where_of(c, link), "a join repeats, or its outputs repeat differently often",
             "one repeat for all outputs of a link, and none for a join");
      break;
    }
  }
}

}  // namespace

std::span<const Row> link_rows() {
  static constexpr Row kRows[] = {
      {{"link-form", "a link has one input or one output", "mlir-aie ObjectFifoLinkOp::verify"}, 1, link_form},
      {{"link-tile", "the streams of a link meet at one memory tile", "mlir-aie.md, rejected: off a memtile"},
       1,
       link_tile},
      {{"link-once", "a stream is in one link", "mlir-aie verifyObjectFifoLinks"}, 1, link_once},
      {{"link-missing", "what enters a memory tile leaves it", "npu.md 1.2: no core reaches that memory"},
       1,
       link_missing},
      {{"link-type", "the streams of a link have one type", "a copy does not convert"}, 1, link_type},
      {{"link-slices", "slices fill the object, one after the other",
        "mlir-aie.md, accepted although wrong: slices that do not add up"},
       1,
       link_slices},
      {{"link-depth", "the streams of a link have one depth at the memory tile",
        "mlir-aie createMemTileDMA: the whole's depth counts, others are ignored"},
       1,
       link_depth},
      {{"repeat-place", "only outputs of a memory tile repeat, all of a link alike",
        "mlir-aie ObjectFifoLinkOp::verify"},
       1,
       repeat_place},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
