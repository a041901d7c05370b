#include "npu/encoder/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "npu/suite/encoder_trace.h"

namespace skald::npu {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKind = "skald npu int8 steps";
constexpr const char* kFile = "npu-int8.json";
constexpr double kMost = 127;  // of int8, alike on both sides

struct Place {
  const char* name;
  double LayerSteps::* step;
};
constexpr Place kPlaces[] = {{"attention_norm", &LayerSteps::attention_norm},
                             {"mixed", &LayerSteps::mixed},
                             {"mlp_norm", &LayerSteps::mlp_norm},
                             {"hidden", &LayerSteps::hidden},
                             {"activated", &LayerSteps::activated}};

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

/// The largest number of every place so far.
class Ranges final : public suite::EncoderObserver {
 public:
  explicit Ranges(size_t layers) : most_(layers) {}

  void product(suite::TracedProduct product) override {
    if (!product.name.starts_with("layer ")) return;  // the stem is bfloat16
    LayerSteps& layer = most_.at(std::stoul(product.name.substr(6)));
    const auto hear = [&](double LayerSteps::* place, double most) { layer.*place = std::max(layer.*place, most); };
    if (product.name.ends_with("qkv")) hear(&LayerSteps::attention_norm, largest(product.a));
    if (product.name.ends_with("out")) hear(&LayerSteps::mixed, largest(product.a));
    if (product.name.ends_with("fc2")) hear(&LayerSteps::activated, largest(product.a));
    if (!product.name.ends_with("fc1")) return;
    hear(&LayerSteps::mlp_norm, largest(product.a));
    // GELU makes nothing of what is far below 0: it may saturate.
    hear(&LayerSteps::hidden, *std::ranges::max_element(product.c));
  }

  Result<EncoderSteps> steps() const {
    EncoderSteps steps = most_;
    for (LayerSteps& layer : steps) {
      for (const Place& place : kPlaces) {
        double& step = layer.*place.step;
        if (!(step > 0) || !std::isfinite(step)) {
          return fail(ErrorCode::kInvalidArgument, "calibration",
                      fmt::format("{} is {} for all audio", place.name, step),
                      "name recordings of speech, and a trained model");
        }
        step /= kMost;
      }
    }
    return steps;
  }

 private:
  EncoderSteps most_;
};

}  // namespace

Result<Calibration> calibrate(const model::Checkpoint& checkpoint, std::span<const std::string> recordings,
                              const std::function<void(int64_t windows)>& progress) {
  const model::Dims& dims = checkpoint.dims();
  Calibration made{.width = dims.audio_state};
  Ranges ranges(static_cast<size_t>(dims.audio_layers));
  for (const std::string& recording : recordings) {
    SKALD_TRY(const auto windows, suite::windows_of(recording, dims.mel_bands, std::numeric_limits<int64_t>::max()));
    for (const std::vector<float>& mel : windows) {
      SKALD_CHECK(suite::run_encoder(checkpoint, mel, ranges));
      ++made.windows;
      if (progress) progress(made.windows);
    }
    made.recordings.push_back(std::filesystem::path(recording).filename().string());
  }
  if (made.windows == 0) {
    return fail(ErrorCode::kInvalidArgument, "calibration", "there is no audio to listen to",
                "name recordings of speech, a minute in all or more");
  }
  SKALD_TRY(made.steps, ranges.steps());
  return made;
}

std::string to_json(const Calibration& calibration) {
  std::string layers;
  for (const LayerSteps& layer : calibration.steps) {
    Json steps;
    for (const Place& place : kPlaces) steps[place.name] = layer.*place.step;
    layers += (layers.empty() ? "" : ",\n") + ("    " + steps.dump());
  }
  return fmt::format(
      "{{\n  \"kind\": \"{}\",\n  \"width\": {},\n  \"windows\": {},\n  \"recordings\": {},\n  \"layers\": [\n{}\n  "
      "]\n}}\n",
      kKind, calibration.width, calibration.windows, Json(calibration.recordings).dump(), layers);
}

Result<Calibration> parse_calibration(const std::string& json, const std::string& where) {
  const Json whole = Json::parse(json, nullptr, false);
  try {
    if (whole.at("kind") != kKind) throw std::invalid_argument("kind");
    Calibration made{.width = whole.at("width"), .recordings = whole.at("recordings"), .windows = whole.at("windows")};
    for (const Json& layer : whole.at("layers")) {
      LayerSteps& steps = made.steps.emplace_back();
      for (const Place& place : kPlaces) {
        steps.*place.step = layer.at(place.name);
        if (!(steps.*place.step > 0)) throw std::invalid_argument(place.name);
      }
    }
    return made;
  } catch (const std::exception& e) {
    return fail(ErrorCode::kBadModel, where, fmt::format("holds no int8 steps of an encoder: {}", e.what()),
                "make it again with skald npu calibrate");
  }
}

std::filesystem::path calibration_path(const std::filesystem::path& model) {
  std::error_code ignored;
  if (std::filesystem::is_directory(model, ignored)) return model / kFile;
  return model.string() + "." + kFile;
}

Result<Calibration> read_calibration(const std::filesystem::path& model, const model::Dims& dims) {
  const std::filesystem::path path = calibration_path(model);
  const std::string command =
      fmt::format("skald npu calibrate {} RECORDING... --output {}", model.string(), path.string());
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return fail(ErrorCode::kNotFound, path.string(), "there are no int8 steps for this model's encoder on the NPU",
                command + "; or --compute-type bfloat16");
  }
  SKALD_TRY(const std::string json, read_file(path));
  SKALD_TRY(Calibration made, parse_calibration(json, path.string()));
  if (made.width != dims.audio_state || std::ssize(made.steps) != dims.audio_layers) {
    return fail(ErrorCode::kBadModel, path.string(),
                fmt::format("is of an encoder of {} layers, {} wide; the model's has {}, {} wide", made.steps.size(),
                            made.width, dims.audio_layers, dims.audio_state),
                command);
  }
  return made;
}

}  // namespace skald::npu
