#pragma once
// The suite's cases of a model's encoder that listens to a recording.

#include <string>

#include "base/result.h"
#include "npu/suite/cases.h"

namespace skald::cli {

struct EncoderSource {
  std::string model = "mini.en";
  std::string audio{};  ///< empty: samples/minute.ogg beside models/
};

/// Of the first 30 seconds. Errors: those of finding and reading the two.
Result<void> add_encoder_cases(npu::suite::Cases& cases, const EncoderSource& source);

}  // namespace skald::cli
