#pragma once
// The recorder behind the fake headers: what was called, in order; what a test wants to go wrong.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "xrt/xrt_kernel.h"

namespace fake_xrt {

/// A buffer that a run was given, as the array sees it.
using Side = std::span<std::byte>;

/// A run that was executed, as the firmware sees it.
struct Launch {
  std::string kernel;
  std::vector<uint32_t> words;             ///< as many as it was told, as they were synced
  std::map<uint32_t, uint64_t> addresses;  ///< what the words have put into which descriptor's register
};

/// Where the array sees buffer `number`.
constexpr uint64_t address_of(int number) {
  return static_cast<uint64_t>(number) << 32U;
}

struct State {
  std::vector<std::string> calls;
  /// Called at the beginning of a call of that name ("device", "bo", "hw_context", "runlist.execute" ...): may throw.
  std::map<std::string, std::function<void()>> before;
  std::vector<std::string> kernels = {"MLIR_AIE"};  ///< of every xclbin
  /// What one run does on the array, given its data buffers; copies the first to the last unless told otherwise.
  std::function<void(const std::vector<Side>&)> array;
  /// States that the next waits end in; empty: completed. kRunning: the wait's time is over.
  std::vector<ert_cmd_state> outcomes;
  std::vector<Launch> launches;
  int contexts = 0;     ///< living now
  int buffers = 0;      ///< living allocations
  int next_buffer = 1;  ///< buffers are numbered from 1
  int next_kernel = 0;
};

State& state();
void reset();

/// The calls since the last time it was asked.
std::vector<std::string> take_calls();

}  // namespace fake_xrt
