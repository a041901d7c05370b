#pragma once
// HTTP requests through libcurl.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace skald::hub {

struct HttpAnswer {
  long status = 0;                             ///< 200, 206, 404 ...
  std::map<std::string, std::string> headers;  ///< names in small letters; of the last answer when several came
};

struct HttpRequest {
  std::string url;
  bool head = false;    ///< the headers alone, redirections not followed
  uint64_t offset = 0;  ///< of the first byte that is wanted
  /// Takes the body of an answer of 200 or 206; other bodies are dropped. False: stop.
  std::function<bool(const HttpAnswer& answer, std::span<const std::byte> bytes)> body = {};
  /// Called now and then, also while nothing comes. False: stop.
  std::function<bool()> go_on = {};
};

/// A connection that is kept between requests. One thread at a time.
class Http {
 public:
  /// `token`: sent as "Authorization: Bearer", to the first host only; empty: none. Errors: kOutOfMemory.
  static Result<Http> make(const std::string& token);

  /// The answer, of any status. Errors: kIo: no connection, or one that broke (the message is libcurl's); kCancelled:
  /// `body` or `go_on` said so.
  Result<HttpAnswer> run(const HttpRequest& request);

  Http(Http&&) noexcept;
  Http& operator=(Http&&) noexcept;
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  ~Http();

 private:
  struct Impl;
  explicit Http(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::hub
