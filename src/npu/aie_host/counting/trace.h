#pragma once
// What a recording holds: the body of each loop once per form that it took, and how often.

#include <cstdint>
#include <string>
#include <vector>

#include "npu/aie_host/record.h"

namespace skald::npu::counting {

using aie::counted::detail::LoopKind;
using aie::counted::detail::Op;

/// Where an operand was made, seen from the iteration that uses it.
enum class From : std::uint8_t {
  kHere,       ///< in this iteration
  kBefore,     ///< in the iteration before
  kEnclosing,  ///< in the iteration of the enclosing loop (or the function) that this loop is part of
  kNested,     ///< in the last iteration of a loop that is part of this iteration
};

/// One use of a value, or an order that memory imposes.
struct Use {
  From from = From::kHere;
  bool sum = false;        ///< read as the accumulator that is added to
  bool memory = false;     ///< no value: an access to the same bytes
  std::uint32_t op = 0;    ///< index of the operation
  std::uint32_t item = 0;  ///< kNested: which item of this iteration
  bool operator==(const Use&) const = default;
};

/// An operation of the source: `count` machine operations, independent of each other but for loads and stores, which go
/// through one pointer and so issue one after the other.
struct Recorded {
  Op op = Op::kLoad;
  std::uint8_t bank = 0;    ///< memory: logical bank plus one; 0: not in the tile image
  bool used_later = false;  ///< outside of its iteration and not as its own loop's next
  std::uint16_t count = 1;
  std::uint16_t bits = 0;  ///< of the whole result
  std::uint32_t macs = 0;
  std::vector<Use> uses;
};

/// An entry of an iteration in the order of the source.
struct Item {
  enum class Kind : std::uint8_t { kOperation, kLoop, kCall };
  Kind kind = Kind::kOperation;
  std::uint32_t index = 0;  ///< into ops, Trace::loops, Trace::blocks
  bool operator==(const Item&) const = default;
};

/// A body: an iteration of a loop, or a function.
struct Block {
  std::string site;
  std::vector<Recorded> ops;
  std::vector<Item> items;
};

struct Run {
  std::uint32_t block = 0;  ///< index into Trace::blocks
  std::int64_t count = 0;
  bool operator==(const Run&) const = default;
};

/// A loop as it ran once.
struct Loop {
  std::string site;
  LoopKind kind = LoopKind::kPlain;
  int minimum_trips = 0;
  std::vector<Run> runs;
  std::int64_t trips = 0;
};

struct Trace {
  std::vector<Block> blocks;
  std::vector<Loop> loops;
  std::uint32_t root = 0;  ///< the block of the kernel
  std::string fault;       ///< not empty: what the kernel's brackets did wrong
};

}  // namespace skald::npu::counting
