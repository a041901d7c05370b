#pragma once
// Finds what is wrong with MLIR-AIE text as far as its form goes: no substitute for aie-opt, but here without it.

#include <string>
#include <string_view>
#include <vector>

namespace skald::npu::samples {

/// Problems with their line numbers; empty when none was found. Checked: brackets and regions balance; a value is
/// defined once, in sight and before its use; a symbol is declared once and all that are used are; types of bounds,
/// conditions, calls, views, objects, loads, locks and tasks agree with the definitions; a core acquires and releases
/// only at its own end of a stream; lengths and repetitions of transfers agree with their levels.
std::vector<std::string> problems(std::string_view text);

}  // namespace skald::npu::samples
