#pragma once
// Programs written by hand, legal for the toolchain, that between them use everything a Program can say.

#include <ostream>
#include <string>
#include <vector>

#include "npu/emit/emit.h"

namespace skald::npu::samples {

/// C (128 x 64) = A (128 x 128) B (128 x 64), bf16 to f32, on one core; blocks ordered by memory tile.
Program one_tile();

/// C (256 x 256) = A (256 x 128) B (128 x 256), int8 to int32, on 16 cores: A along rows, B down columns (broadcast),
/// the column's four C joined.
Program whole_array();

/// One core with two phases, a loop count and a scalar argument chosen by parameters; a lookup table; a window over the
/// stream that holds an object from round to round.
Program phases();

/// A memory tile sends each object three times; a distribute to two cores, neighbours that share memory, and a stream
/// to the host from a core directly.
Program repeated();

/// Patterns at both ends of a stream and, with a repetition, on the host; no memory tile.
Program both_ends();

struct Sample {
  std::string name;
  Program program;
};
inline void PrintTo(  // NOLINT(readability-identifier-naming): GoogleTest's name
    const Sample& sample, std::ostream* out) {
  *out << sample.name;
}
std::vector<Sample> all();

/// Knows every kernel ("name" is in "name_code.cc") and the table "some_table".
const EmitLookups& lookups();

}  // namespace skald::npu::samples
