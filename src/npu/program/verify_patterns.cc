// Address patterns of streams, as descriptors of compute and memory tiles can say them.

#include <algorithm>
#include <functional>

#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

/// A pattern, the end that has it and the elements it goes over: an object, or a slice of it at the end of a link that
/// holds the whole.
struct PatternUse {
  const Context& context;
  const End& end;
  const Fifo& fifo;
  const Pattern& pattern;
  int64_t elements = 0;
  std::string where{};

  TileKind kind() const { return context.kind(end.tile); }
  const DmaSpec& dma() const { return context.device->tile(end.tile.row).dma; }
  int bytes() const { return bytes_of(fifo.block.type); }
};

void for_each_use(const Context& c, const std::function<void(const PatternUse&)>& visit) {
  for (const End& end : c.counts.ends) {
    const Fifo& fifo = c.fifo(end.fifo);
    const Pattern& pattern =
        end.produces() ? fifo.to_stream : fifo.consumers[static_cast<size_t>(end.consumer)].from_stream;
    if (pattern.empty()) continue;
    visit({.context = c,
           .end = end,
           .fifo = fifo,
           .pattern = pattern,
           .elements = elements_of(fifo.block) / end.branches,
           .where = named("fifo", fifo.name) + " at " + to_string(end.tile)});
  }
}

void pattern_end(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    if (use.kind() != TileKind::kInterface) return;
    report(use.where, "has a pattern at an interface tile", "put it into the transfers of the sequence");
  });
}

void pattern_slices(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    if (use.end.branches == 1) return;
    const Link& link = c.program.links[static_cast<size_t>(use.end.link)];
    const std::vector<int>& many = use.end.produces() ? link.inputs : link.outputs;
    const bool equal =
        std::ranges::all_of(many, [&](int fifo) { return elements_of(c.fifo(fifo).block) == use.elements; });
    if (equal) return;
    report(use.where, "a pattern that goes over slices of different sizes",
           "it is applied to each slice by itself: make the slices equal, or move it to the branches");
  });
}

void pattern_dims(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    if (use.kind() == TileKind::kInterface) return;
    const auto most = static_cast<size_t>(use.dma().dimensions);
    if (use.pattern.size() <= most) return;
    report(use.where, std::to_string(use.pattern.size()) + " levels", "there are " + std::to_string(most));
  });
}

void pattern_product(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    const int64_t product = pattern_elements(use.pattern, 0);
    if (product == use.elements) return;
    report(use.where, "its pattern goes over " + text(product) + " elements of " + text(use.elements),
           "the product of the sizes is the object's size (at a join's or distribution's whole: a slice's)");
  });
}

void pattern_bounds(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    const int64_t reach = pattern_reach(use.pattern, 0);
    if (reach < use.elements) return;
    report(use.where, "its pattern reaches element " + text(reach) + " of " + text(use.elements),
           "stay inside the object");
  });
}

void pattern_stride(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    for (const Dim& dim : use.pattern) {
      const int64_t words = dim.stride * use.bytes() / kStreamWordBytes;
      if (dim.stride >= 1 && words <= use.dma().largest_step()) continue;
      report(use.where, "a stride of " + text(dim.stride) + " elements",
             "use 1 to " + text(use.dma().largest_step()) + " words; to send again, repeat");
      return;
    }
  });
}

void pattern_wrap(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    const ToolchainLimits& tools = c.device->tools;
    for (size_t i = 0; i < use.pattern.size(); ++i) {
      const bool fastest = i + 1 == use.pattern.size();
      const int64_t size = use.pattern[i].size;
      const int64_t units = fastest ? size * use.bytes() / kStreamWordBytes : size;
      const bool has_field = use.pattern.size() - i < static_cast<size_t>(use.dma().dimensions);
      const bool core = use.kind() == TileKind::kCompute;
      if (size > tools.descriptor_dimension || (core && has_field && units > tools.core_wrap)) {
        report(use.where, "a level of " + text(size) + " elements",
               "at most " + text(tools.descriptor_dimension) + " elements, and " + text(tools.core_wrap) +
                   " words at a compute tile: split the level");
        return;
      }
    }
  });
}

void pattern_granularity(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    if (use.bytes() == kStreamWordBytes) return;
    bool whole = use.pattern.back().stride == 1 && use.pattern.back().size * use.bytes() % kStreamWordBytes == 0;
    for (size_t i = 0; i + 1 < use.pattern.size(); ++i) {
      whole &= use.pattern[i].stride * use.bytes() % kStreamWordBytes == 0;
    }
    if (whole) return;
    report(use.where, "its pattern takes words of 4 bytes apart",
           "for 8- and 16-bit types keep the fastest level contiguous, its size and the other strides multiples of 4 "
           "bytes; rearrange smaller pieces in a kernel");
  });
}

void pattern_overlap(const Context& c, Report& report) {
  for_each_use(c, [&](const PatternUse& use) {
    constexpr int64_t kLargest = int64_t{1} << 20;  // fits no tile: another rule's business
    if (use.end.produces() || use.elements > kLargest || pattern_reach(use.pattern, 0) >= use.elements) return;
    std::vector<bool> hit(static_cast<size_t>(use.elements));
    std::vector<int64_t> at(use.pattern.size());
    const int64_t product = std::min(pattern_elements(use.pattern, 0), use.elements + 1);
    for (int64_t i = 0; i < product; ++i) {
      int64_t offset = 0;
      for (size_t level = 0; level < at.size(); ++level) offset += at[level] * use.pattern[level].stride;
      if (hit[static_cast<size_t>(offset)]) {
        report(use.where, "two arriving elements are put at place " + text(offset), "every place once");
        return;
      }
      hit[static_cast<size_t>(offset)] = true;
      for (size_t level = at.size(); level-- > 0;) {
        if (++at[level] < use.pattern[level].size) break;
        at[level] = 0;
      }
    }
  });
}

}  // namespace

std::span<const Row> pattern_rows() {
  static constexpr Row kRows[] = {
      {{"pattern-end", "no pattern at an interface tile's end", "mlir-aie.md, rejected: dims on a shim end"},
       1,
       pattern_end},
      {{"pattern-slices", "a pattern over slices goes over equal ones",
        "mlir-aie createMemTileDMA: one pattern for the descriptor of each slice"},
       1,
       pattern_slices},
      {{"pattern-dims", "levels: 3 in a compute tile, 4 in a memory tile", "npu.md 1.2; mlir-aie.md, rejected"},
       1,
       pattern_dims},
      {{"pattern-product", "a pattern goes over its object once",
        "mlir-aie.md, accepted although wrong: product differs from the object size"},
       1,
       pattern_product},
      {{"pattern-bounds", "a pattern stays in its object", "mlir-aie.md, rejected"}, 1, pattern_bounds},
      {{"pattern-stride", "strides are at least 1 and fit the step field", "mlir-aie.md, rejected; npu.md 1.2"},
       1,
       pattern_stride},
      {{"pattern-wrap", "levels have at most 512 elements, 255 words in a compute tile",
        "mlir-aie.md: a dim size > 512; accepted although wrong: a wrap of 256 words"},
       1,
       pattern_wrap},
      {{"pattern-granularity", "patterns of 8- and 16-bit types move whole words",
        "mlir-aie.md, accepted although wrong: truncated to words; npu.md pitfall 24"},
       1,
       pattern_granularity},
      {{"pattern-overlap", "arriving elements are put at different places", "the later would destroy the earlier"},
       1,
       pattern_overlap},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
