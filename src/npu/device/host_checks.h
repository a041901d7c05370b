#pragma once
// Whether this machine's NPU can be used, point by point, each with what to do about it.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "npu/device/host_facts.h"

namespace skald::npu {

/// XRT as this program was built with it, and as it runs.
struct RuntimeFacts {
  bool built = false;   ///< XRT was there, with hardware contexts and run lists, when this program was built
  std::string version;  ///< of the library that runs, "2.21.75"
  std::string reason;   ///< why it was not built
};

enum class HostCheckState : uint8_t {
  kGood,
  kWarning,  ///< works, but not as well as it could
  kBad,      ///< the NPU cannot be used like this
  kUnknown,  ///< cannot be told here
};

/// "good", "warning", "bad", "unknown"
const char* to_string(HostCheckState state);

struct HostCheck {
  std::string name;  ///< "device", "driver", ...
  HostCheckState state = HostCheckState::kUnknown;
  std::string found;  ///< what there is
  std::string fix;    ///< what to do; empty when good
};

/// In the order in which things have to be there: device, kernel, driver, firmware, node, permission, memlock,
/// suspend, runtime.
std::vector<HostCheck> check_host(const HostFacts& facts, const RuntimeFacts& runtime);

/// The first bad check as an error of `--device npu`; none: the NPU can be used.
std::optional<Error> why_unusable(const std::vector<HostCheck>& checks);

}  // namespace skald::npu
