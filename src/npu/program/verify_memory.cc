// Memories, locks, channels, descriptors, program text.

#include <algorithm>
#include <map>
#include <set>

#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

std::string tile_text(Tile tile) {
  return "tile " + to_string(tile);
}

/// The kernels that a core calls, each once.
std::vector<KernelInfo> kernels_of(const Context& c, const Core& core) {
  std::set<std::string> names;
  for_each_step(core.body, [&names](const Step& step, int) {
    if (const Call* call = std::get_if<Call>(&step.action)) names.insert(call->kernel);
  });
  std::vector<KernelInfo> found;
  for (const std::string& name : names) {
    if (auto kernel = c.kernels.kernel(name)) found.push_back(std::move(*kernel));
  }
  return found;
}

void object_words(const Context& c, Report& report) {
  for (const Fifo& fifo : c.program.fifos) {
    if (bytes_of(fifo.block) % kStreamWordBytes == 0) continue;
    report(named("fifo", fifo.name), "its object has " + text(bytes_of(fifo.block)) + " bytes",
           "pad it to a multiple of 4");
  }
}

void memory_alignment(const Context& c, Report& report) {
  const int64_t unit = c.device->tools.alignment;
  const auto look = [&](const std::string& where, int64_t bytes) {
    if (bytes % unit != 0) report(where, "has " + text(bytes) + " bytes", "pad it to a multiple of " + text(unit));
  };
  for (const End& end : c.counts.ends) {
    if (c.kind(end.home) != TileKind::kCompute || end.objects == 0) continue;
    look(named("fifo", c.fifo(end.fifo).name) + " at " + to_string(end.home), end.object_bytes);
  }
  for (const Buffer& buffer : c.program.buffers) look(named("buffer", buffer.name), bytes_of(buffer.block));
  for (const Parameters& parameters : c.program.parameters) {
    look(named("parameters", parameters.name), int64_t{4} * parameters.words);
  }
  for (const Core& core : c.program.cores) look("stack of core " + to_string(core.tile), core.stack_bytes);
}

void memory_full(const Context& c, Report& report, TileKind kind) {
  for (const auto& [tile, counts] : c.counts.tiles) {
    if (c.kind(tile) != kind) continue;
    int64_t bytes = counts.bytes();
    for (const Core& core : c.program.cores) {
      if (core.tile != tile) continue;
      for (const KernelInfo& kernel : kernels_of(c, core)) bytes += kernel.data_bytes;
    }
    const int64_t room = c.device->tile(tile.row).memory.bytes;
    if (bytes <= room) continue;
    report(tile_text(tile), "needs " + text(bytes) + " bytes of " + text(room),
           "use smaller objects, or fewer of them: depth 1 where nothing is won by 2");
  }
}

void core_memory(const Context& c, Report& report) {
  memory_full(c, report, TileKind::kCompute);
}
void memory_tile_memory(const Context& c, Report& report) {
  memory_full(c, report, TileKind::kMemory);
}

void stack_size(const Context& c, Report& report) {
  for (const Core& core : c.program.cores) {
    int64_t needed = 0;
    for (const KernelInfo& kernel : kernels_of(c, core)) needed = std::max(needed, kernel.stack_bytes);
    const int64_t most = c.device->tools.largest_stack;
    if (core.stack_bytes >= needed && core.stack_bytes <= most) continue;
    report("core " + to_string(core.tile), "has a stack of " + text(core.stack_bytes) + " bytes",
           "its kernels need " + text(needed) + ", and more than " + text(most) + " overlaps buffers");
  }
}

void text_size(const Context& c, Report& report) {
  for (const Core& core : c.program.cores) {
    int64_t bytes = 0;
    std::map<std::string, int64_t> functions;
    for (const KernelInfo& kernel : kernels_of(c, core)) {
      bytes += kernel.text_bytes;
      for (const KernelFunction& function : kernel.called) {
        bytes -= function.text_bytes;
        int64_t& known = functions[function.name];
        known = std::max(known, function.text_bytes);
      }
    }
    for (const auto& [name, text_bytes] : functions) bytes += text_bytes;
    if (bytes <= c.device->core.text_budget) continue;
    report("core " + to_string(core.tile),
           "its kernels have " + text(bytes) + " bytes of text; " + text(c.device->core.text_bytes) + " in all, " +
               text(c.device->core.text_budget) + " of them for kernels",
           "give its phases to several cores");
  }
}

void lock_count(const Context& c, Report& report) {
  for (const auto& [tile, counts] : c.counts.tiles) {
    const int most = c.device->tile(tile.row).locks.count;
    if (counts.locks > most) {
      report(tile_text(tile), "needs " + text(counts.locks) + " locks of " + text(most), "use fewer streams there");
    }
  }
}

void lock_value(const Context& c, Report& report) {
  for (const End& end : c.counts.ends) {
    const int most = c.device->tile(end.tile.row).locks.largest_value;
    if (end.lock_value <= most) continue;
    report(named("fifo", c.fifo(end.fifo).name), "depth times repeat is " + text(end.lock_value),
           "a lock counts to " + text(most));
  }
}

void channels(const Context& c, Report& report) {
  for (const auto& [tile, counts] : c.counts.tiles) {
    const DmaSpec& dma = c.device->tile(tile.row).dma;
    if (counts.channels_in > dma.channels_in) {
      report(tile_text(tile),
             text(counts.channels_in) + " streams arrive, there are " + text(dma.channels_in) + " channels",
             "pack several operands into one object, or pass them through a memory tile");
    }
    if (counts.channels_out > dma.channels_out) {
      report(tile_text(tile),
             text(counts.channels_out) + " streams leave, there are " + text(dma.channels_out) + " channels",
             "join them at a memory tile");
    }
  }
}

void descriptors(const Context& c, Report& report) {
  for (const auto& [tile, counts] : c.counts.tiles) {
    const DmaSpec& dma = c.device->tile(tile.row).dma;
    const int64_t most = dma.descriptors_of_a_channel;
    const bool fits = dma.by_parity ? counts.descriptors[0] <= most && counts.descriptors[1] <= most
                                    : counts.all_descriptors() <= most;
    if (fits) continue;
    report(tile_text(tile),
           "needs " + text(counts.descriptors[0]) + " descriptors for even channels and " +
               text(counts.descriptors[1]) + " for odd ones",
           dma.by_parity ? "there are " + text(most) + " for each" : "there are " + text(most) + " in all");
  }
}

void descriptor_length(const Context& c, Report& report) {
  for (const End& end : c.counts.ends) {
    const int64_t most = c.device->tile(end.tile.row).dma.largest_length();
    if (end.descriptor_words <= most) continue;
    report(named("fifo", c.fifo(end.fifo).name), "moves " + text(end.descriptor_words) + " words at once",
           "a descriptor counts to " + text(most));
  }
}

void shared_depth(const Context& c, Report& report) {
  for (const Fifo& fifo : c.program.fifos) {
    if (fifo.consumers.size() != 1 || !shares_memory(fifo, *c.device)) continue;
    if (fifo.depth == fifo.consumers[0].depth) continue;
    report(named("fifo", fifo.name), "joins neighbours that share memory, with different depths",
           "both ends see one pool of objects: give them one depth");
  }
}

void table_known(const Context& c, Report& report) {
  for (const Buffer& buffer : c.program.buffers) {
    if (buffer.table.empty()) continue;
    const auto bytes = c.kernels.table(buffer.table);
    if (!bytes) {
      report(named("buffer", buffer.name), "there is no table " + buffer.table, "name one of the kernel catalogue");
    } else if (*bytes != bytes_of(buffer.block)) {
      report(named("buffer", buffer.name),
             "table " + buffer.table + " has " + text(*bytes) + " bytes, the buffer " + text(bytes_of(buffer.block)),
             "give it the table's size");
    }
  }
}

}  // namespace

std::span<const Row> memory_rows() {
  static constexpr Row kRows[] = {
      {{"object-words", "an object is a multiple of 4 bytes", "mlir-aie.md, rejected"}, 1, object_words},
      {{"memory-alignment", "what lies in core memory is a multiple of 64 bytes",
        "mlir-aie.md: no buffer alignment at all"},
       1,
       memory_alignment},
      {{"core-memory", "stack, objects, buffers and constants fit 64 KiB", "npu.md 1.2, 7.3"}, 1, core_memory},
      {{"memory-tile-memory", "objects fit the memory tile",
        "mlir-aie.md, accepted although wrong: spills to the neighbour"},
       1,
       memory_tile_memory},
      {{"stack-size", "the stack holds the kernels' frames and is at most 16 KiB",
        "npu.md pitfall 4; mlir-aie.md: stack_size > 16384"},
       1,
       stack_size},
      {{"text-size", "the kernels of a core leave a quarter of its text free", "npu.md 5.6, pitfall 3; mlir-aie.md"},
       1,
       text_size},
      {{"lock-count", "locks: 16, 64 in a memory tile", "npu.md 1.2; mlir-aie.md, rejected"}, 1, lock_count},
      {{"lock-value", "a lock counts to 63", "npu.md 1.2; createObjectFifoLocks: depth x repeat"}, 1, lock_value},
      {{"channels", "DMA channels each way: 2, 6 in a memory tile", "npu.md 1.2, pitfall 16; mlir-aie.md, rejected"},
       1,
       channels},
      {{"descriptors", "descriptors: 16; 24 for each parity of channels in a memory tile",
        "npu.md 1.2; mlir-aie.md, rejected"},
       1,
       descriptors},
      {{"descriptor-length", "a descriptor's length fits its field", "npu.md 1.2"}, 1, descriptor_length},
      {{"shared-depth", "ends that share memory have one depth", "mlir-aie requiresDMAs: one pool"}, 1, shared_depth},
      {{"table-known", "tables exist and fill their buffers", "kernel catalogue"}, 1, table_known},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
