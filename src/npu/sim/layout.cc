#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/rounding.h"
#include "npu/sim/array.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::sim {
namespace {

constexpr int64_t kAlignment = 64;  // of everything: the widest vector access

int64_t aligned(int64_t bytes) {
  return round_up(bytes, kAlignment);
}

/// A core reaches the memory of its own tile and of those to the west, north and south; rows below 2 are no cores.
bool reaches(Tile core, Tile memory) {
  const bool own = core == memory;
  const bool west = memory.column == core.column - 1 && memory.row == core.row;
  const bool vertical = memory.column == core.column && std::abs(memory.row - core.row) == 1;
  return own || west || vertical;
}

bool shares_memory(const Fifo& fifo) {
  if (fifo.consumers.size() != 1 || !fifo.to_stream.empty() || !fifo.consumers[0].from_stream.empty()) return false;
  const Tile from = fifo.producer;
  const Tile to = fifo.consumers[0].tile;
  return from.row >= 2 && to.row >= 2 && (reaches(to, from) || reaches(from, to));
}

class Layout {
 public:
  explicit Layout(Array& array) : array_(array) {}

  Result<std::vector<StreamEnds>> run() {
    const Program& program = array_.program;
    for (const Core& core : program.cores) used_[core.tile] = aligned(core.stack_bytes);
    for (const Buffer& buffer : program.buffers) {
      array_.buffer_address.push_back(reserve(buffer.tile, bytes_of(buffer.block)));
    }
    for (const Parameters& parameters : program.parameters) {
      array_.parameter_address.push_back(reserve(parameters.tile, int64_t{4} * parameters.words));
    }
    array_.handed_over.assign(program.parameters.size(), false);
    make_ends();
    for (const Link& link : program.links) make_link(link);
    for (size_t i = 0; i < ends_.size(); ++i) complete(static_cast<int>(i));
    find_core_ends();
    SKALD_CHECK(make_memories());
    return std::move(ends_);
  }

 private:
  int64_t reserve(Tile tile, int64_t bytes) { return std::exchange(used_[tile], used_[tile] + aligned(bytes)); }

  int ring(int fifo, Tile tile, int slots, int64_t bytes) {
    Ring made{.fifo = fifo, .tile = tile, .slots = slots, .bytes = aligned(bytes)};
    made.address = reserve(tile, slots * made.bytes);
    made.lock_delay = tile.row == 1 ? array_.options.time.memory_lock : 0;
    array_.rings.push_back(made);
    return static_cast<int>(array_.rings.size()) - 1;
  }

  const Fifo& fifo(int index) const { return array_.program.fifos[static_cast<size_t>(index)]; }

  void make_ends() {
    for (size_t i = 0; i < array_.program.fifos.size(); ++i) {
      const Fifo& shown = array_.program.fifos[i];
      StreamEnds ends{.fifo = static_cast<int>(i), .direct = shares_memory(shown)};
      ends.producer = {.tile = shown.producer, .interface = shown.producer.row == 0, .pattern = shown.to_stream};
      for (const Consumer& consumer : shown.consumers) {
        ends.consumers.push_back(
            {.tile = consumer.tile, .interface = consumer.tile.row == 0, .pattern = consumer.from_stream});
      }
      ends_.push_back(std::move(ends));
    }
  }

  StreamEnd& end_at(int fifo, Tile tile) {
    for (StreamEnd& end : ends_[static_cast<size_t>(fifo)].consumers) {
      if (end.tile == tile) return end;
    }
    return ends_[static_cast<size_t>(fifo)].consumers.front();  // not reached after verify
  }

  /// The many side's objects are slices of the one side's, each with a ring of its own.
  void make_link(const Link& link) {
    const bool join = link.inputs.size() > 1;
    const std::vector<int>& many = join ? link.inputs : link.outputs;
    const int one = join ? link.outputs.front() : link.inputs.front();
    const Tile tile = fifo(link.outputs.front()).producer;
    StreamEnd& whole = join ? ends_[static_cast<size_t>(one)].producer : end_at(one, tile);
    int slots = fifo(one).depth;
    for (const Consumer& consumer : fifo(one).consumers) {
      if (!join && consumer.tile == tile) slots = consumer.depth;
    }
    for (size_t i = 0; i < many.size(); ++i) {
      const Block& block = fifo(many[i]).block;
      const int64_t begin = link.offsets.empty() ? 0 : link.offsets[i] * bytes_of(block.type);
      const Slice slice{.begin = begin, .bytes = bytes_of(block), .ring = ring(many[i], tile, slots, bytes_of(block))};
      whole.slices.push_back(slice);
      StreamEnd& part = join ? end_at(many[i], tile) : ends_[static_cast<size_t>(many[i])].producer;
      part.slices = {{.begin = 0, .bytes = slice.bytes, .ring = slice.ring}};
    }
    std::ranges::sort(whole.slices, {}, &Slice::begin);
  }

  /// Rings of the ends that no link made.
  void complete(int index) {
    StreamEnds& ends = ends_[static_cast<size_t>(index)];
    const Fifo& shown = fifo(index);
    const int64_t bytes = bytes_of(shown.block);
    if (!ends.producer.interface && ends.producer.slices.empty()) {
      ends.producer.slices = {{.bytes = bytes, .ring = ring(index, shown.producer, shown.depth, bytes)}};
    }
    for (size_t i = 0; i < ends.consumers.size(); ++i) {
      StreamEnd& end = ends.consumers[i];
      if (end.interface || !end.slices.empty()) continue;
      if (ends.direct) {
        end.slices = ends.producer.slices;
      } else {
        end.slices = {{.bytes = bytes, .ring = ring(index, end.tile, shown.consumers[i].depth, bytes)}};
      }
    }
  }

  void find_core_ends() {
    for (const Core& core : array_.program.cores) {
      std::map<int, CoreEnd> found;
      for (const StreamEnds& ends : ends_) {
        if (ends.producer.tile == core.tile) {
          found[ends.fifo] = {.ring = ends.producer.slices.front().ring, .produces = true};
        }
        for (const StreamEnd& end : ends.consumers) {
          if (end.tile == core.tile) found[ends.fifo] = {.ring = end.slices.front().ring, .produces = false};
        }
      }
      array_.core_ends.push_back(std::move(found));
    }
  }

  Result<void> make_memories() {
    for (const auto& [tile, bytes] : used_) {
      const int64_t room = kNpu1.tile(tile.row).memory.bytes;
      if (bytes > room) {
        return fail(ErrorCode::kUnsupported, array_.program.name + ", tile " + to_string(tile),
                    "needs " + std::to_string(bytes) + " bytes of " + std::to_string(room),
                    "use smaller objects or fewer of them");
      }
      array_.memories.try_emplace(tile, room);
    }
    return {};
  }

  Array& array_;
  std::map<Tile, int64_t> used_;
  std::vector<StreamEnds> ends_;
};

}  // namespace

Result<std::vector<StreamEnds>> lay_out(Array& array) {
  return Layout(array).run();
}

}  // namespace skald::npu::sim
