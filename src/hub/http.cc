#include "hub/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "skald/version.h"

namespace skald::hub {
namespace {

constexpr long kConnectSeconds = 20;
constexpr long kStalledBytes = 1;  // a second, over kStalledSeconds: the connection is dead
constexpr long kStalledSeconds = 60;
constexpr long kMostRedirections = 10;

/// What libcurl's callbacks see.
struct Call {
  const HttpRequest* request = nullptr;
  HttpAnswer answer;
  bool stopped = false;
};

size_t on_header(const char* data, size_t size, size_t count, void* user) {
  HttpAnswer& answer = static_cast<Call*>(user)->answer;
  std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {  // another answer: after a redirection
    answer.headers.clear();
    return line.size();
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view value = line.substr(colon + 1);
  constexpr std::string_view kBlank = " \t\r\n";
  value.remove_prefix(std::min(value.find_first_not_of(kBlank), value.size()));
  value = value.substr(0, value.find_last_not_of(kBlank) + 1);
  answer.headers[std::move(name)] = value;
  return line.size();
}

size_t on_body(const char* data, size_t size, size_t count, void* user) {
  auto* call = static_cast<Call*>(user);
  const size_t bytes = size * count;
  if (!call->request->body || (call->answer.status != 200 && call->answer.status != 206)) return bytes;
  if (call->request->body(call->answer, std::as_bytes(std::span(data, bytes)))) return bytes;
  call->stopped = true;
  return 0;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* call = static_cast<Call*>(user);
  if (!call->request->go_on || call->request->go_on()) return 0;
  call->stopped = true;
  return 1;
}

}  // namespace

struct Http::Impl {
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct FreeCurl {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  std::unique_ptr<CURL, FreeCurl> curl;
  std::unique_ptr<curl_slist, FreeList> headers;
};

Http::Http(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Http::Http(Http&&) noexcept = default;
Http& Http::operator=(Http&&) noexcept = default;
Http::~Http() = default;

Result<Http> Http::make(const std::string& token) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto impl = std::make_unique<Impl>();
  if (global == CURLE_OK) impl->curl.reset(curl_easy_init());
  if (!impl->curl) return fail(ErrorCode::kOutOfMemory, "libcurl", "cannot be started");
  if (!token.empty()) {
    // libcurl does not send this header to another host that a redirection names.
    impl->headers.reset(curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str()));
  }
  return Http(std::move(impl));
}

Result<HttpAnswer> Http::run(const HttpRequest& request) {
  CURL* curl = impl_->curl.get();
  curl_easy_reset(curl);  // connections stay open
  Call call{.request = &request, .answer = {}};
  std::array<char, CURL_ERROR_SIZE> message{};
  const std::string agent = std::string("skald/") + version();
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOBODY, request.head ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, request.head ? 0L : 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirections);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kStalledBytes);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message.data());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, impl_->headers.get());
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &call);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &call);
  // The status is known before the first byte of the body.
  const auto body = [](char* data, size_t size, size_t count, void* user) -> size_t {
    auto* both = static_cast<std::pair<Call*, CURL*>*>(user);
    curl_easy_getinfo(both->second, CURLINFO_RESPONSE_CODE, &both->first->answer.status);
    return on_body(data, size, count, both->first);
  };
  std::pair<Call*, CURL*> both(&call, curl);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(body));
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &both);
  if (request.offset > 0) {
    curl_easy_setopt(curl, CURLOPT_RANGE, (std::to_string(request.offset) + "-").c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &call.answer.status);
  if (call.stopped) return fail(ErrorCode::kCancelled, request.url, "was stopped");
  if (code != CURLE_OK) {
    const std::string said = message[0] != '\0' ? message.data() : curl_easy_strerror(code);
    return fail(ErrorCode::kIo, request.url, said);
  }
  return std::move(call.answer);
}

}  // namespace skald::hub
