#pragma once
// Reader of what torch.save writes: a zip archive with a pickle (data.pkl) and the tensors' bytes (data/KEY). OpenAI's
// own NAME.pt holds {"dims": sizes, "model_state_dict": tensors}; pytorch_model.bin of a Hugging Face directory the
// tensors.

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/tensor.h"
#include "model/stored_model.h"

namespace skald::model {

struct TorchTensor {
  std::string name;
  TensorView view;  ///< in the file
};

struct TorchFile {
  std::vector<TorchTensor> tensors;
  Dims dims;              ///< of "dims", validated; else as made
  bool has_dims = false;  ///< an OpenAI checkpoint
};

/// `file` must outlive the views. Errors: kBadModel, kUnsupported: compressed members, names that no model needs.
Result<TorchFile> parse_torch(std::span<const std::byte> file, const std::string& where);

/// An OpenAI checkpoint. The vocabulary is the program's own. Errors: those of MappedFile::open, parse_torch and
/// make_stored_checkpoint; kUnsupported: a file without "dims".
Result<std::unique_ptr<Checkpoint>> open_openai_checkpoint(const std::filesystem::path& path);

}  // namespace skald::model
