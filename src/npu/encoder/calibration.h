#pragma once
// What a step of int8 stands for in a model's encoder: measured on speech, kept in a small file beside the model.

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "npu/encoder/encoder_weights.h"

namespace skald::npu {

struct Calibration {
  int64_t width = 0;                    ///< of the encoder that it is of
  std::vector<std::string> recordings;  ///< that it heard, names without their directories
  int64_t windows = 0;                  ///< of 30 s
  EncoderSteps steps;                   ///< one a layer
};

/// Lets the encoder, in double arithmetic, listen to every 30 seconds of the recordings; a step is a 127th of the
/// largest number that a place has seen. `progress` is told the windows so far. Errors: kInvalidArgument: no audio;
/// those of open_audio and Checkpoint::tensor.
Result<Calibration> calibrate(const model::Checkpoint& checkpoint, std::span<const std::string> recordings,
                              const std::function<void(int64_t windows)>& progress = {});

/// As JSON, a layer a line.
std::string to_json(const Calibration& calibration);

/// Errors: kBadModel: not such a file.
Result<Calibration> parse_calibration(const std::string& json, const std::string& where);

/// Where the one of the model at `path` lies: npu-int8.json in its directory, or beside its file with the file's name
/// before it.
std::filesystem::path calibration_path(const std::filesystem::path& model);

/// Of the model at `path`. Errors: kNotFound: there is none (the remedy names the command that makes it); kBadModel: it
/// is not one, or of another model.
Result<Calibration> read_calibration(const std::filesystem::path& model, const model::Dims& dims);

}  // namespace skald::npu
