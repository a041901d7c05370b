#pragma once
// What a simulated NPU's report looks like on a terminal.

#include <string>

#include "skald/transcript.h"

namespace skald::cli {

/// Of an encoder: lines, the last one without its end.
std::string forecast_text(const NpuReport& report);

/// Of a decoder: a line, without its end.
std::string steps_text(const NpuReport& report);

}  // namespace skald::cli
