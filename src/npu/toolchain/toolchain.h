#pragma once
// The programs that turn MLIR-AIE text into what an NPU takes: which of them are here.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace skald::npu {

struct Toolchain {
  std::optional<std::filesystem::path> opt;         ///< aie-opt
  std::optional<std::filesystem::path> translate;   ///< aie-translate
  std::optional<std::filesystem::path> compiler;    ///< of the cores: Peano's clang++, or xchesscc_wrapper
  std::optional<std::filesystem::path> api;         ///< directory that holds aie_api/aie.hpp
  std::optional<std::filesystem::path> driver;      ///< aiecc or aiecc.py
  std::optional<std::filesystem::path> xclbinutil;  ///< of XRT; the driver calls it
  bool chess = false;                               ///< which of the two the compiler is
};

/// Looks in SKALD_AIE_TOOLS and its bin, PEANO_INSTALL_DIR/bin, XILINX_XRT/bin and PATH. A clang++ is Peano's if it
/// lists aie2 among its targets.
Toolchain find_toolchain();

struct MissingTool {
  std::string name;
  std::string purpose;
  std::string source;  ///< where to get it
};

/// What is not there, in the order of its use.
std::vector<MissingTool> missing_tools(const Toolchain& tools);

}  // namespace skald::npu
