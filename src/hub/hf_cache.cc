#include "hub/hf_cache.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>

#include "base/file.h"

namespace skald::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelPrefix = "models--";
constexpr size_t kMaxRevision = 256;  // bytes of refs/main: a commit's 40 hexadecimal digits and a line end

struct Published {
  std::string_view name;
  std::string_view sha256;  ///< of OpenAI's file
};

// openai/whisper __init__.py, _MODELS
constexpr auto kOpenAi = std::to_array<Published>({
    {"tiny.en", "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03"},
    {"tiny", "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9"},
    {"base.en", "25a8566e1d0c1e2231d1c762132cd20e0f96a85d16145c3a00adf5d1ac670ead"},
    {"base", "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e"},
    {"small.en", "f953ad0fd29cacd07d5a9eda5624af0f6bcf2258be67c92b79389873d91e0872"},
    {"small", "9ecf779972d90ba49c06d968637d720dd632c55bbf19d441fb42bf17a411e794"},
    {"medium.en", "d7440d1dc186f76616474e0ff0b3b6b879abc9d1a4926b7adfa41db2d497ab4f"},
    {"medium", "345ae4da62f9b3d59415adc60127b97c714f32e89e936602e85993674d08dcb1"},
    {"large-v1", "e4b87e7e0bf463eb8e6956e646f1e277e901512310def2c24bf0e11bd3c28e9a"},
    {"large-v2", "81f7c96c852ee8fc832187b0132e569d6c3065a3252ed18e56effd0b6a73e524"},
    {"large-v3", "e5b1a55b89c1367dacf97e3e19bfd829a01529dbfdeefa8caeb59b3f1b81dadb"},
    {"large-v3-turbo", "aff26ae408abcba5fbf8813c21e62b0941638c5f6eebfb145be0c9839262a19a"},
});

const Published* find_published(std::string_view name) {
  const auto* found = std::ranges::find(kOpenAi, name, &Published::name);
  return found == kOpenAi.end() ? nullptr : found;
}

bool is_revision(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

std::optional<std::string> environment(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

std::optional<fs::path> cache_directory() {
  if (const auto cache = environment("XDG_CACHE_HOME")) return fs::path(*cache);
  if (const auto home = environment("HOME")) return fs::path(*home) / ".cache";
  return std::nullopt;
}

std::optional<fs::path> hf_cache_directory() {
  if (const auto cache = environment("HF_HUB_CACHE")) return fs::path(*cache);
  if (const auto home = environment("HF_HOME")) return fs::path(*home) / "hub";
  if (const auto cache = cache_directory()) return *cache / "huggingface" / "hub";
  return std::nullopt;
}

std::optional<std::string> published_name(std::string_view short_name) {
  if (short_name == "large") short_name = "large-v3";
  if (short_name == "turbo") short_name = "large-v3-turbo";
  return find_published(short_name) == nullptr ? std::nullopt : std::optional(std::string(short_name));
}

std::optional<std::string_view> openai_sha256(std::string_view name) {
  const Published* found = find_published(name);
  return found == nullptr ? std::nullopt : std::optional(found->sha256);
}

std::vector<std::string> hf_repositories_of(std::string_view short_name) {
  constexpr std::string_view kDistil = "distil-";
  if (short_name.starts_with(kDistil) && short_name.find('/') == std::string_view::npos) {
    return {"distil-whisper/" + std::string(short_name),
            "Systran/faster-distil-whisper-" + std::string(short_name.substr(kDistil.size()))};
  }
  const auto name = published_name(short_name);
  if (!name) return {};
  // The first large model kept its plain name when the second one came. faster-whisper utils.py has the others.
  return {
      "openai/whisper-" + (*name == "large-v1" ? "large" : *name),
      *name == "large-v3-turbo" ? "mobiuslabsgmbh/faster-whisper-large-v3-turbo" : "Systran/faster-whisper-" + *name};
}

std::optional<std::string> hf_folder(std::string_view repository) {
  const size_t slash = repository.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == repository.size()) return std::nullopt;
  if (repository.find('/', slash + 1) != std::string_view::npos) return std::nullopt;
  std::string folder(kModelPrefix);
  folder += repository.substr(0, slash);
  folder += "--";
  folder += repository.substr(slash + 1);
  return folder;
}

std::optional<fs::path> hf_snapshot(const fs::path& cache, std::string_view repository) {
  const auto folder = hf_folder(repository);
  if (!folder) return std::nullopt;
  auto revision = read_file(cache / *folder / "refs" / "main", kMaxRevision);
  if (!revision) return std::nullopt;
  while (!revision->empty() && (revision->back() == '\n' || revision->back() == '\r')) revision->pop_back();
  if (!is_revision(*revision)) return std::nullopt;
  fs::path snapshot = cache / *folder / "snapshots" / *revision;
  std::error_code ignored;
  if (!fs::exists(snapshot / "config.json", ignored)) return std::nullopt;
  return snapshot;
}

std::vector<std::string> hf_repositories(const fs::path& cache) {
  std::vector<std::string> repositories;
  std::error_code error;
  for (fs::directory_iterator it(cache, error), end; !error && it != end; it.increment(error)) {
    const std::string folder = it->path().filename().string();
    if (!folder.starts_with(kModelPrefix)) continue;
    const std::string rest = folder.substr(kModelPrefix.size());
    const size_t split = rest.find("--");
    if (split == std::string::npos || split == 0 || split + 2 == rest.size()) continue;
    repositories.push_back(rest.substr(0, split) + "/" + rest.substr(split + 2));
  }
  std::sort(repositories.begin(), repositories.end());
  return repositories;
}

}  // namespace skald::hub
