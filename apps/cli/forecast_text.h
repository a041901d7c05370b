#pragma once
// What a simulated NPU's report looks like on a terminal.

#include <string>

#include "skald/transcript.h"

namespace skald::cli {

/// Lines, the last one without its end.
std::string forecast_text(const NpuReport& report);

}  // namespace skald::cli
