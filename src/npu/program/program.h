#pragma once
// A Program is all that one launch does on the array: which core runs what, which streams join which tiles, and the
// sequence that the controller executes. Plain structs: no pointers, no registers, no numbers of locks or descriptors
// (the toolchain assigns those; counts.h says how many they will be). A planner writes a Program, `verify` judges it,
// the simulator runs it, the emitter prints it for the toolchain; nobody else has to know.

#include <compare>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "npu/spec/element.h"

namespace skald::npu {

/// A tile of the partition: row 0 interface (shim), row 1 memory tile, rows 2 to 5 compute tiles.
struct Tile {
  int column = 0;
  int row = 0;
  auto operator<=>(const Tile&) const = default;
};

/// One level of an address pattern: `size` steps, `stride` elements apart.
struct Dim {
  int64_t size = 1;
  int64_t stride = 0;
  bool operator==(const Dim&) const = default;
};

/// Levels from the slowest to the fastest; empty: contiguous.
using Pattern = std::vector<Dim>;

/// A dense array of one type.
struct Block {
  Element type = Element::kI8;
  std::vector<int64_t> shape{};
  bool operator==(const Block&) const = default;
};

enum class Access : uint8_t { kRead, kWrite, kReadWrite };  ///< as the array sees it

/// A buffer of the host that a launch is given, in the order of Program::arguments.
struct HostArgument {
  std::string name{};
  Block block{};
  Access access = Access::kRead;
  bool operator==(const HostArgument&) const = default;
};

/// The receiving end of a stream.
struct Consumer {
  Tile tile{};
  int depth = 2;          ///< objects held there
  Pattern from_stream{};  ///< order in which arriving elements are placed
  bool operator==(const Consumer&) const = default;
};

/// A stream of objects from one tile to one or more (broadcast), with `depth` objects held at each end that has memory.
/// An object is `block` at every end; the patterns permute its elements on the way.
struct Fifo {
  std::string name{};
  Tile producer{};
  int depth = 2;
  Pattern to_stream{};
  std::vector<Consumer> consumers{};
  Block block{};
  int repeat = 1;  ///< how often a memory tile sends each object
  bool operator==(const Fifo&) const = default;
};

/// A memory tile passes on what arrives: one input and several outputs (distribute), several inputs and one output
/// (join), or one of each. An object of the single side is the objects of the many at `offsets` (elements), one after
/// the other; a pattern that the single side has at the memory tile goes over each of them by itself.
struct Link {
  std::vector<int> inputs{};   ///< indices into Program::fifos
  std::vector<int> outputs{};  ///< indices into Program::fifos
  std::vector<int64_t> offsets{};
  bool operator==(const Link&) const = default;
};

/// Memory of a compute tile that outlives its objects: lookup tables, scratch, accumulators.
struct Buffer {
  std::string name{};
  Tile tile{};
  Block block{};
  std::string table{};  ///< initial contents: a table of the kernel catalogue; empty: zeros
  bool operator==(const Buffer&) const = default;
};

/// Run-time parameters of a compute tile: 32-bit words that the sequence writes and then hands over.
struct Parameters {
  std::string name{};
  Tile tile{};
  int words = 0;
  bool operator==(const Parameters&) const = default;
};

/// A number that a core knows at build time, reads from its parameters, or has as a loop's counter.
struct Scalar {
  enum class Kind : uint8_t { kConstant, kParameter, kLoopCounter };
  Kind kind = Kind::kConstant;
  int32_t value = 0;  ///< the constant; the word of the parameters; how many loops up (0: innermost)
  bool operator==(const Scalar&) const = default;
};

/// What a kernel is given: the i-th object that is held of a stream, a buffer, or a number. Memory of int8 is bytes
/// that a kernel may take as any type; of these it may get what follows a place.
struct Operand {
  enum class Kind : uint8_t { kObject, kBuffer, kScalar };
  Kind kind = Kind::kScalar;
  int id = 0;     ///< index into Program::fifos or Program::buffers
  int index = 0;  ///< kObject: which of the held objects, oldest first
  Scalar scalar{};
  int from = 0;  ///< kObject, kBuffer, of bytes: the first that the kernel gets
  bool operator==(const Operand&) const = default;
};

struct Step;

/// Runs `body` `count` times; a negative count: for ever.
struct Loop {
  Scalar count{};
  std::vector<Step> body;
  bool operator==(const Loop&) const = default;
};

/// Runs the phase whose number `selector` is; the resident program of a core that does many things.
struct Choose {
  Scalar selector{};
  std::vector<std::vector<Step>> phases;
  bool operator==(const Choose&) const = default;
};

/// Waits until `count` objects (in all, with those already held) are held at this core's end of a stream: filled ones
/// where the core consumes, empty ones where it produces.
struct Acquire {
  int fifo = 0;
  int count = 1;
  bool operator==(const Acquire&) const = default;
};

/// Gives the oldest `count` held objects on: to the producer where the core consumes, to the stream where it produces.
struct Release {
  int fifo = 0;
  int count = 1;
  bool operator==(const Release&) const = default;
};

/// Calls a kernel of the catalogue.
struct Call {
  std::string kernel{};
  std::vector<Operand> operands{};
  bool operator==(const Call&) const = default;
};

/// Waits for the sequence to hand new run-time parameters over.
struct AwaitParameters {
  bool operator==(const AwaitParameters&) const = default;
};

struct Step {
  std::variant<Loop, Choose, Acquire, Release, Call, AwaitParameters> action{};
  bool operator==(const Step&) const = default;
};

/// One compute tile's program.
struct Core {
  Tile tile{};
  int stack_bytes = 0x400;
  std::vector<Step> body{};
  bool operator==(const Core&) const = default;
};

/// Sequence: writes word `index` of a tile's parameters.
struct WriteParameter {
  int parameters = 0;  ///< index into Program::parameters
  int index = 0;
  int32_t value = 0;
  bool operator==(const WriteParameter&) const = default;
};

/// Sequence: hands the written parameters over to the core.
struct HandOver {
  int parameters = 0;
  bool operator==(const HandOver&) const = default;
};

/// Sequence: moves elements between a host argument and a stream whose one end is an interface tile. The pattern's
/// first level may have stride 0 (the same elements again); without levels it is everything from the offset to the
/// argument's end. Returns at once; `token` lets Wait see its end.
struct Transfer {
  int fifo = 0;
  int argument = 0;
  int64_t offset = 0;  ///< elements
  Pattern pattern{};   ///< up to four levels
  bool token = false;
  bool operator==(const Transfer&) const = default;
};

/// Sequence: waits for the oldest transfer with a token of this stream that was not waited for.
struct Wait {
  int fifo = 0;
  bool operator==(const Wait&) const = default;
};

using SequenceStep = std::variant<WriteParameter, HandOver, Transfer, Wait>;

struct Program {
  std::string name{};
  std::string device{};  ///< name of a DeviceSpec: "npu1", "npu1_1col", "npu1_2col"
  std::vector<HostArgument> arguments{};
  std::vector<Fifo> fifos{};
  std::vector<Link> links{};
  std::vector<Buffer> buffers{};
  std::vector<Parameters> parameters{};
  std::vector<Core> cores{};
  std::vector<SequenceStep> sequence{};
  bool operator==(const Program&) const = default;
};

}  // namespace skald::npu
