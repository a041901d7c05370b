#include "npu/program/counts.h"

#include <algorithm>
#include <cstdlib>

#include "npu/program/blocks.h"

namespace skald::npu {
namespace {

bool awaits(const std::vector<Step>& steps) {
  return std::ranges::any_of(steps, [](const Step& step) {
    if (std::holds_alternative<AwaitParameters>(step.action)) return true;
    if (const Loop* loop = std::get_if<Loop>(&step.action)) return awaits(loop->body);
    if (const Choose* choose = std::get_if<Choose>(&step.action)) {
      return std::ranges::any_of(choose->phases, [](const std::vector<Step>& phase) { return awaits(phase); });
    }
    return false;
  });
}

class Counter {
 public:
  Counter(const Program& program, const DeviceSpec& device) : program_(program), device_(device) {}

  Counts run() {
    for (size_t i = 0; i < program_.fifos.size(); ++i) add_fifo(static_cast<int>(i));
    for (size_t i = 0; i < program_.links.size(); ++i) add_link(static_cast<int>(i));
    for (const End& end : made_.ends) total(end);
    for (const Buffer& buffer : program_.buffers) made_.tiles[buffer.tile].buffer_bytes += bytes_of(buffer.block);
    for (const Parameters& parameters : program_.parameters) {
      made_.tiles[parameters.tile].parameter_bytes += int64_t{4} * parameters.words;
    }
    for (const Core& core : program_.cores) {
      TileCounts& tile = made_.tiles[core.tile];
      tile.stack_bytes += core.stack_bytes;
      tile.locks += awaits(core.body) ? 1 : 0;
    }
    for (const Fifo& fifo : program_.fifos) add_ways(fifo);
    for (const SequenceStep& step : program_.sequence) {
      std::visit([this](const auto& action) { add_action(action); }, step);
    }
    return std::move(made_);
  }

 private:
  TileKind kind(Tile tile) const { return device_.geometry.kind(tile.row); }

  void add_fifo(int index) {
    const Fifo& fifo = program_.fifos[static_cast<size_t>(index)];
    const bool shared = shares_memory(fifo, device_);
    const int64_t bytes = bytes_of(fifo.block);
    End end{.fifo = index, .tile = fifo.producer, .home = fifo.producer, .object_bytes = bytes};
    if (shared) end.home = shared_home(fifo);
    if (!shared) end.channel = made_.tiles[fifo.producer].channels_out++;
    fill(end, fifo.depth, fifo.repeat, shared);
    made_.ends.push_back(end);
    for (size_t i = 0; i < fifo.consumers.size(); ++i) {
      const Consumer& consumer = fifo.consumers[i];
      End far{.fifo = index,
              .consumer = static_cast<int>(i),
              .tile = consumer.tile,
              .home = consumer.tile,
              .object_bytes = bytes};
      if (shared) {
        far.home = end.home;
      } else {
        far.channel = made_.tiles[consumer.tile].channels_in++;
        fill(far, consumer.depth, 1, false);
      }
      made_.ends.push_back(far);
    }
  }

  /// An end of its own: no link.
  void fill(End& end, int depth, int repeat, bool shared) const {
    if (kind(end.tile) == TileKind::kInterface) return;
    end.objects = depth;
    end.locks = 2;
    end.lock_value = int64_t{depth} * repeat;
    if (shared) return;
    end.descriptors = depth == 1 ? 1 : int64_t{depth} * repeat;
    end.descriptor_words = end.object_bytes / kStreamWordBytes;
  }

  void add_link(int index) {
    const Link& link = program_.links[static_cast<size_t>(index)];
    if (link.inputs.empty() || link.outputs.empty()) return;  // verify has a rule
    const bool join = link.inputs.size() > 1;
    const Tile tile = program_.fifos[static_cast<size_t>(link.outputs[0])].producer;
    const int branches = static_cast<int>(std::max(link.inputs.size(), link.outputs.size()));
    const int repeat = program_.fifos[static_cast<size_t>(link.outputs[0])].repeat;
    const int whole = join ? link.outputs[0] : link.inputs[0];
    int depth = 0;
    for (const End& end : made_.ends) {
      if (end.fifo == whole && end.tile == tile) depth = end.objects;
    }
    for (End& end : made_.ends) {
      if (end.tile != tile || end.link >= 0) continue;
      const bool input = !end.produces() && std::ranges::count(link.inputs, end.fifo) > 0;
      const bool output = end.produces() && std::ranges::count(link.outputs, end.fifo) > 0;
      if (!input && !output) continue;
      end.link = index;
      const bool holds = end.fifo == whole;
      const int copies = output ? repeat : 1;
      end.branches = holds ? branches : 1;
      end.objects = holds ? depth : 0;
      end.locks = holds ? 2 * branches : 0;
      end.lock_value = holds ? int64_t{depth} * repeat : 0;
      const bool channel_repeats = depth == 1 && end.branches == 1;
      end.descriptors = int64_t{depth} * end.branches * (channel_repeats ? 1 : copies);
      end.descriptor_words = end.object_bytes / kStreamWordBytes / end.branches;
    }
  }

  void total(const End& end) {
    TileCounts& home = made_.tiles[end.home];
    home.object_bytes += end.objects * end.object_bytes;
    home.locks += end.locks;
    if (end.channel >= 0) made_.tiles[end.tile].descriptors[end.channel % 2] += end.descriptors;
  }

  /// Streams that a memory tile's vertical ports must take, as it has no others, and those between columns.
  void add_ways(const Fifo& fifo) {
    if (shares_memory(fifo, device_)) return;
    bool above = false;
    bool below = false;
    int left = fifo.producer.column;
    int right = fifo.producer.column;
    for (const Consumer& consumer : fifo.consumers) {
      above |= consumer.tile.row > fifo.producer.row;
      below |= consumer.tile.row < fifo.producer.row;
      left = std::min(left, consumer.tile.column);
      right = std::max(right, consumer.tile.column);
      if (kind(consumer.tile) != TileKind::kMemory) continue;
      TileCounts& memory = made_.tiles[consumer.tile];
      (fifo.producer.row < consumer.tile.row ? memory.south_in : memory.north_in) += 1;
    }
    if (kind(fifo.producer) == TileKind::kMemory) {
      made_.tiles[fifo.producer].north_out += above ? 1 : 0;
      made_.tiles[fifo.producer].south_out += below ? 1 : 0;
    }
    for (int column = left; column < right; ++column) {
      auto& [east, west] = made_.across[column + 1];
      (column >= fifo.producer.column ? east : west) += 1;
    }
  }

  void add_action(const WriteParameter&) { ++made_.sequence.parameter_writes; }
  void add_action(const HandOver&) { ++made_.sequence.hand_overs; }
  void add_action(const Wait&) { ++made_.sequence.waits; }
  void add_action(const Transfer& transfer) {
    SequenceCounts& counts = made_.sequence;
    ++counts.descriptor_writes;
    ++counts.address_patches;
    counts.token_requests += transfer.token ? 1 : 0;
    const Fifo& fifo = program_.fifos[static_cast<size_t>(transfer.fifo)];
    (kind(fifo.producer) == TileKind::kInterface ? counts.pushes_to_stream : counts.pushes_from_stream) += 1;
  }

  const Program& program_;
  const DeviceSpec& device_;
  Counts made_{};
};

}  // namespace

bool reaches(Tile core, Tile memory, const DeviceSpec& device) {
  const int first = device.geometry.first_compute_row;
  if (core.row < first || memory.row < first) return false;
  const bool west = memory.row == core.row && memory.column == core.column - 1;
  const bool vertical = memory.column == core.column && std::abs(memory.row - core.row) == 1;
  return core == memory || west || vertical;
}

bool shares_memory(const Fifo& fifo, const DeviceSpec& device) {
  if (fifo.consumers.size() != 1 || fifo.repeat != 1) return false;
  const Consumer& consumer = fifo.consumers[0];
  if (!fifo.to_stream.empty() || !consumer.from_stream.empty()) return false;
  return reaches(fifo.producer, consumer.tile, device) || reaches(consumer.tile, fifo.producer, device);
}

Tile shared_home(const Fifo& fifo) {
  // The consumer reaches the producer's memory unless it is to the west.
  const Tile consumer = fifo.consumers[0].tile;
  return consumer.row == fifo.producer.row && consumer.column < fifo.producer.column ? consumer : fifo.producer;
}

Counts count(const Program& program, const DeviceSpec& device) {
  return Counter(program, device).run();
}

const TileCounts& counts_of(const Counts& counts, Tile tile) {
  static const TileCounts kNone{};
  const auto found = counts.tiles.find(tile);
  return found == counts.tiles.end() ? kNone : found->second;
}

}  // namespace skald::npu
