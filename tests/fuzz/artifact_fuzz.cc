// Feeds the loader of artifacts: the input as it is, and once more with lengths and hashes set right, so that inputs
// that were changed still reach what lies behind these. What it accepts must be written as it was read.

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "npu/device/artifact_file.h"

namespace {

// The header's fields, and those of a section's entry (docs/NPU.md).
constexpr size_t kWholeAt = 16;
constexpr size_t kTableHashAt = 24;
constexpr size_t kTableAt = 56;
constexpr size_t kEntry = 56;
constexpr size_t kOffsetAt = 8;
constexpr size_t kSizeAt = 16;
constexpr size_t kHashAt = 24;
constexpr size_t kSections = 5;
constexpr size_t kBodyAt = kTableAt + kSections * kEntry;

void parse(const std::string& bytes) {
  const auto file = skald::npu::parse_artifact(std::as_bytes(std::span(bytes)), "fuzz.artifact");
  if (!file) {
    if (file.error().message.empty() || file.error().where != "fuzz.artifact") std::abort();
    return;
  }
  if (skald::npu::artifact_bytes(*file) != bytes) std::abort();
  if (!skald::npu::check_plan(file->plan, file->plan, "fuzz.artifact")) std::abort();
  for (const skald::npu::AddressPatch& patch : file->patches) {
    if (patch.offset >= file->artifact.arguments.at(patch.argument).bytes) std::abort();
  }
}

void put_hash(std::string& bytes, size_t at, size_t from, size_t size) {
  EVP_Digest(bytes.data() + from, size, reinterpret_cast<unsigned char*>(bytes.data() + at), nullptr, EVP_sha256(),
             nullptr);
}

/// Sections one behind the other, each as long as it says, as far as there are bytes.
std::string repaired(std::string bytes) {
  uint64_t next = kBodyAt;
  for (size_t i = 0; i < kSections; ++i) {
    const size_t entry = kTableAt + i * kEntry;
    uint64_t size = 0;
    std::memcpy(&size, bytes.data() + entry + kSizeAt, sizeof size);
    const uint64_t left = bytes.size() - next;
    if (i + 1 == kSections || size > left) size = left;
    std::memcpy(bytes.data() + entry + kOffsetAt, &next, sizeof next);
    std::memcpy(bytes.data() + entry + kSizeAt, &size, sizeof size);
    put_hash(bytes, entry + kHashAt, next, size);
    next += size;
  }
  const uint64_t whole = bytes.size();
  std::memcpy(bytes.data() + kWholeAt, &whole, sizeof whole);
  put_hash(bytes, kTableHashAt, kTableAt, kSections * kEntry);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  parse(bytes);
  if (size >= kBodyAt) parse(repaired(bytes));
  return 0;
}
