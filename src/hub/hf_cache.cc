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

constexpr std::array<std::string_view, 12> kOpenAi{"tiny",     "tiny.en",  "base",     "base.en",
                                                   "small",    "small.en", "medium",   "medium.en",
                                                   "large-v1", "large-v2", "large-v3", "large-v3-turbo"};

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
  if (std::find(kOpenAi.begin(), kOpenAi.end(), short_name) == kOpenAi.end()) return std::nullopt;
  return std::string(short_name);
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
