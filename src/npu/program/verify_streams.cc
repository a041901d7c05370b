// Streams between tiles: necessary conditions for a routing to exist. A memory tile has vertical ports alone, so what
// begins or ends there is known to need one; between columns, streams of the rows that have lateral ports are counted
// together. The toolchain's router has the last word.

#include "npu/program/verify_rules.h"

namespace skald::npu::verifying {
namespace {

void stream_vertical(const Context& c, Report& report) {
  for (const auto& [tile, counts] : c.counts.tiles) {
    if (c.kind(tile) != TileKind::kMemory) continue;
    const SwitchSpec& ports = c.device->memory.ports;
    const auto look = [&](const char* way, int used, int most) {
      if (used <= most) return;
      report("tile " + to_string(tile), text(used) + " streams " + way + ", there are " + text(most),
             "pass some through another column's memory tile");
    };
    look("to the north", counts.north_out, ports.north_out);
    look("to the south", counts.south_out, ports.south_out);
    look("from the north", counts.north_in, ports.north_in);
    look("from the south", counts.south_in, ports.south_in);
  }
}

void stream_lateral(const Context& c, Report& report) {
  const Geometry& geometry = c.device->geometry;
  const int rows = geometry.compute_rows();  // and the interface row
  const int most = rows * c.device->compute.ports.east_out + c.device->interface.ports.east_out;
  for (const auto& [column, streams] : c.counts.across) {
    const auto& [east, west] = streams;
    if (east <= most && west <= most) continue;
    report(
        "columns " + text(column - 1) + " and " + text(column),
        text(east) + " streams to the east and " + text(west) + " to the west, there are " + text(most) + " each way",
        "keep streams in their columns, or broadcast");
  }
}

}  // namespace

std::span<const Row> stream_rows() {
  static constexpr Row kRows[] = {
      {{"stream-vertical", "a memory tile's streams: 6 northward, 4 southward", "npu.md 1.4, 7.3"}, 1, stream_vertical},
      {{"stream-lateral", "between two columns: 4 streams a row each way, none in the memory row", "npu.md 1.4, 7.3"},
       1,
       stream_lateral},
  };
  return kRows;
}

}  // namespace skald::npu::verifying
