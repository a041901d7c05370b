#pragma once
// What a reader of any file format collects, and the checkpoint that is made of it.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/file.h"
#include "base/result.h"
#include "model/checkpoint.h"
#include "model/tensor_table.h"

namespace skald::model {

struct StoredModel {
  StoredModel(std::string_view its_format, const std::string& where) : format(its_format), tensors(where) {}

  std::string_view format;        ///< Checkpoint::format, of a literal
  std::vector<MappedFile> files;  ///< that the tensors lie in
  Dims dims;
  GenerationDefaults generation;
  TensorTable tensors;
  std::vector<AlignedBuffer<float>> made;  ///< numbers that no file holds as they are wanted
  std::optional<std::filesystem::path> tokenizer;
};

/// What some files leave out is added: the encoder's fixed positions, the alignment heads of a published model. Then
/// every tensor has to be there. Errors: kBadModel with the first that is missing or has another shape.
Result<std::unique_ptr<Checkpoint>> make_stored_checkpoint(StoredModel model);

}  // namespace skald::model
