#include "engine/npu_device.h"

#include <fmt/format.h>

#include <utility>

#include "base/file.h"
#include "hub/hf_cache.h"
#include "npu/device/host_checks.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/xrt/xrt_device.h"

namespace skald::engine {

namespace fs = std::filesystem;

Result<void> check_npu() {
  auto why = npu::why_unusable(npu::check_host(npu::look_at_host(), npu::xrt_facts()));
  if (!why) return {};
  return fail(why->code, "device",
              "'npu' is not possible: " + why->message + " (skald npu info shows what this machine has of one)",
              why->remedy + "; or use auto or cpu");
}

std::optional<fs::path> built_artifact_path(const npu::ArtifactPlan& plan) {
  const auto cache = hub::cache_directory();
  if (!cache) return std::nullopt;
  return *cache / "skald" / "npu" / fmt::format("{}-{}.artifact", plan.precision, plan.program);
}

std::vector<fs::path> artifact_places(const fs::path& model, const npu::ArtifactPlan& plan) {
  if (const auto named = hub::environment("SKALD_NPU_ARTIFACT")) return {*named};
  const std::string name = "npu-" + plan.precision + ".artifact";
  std::error_code ignored;
  std::vector<fs::path> places{fs::is_directory(model, ignored) ? model / name : fs::path(model.string() + "." + name)};
  if (const auto built = built_artifact_path(plan)) places.push_back(*built);
  return places;
}

Result<npu::ArtifactFile> find_artifact(const fs::path& model, const npu::ArtifactPlan& plan) {
  std::string looked;
  for (const fs::path& place : artifact_places(model, plan)) {
    if (is_there(place)) return npu::read_artifact(place);
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  return fail(ErrorCode::kUnsupported, model.string(),
              fmt::format("its encoder was not built for the NPU in {}: there is no {}", plan.precision, looked),
              fmt::format("skald npu build {} --compute-type {}", model.string(), plan.precision));
}

Result<std::unique_ptr<model::Encoder>> make_npu_encoder(const model::Checkpoint& checkpoint,
                                                         const std::string& compute_type, const fs::path& path) {
  SKALD_TRY(auto device, npu::open_xrt_device());
  SKALD_TRY(npu::EncoderOptions options, npu::encoder_options(compute_type, path, checkpoint.dims()));
  options.built = [path](const npu::ArtifactPlan& plan) { return find_artifact(path, plan); };
  return npu::make_encoder(checkpoint, std::move(device), std::move(options));
}

}  // namespace skald::engine
