#include "skald/models.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/result.h"
#include "hub/hub.h"
#include "model/checkpoint.h"
#include "model/tensor_list.h"
#include "text/tokenizer.h"

namespace skald {
namespace {

/// Element types of the tensors, and what they take.
Result<void> describe_weights(const model::Checkpoint& checkpoint, ModelDescription& description) {
  std::map<std::string, int64_t> numbers;
  for (const model::NamedShape& wanted : model::tensor_list(checkpoint.dims())) {
    SKALD_TRY(const TensorView view, checkpoint.tensor(wanted.name, wanted.shape));
    numbers[to_string(view.dtype)] += view.count();
    description.bytes += static_cast<int64_t>(view.bytes());
  }
  std::vector<std::pair<std::string, int64_t>> types(numbers.begin(), numbers.end());
  std::ranges::sort(types, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  for (const auto& [type, count] : types) {
    description.stored_types += (description.stored_types.empty() ? "" : ", ") + type;
  }
  return {};
}

}  // namespace

std::vector<InstalledModel> installed_models() {
  std::vector<InstalledModel> models;
  for (hub::FoundModel& found : hub::list_models()) models.push_back({std::move(found.name), found.path.string()});
  return models;
}

Result<ModelDescription> describe_model(const std::string& name_or_path, const std::optional<std::string>& model_dir) {
  SKALD_TRY(const auto path, hub::find_model(name_or_path, model_dir));
  SKALD_TRY(const auto checkpoint, model::open_checkpoint(path));
  const model::Dims& dims = checkpoint->dims();
  SKALD_TRY(const auto tokenizer, text::Tokenizer::load(checkpoint->tokenizer_directory(), dims.vocab));
  const text::SpecialTokens& special = tokenizer.special();
  ModelDescription description{.name = name_or_path,
                               .path = path.string(),
                               .format = std::string(checkpoint->format()),
                               .parameters = checkpoint->parameters(),
                               .multilingual = special.multilingual,
                               .languages = special.multilingual ? special.languages : 0,
                               .mel_bands = dims.mel_bands,
                               .width = dims.text_state,
                               .heads = dims.text_heads,
                               .encoder_layers = dims.audio_layers,
                               .decoder_layers = dims.text_layers,
                               .vocabulary = dims.vocab,
                               .knows_alignment_heads = !checkpoint->generation().alignment_heads.empty(),
                               .tokenizer = tokenizer.source()};
  SKALD_CHECK(describe_weights(*checkpoint, description));
  return description;
}

}  // namespace skald
