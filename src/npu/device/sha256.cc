#include "npu/device/sha256.h"

#include <openssl/evp.h>

namespace skald::npu {

Sha256 sha256(std::span<const std::byte> bytes) {
  Sha256 hash{};
  // Cannot fail: the default provider has it, and nothing is left to be finished.
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(hash.data()), nullptr, EVP_sha256(), nullptr);
  return hash;
}

}  // namespace skald::npu
