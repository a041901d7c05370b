#include "model/stored_model.h"

#include <utility>

#include "model/alignment_heads.h"
#include "model/tensor_list.h"

namespace skald::model {
namespace {

class StoredCheckpoint final : public Checkpoint {
 public:
  explicit StoredCheckpoint(StoredModel model) : model_(std::move(model)) {
    for (const NamedShape& t : tensor_list(model_.dims)) parameters_ += t.shape.count();
  }

  std::string_view format() const override { return model_.format; }
  const Dims& dims() const override { return model_.dims; }
  const GenerationDefaults& generation() const override { return model_.generation; }
  Result<TensorView> tensor(std::string_view name, const Shape& shape) const override {
    return model_.tensors.get(name, shape);
  }
  std::optional<std::filesystem::path> tokenizer_directory() const override { return model_.tokenizer; }
  int64_t parameters() const override { return parameters_; }
  void release_pages() const override {
    for (const MappedFile& file : model_.files) file.drop_pages();
  }

 private:
  StoredModel model_;
  int64_t parameters_ = 0;
};

Result<void> add_positions(StoredModel& model) {
  const Shape shape{model.dims.audio_ctx, model.dims.audio_state};
  AlignedBuffer<float>& values = model.made.emplace_back(static_cast<size_t>(shape.count()));
  fill_sinusoids(model.dims.audio_ctx, model.dims.audio_state, values.span());
  return model.tensors.add(kEncoderPositions, TensorView{.data = values.data(), .dtype = DType::kF32, .shape = shape});
}

}  // namespace

Result<std::unique_ptr<Checkpoint>> make_stored_checkpoint(StoredModel model) {
  if (model.generation.alignment_heads.empty()) {
    const auto heads = published_alignment_heads(model.dims);
    model.generation.alignment_heads.assign(heads.begin(), heads.end());
  }
  if (!model.tensors.contains(kEncoderPositions)) SKALD_CHECK(add_positions(model));
  SKALD_CHECK(model.tensors.check_complete(model.dims));
  return std::make_unique<StoredCheckpoint>(std::move(model));
}

}  // namespace skald::model
