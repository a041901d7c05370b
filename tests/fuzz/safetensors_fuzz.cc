// Feeds the reader of safetensors files: the input as it is, and once more with its length field set right, so that
// inputs whose text has grown or shrunk still reach the header's checks.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "model/hf_names.h"
#include "model/safetensors.h"

namespace {

using skald::model::StoredTensor;

/// What holds for every file that was accepted.
void check(std::span<const std::byte> file, const std::vector<StoredTensor>& tensors) {
  unsigned sum = 0;
  for (const StoredTensor& tensor : tensors) {
    if (tensor.shape.count() < 0) std::abort();
    if (tensor.dtype &&
        tensor.bytes.size() != static_cast<uint64_t>(tensor.shape.count()) * skald::storage_of(*tensor.dtype).bytes) {
      std::abort();
    }
    if (tensor.bytes.size() > file.size()) std::abort();
    // The address sanitizer sees a read outside the input.
    for (const std::byte byte : tensor.bytes) sum += std::to_integer<unsigned>(byte);
    const auto name = skald::model::canonical_name(tensor.name);
    if (name && skald::model::canonical_name(skald::model::hugging_face_name_of(*name)) != name) std::abort();
  }
  volatile unsigned sink = sum;
  static_cast<void>(sink);
}

void parse(std::span<const std::byte> file) {
  const auto tensors = skald::model::parse_safetensors(file, "fuzz.safetensors");
  if (tensors) {
    check(file, *tensors);
  } else if (tensors.error().message.empty() || to_string(tensors.error()).find('\n') != std::string::npos) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  parse(file);
  constexpr size_t kLength = sizeof(uint64_t);
  std::vector<std::byte> repaired(file.begin(), file.end());
  const auto brace = std::find(repaired.rbegin(), repaired.rend(), std::byte{'}'});
  const auto end = static_cast<size_t>(repaired.rend() - brace);  // of the header, if the data hold no brace
  if (end <= kLength) return 0;
  const uint64_t length = end - kLength;
  std::memcpy(repaired.data(), &length, kLength);
  parse(repaired);
  return 0;
}
