#pragma once
// Whether the files of a model are what was published.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/hashes.h"

namespace skald::hub {

/// A file and the hash that it should have: the name of its blob in the Hugging Face cache, or OpenAI's own.
struct FileCheck {
  std::string name;
  std::string expected;  ///< empty: nobody said
  Match match = Match::kNone;
};

struct ModelCheck {
  std::vector<std::string> published;  ///< names of the published models of this shape: "large-v1", "large-v2"
  size_t tensors = 0;                  ///< all of them there, with their shapes
  std::vector<FileCheck> files;
};

/// Opens the model, which checks names and shapes of its tensors, and hashes its files.
/// Errors: those of open_checkpoint and match_hash.
Result<ModelCheck> check_model(const std::filesystem::path& path);

}  // namespace skald::hub
