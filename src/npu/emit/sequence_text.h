#pragma once
// The text of the sequence that the controller executes.
//
// Transfers are DMA tasks (aiex.dma_configure_task_for), not aiex.npu.dma_memcpy_nd: the toolchain numbers a task's
// descriptor (numbers of the other form are given by hand, and two forms side by side are not told apart), its
// repetition is said once and explicitly, and its limits are checked where it is written.
//
// - A task has four levels, as the toolchain's own front end prints them: missing ones have size 1. The first is the
//   number of repetitions (repeat_count is one less), a descriptor's three others make its length. A first level of
//   stride 0 stays the first of the four, for no other may have it.
// - A Wait awaits the oldest task of its stream that has a token, and frees, beside that task's descriptor (await
// does),
//   those of the tasks without token in front of it: a channel does its tasks in order, so they are done.
// - Handing over sets the lock to 1, which the core takes back to 0. The value is set, not added to: a second hand-over
//   before the core has taken the first is lost.

#include "base/result.h"
#include "npu/emit/text.h"
#include "npu/program/program.h"

namespace skald::npu {

/// Appends `aie.runtime_sequence`. Errors: kInvalidArgument: a wait without a transfer to wait for.
Result<void> print_sequence(const Program& program, text::Lines& lines);

}  // namespace skald::npu
