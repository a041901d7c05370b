#include "hub/hub.h"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <system_error>

#include "base/file.h"
#include "hub/hf_cache.h"
#include "model/hf_config.h"

namespace skald::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuiltIn = "mini.en";
constexpr int kMaxParents = 6;          // build/apps/cli/skald lies four below the source tree
constexpr size_t kMaxConfig = 4 << 20;  // bytes of a config.json

bool is_model(const fs::path& directory) {
  return is_there(directory / "config.json") || is_there(directory / "model.bin");
}

/// What a directory of models has under a name: a directory, OpenAI's file or whisper.cpp's.
std::optional<fs::path> named_in(const fs::path& directory, const std::string& name) {
  if (is_model(directory / name)) return directory / name;
  for (const std::string& file : {name + ".pt", "ggml-" + name + ".bin"}) {
    if (is_there(directory / file)) return directory / file;
  }
  return std::nullopt;
}

/// openai-whisper's download of a published model.
std::optional<fs::path> openai_download(const std::string& name) {
  const auto full = published_name(name);
  const auto cache = cache_directory();
  if (!full || !cache) return std::nullopt;
  const fs::path file = *cache / "whisper" / (*full + ".pt");
  return is_there(file) ? std::optional(file) : std::nullopt;
}

/// models/ of the tree that the running program was built in, found from where the program lies.
std::optional<fs::path> source_tree_models() {
  std::error_code error;
  fs::path directory = fs::read_symlink("/proc/self/exe", error);
  for (int i = 0; !error && i < kMaxParents && directory.has_relative_path(); ++i) {
    directory = directory.parent_path();
    if (is_model(directory / "models" / kBuiltIn)) return directory / "models";
  }
  return std::nullopt;
}

/// share/skald/models beside the bin/ the running program lies in: an installation that was moved.
std::optional<fs::path> relocated_models() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error || program.parent_path().filename() != "bin") return std::nullopt;
  return program.parent_path().parent_path() / "share" / "skald" / "models";
}

std::optional<fs::path> user_models() {
  if (const auto data = environment("XDG_DATA_HOME")) return fs::path(*data) / "skald" / "models";
  if (const auto home = environment("HOME")) return fs::path(*home) / ".local" / "share" / "skald" / "models";
  return std::nullopt;
}

bool is_path_like(std::string_view name) {
  return name.starts_with('.') || name.find('/') != std::string_view::npos;
}

/// What to do when a model is not on this machine.
std::unexpected<Error> not_found(const std::string& name, const std::optional<std::string>& repository) {
  if (repository) {
    return fail(ErrorCode::kNotFound, name, "the model is not on this machine",
                "run `skald models pull " + name + "`, or name a directory with config.json and model.safetensors");
  }
  if (name == kBuiltIn) {
    return fail(ErrorCode::kNotFound, name, "the built-in model was not found",
                "set SKALD_MODELS to the project's models directory");
  }
  return fail(ErrorCode::kNotFound, name, "there is no such model or directory",
              "`skald doctor` lists the models on this machine; others: tiny, base, small, medium, large-v3, turbo, "
              "with .en for English alone, or a directory");
}

/// "owner/name" as it stands; none for other paths.
std::optional<std::string> as_repository(const std::string& path) {
  const bool relative = path[0] != '.' && path[0] != '/';
  if (relative && std::count(path.begin(), path.end(), '/') == 1 && !path.ends_with('/')) return path;
  return std::nullopt;
}

Result<fs::path> find_by_name(const std::string& name, const std::optional<fs::path>& first) {
  const bool path_like = is_path_like(name);
  if (path_like && is_there(name)) return fs::path(name);
  if (!path_like) {
    std::vector<fs::path> directories = model_directories();
    if (first) directories.insert(directories.begin(), *first);
    for (const fs::path& directory : directories) {
      if (const auto found = named_in(directory, name)) return *found;
    }
  }
  std::vector<std::string> repositories = hf_repositories_of(name);
  if (path_like) {
    if (auto repository = as_repository(name)) repositories.push_back(*std::move(repository));
  }
  if (const auto cache = hf_cache_directory()) {
    for (const std::string& repository : repositories) {
      if (const auto snapshot = hf_snapshot(*cache, repository)) return *snapshot;
    }
  }
  if (const auto download = openai_download(name)) return *download;
  if (is_there(name)) return fs::path(name);
  return not_found(name, repositories.empty() ? std::nullopt : std::optional(repositories.front()));
}

bool is_whisper(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  const auto text = read_file(path, kMaxConfig);
  return text && model::parse_hf_config(*text, path.string()).has_value();
}

void add_directory(const fs::path& directory, std::vector<FoundModel>& models) {
  std::vector<FoundModel> here;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    const auto same = [&](const FoundModel& m) { return m.name == name; };
    if (!is_model(it->path()) || std::any_of(models.begin(), models.end(), same)) continue;
    here.push_back({std::move(name), it->path()});
  }
  std::sort(here.begin(), here.end(), [](const FoundModel& a, const FoundModel& b) { return a.name < b.name; });
  models.insert(models.end(), here.begin(), here.end());
}

}  // namespace

Result<fs::path> find_model(std::string_view name_or_path, const std::optional<fs::path>& first) {
  const std::string name(name_or_path);
  if (name.empty() || name.find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "model", "the name of the model is empty",
                "give a name such as mini.en or base, or a directory");
  }
  try {
    return find_by_name(name, first);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, name, "there is not enough memory to look for it");
  } catch (const std::exception& e) {
    return fail(ErrorCode::kIo, name, std::string("cannot be looked for: ") + e.what());
  }
}

std::vector<fs::path> model_directories() {
  std::vector<fs::path> directories;
  const auto add = [&](const std::optional<fs::path>& directory) {
    if (directory && std::find(directories.begin(), directories.end(), *directory) == directories.end()) {
      directories.push_back(*directory);
    }
  };
  if (const auto named = environment("SKALD_MODELS")) add(fs::path(*named));
  add(source_tree_models());
  add(relocated_models());
  add(fs::path(SKALD_INSTALLED_MODELS));
  add(user_models());
  // A build directory outside the source tree.
  add(fs::path(SKALD_SOURCE_MODELS));
  return directories;
}

std::vector<FoundModel> list_models() {
  std::vector<FoundModel> models;
  try {
    for (const fs::path& directory : model_directories()) add_directory(directory, models);
    const auto cache = hf_cache_directory();
    if (!cache) return models;
    for (std::string& repository : hf_repositories(*cache)) {
      const auto snapshot = hf_snapshot(*cache, repository);
      if (snapshot && is_whisper(*snapshot)) models.push_back({std::move(repository), *snapshot});
    }
  } catch (const std::exception&) {
    return models;  // what was found before memory or the file system gave out
  }
  return models;
}

}  // namespace skald::hub
