#include "npu/emit/rotation.h"

#include <map>
#include <numeric>
#include <set>
#include <variant>

namespace skald::npu {
namespace {

class Rotation {
 public:
  Rotation(const Program& program, Tile tile) : program_(program), tile_(tile) {}

  bool dynamic() const { return dynamic_; }

  /// Objects released by `body` run once, per stream; notes what the static lowering cannot do.
  std::map<int, int64_t> released(const std::vector<Step>& body) {
    std::map<int, int64_t> sum;
    for (const Step& step : body) {
      if (const auto* release = std::get_if<Release>(&step.action)) sum[release->fifo] += release->count;
      if (std::holds_alternative<Choose>(step.action)) dynamic_ = true;
      if (const auto* loop = std::get_if<Loop>(&step.action)) {
        for (const auto& [fifo, count] : looped(*loop)) sum[fifo] += count;
      }
    }
    return sum;
  }

 private:
  std::map<int, int64_t> looped(const Loop& loop) {
    std::map<int, int64_t> sum = released(loop.body);
    if (loop.count.kind != Scalar::Kind::kConstant) {
      dynamic_ = true;
      return sum;
    }
    std::set<int> direct;
    for (const Step& step : loop.body) {
      if (const auto* acquire = std::get_if<Acquire>(&step.action)) direct.insert(acquire->fifo);
    }
    int64_t unrolled = 1;
    for (const int fifo : direct) unrolled = std::lcm(unrolled, depth(fifo));
    const bool at_once = loop.count.value >= 0 && loop.count.value <= unrolled;
    for (auto& [fifo, count] : sum) {
      if (!at_once && count * unrolled % depth(fifo) != 0) dynamic_ = true;
      if (loop.count.value >= 0) count *= loop.count.value;
    }
    return sum;
  }

  /// Objects in the ring at the core's end. Two cores may share one ring, of the producer's depth if they are
  /// neighbours; where the depths differ, which one it is would be the toolchain's to say.
  int64_t depth(int index) {
    const Fifo& fifo = program_.fifos[static_cast<size_t>(index)];
    const Consumer& first = fifo.consumers.front();
    if (fifo.producer.row >= 2 && first.tile.row >= 2 && first.depth != fifo.depth) dynamic_ = true;
    for (const Consumer& consumer : fifo.consumers) {
      if (consumer.tile == tile_) return consumer.depth;
    }
    return fifo.depth;
  }

  const Program& program_;
  Tile tile_;
  bool dynamic_ = false;
};

}  // namespace

bool needs_dynamic_lowering(const Program& program, const Core& core) {
  Rotation rotation(program, core.tile);
  rotation.released(core.body);
  return rotation.dynamic();
}

}  // namespace skald::npu
