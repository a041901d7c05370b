#include "npu/device/artifact.h"

#include <fmt/format.h>

#include <cstring>
#include <functional>
#include <numeric>

#include "base/file.h"

namespace skald::npu {
namespace {

constexpr size_t kHeaderWords = 4;
constexpr uint32_t kGenerationNpu1 = 3;
constexpr const char* kRebuild = "build the instructions again for npu1";

}  // namespace

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
  return artifact.xclbin.empty() ? artifact.name : artifact.xclbin.string();
}

Result<void> check_instructions(const std::vector<uint32_t>& words, const std::string& where) {
  if (words.size() < kHeaderWords) {
    return fail(ErrorCode::kInvalidArgument, where, "is too short for instructions of the NPU", kRebuild);
  }
  const uint32_t generation = (words[0] >> 16U) & 0xFFU;
  if (generation != kGenerationNpu1) {
    return fail(ErrorCode::kUnsupported, where,
                fmt::format("holds instructions of device generation {}, this is {}", generation, kGenerationNpu1),
                kRebuild);
  }
  if (words[3] != words.size() * sizeof(uint32_t)) {
    return fail(ErrorCode::kInvalidArgument, where,
                fmt::format("states {} bytes of instructions and holds {}", words[3], words.size() * sizeof(uint32_t)),
                kRebuild);
  }
  return {};
}

Result<std::vector<uint32_t>> read_instructions(const std::filesystem::path& path) {
  SKALD_TRY(const std::string content, read_file(path));
  if (content.size() % sizeof(uint32_t) != 0) {
    return fail(ErrorCode::kInvalidArgument, path.string(),
                fmt::format("{} bytes are no whole number of 32-bit words", content.size()), kRebuild);
  }
  std::vector<uint32_t> words(content.size() / sizeof(uint32_t));
  if (!content.empty()) std::memcpy(words.data(), content.data(), content.size());
  SKALD_CHECK(check_instructions(words, path.string()));
  return words;
}

}  // namespace skald::npu
