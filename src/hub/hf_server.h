#pragma once
// What a server of Hugging Face's kind says of a repository: $HF_ENDPOINT, else https://huggingface.co.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/http.h"

namespace skald::hub {

/// How often a server that is busy or far is asked, and the pause before the second time; it doubles every time.
inline constexpr int kDownloadTries = 5;
inline constexpr auto kFirstDownloadPause = std::chrono::milliseconds(500);

/// The newest revision of a repository.
struct HfListing {
  std::string commit;
  std::vector<std::string> files;
};

struct HfFile {
  std::string hash;  ///< name of its blob in the cache
  uint64_t size = 0;
};

/// One repository on the server.
class HfServer {
 public:
  /// `repository`: "ORG/NAME"; `go_on` is asked while an answer is awaited, false: stop.
  HfServer(std::string repository, Http http, std::function<bool()> go_on);

  /// Errors: those of refused(); kIo (no network, no such answer), kCancelled.
  Result<HfListing> list();
  Result<HfFile> describe(const std::string& commit, const std::string& file);

  /// Where a file is.
  std::string url_of(const std::string& commit, const std::string& file) const;

  /// What an answer that is not the wanted one means: kPermission, kNotFound, kIo.
  std::unexpected<Error> refused(const HttpAnswer& answer, const std::string& url) const;

  Http& http() { return http_; }

 private:
  /// An answer of a server that is well; others are asked for again.
  Result<HttpAnswer> ask(HttpRequest request);

  std::string repository_;
  std::string endpoint_;
  Http http_;
  std::function<bool()> go_on_;
};

}  // namespace skald::hub
