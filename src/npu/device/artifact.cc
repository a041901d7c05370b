#include "npu/device/artifact.h"

#include <functional>
#include <numeric>
#include <span>

#include "base/hexadecimal.h"
#include "npu/device/sha256.h"

namespace skald::npu {

std::vector<ArtifactArgument> arguments_of(const Program& program) {
  std::vector<ArtifactArgument> arguments;
  arguments.reserve(program.arguments.size());
  for (const HostArgument& argument : program.arguments) {
    const auto& shape = argument.block.shape;
    const int64_t elements = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
    arguments.push_back(
        {argument.name, static_cast<size_t>(elements * bytes_of(argument.block.type)), argument.access});
  }
  return arguments;
}

std::string configuration_of(const Artifact& artifact) {
  if (!artifact.configuration.empty()) return artifact.configuration;
  return artifact.xclbin.empty() ? artifact.name : hexadecimal(sha256(std::as_bytes(std::span(artifact.xclbin))));
}

}  // namespace skald::npu
