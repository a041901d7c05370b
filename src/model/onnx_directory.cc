#include <optional>
#include <utility>

#include "base/file.h"
#include "model/hf_config.h"
#include "model/json.h"
#include "model/onnx_checkpoint.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

struct Files {
  fs::path encoder;
  fs::path decoder;
};

/// Both of one precision, the most exact first.
std::optional<Files> files_of(const fs::path& directory) {
  for (const fs::path& folder : {directory, directory / "onnx"}) {
    for (const std::string kind : {"", "_fp16", "_quantized", "_int8"}) {
      const fs::path encoder = folder / ("encoder_model" + kind + ".onnx");
      if (!is_there(encoder)) continue;
      for (const std::string name : {"decoder_model_merged", "decoder_model"}) {
        if (const fs::path decoder = folder / (name + kind + ".onnx"); is_there(decoder))
          return Files{encoder, decoder};
      }
    }
  }
  return std::nullopt;
}

Result<void> add_file(const fs::path& path, const std::string& side, StoredModel& model) {
  SKALD_TRY(MappedFile file, MappedFile::open(path));
  const auto bytes = file.bytes();
  model.files.push_back(std::move(file));
  return add_onnx(bytes, path, side, model);
}

}  // namespace

bool is_onnx_directory(const fs::path& directory) {
  return is_there(directory / "config.json") && files_of(directory).has_value();
}

Result<std::unique_ptr<Checkpoint>> open_onnx_checkpoint(const fs::path& directory) {
  const auto files = files_of(directory);
  if (!files)
    return fail(ErrorCode::kBadModel, directory.string(), "holds no encoder_model.onnx and decoder", kExportAgain);
  StoredModel model("ONNX", files->decoder.string());
  const fs::path config = directory / "config.json";
  SKALD_TRY(const std::string text, read_model_text(config));
  SKALD_TRY(const HfConfig read, parse_hf_config(text, config.string()));
  model.dims = read.dims;
  const fs::path generation = directory / "generation_config.json";
  if (is_there(generation)) {
    SKALD_TRY(const std::string defaults, read_model_text(generation));
    SKALD_TRY(model.generation, parse_hf_generation(defaults, read.dims, generation.string()));
  }
  if (model.generation.suppress_tokens.empty()) model.generation.suppress_tokens = read.suppress_tokens;
  SKALD_CHECK(add_file(files->encoder, "encoder", model));
  SKALD_CHECK(add_file(files->decoder, "decoder", model));
  if (is_there(directory / "tokenizer.json") || is_there(directory / "vocab.json")) model.tokenizer = directory;
  return make_stored_checkpoint(std::move(model));
}

}  // namespace skald::model
