#include "npu_build_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>

#include "console.h"
#include "engine/npu_device.h"
#include "hub/hub.h"
#include "npu/encoder/encoder_design.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/program/verify.h"
#include "npu/suite/lookups.h"
#include "npu/toolchain/build.h"

namespace skald::cli {
namespace {

namespace fs = std::filesystem;

struct Loaded {
  fs::path path;
  npu::EncoderDesign design;
};

/// Errors: those of finding and opening the model, and of design_encoder.
Result<Loaded> load(const std::string& model, const std::string& compute_type) {
  SKALD_TRY(const fs::path path, hub::find_model(model));
  SKALD_TRY(const auto checkpoint, model::open_checkpoint(path));
  const model::Dims& dims = checkpoint->dims();
  SKALD_TRY(const npu::EncoderOptions options, npu::encoder_options(compute_type, path, dims));
  SKALD_TRY(npu::EncoderDesign design,
            npu::design_encoder(*checkpoint, options.precision, options.steps, dims.audio_ctx));
  SKALD_CHECK(npu::verified(design.program, npu::catalogue_lookup()));
  return Loaded{.path = path, .design = std::move(design)};
}

/// Where everything goes. Errors: kInvalidArgument: there is no cache directory and no --output; those of making it.
Result<npu::BuildPlaces> places_for(const npu::ArtifactPlan& plan, const std::string& output) {
  const auto usual = engine::built_artifact_path(plan);
  if (output.empty() && !usual) {
    return fail(ErrorCode::kInvalidArgument, "--output", "there is no cache directory (HOME, XDG_CACHE_HOME)",
                "name the file to write");
  }
  const fs::path artifact = output.empty() ? usual.value_or("") : fs::path(output);
  return npu::BuildPlaces{.directory = artifact.string() + ".build", .artifact = artifact};
}

std::string missing_text(const npu::BuildReport& report) {
  std::string text = fmt::format("not done     {}\n", fmt::join(report.not_done, ", "));
  for (const npu::MissingTool& tool : report.missing) {
    text += fmt::format("missing      {}: {}; from {}\n", tool.name, tool.purpose, tool.source);
  }
  return text + fmt::format("next         {}; put the tools on PATH or under SKALD_AIE_TOOLS and run this again\n",
                            report.not_done.front());
}

}  // namespace

NpuBuildCommand::NpuBuildCommand(CLI::App& npu)
    : Command(npu, "build",
              "Build a model's encoder for a real NPU with MLIR-AIE's toolchain; says which of its tools are missing") {
  app().add_option("MODEL", words_, "name, directory or file");
  table().add("--compute-type", compute_type_, "auto (int8 where steps for it are there), int8, bfloat16", "TYPE",
              "Build");
  table().add("--output", output_,
              "file to write (none: in the cache, where transcribing looks for it); what comes before it is kept in "
              "FILE.build",
              "FILE", "Build");
}

ExitCode NpuBuildCommand::run() {
  const auto usage = [](const Error& error) {
    complain(error);
    return kUsage;
  };
  if (words_.size() != 1) {
    return usage({ErrorCode::kInvalidArgument, "npu build", "takes a model", "skald npu build MODEL"});
  }
  if (compute_type_ != "auto" && compute_type_ != "int8" && compute_type_ != "bfloat16") {
    return usage({ErrorCode::kInvalidArgument, "--compute-type", "the NPU's encoder has no '" + compute_type_ + "'",
                  "use auto, int8 or bfloat16"});
  }
  const auto loaded = load(words_.front(), compute_type_);
  if (!loaded) {
    complain(loaded.error());
    return exit_code_of_load(loaded.error().code);
  }
  const npu::ArtifactFile file = npu::artifact_of(loaded->design);
  const auto places = places_for(file.plan, output_);
  if (!places) return usage(places.error());
  const auto report = npu::build_artifact(loaded->design.program, npu::catalogue_code(), npu::find_toolchain(), *places,
                                          file, [](const std::string& step) { tell(step); });
  if (!report) {
    complain(report.error());
    return report.error().code == ErrorCode::kUnsupported ? kUsage : kOutputFailed;
  }
  std::string text = fmt::format(
      "model        {}, {}, Program {}\ntext         {}\nkernels      {}\n", loaded->path.string(), file.plan.precision,
      file.plan.program, (places->directory / "0_emitted.mlir").string(), (places->directory / "kernels").string());
  if (!report->done.empty()) text += fmt::format("done         {}\n", fmt::join(report->done, ", "));
  if (!report->missing.empty()) return show(text + missing_text(*report), kUsage);
  return show(text + fmt::format("artifact     {}\n", places->artifact.string()));
}

}  // namespace skald::cli
