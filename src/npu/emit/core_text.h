#pragma once
// The text of one core's program.
//
// What the Program leaves unsaid and the dialect needs:
// - An object is a value (aie.objectfifo.subview.access), taken directly after the acquire that names it: dynamic
// lowering
//   counts from the last release, so that a later access would name a later object. A loop or phase that acquires or
//   releases a stream makes the values that stand outside of it mean other objects, so it must acquire again before
//   use.
// - Phases are scf.if one after the other, not scf.index_switch: the lowering counts held objects in the order of the
//   text, and takes no lock for an acquire in the second region of one operation if the first region acquired the same
//   stream (AIEObjectFifoStatefulTransform.cpp, "Replace objectFifo.acquire ops": a release counts only if an operation
//   around it stands before one around the acquire).
// - Parameters are read where they are handed over, once each, or where they are used if nothing hands them over.
// - Loops of no rounds are left out: the static lowering refuses them.

#include "npu/emit/declarations.h"
#include "npu/emit/text.h"

namespace skald::npu {

/// Appends `aie.core`. Parameters' memory and lock are the values %parameters_NAME and %handover_NAME, buffers
/// %buffer_NAME.
Result<void> print_core(const Program& program, const Core& core, Declarations& declarations, text::Lines& lines);

}  // namespace skald::npu
