#pragma once
// Operators without sums over many objects, as softmax, LayerNorm, GELU, residual add or a chain of them: every core
// takes an object, calls a few kernels on it, and gives one object, as long as there are objects.
//
// A column's objects pass its memory tile, where `rows` of them are one: they are dealt to the column's cores on the
// way in and joined on the way out. What all objects need (weights of a norm) comes once a launch, to all cores of a
// column; lookup tables and scratch lie in the cores. Three transfers a column, however many objects there are.
//
// An operator of two arrays (residual add) gets them stacked in one argument, as a core has only two input channels:
// its object is a part of each, one after the other.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/program/program.h"

namespace skald::npu::plan {

/// An argument of a kernel.
struct StreamedOperand {
  enum class Kind : uint8_t { kInput, kConstant, kOutput, kBuffer, kNumber };
  Kind kind = Kind::kInput;
  int32_t value = 0;  ///< kBuffer: index into Streamed::buffers; kNumber: the number
};

struct StreamedCall {
  std::string kernel{};
  std::vector<StreamedOperand> operands{};  ///< pointers, then numbers
};

struct StreamedBuffer {
  std::string name{};
  Block block{};
  std::string table{};  ///< of the catalogue; empty: scratch
};

struct Streamed {
  std::string name{};
  Block input{};           ///< an object; all of its parts
  int parts = 1;           ///< of an object, that lie apart in host memory; the first extent of `input` is theirs
  Block constant{};        ///< without shape: none
  Block output{};          ///< an object
  int64_t input_step = 0;  ///< elements from an object to the next in host memory; 0: one after the other
  Pattern input_order{};   ///< in which an input object is sent on to its core; empty: as it lies
  Pattern output_order{};  ///< in which an output object's elements leave; empty: as they lie
  std::vector<StreamedBuffer> buffers{};
  std::vector<StreamedCall> calls{};
  int64_t objects = 0;  ///< of all cores together
};

struct Spread {
  int rows = 4;  ///< of cores
  int columns = 4;
};

/// Objects, with those that fill the last round.
int64_t streamed_objects(const Streamed& streamed, const Spread& spread);

/// Arguments of the Program: "x" (parts, objects, input / parts), then "constant" if there is one, then "y" (objects,
/// output), with streamed_objects() objects. Column c has the c-th stretch of them. With an `input_step`, "x" is flat:
/// from the first object's first element to the last one's last.
/// Errors: kInvalidArgument: no objects or calls, an input that is not whole parts; kUnsupported: a core's memory is
/// too small.
Result<Program> plan_streamed(const Streamed& streamed, const Spread& spread, const std::string& device);

}  // namespace skald::npu::plan
