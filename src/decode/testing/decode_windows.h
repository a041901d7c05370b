#pragma once
// For tests: all windows in, all results out.

#include <atomic>
#include <span>
#include <vector>

#include "base/result.h"
#include "decode/decoding.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

namespace skald::decode::testing {

/// Decodes all tasks together in a WindowSet; the first error counts. Pre: `decoder` has slots_needed() slots reserved.
/// `cancel` is asked before every step.
Result<std::vector<WindowResult>> decode_windows(model::Decoder& decoder, const text::Tokenizer& tokenizer,
                                                 const Settings& settings, std::span<const Task> tasks,
                                                 const std::atomic<bool>* cancel = nullptr);

}  // namespace skald::decode::testing
