#pragma once
// A Program as text, line by line, and back. What it looks like:
//
//   program add device npu1_1col
//   argument x i8[4096] read
//   argument y i8[4096] write
//   fifo in (0,0)*2 -> (0,2)*2 : i8[1024]
//   fifo out (0,2)*2 -> (0,0)*2 : i8[1024]
//   buffer table (0,2) i8[256] table gelu_i8
//   parameters given (0,2) 16
//   core (0,2) stack 1024
//     await
//     loop forever
//       acquire in 1
//       acquire out 1
//       call add in[0] out[0] table 3 parameter:0 counter:0
//       release out 1
//       release in 1
//     end
//   end
//   sequence
//     write given[0] 7
//     hand given
//     transfer in x at 0
//     transfer out y at 0 by 4x1024 256x4 4x1 token
//     wait out
//   end
//
// Numbers behind a tile: depth (`*2`) and pattern (`by SIZExSTRIDE ...`, slowest first). `repeat N` ends a fifo's line,
// `link in, ... -> out, ... at 0, 1024` passes on, `choose SCALAR`, `phase`, `end` picks among phases. A name that is
// no identifier is written in double quotes; a reference to something without a name of its own is `#INDEX`.
// `//` begins a comment.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "npu/program/program.h"

namespace skald::npu {

/// The text of `program`, whatever it holds: legal or not. Fields that their kind does not use are not printed.
std::string print(const Program& program);

/// The Program of a text; print(*parse(print(p))) == print(p). Every input is safe. Errors: kInvalidArgument: where is
/// "line L, column C". Says nothing about legality: that is verify's.
Result<Program> parse(std::string_view text);

/// FNV-1a, 64 bits, of the text: names a Program in caches and reports; no protection against forgery.
uint64_t hash(const Program& program);
/// The hash as 16 hexadecimal digits.
std::string hash_text(const Program& program);

/// Deepest nesting of loops and choices that `parse` takes.
inline constexpr int kDeepestNesting = 32;

}  // namespace skald::npu
