#include "npu/toolchain/build.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/file.h"
#include "base/hexadecimal.h"
#include "npu/device/sha256.h"
#include "npu/toolchain/sources.h"
#include "npu/toolchain/tool.h"

namespace skald::npu {
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

constexpr const char* kText = "0_emitted.mlir";
constexpr const char* kXclbin = "final.xclbin";
constexpr const char* kInstructions = "final.bin";
constexpr const char* kKernels = "kernels";

struct BuildStep {
  std::string name;
  std::vector<std::string> command;  ///< empty: a tool is missing
  std::vector<std::string> inputs{};
  std::vector<std::string> outputs{};
};

using Steps = std::vector<BuildStep>;

/// aie-opt and aie-translate, without the cores' programs.
Steps text_steps(const Toolchain& tools) {
  Steps steps;
  const auto passes = [&](const char* name, const char* pipeline, const char* from, const char* to) {
    BuildStep step{.name = name, .command = {}, .inputs = {from}, .outputs = {to}};
    if (tools.opt) step.command = {*tools.opt, std::string("--pass-pipeline=") + pipeline, from, "-o", to};
    steps.push_back(std::move(step));
  };
  const auto translation = [&](const char* name, const char* from, std::vector<std::string> arguments,
                               std::vector<std::string> outputs) {
    BuildStep step{.name = name, .command = {}, .inputs = {from}, .outputs = std::move(outputs)};
    if (tools.translate) {
      step.command = {*tools.translate};
      step.command.insert(step.command.end(), arguments.begin(), arguments.end());
    }
    steps.push_back(std::move(step));
  };
  passes("placing", kPlace, kText, "1_placed.mlir");
  passes("routing", kRoute, "1_placed.mlir", "2_routed.mlir");
  passes("sequence", kSequence, "2_routed.mlir", "3_npu.mlir");
  translation("instructions", "3_npu.mlir",
              {"--aie-npu-to-binary", "--aie-device-name=main", "--aie-sequence-name=" + std::string(kSequenceName),
               "3_npu.mlir", "-o", "3_npu.bin"},
              {"3_npu.bin"});
  translation("configuration-data", "2_routed.mlir",
              {"--aie-generate-cdo", "--aie-device-name=main", "--work-dir-path=.", "2_routed.mlir"}, {});
  passes("configuration", kConfiguration, "2_routed.mlir", "4_configuration.mlir");
  return steps;
}

std::string object_of(const std::string& source) {
  return fs::path(source).stem().string() + ".o";
}

/// Flags: those of mlir-aie's programming_examples/makefile-common.
BuildStep compile_step(const Toolchain& tools, const std::string& source) {
  const std::string from = std::string(kKernels) + "/" + source;
  BuildStep step{.name = "kernel-" + fs::path(source).stem().string(),
                 .command = {},
                 .inputs = {from},
                 .outputs = {object_of(source)}};
  if (!tools.compiler || !tools.api) return step;
  step.command = {*tools.compiler};
  if (tools.chess) {
    step.command.insert(step.command.end(), {"aie2", "-std=c++20"});
  } else {
    step.command.insert(step.command.end(),
                        {"-O2", "-std=c++20", "--target=aie2-none-unknown-elf", "-DNDEBUG", "-ffunction-sections",
                         "-Wno-parentheses", "-Wno-attributes", "-Wno-macro-redefined", "-Wno-empty-body",
                         "-Wno-missing-template-arg-list-after-template-kw"});
  }
  step.command.insert(step.command.end(), {"-I", tools.api->string(), "-c", from, "-o", object_of(source)});
  return step;
}

/// The driver takes the text again: numbers in instructions and configuration have to come from one run.
BuildStep link_step(const Toolchain& tools, const std::vector<std::string>& sources) {
  BuildStep step{.name = "linking", .command = {}, .inputs = {kText}, .outputs = {kXclbin, kInstructions}};
  for (const std::string& source : sources) step.inputs.push_back(object_of(source));
  if (!tools.driver || !tools.compiler || !missing_tools(tools).empty()) return step;  // it calls all of them
  step.command = {*tools.driver, "--no-aiesim", "--no-compile-host"};
  if (tools.chess) {
    step.command.insert(step.command.end(), {"--xchesscc", "--xbridge"});
  } else {
    const std::string peano = tools.compiler->parent_path().parent_path().string();
    step.command.insert(step.command.end(), {"--no-xchesscc", "--no-xbridge", "--peano=" + peano});
  }
  step.command.insert(step.command.end(), {"--aie-generate-xclbin", "--xclbin-name=" + std::string(kXclbin),
                                           "--xclbin-kernel-name=" + Artifact().kernel, "--aie-generate-npu-insts",
                                           "--npu-insts-name=" + std::string(kInstructions), kText});
  return step;
}

Result<void> run_step(const BuildStep& step, const fs::path& directory) {
  SKALD_CHECK(run_tool({.step = step.name, .command = step.command, .directory = directory}));
  for (const std::string& output : step.outputs) {
    if (is_there(directory / output)) continue;
    return fail(ErrorCode::kUnsupported, step.name, "the tool ended well, but has not made " + output,
                "what it said is in " + (directory / (step.name + ".log")).string() +
                    "; the command: " + shell_text(step.command));
  }
  return {};
}

/// All that can be done; outputs of earlier builds are not taken for this one's.
Result<BuildReport> run_steps(const Steps& steps, const fs::path& directory,
                              const std::function<void(const std::string&)>& on_step) {
  std::error_code ignored;
  for (const BuildStep& step : steps) {
    for (const std::string& output : step.outputs) fs::remove(directory / output, ignored);
  }
  BuildReport report;
  for (const BuildStep& step : steps) {
    const auto made = [&](const std::string& input) { return is_there(directory / input); };
    if (step.command.empty() || !std::ranges::all_of(step.inputs, made)) {
      report.not_done.push_back(step.name);
      continue;
    }
    if (on_step) on_step(step.name);
    SKALD_CHECK(run_step(step, directory));
    report.done.push_back(step.name);
  }
  return report;
}

Result<fs::path> made_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return std::unexpected(errno_error(directory.string(), "cannot be made", error.value()));
  return fs::absolute(directory);
}

}  // namespace

Result<BuildReport> build_artifact(const Program& program, const EmitLookups& lookups, const Toolchain& tools,
                                   const BuildPlaces& places, ArtifactFile file,
                                   const std::function<void(const std::string& step)>& on_step) {
  SKALD_TRY(const std::string text, emit(program, lookups));
  SKALD_TRY(const auto sources, kernel_sources(program, lookups));
  SKALD_TRY(const fs::path directory, made_directory(places.directory));
  SKALD_CHECK(write_file(directory / kText, text));
  SKALD_CHECK(copy_sources(sources, directory / kKernels));
  Steps steps = text_steps(tools);
  for (const std::string& source : sources) steps.push_back(compile_step(tools, source));
  steps.push_back(link_step(tools, sources));
  SKALD_TRY(BuildReport report, run_steps(steps, directory, on_step));
  report.missing = missing_tools(tools);
  if (!report.missing.empty()) return report;
  file.origin = {.text = hexadecimal(sha256(std::as_bytes(std::span(text)))),
                 .dialect = std::string(kMlirAieVersion),
                 .tools = tools.chess ? "Chess" : "Peano"};
  SKALD_TRY(file.artifact.instructions, read_instructions(directory / kInstructions));
  SKALD_TRY(const std::string xclbin, read_file(directory / kXclbin));
  file.artifact.xclbin.assign(xclbin.begin(), xclbin.end());
  SKALD_CHECK(write_artifact(places.artifact, file));
  return report;
}

Result<void> check_text(const std::string& text, const Toolchain& tools, const fs::path& directory) {
  SKALD_TRY(const fs::path made, made_directory(directory));
  SKALD_CHECK(write_file(made / kText, text));
  SKALD_CHECK(run_steps(text_steps(tools), made, {}));
  return {};
}

}  // namespace skald::npu
