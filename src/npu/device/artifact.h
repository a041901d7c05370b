#pragma once
// What a device can load: a configuration of the array, the instructions of one launch, and the shape of its arguments.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "npu/device/instructions.h"
#include "npu/program/program.h"

namespace skald::npu {

/// One data argument of a launch.
struct ArtifactArgument {
  std::string name;
  size_t bytes = 0;
  Access access = Access::kRead;  ///< as the array sees it
  bool operator==(const ArtifactArgument&) const = default;
};

/// Real devices take `xclbin`, `kernel` and `instructions`; the simulator takes `program`. Artifacts with the same
/// `configuration` share one hardware context, of which there are six; each switch between two costs about 1.4 ms.
struct Artifact {
  std::string name;           ///< what messages call it: "matmul_i8_512x512x512"
  std::string configuration;  ///< equal: the same array configuration; empty: the hash of `xclbin`, else `name`
  std::vector<ArtifactArgument> arguments;
  std::vector<char> xclbin;         ///< bytes of the file, as XRT takes them
  std::string kernel = "MLIR_AIE";  ///< name of the compute unit in the xclbin, or its beginning (npu.md 4.1)
  std::vector<uint32_t> instructions;
  std::shared_ptr<const Program> program;
};

/// The arguments of a Program in the order of the launch.
std::vector<ArtifactArgument> arguments_of(const Program& program);

/// Key under which a context is shared.
std::string configuration_of(const Artifact& artifact);

}  // namespace skald::npu
