#pragma once
// What one NPU accepts at once, from the device's description.

#include "npu/spec/device_spec.h"

namespace skald::npu {

inline constexpr int kMaxContexts = HostCosts{}.contexts;         ///< hardware contexts of all programs together
inline constexpr int kMaxListEntries = HostCosts{}.list_entries;  ///< runs of one run list
inline constexpr int kMaxInFlight = HostCosts{}.in_flight;        ///< unfinished submissions of one context

}  // namespace skald::npu
