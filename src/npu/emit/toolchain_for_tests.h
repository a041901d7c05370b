#pragma once
// Runs emitted text through the real toolchain, where there is one: the authority on what is legal.

#include <filesystem>
#include <optional>
#include <string>

namespace skald::npu::samples {

struct Toolchain {
  std::filesystem::path opt;        ///< aie-opt
  std::filesystem::path translate;  ///< aie-translate
};

/// The tools in the directory SKALD_AIE_TOOLS (or its bin), else on PATH; none if either is missing.
std::optional<Toolchain> find_toolchain();

/// What the toolchain says against `text`, empty if it takes it through routing, the sequence's instructions and the
/// array's configuration (kernels are not compiled). `directory` is for its files.
std::string refusal(const Toolchain& tools, const std::string& text, const std::filesystem::path& directory);

}  // namespace skald::npu::samples
