#include "hub/pull.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/file.h"
#include "hub/hashes.h"
#include "hub/hf_cache.h"
#include "hub/hf_server.h"
#include "hub/http.h"

namespace skald::hub {
namespace {

namespace fs = std::filesystem;

/// Everything beside the weights that readers and other programs look for.
constexpr std::array<std::string_view, 13> kSmallFiles{"config.json",
                                                       "generation_config.json",
                                                       "preprocessor_config.json",
                                                       "tokenizer.json",
                                                       "tokenizer_config.json",
                                                       "vocab.json",
                                                       "merges.txt",
                                                       "added_tokens.json",
                                                       "normalizer.json",
                                                       "vocabulary.json",
                                                       "vocabulary.txt",
                                                       "special_tokens_map.json",
                                                       "model.safetensors.index.json"};

bool is_shard(std::string_view file) {
  return file.starts_with("model-") && file.ends_with(".safetensors") && file.find('/') == std::string_view::npos;
}

/// What of a repository is wanted, the weights last and in one form; empty when there is no model in it.
std::vector<std::string> wanted_of(const std::vector<std::string>& files) {
  const auto has = [&](std::string_view name) { return std::ranges::find(files, name) != files.end(); };
  std::vector<std::string> wanted;
  const bool single = has("model.safetensors");
  for (const std::string_view name : kSmallFiles) {
    if (has(name) && !(single && name.ends_with(".index.json"))) wanted.emplace_back(name);
  }
  const size_t small = wanted.size();
  if (single) {
    wanted.emplace_back("model.safetensors");
  } else if (has("model.safetensors.index.json")) {
    std::ranges::copy_if(files, std::back_inserter(wanted), is_shard);
  } else if (has("pytorch_model.bin")) {
    wanted.emplace_back("pytorch_model.bin");
  } else if (has("model.bin")) {
    wanted.emplace_back("model.bin");
  }
  if (wanted.size() == small || !has("config.json")) return {};
  return wanted;
}

/// An exclusive flock, as huggingface_hub takes it, until the end of the scope.
Result<Descriptor> lock(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  Descriptor fd(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666));
  if (fd.get() < 0) return std::unexpected(errno_error(path.string(), "cannot be made"));
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return std::unexpected(errno_error(path.string(), "cannot be locked"));
  }
  return fd;
}

class Pull {
 public:
  Pull(std::string repository, const fs::path& cache, Http http, const PullProgress& progress)
      : repository_(std::move(repository)),
        folder_(cache / hf_folder(repository_).value_or(repository_)),
        locks_(cache / ".locks" / folder_.filename()),
        server_(repository_, std::move(http), [this] { return go_on({}, 0, 0); }),
        progress_(progress) {}

  Result<Pulled> run() {
    SKALD_TRY(const HfListing listing, server_.list());
    const std::vector<std::string> wanted = wanted_of(listing.files);
    if (wanted.empty()) {
      return fail(ErrorCode::kNotFound, repository_, "holds no Whisper model: config.json or the weights are missing",
                  "name a repository of Hugging Face or CTranslate2 weights");
    }
    const fs::path snapshot = folder_ / "snapshots" / listing.commit;
    for (const fs::path& directory : {folder_ / "blobs", folder_ / "refs", snapshot}) {
      std::error_code error;
      fs::create_directories(directory, error);
      if (error) return std::unexpected(errno_error(directory.string(), "cannot be made", error.value()));
    }
    for (const std::string& file : wanted) SKALD_CHECK(fetch(listing.commit, file, snapshot));
    // Last, so that nothing unfinished is found.
    SKALD_CHECK(write_file(folder_ / "refs" / "main", listing.commit));
    return Pulled{.repository = repository_, .snapshot = snapshot, .downloaded = downloaded_};
  }

 private:
  Result<void> fetch(const std::string& commit, const std::string& file, const fs::path& snapshot);
  Result<void> download(const std::string& file, const std::string& url, uint64_t size, const fs::path& incomplete);
  bool go_on(const std::string& file, uint64_t done, uint64_t total) const {
    return !progress_ || progress_(file, done, total);
  }

  std::string repository_;
  fs::path folder_;
  fs::path locks_;
  HfServer server_;
  const PullProgress& progress_;
  uint64_t downloaded_ = 0;
};

Result<void> Pull::fetch(const std::string& commit, const std::string& file, const fs::path& snapshot) {
  SKALD_TRY(const HfFile remote, server_.describe(commit, file));
  const fs::path blob = folder_ / "blobs" / remote.hash;
  SKALD_TRY(const Descriptor held, lock(locks_ / (remote.hash + ".lock")));
  if (!is_there(blob)) {
    const fs::path incomplete = blob.string() + ".incomplete";
    SKALD_CHECK(download(file, server_.url_of(commit, file), remote.size, incomplete));
    SKALD_TRY(const Match match, match_hash(incomplete, remote.hash));
    if (match == Match::kDifferent) {
      std::error_code ignored;
      fs::remove(incomplete, ignored);
      return fail(ErrorCode::kIo, file, "what came is not what the server has: its hash is not " + remote.hash,
                  "try again");
    }
    std::error_code error;
    fs::rename(incomplete, blob, error);
    if (error) return std::unexpected(errno_error(blob.string(), "cannot be made", error.value()));
  }
  const fs::path link = snapshot / file;
  std::error_code error;
  fs::remove(link, error);
  fs::create_symlink(fs::path("..") / ".." / "blobs" / remote.hash, link, error);
  if (error) return std::unexpected(errno_error(link.string(), "cannot be made", error.value()));
  return {};
}

Result<void> Pull::download(const std::string& file, const std::string& url, uint64_t size,
                            const fs::path& incomplete) {
  Descriptor out(::open(incomplete.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666));
  struct stat status{};
  if (out.get() < 0 || ::fstat(out.get(), &status) != 0) {
    return std::unexpected(errno_error(incomplete.string(), "cannot be written"));
  }
  auto here = static_cast<uint64_t>(status.st_size);
  const auto restart = [&] {
    here = 0;
    return ::ftruncate(out.get(), 0) == 0;
  };
  if (here > size) restart();
  std::error_code ignored;
  const fs::space_info space = fs::space(folder_, ignored);
  if (!ignored && space.available < size - here) {
    return fail(ErrorCode::kIo, incomplete.string(),
                file + " needs " + std::to_string((size - here) >> 20U) + " MiB, and " +
                    std::to_string(space.available >> 20U) + " MiB are free",
                "free some space, or set HF_HUB_CACHE to a directory on another disk");
  }
  std::optional<Error> failed;
  HttpRequest request{.url = url};
  request.go_on = [&] { return go_on(file, here, size); };
  request.body = [&](const HttpAnswer& answer, std::span<const std::byte> bytes) {
    if (answer.status == 200 && request.offset > 0) {  // the server sends all of it again
      request.offset = 0;
      restart();
    }
    while (!bytes.empty()) {
      const ssize_t put = ::write(out.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        failed = errno_error(incomplete.string(), "cannot be written");
        return false;
      }
      here += static_cast<uint64_t>(put);
      downloaded_ += static_cast<uint64_t>(put);
      bytes = bytes.subspan(static_cast<size_t>(put));
    }
    return here <= size && go_on(file, here, size);
  };
  auto pause = kFirstDownloadPause;
  for (int i = 1; here < size; ++i, pause *= 2) {
    const uint64_t before = here;
    request.offset = here;
    const auto answer = server_.http().run(request);
    if (failed) return std::unexpected(*failed);
    if (!answer && answer.error().code == ErrorCode::kCancelled && here <= size) {
      return std::unexpected(answer.error());
    }
    if (answer && answer->status >= 400 && answer->status < 500 && answer->status != 416 && answer->status != 429) {
      return server_.refused(*answer, url);
    }
    if (here > size || (answer && answer->status == 416)) restart();
    if (here == size) break;
    if (here > before) i = 0;  // it goes forward
    if (i == kDownloadTries) {
      return fail(ErrorCode::kIo, url,
                  "the download broke off at " + std::to_string(here) + " of " + std::to_string(size) +
                      " bytes: " + (answer ? "HTTP " + std::to_string(answer->status) : answer.error().message),
                  "try again: it goes on where it ended");
    }
    if (here == before) std::this_thread::sleep_for(pause);
  }
  if (::fsync(out.get()) != 0 && errno != EINVAL) {
    return std::unexpected(errno_error(incomplete.string(), "cannot be written"));
  }
  go_on(file, here, size);
  return {};
}

std::unexpected<Error> no_repository(std::string_view name) {
  if (name == "mini.en") {
    return fail(ErrorCode::kInvalidArgument, std::string(name), "is built in", "nothing has to be downloaded");
  }
  return fail(ErrorCode::kInvalidArgument, std::string(name), "is not the name of a model that can be downloaded",
              "tiny, base, small, medium, large-v3, turbo, distil-large-v3, with .en for English alone, or ORG/NAME");
}

Result<fs::path> cache_of() {
  if (const auto cache = hf_cache_directory()) return *cache;
  return fail(ErrorCode::kNotFound, "HF_HUB_CACHE", "there is no directory to keep models in",
              "set HF_HUB_CACHE or HOME");
}

bool is_offline() {
  const std::string value = environment("HF_HUB_OFFLINE").value_or("0");
  return value == "1" || value == "ON" || value == "on" || value == "YES" || value == "yes" || value == "TRUE" ||
         value == "true" || value == "True";
}

}  // namespace

std::optional<std::string> repository_of(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == '/';
  });
  if (!plain || name.starts_with('.') || name.starts_with('/')) return std::nullopt;
  const auto known = hf_repositories_of(name);
  if (!known.empty()) return known.front();
  return hf_folder(name) ? std::optional(std::string(name)) : std::nullopt;
}

Result<Pulled> pull_model(std::string_view name, const PullProgress& progress) {
  const auto repository = repository_of(name);
  if (!repository) return no_repository(name);
  if (is_offline()) {
    return fail(ErrorCode::kUnsupported, *repository, "cannot be downloaded: HF_HUB_OFFLINE is set",
                "unset HF_HUB_OFFLINE, or put the model there by hand");
  }
  try {
    SKALD_TRY(const fs::path cache, cache_of());
    SKALD_TRY(Http http, Http::make(environment("HF_TOKEN").value_or("")));
    return Pull(*repository, cache, std::move(http), progress).run();
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, *repository, "there is not enough memory to download it");
  } catch (const std::exception& e) {
    return fail(ErrorCode::kIo, *repository, std::string("cannot be downloaded: ") + e.what());
  }
}

Result<uint64_t> remove_model(std::string_view name) {
  const auto repository = repository_of(name);
  const auto named = repository ? hf_folder(*repository) : std::nullopt;
  if (!named) return no_repository(name);
  SKALD_TRY(const fs::path cache, cache_of());
  const fs::path folder = cache / *named;
  if (!is_there(folder)) {
    return fail(ErrorCode::kNotFound, *repository, "is not in " + cache.string(), "`skald models list` shows what is");
  }
  uint64_t freed = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder / "blobs", error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) freed += it->file_size(ignored);
  }
  fs::remove_all(folder, error);
  if (error) return std::unexpected(errno_error(folder.string(), "cannot be removed", error.value()));
  fs::remove_all(cache / ".locks" / *named, error);
  return freed;
}

}  // namespace skald::hub
