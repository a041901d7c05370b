#include "npu/emit/toolchain_for_tests.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

namespace skald::npu::samples {
namespace {

namespace fs = std::filesystem;

// The passes of the compiler driver of that version, in its order, in three calls so that a refusal names its stage.
constexpr const char* kPlace =
    "builtin.module(aie.device(aie-place-tiles),lower-affine,aie-canonicalize-device,aie.device(aie-assign-lock-ids,"
    "aie-register-objectFifos,aie-objectFifo-stateful-transform,aie-assign-bd-ids,aie-lower-cascade-flows,"
    "aie-lower-broadcast-packet,aie-lower-multicast,aie-assign-tile-controller-ids,"
    "aie-generate-column-control-overlay,aie-assign-buffer-addresses,aie-assign-core-link-files,"
    "aie-vector-transfer-lowering),convert-scf-to-cf)";
constexpr const char* kRoute = "builtin.module(aie.device(aie-create-pathfinder-flows))";
constexpr const char* kSequence =
    "builtin.module(aie-materialize-runtime-sequences,aie.device(aie-materialize-bd-chains,"
    "aie-substitute-shim-dma-allocations,aie-assign-runtime-sequence-bd-ids,canonicalize,aie-dma-tasks-to-npu,"
    "aie-dma-to-npu,aie-lower-set-lock))";
constexpr const char* kConfiguration = "builtin.module(aie.device(convert-aie-to-transaction))";

std::optional<fs::path> find_tool(const char* name) {
  std::vector<fs::path> directories;
  if (const char* own = std::getenv("SKALD_AIE_TOOLS")) {  // NOLINT(concurrency-mt-unsafe): one thread
    directories = {own, fs::path(own) / "bin"};
  }
  if (const char* path = std::getenv("PATH")) {  // NOLINT(concurrency-mt-unsafe): one thread
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, ':');) directories.emplace_back(part);
  }
  for (const fs::path& directory : directories) {
    std::error_code error;
    if (fs::is_regular_file(directory / name, error)) return directory / name;
  }
  return std::nullopt;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// Runs `command`; what it said if it failed.
std::string failure(const std::string& stage, const std::vector<std::string>& command, const fs::path& directory) {
  const fs::path said = directory / "said.txt";
  std::string line;
  for (const std::string& word : command) line += quoted(word) + " ";
  line += "> " + quoted(said.string()) + " 2>&1";
  if (std::system(line.c_str()) == 0) return {};  // NOLINT(cert-env33-c,concurrency-mt-unsafe): the tools are programs
  std::ostringstream message;
  message << stage << ": " << std::ifstream(said).rdbuf();
  return message.str();
}

}  // namespace

std::optional<Toolchain> find_toolchain() {
  const auto opt = find_tool("aie-opt");
  const auto translate = find_tool("aie-translate");
  if (!opt || !translate) return std::nullopt;
  return Toolchain{.opt = *opt, .translate = *translate};
}

std::string refusal(const Toolchain& tools, const std::string& text, const fs::path& directory) {
  fs::create_directories(directory);
  const auto file = [&](const char* name) { return (directory / name).string(); };
  std::ofstream(file("0_emitted.mlir")) << text;
  const auto passes = [&](const char* stage, const char* pipeline, const char* from, const char* to) {
    return failure(stage, {tools.opt.string(), "--pass-pipeline=" + std::string(pipeline), file(from), "-o", file(to)},
                   directory);
  };
  std::string said = passes("placing", kPlace, "0_emitted.mlir", "1_placed.mlir");
  if (said.empty()) said = passes("routing", kRoute, "1_placed.mlir", "2_routed.mlir");
  if (said.empty()) said = passes("sequence", kSequence, "2_routed.mlir", "3_npu.mlir");
  if (said.empty()) {
    said =
        failure("instructions",
                {tools.translate.string(), "--aie-npu-to-binary", "--aie-output-binary=false", "--aie-device-name=main",
                 "--aie-sequence-name=sequence", file("3_npu.mlir"), "-o", file("insts.txt")},
                directory);
  }
  if (said.empty()) {
    said = failure("configuration data",
                   {tools.translate.string(), "--aie-generate-cdo", "--aie-device-name=main",
                    "--work-dir-path=" + directory.string(), file("2_routed.mlir")},
                   directory);
  }
  if (said.empty()) said = passes("configuration", kConfiguration, "2_routed.mlir", "4_configuration.mlir");
  return said;
}

}  // namespace skald::npu::samples
