#include "hub/hashes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "base/file.h"
#include "base/hexadecimal.h"

namespace skald::hub {
namespace {

constexpr size_t kSha256Digits = 64;
constexpr size_t kSha1Digits = 40;
constexpr size_t kPiece =
    size_t{16} << 20U;  // pages are dropped after each, so that a large model does not fill memory

Result<std::string> digest(const EVP_MD* kind, std::string_view prefix, const std::filesystem::path& path,
                           const MappedFile& file) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned length = 0;
  bool done = context && EVP_DigestInit_ex(context.get(), kind, nullptr) == 1 &&
              EVP_DigestUpdate(context.get(), prefix.data(), prefix.size()) == 1;
  for (size_t at = 0; done && at < file.bytes().size(); at += kPiece) {
    const auto piece = file.bytes().subspan(at, std::min(kPiece, file.bytes().size() - at));
    done = EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    file.drop_pages();
  }
  done = done && EVP_DigestFinal_ex(context.get(), value.data(), &length) == 1;
  if (!done) return fail(ErrorCode::kInternal, path.string(), "its hash cannot be computed");
  return hexadecimal(std::as_bytes(std::span(value).first(length)));
}

}  // namespace

Result<std::string> sha256_of(const std::filesystem::path& file) {
  SKALD_TRY(const MappedFile mapped, MappedFile::open(file));
  return digest(EVP_sha256(), {}, file, mapped);
}

Result<std::string> git_blob_of(const std::filesystem::path& file) {
  SKALD_TRY(const MappedFile mapped, MappedFile::open(file));
  const std::string prefix = "blob " + std::to_string(mapped.bytes().size()) + '\0';
  return digest(EVP_sha1(), prefix, file, mapped);
}

Result<Match> match_hash(const std::filesystem::path& file, std::string_view name) {
  const bool digits =
      std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!digits || (name.size() != kSha256Digits && name.size() != kSha1Digits)) return Match::kNone;
  SKALD_TRY(const std::string own, name.size() == kSha256Digits ? sha256_of(file) : git_blob_of(file));
  return own == name ? Match::kEqual : Match::kDifferent;
}

}  // namespace skald::hub
