#pragma once
// The cache of downloads that Hugging Face programs share. Layout (huggingface_hub, "Understand caching"):
// CACHE/models--ORG--NAME/refs/main holds the revision, CACHE/models--ORG--NAME/snapshots/REVISION/ the files.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skald::hub {

/// $XDG_CACHE_HOME, else ~/.cache: where programs keep what they have downloaded; none without these variables.
std::optional<std::filesystem::path> cache_directory();

/// $HF_HUB_CACHE, else $HF_HOME/hub, else $XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub; none without
/// any of these variables and HOME.
std::optional<std::filesystem::path> hf_cache_directory();

/// A published model's name in full: "large" is "large-v3", "turbo" "large-v3-turbo"; none for other names.
std::optional<std::string> published_name(std::string_view short_name);

/// SHA-256 of OpenAI's file of a published model ("base.en"); none for other names (openai/whisper __init__.py,
/// _MODELS).
std::optional<std::string_view> openai_sha256(std::string_view name);

/// "ORG/NAME" of the repositories of a published model's short name, the original first, then what faster-whisper
/// takes: "base.en" -> "openai/whisper-base.en", "Systran/faster-whisper-base.en"; "distil-small.en" ->
/// "distil-whisper/distil-small.en", "Systran/faster-distil-whisper-small.en". Empty for other names.
std::vector<std::string> hf_repositories_of(std::string_view short_name);

/// "models--ORG--NAME", the directory of a repository in the cache; none when `repository` is not of the form ORG/NAME.
std::optional<std::string> hf_folder(std::string_view repository);

/// The snapshot of `repository` that refs/main names, if it holds a config.json.
std::optional<std::filesystem::path> hf_snapshot(const std::filesystem::path& cache, std::string_view repository);

/// Repositories in the cache, "ORG/NAME", sorted.
std::vector<std::string> hf_repositories(const std::filesystem::path& cache);

/// The value of an environment variable; none when it is unset or empty.
std::optional<std::string> environment(const char* variable);

}  // namespace skald::hub
