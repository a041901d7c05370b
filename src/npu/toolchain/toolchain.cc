#include "npu/toolchain/toolchain.h"

#include <unistd.h>

#include <cstdlib>
#include <span>
#include <sstream>

#include "base/file.h"
#include "npu/toolchain/tool.h"

namespace skald::npu {
namespace {

namespace fs = std::filesystem;

// Versions: docs/NPU.md, "On a Phoenix machine".
constexpr const char* kMlirAie = "mlir-aie (https://github.com/Xilinx/mlir-aie, its wheel mlir_aie)";
constexpr const char* kPeano =
    "Peano (https://github.com/Xilinx/llvm-aie, its wheel llvm-aie; set PEANO_INSTALL_DIR), or AMD's Vitis with a "
    "licence";
constexpr const char* kXrt = "XRT (https://github.com/Xilinx/XRT; source its setup.sh, or set XILINX_XRT)";

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets one
  return value == nullptr ? "" : value;
}

std::vector<fs::path> places() {
  std::vector<fs::path> all;
  if (const std::string own = variable("SKALD_AIE_TOOLS"); !own.empty()) all = {own, fs::path(own) / "bin"};
  if (const std::string peano = variable("PEANO_INSTALL_DIR"); !peano.empty()) all.push_back(fs::path(peano) / "bin");
  if (const std::string xrt = variable("XILINX_XRT"); !xrt.empty()) all.push_back(fs::path(xrt) / "bin");
  std::istringstream path(variable("PATH"));
  for (std::string part; std::getline(path, part, ':');) all.emplace_back(part.empty() ? "." : part);
  return all;
}

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> find(std::span<const fs::path> directories, std::initializer_list<const char*> names) {
  for (const fs::path& directory : directories) {
    for (const char* name : names) {
      if (is_program(directory / name)) return fs::absolute(directory / name);
    }
  }
  return std::nullopt;
}

/// Whether a clang++ compiles for the array's cores.
bool knows_aie2(const fs::path& compiler) {
  std::string directory = (fs::temp_directory_path() / "skald_tool_XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return false;
  const bool ran =
      run_tool({.step = "targets", .command = {compiler, "--print-targets"}, .directory = directory}).has_value();
  const std::string said = read_file(fs::path(directory) / "targets.log").value_or("");
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  return ran && said.find("aie2") != std::string::npos;
}

std::optional<fs::path> find_peano(std::span<const fs::path> directories) {
  for (const fs::path& directory : directories) {
    fs::path compiler = fs::absolute(directory / "clang++");
    if (is_program(compiler) && knows_aie2(compiler)) return compiler;
  }
  return std::nullopt;
}

/// Beside one of the tools' directories, as in their wheels and in Vitis.
std::optional<fs::path> find_api(std::span<const fs::path> directories) {
  for (const fs::path& directory : directories) {
    for (const fs::path& include : {directory / "include", directory / ".." / "include"}) {
      if (is_there(include / "aie_api" / "aie.hpp")) return fs::absolute(include).lexically_normal();
    }
  }
  return std::nullopt;
}

}  // namespace

Toolchain find_toolchain() {
  const std::vector<fs::path> directories = places();
  Toolchain tools{.opt = find(directories, {"aie-opt"}),
                  .translate = find(directories, {"aie-translate"}),
                  .compiler = find_peano(directories),
                  .api = find_api(directories),
                  .driver = find(directories, {"aiecc", "aiecc.py"}),
                  .xclbinutil = find(directories, {"xclbinutil"})};
  // The wrapper is mlir-aie's and calls xchesscc of Vitis.
  if (!tools.compiler && find(directories, {"xchesscc"})) {
    tools.compiler = find(directories, {"xchesscc_wrapper"});
    tools.chess = tools.compiler.has_value();
  }
  return tools;
}

std::vector<MissingTool> missing_tools(const Toolchain& tools) {
  std::vector<MissingTool> missing;
  if (!tools.opt) missing.push_back({"aie-opt", "places, routes and numbers what the text asks for", kMlirAie});
  if (!tools.translate) {
    missing.push_back(
        {"aie-translate", "writes the controller's instructions and the array's configuration", kMlirAie});
  }
  if (!tools.compiler) {
    missing.push_back(
        {"clang++ of Peano, or xchesscc with xchesscc_wrapper", "compiles the kernels for the cores", kPeano});
  }
  if (!tools.api) missing.push_back({"aie_api/aie.hpp", "the headers that kernels are written against", kMlirAie});
  if (!tools.driver) missing.push_back({"aiecc", "links the cores' programs and packs the configuration", kMlirAie});
  if (!tools.xclbinutil) missing.push_back({"xclbinutil", "makes the xclbin, for aiecc", kXrt});
  return missing;
}

}  // namespace skald::npu
