#pragma once
// Downloads of models into the Hugging Face cache, in the layout that other programs share (huggingface_hub,
// file_download.py): blobs/HASH, refs/main, snapshots/COMMIT/FILE -> ../../blobs/HASH; a download on its way is
// blobs/HASH.incomplete, held by the lock CACHE/.locks/models--ORG--NAME/HASH.lock.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skald::hub {

/// A file on its way: bytes here and in all. False: stop; what is here is kept for the next time.
using PullProgress = std::function<bool(const std::string& file, uint64_t done, uint64_t total)>;

struct Pulled {
  std::string repository;
  std::filesystem::path snapshot;
  uint64_t downloaded = 0;  ///< bytes that came; 0: everything was here
};

/// "ORG/NAME" of a published model's short name, or of itself; none for paths and other names.
std::optional<std::string> repository_of(std::string_view name);

/// Downloads what a model needs: configuration, tokenizer, and its weights in one form. From $HF_ENDPOINT, else
/// https://huggingface.co; $HF_TOKEN is sent if it is set. A broken download is taken up where it ended, up to five
/// times here and by the next call; what has come is checked against the hash that the server names it by.
/// Errors: kInvalidArgument (no repository has this name), kNotFound (no such repository or no model in it),
/// kPermission (a token is wanted), kUnsupported ($HF_HUB_OFFLINE is set), kIo (no network, disk full, a wrong hash),
/// kCancelled.
Result<Pulled> pull_model(std::string_view name, const PullProgress& progress);

/// Removes a model from the cache with all its revisions. Returns the bytes that were freed.
/// Errors: kNotFound (it is not in the cache), kInvalidArgument (no repository has this name), kPermission, kIo.
Result<uint64_t> remove_model(std::string_view name);

}  // namespace skald::hub
