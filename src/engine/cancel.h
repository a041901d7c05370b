#pragma once
// A caller's wish to stop, which nobody notifies: whoever works long looks at it now and then.

#include <atomic>

#include "base/result.h"

namespace skald::engine {

using Cancel = const std::atomic<bool>*;  ///< may be null: nobody will ask

/// Errors: kCancelled once it was asked for.
inline Result<void> check(Cancel cancel) {
  if (cancel == nullptr || !cancel->load(std::memory_order_relaxed)) return {};
  return fail(ErrorCode::kCancelled, "", "cancelled");
}

}  // namespace skald::engine
