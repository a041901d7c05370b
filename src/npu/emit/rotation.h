#pragma once
// Which object of a stream's ring a core holds next: known from the text, or counted at run time?

#include "npu/program/program.h"

namespace skald::npu {

/// Whether `core` needs dynamic_objfifo_lowering. The toolchain's static lowering follows the text once: it unrolls
/// each loop by the least common multiple of the depths that it acquires in, and gives every acquire of the unrolled
/// text a fixed place in the ring. That is wrong where a round of an unrolled loop does not come back to the place it
/// began at, and does not end where a count is only known at run time (mlir-aie: AIEObjectFifoStatefulTransform.cpp,
/// unrollForLoops and what follows it; mlir-aie.md, "Endless loop"). Dynamic lowering counts, and is always right, for
/// a load and a switch at each acquire; so it is asked for only where the static one is not right.
bool needs_dynamic_lowering(const Program& program, const Core& core);

}  // namespace skald::npu
