#pragma once
// What one NPU accepts at once. Source of each: the amdxdna driver.

namespace skald::npu {

/// Hardware contexts of all programs together; the seventh fails (npu1_regs.c, hwctx_limit = 6).
inline constexpr int kMaxContexts = 6;
/// Runs in one run list: sub-commands of a chain in a 4 KiB command buffer (aie2_msg_priv.h, MAX_CHAIN_CMDBUF_SIZE).
inline constexpr int kMaxListEntries = 64;
/// Submissions of one context that may be unfinished at once (aie2_pci.h, HWCTX_MAX_CMDS).
inline constexpr int kMaxInFlight = 4;

}  // namespace skald::npu
