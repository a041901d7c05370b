#include "npu/device/instructions.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstring>

#include "base/file.h"

namespace skald::npu {
namespace {

constexpr size_t kHeaderWords = 4;
constexpr uint32_t kGenerationNpu1 = 3;
constexpr const char* kTranslateAgain = "build the instructions again for npu1";

// Operations that aie-translate writes (npu.md 4.6), and where a patch holds what.
constexpr uint32_t kWrite = 0;
constexpr uint32_t kBlockWrite = 1;
constexpr uint32_t kMaskWrite = 3;
constexpr uint32_t kNothing = 5;
constexpr uint32_t kPreempt = 6;
constexpr uint32_t kLoadPdi = 8;
constexpr uint32_t kTokenWait = 0x80;
constexpr uint32_t kPatch = 0x81;
constexpr size_t kPatchWords = 12;
constexpr size_t kPatchAction = 5;  // 0: add the argument's address
constexpr size_t kPatchAddress = 6;
constexpr size_t kPatchArgument = 8;
constexpr size_t kPatchOffset = 10;

/// Words of the operation at `at`; 0: of a kind that is not known. One that states its length in bytes does so in the
/// word that is named here.
size_t words_of(const std::vector<uint32_t>& words, size_t at) {
  const auto stated = [&](size_t word) -> size_t {
    const size_t bytes = at + word < words.size() ? words[at + word] : 0;
    return bytes % sizeof(uint32_t) == 0 ? bytes / sizeof(uint32_t) : 0;
  };
  switch (words[at] & 0xFFU) {
    case kWrite: return 6;
    case kBlockWrite: return stated(3);
    case kMaskWrite: return 7;
    case kNothing:
    case kPreempt: return 1;
    case kLoadPdi: return 4;
    case kTokenWait: return stated(1);
    case kPatch: return stated(1) == kPatchWords ? kPatchWords : 0;
    default: return 0;
  }
}

}  // namespace

Result<void> check_instructions(const std::vector<uint32_t>& words, const std::string& where) {
  if (words.size() < kHeaderWords) {
    return fail(ErrorCode::kInvalidArgument, where, "is too short for instructions of the NPU", kTranslateAgain);
  }
  const uint32_t generation = (words[0] >> 16U) & 0xFFU;
  if (generation != kGenerationNpu1) {
    return fail(ErrorCode::kUnsupported, where,
                fmt::format("holds instructions of device generation {}, this is {}", generation, kGenerationNpu1),
                kTranslateAgain);
  }
  if (words[3] != words.size() * sizeof(uint32_t)) {
    return fail(ErrorCode::kInvalidArgument, where,
                fmt::format("states {} bytes of instructions and holds {}", words[3], words.size() * sizeof(uint32_t)),
                kTranslateAgain);
  }
  return {};
}

Result<std::vector<AddressPatch>> address_patches(const std::vector<uint32_t>& words, const std::string& where) {
  SKALD_CHECK(check_instructions(words, where));
  std::vector<AddressPatch> patches;
  uint32_t operations = 0;
  for (size_t at = kHeaderWords; at < words.size(); ++operations) {
    const size_t count = words_of(words, at);
    if (count == 0) {
      return fail(ErrorCode::kUnsupported, where,
                  fmt::format("word {} ({:#x}) begins no operation that is known", at, words[at]), kTranslateAgain);
    }
    if (count > words.size() - at) {
      return fail(ErrorCode::kInvalidArgument, where, fmt::format("the operation at word {} leaves the words", at),
                  kTranslateAgain);
    }
    if ((words[at] & 0xFFU) == kPatch) {
      if (words[at + kPatchAction] != 0) {
        return fail(ErrorCode::kUnsupported, where,
                    fmt::format("the patch at word {} has action {}", at, words[at + kPatchAction]), kTranslateAgain);
      }
      patches.push_back(
          {.word = at,
           .argument = words[at + kPatchArgument],
           .address = words[at + kPatchAddress],
           .offset = words[at + kPatchOffset] | static_cast<uint64_t>(words[at + kPatchOffset + 1]) << 32U});
    }
    at += count;
  }
  if (operations != words[2]) {
    return fail(ErrorCode::kInvalidArgument, where,
                fmt::format("states {} operations and holds {}", words[2], operations), kTranslateAgain);
  }
  return patches;
}

Result<std::vector<uint32_t>> read_instructions(const std::filesystem::path& path) {
  SKALD_TRY(const std::string content, read_file(path));
  if (content.size() % sizeof(uint32_t) != 0) {
    return fail(ErrorCode::kInvalidArgument, path.string(),
                fmt::format("{} bytes are no whole number of 32-bit words", content.size()), kTranslateAgain);
  }
  std::vector<uint32_t> words(content.size() / sizeof(uint32_t));
  if (!content.empty()) std::memcpy(words.data(), content.data(), content.size());
  SKALD_CHECK(check_instructions(words, path.string()));
  return words;
}

}  // namespace skald::npu
