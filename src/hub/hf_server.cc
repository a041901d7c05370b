#include "hub/hf_server.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "hub/hf_cache.h"
#include "model/json.h"

namespace skald::hub {
namespace {

constexpr const char* kEndpoint = "https://huggingface.co";
constexpr size_t kMaxListing = 4 << 20;  // bytes of what the server says of a repository

bool is_commit(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

HfServer::HfServer(std::string repository, Http http, std::function<bool()> go_on)
    : repository_(std::move(repository)),
      endpoint_(environment("HF_ENDPOINT").value_or(kEndpoint)),
      http_(std::move(http)),
      go_on_(std::move(go_on)) {
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
}

std::string HfServer::url_of(const std::string& commit, const std::string& file) const {
  return endpoint_ + "/" + repository_ + "/resolve/" + commit + "/" + file;
}

std::unexpected<Error> HfServer::refused(const HttpAnswer& answer, const std::string& url) const {
  switch (answer.status) {
    case 401:
    case 403:
      return fail(ErrorCode::kPermission, repository_,
                  "the server wants to know who asks (HTTP " + std::to_string(answer.status) +
                      "): the repository is private, gated, or does not exist",
                  "check its name, accept its terms on its page, and set HF_TOKEN to a token of yours");
    case 404:
      return fail(ErrorCode::kNotFound, repository_, "there is no such repository or file at " + endpoint_,
                  "check its name: tiny, base, small, medium, large-v3, turbo, or ORG/NAME");
    default:
      return fail(ErrorCode::kIo, url, "the server answered with HTTP " + std::to_string(answer.status),
                  "try again later, or set HF_ENDPOINT to another server");
  }
}

Result<HttpAnswer> HfServer::ask(HttpRequest request) {
  request.go_on = go_on_;
  auto pause = kFirstDownloadPause;
  for (int i = 1;; ++i, pause *= 2) {
    auto answer = http_.run(request);
    const bool busy = answer && (answer->status >= 500 || answer->status == 429);
    if (answer && !busy) return answer;
    if (!answer && answer.error().code != ErrorCode::kIo) return answer;
    if (i == kDownloadTries) {
      if (answer) return answer;
      Error error = std::move(answer).error();
      error.message = "cannot be reached: " + error.message;
      error.remedy =
          "check the network, or set HF_ENDPOINT to a server that is near; models that are here work without";
      return std::unexpected(std::move(error));
    }
    std::this_thread::sleep_for(pause);
  }
}

Result<HfListing> HfServer::list() {
  HfListing found;
  const std::string url = endpoint_ + "/api/models/" + repository_ + "/revision/main";
  std::string text;
  HttpRequest request{.url = url};
  request.body = [&](const HttpAnswer&, std::span<const std::byte> bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.size() <= kMaxListing;
  };
  SKALD_TRY(const HttpAnswer answer, ask(std::move(request)));
  if (answer.status != 200) return refused(answer, url);
  SKALD_TRY(const nlohmann::json listing, model::parse_json(text, url));
  const auto bad = [&] { return fail(ErrorCode::kIo, url, "is not what a hub says of a model", "check HF_ENDPOINT"); };
  if (!listing.is_object() || !listing.contains("sha") || !listing["sha"].is_string()) return bad();
  found.commit = listing["sha"].get<std::string>();
  if (!is_commit(found.commit) || !listing.contains("siblings") || !listing["siblings"].is_array()) return bad();
  for (const auto& sibling : listing["siblings"]) {
    if (!sibling.is_object() || !sibling.contains("rfilename") || !sibling["rfilename"].is_string()) return bad();
    found.files.push_back(sibling["rfilename"].get<std::string>());
  }
  return found;
}

Result<HfFile> HfServer::describe(const std::string& commit, const std::string& file) {
  const std::string url = url_of(commit, file);
  SKALD_TRY(HttpAnswer answer, ask({.url = url, .head = true}));
  if (answer.status >= 400) return refused(answer, url);
  // A large file is somewhere else; the "linked" headers are of the file, the others of the way to it.
  const auto header = [&](const char* linked, const char* own) {
    const auto found = answer.headers.find(linked);
    return found != answer.headers.end() ? found->second : answer.headers[own];
  };
  std::string etag = header("x-linked-etag", "etag");
  if (etag.starts_with("W/")) etag.erase(0, 2);
  std::erase(etag, '"');
  const std::string length = header("x-linked-size", "content-length");
  HfFile remote{.hash = etag};
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), remote.size);
  if (!is_commit(etag) || error != std::errc{} || end != length.data() + length.size()) {
    return fail(ErrorCode::kIo, url, "the server does not say the file's hash and size", "check HF_ENDPOINT");
  }
  return remote;
}

}  // namespace skald::hub
