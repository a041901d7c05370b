#pragma once
// Memory for the objects at one end of a stream (or of one slice of a joined one), handed back and forth between the
// one that fills and the one that empties: what a pair of locks does on the device.

#include <cstdint>

#include "npu/program/program.h"
#include "npu/sim/events.h"

namespace skald::npu::sim {

struct Ring {
  int fifo = 0;  ///< whose objects, for messages
  Tile tile{};
  int slots = 0;
  int64_t bytes = 0;      ///< of one object
  int64_t address = 0;    ///< of the first, in its tile
  double lock_delay = 0;  ///< until the other side sees a release
  Actor* writer = nullptr;
  Actor* reader = nullptr;

  int64_t produced = 0;       ///< released by the writer
  int64_t seen_produced = 0;  ///< of them, known to the reader
  int64_t consumed = 0;       ///< released by the reader
  int64_t seen_consumed = 0;  ///< of them, known to the writer
  int64_t writing = 0;        ///< held by the writer
  int64_t reading = 0;        ///< held by the reader

  int64_t empty() const { return slots - (produced - seen_consumed) - writing; }
  int64_t full() const { return seen_produced - consumed - reading; }

  /// Where the writer's (reader's) i-th held object lies.
  int64_t written_at(int64_t i) const { return address + (produced + i) % slots * bytes; }
  int64_t read_at(int64_t i) const { return address + (consumed + i) % slots * bytes; }
};

}  // namespace skald::npu::sim
