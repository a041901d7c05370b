#pragma once
// What the toolchain will make of a Program: memory, locks, descriptors, channels and streams of each tile, and what
// the sequence asks of the controller. Follows mlir-aie's lowering of object FIFOs (AIEObjectFifoStatefulTransform.cpp:
// createObjectFifoElements, createObjectFifoLocks, create*DMA), with the depth of every end given, so that it is exact:
//
// * Two compute tiles of which one reaches the other's memory, one consumer, no pattern: one pool of the producer's
//   depth in shared memory, two locks there, no channel (requiresDMAs, isSharedMemory).
// * Otherwise each end has a DMA channel, numbered in the order of Program::fifos (assignDMAChannelIndices).
// * An end in a compute tile: `depth` objects, two locks, `depth` descriptors.
// * At a memory tile all ends of a link share one set of objects, those of the largest block (of a join's output, of a
//   distribution's input); two locks a branch; its descriptors: depth x branches at the whole's end, depth at each
//   branch's end; `repeat` times as many where objects leave repeatedly, unless depth and branches are 1, for then
//   the channel itself repeats. A lock's value: depth x repeat.
// * An interface tile has no objects and no locks; its descriptors are the transfers of the sequence.
// * Parameters: their words, and one lock where the core awaits them.

#include <cstdint>
#include <map>
#include <vector>

#include "npu/program/program.h"
#include "npu/spec/device_spec.h"

namespace skald::npu {

/// One end of a stream.
struct End {
  int fifo = 0;
  int consumer = -1;  ///< index of the consumer; -1: the producer
  Tile tile{};        ///< of the end
  Tile home{};        ///< whose memory holds its objects
  int channel = -1;   ///< of its direction in its tile; -1: none
  int link = -1;      ///< index into Program::links
  int branches = 1;   ///< of the link, at the end that holds the whole
  int objects = 0;    ///< that this end adds to `home`; 0: another end of the link or pool holds them
  int64_t object_bytes = 0;
  int locks = 0;
  int64_t lock_value = 0;  ///< largest
  int64_t descriptors = 0;
  int64_t descriptor_words = 0;  ///< 32-bit words that one descriptor moves

  bool produces() const { return consumer < 0; }
};

/// Everything of one tile.
struct TileCounts {
  int64_t stack_bytes = 0;
  int64_t object_bytes = 0;
  int64_t buffer_bytes = 0;
  int64_t parameter_bytes = 0;
  int locks = 0;
  int channels_in = 0;                                           ///< stream to memory
  int channels_out = 0;                                          ///< memory to stream
  int64_t descriptors[2] = {0, 0};                               ///< of even and of odd channels
  int north_out = 0, south_out = 0, north_in = 0, south_in = 0;  ///< streams that must take this way

  int64_t bytes() const { return stack_bytes + object_bytes + buffer_bytes + parameter_bytes; }
  int64_t all_descriptors() const { return descriptors[0] + descriptors[1]; }
};

/// What the controller does for one run of the sequence.
struct SequenceCounts {
  int64_t parameter_writes = 0;    ///< registers
  int64_t hand_overs = 0;          ///< a lock's register each
  int64_t descriptor_writes = 0;   ///< block writes of eight words
  int64_t address_patches = 0;     ///< one a descriptor
  int64_t token_requests = 0;      ///< mask writes that name the controller
  int64_t pushes_to_stream = 0;    ///< tasks of MM2S queues
  int64_t pushes_from_stream = 0;  ///< tasks of S2MM queues
  int64_t waits = 0;
};

struct Counts {
  std::vector<End> ends{};
  std::map<Tile, TileCounts> tiles{};
  /// Streams from the columns to the left of the key's to it and those behind (first), and back (second).
  std::map<int, std::pair<int, int>> across{};
  SequenceCounts sequence{};
};

/// Whether a stream is lowered to shared memory without a channel, and whose memory that is. Pre: sound tiles.
bool shares_memory(const Fifo& fifo, const DeviceSpec& device);
Tile shared_home(const Fifo& fifo);

/// Whether the core at `core` reaches the memory of `memory`: its own, west, north and south (TM isLegalMemAffinity).
bool reaches(Tile core, Tile memory, const DeviceSpec& device);

/// Pre: indices, tiles and sizes are sound (the first rules of verify).
Counts count(const Program& program, const DeviceSpec& device);

/// Descriptor words, locks and so on of one tile's parameters, buffers and so on; tiles that a Program does not use
/// have none.
const TileCounts& counts_of(const Counts& counts, Tile tile);

}  // namespace skald::npu
