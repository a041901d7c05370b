#pragma once
// Model names: from "mini.en", "base.en" or "ORG/NAME" to the directory on this machine that holds the checkpoint.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skald::hub {

/// The directory or file of a model.
///
/// A path that exists is taken as it is when it is absolute, begins with "." or holds a "/". Otherwise
///   1. NAME/ (of Hugging Face or CTranslate2), NAME.pt or ggml-NAME.bin in `first`, then in each of
///      model_directories(): "mini.en" is there, and whatever else is put there;
///   2. the Hugging Face cache, for the names of the published models ("tiny" ... "large-v3", "turbo",
///      "distil-large-v3": openai/whisper-NAME, distil-whisper/distil-NAME, then what faster-whisper downloads for
///      them) and for ORG/NAME. Only what is there already: nothing is downloaded;
///   3. NAME.pt in openai-whisper's cache ($XDG_CACHE_HOME/whisper, else ~/.cache/whisper);
///   4. a directory or file of that name in the current one.
/// Errors: kInvalidArgument (empty), kNotFound with how to get the model.
Result<std::filesystem::path> find_model(std::string_view name_or_path,
                                         const std::optional<std::filesystem::path>& first = std::nullopt);

/// Where models are looked for, in order, whether or not they exist: $SKALD_MODELS, models/ of the source tree the
/// program was built in, share/skald/models of the installation, $XDG_DATA_HOME/skald/models.
std::vector<std::filesystem::path> model_directories();

/// A model that find_model would find by its name.
struct FoundModel {
  std::string name;
  std::filesystem::path path;
};

/// All of them, each name once, in the order of the directories; then the Whisper models of the Hugging Face cache as
/// ORG/NAME, sorted. Directories that cannot be read are left out.
std::vector<FoundModel> list_models();

}  // namespace skald::hub
