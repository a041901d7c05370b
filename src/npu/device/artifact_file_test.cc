// An artifact as a file: what it holds, and what is refused with which words.

#include "npu/device/artifact_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <functional>

#include "base/file.h"
#include "npu/device/sha256.h"

namespace skald::npu {
namespace {

ArtifactFile sample_artifact() {
  ArtifactFile file;
  file.plan = {.device = "npu1",
               .precision = "int8",
               .positions = 1500,
               .mel_bands = 80,
               .width = 512,
               .heads = 8,
               .hidden = 2048,
               .layers = 6,
               .weights_layout = 1,
               .weight_bytes = 4096,
               .program = "0123456789abcdef"};
  file.origin = {.text = std::string(64, 'a'), .dialect = "mlir-aie 1", .tools = "Peano"};
  file.artifact.name = "encoder";
  file.artifact.arguments = {
      {"frames", 128, Access::kRead}, {"weights", 4096, Access::kRead}, {"states", 64, Access::kReadWrite}};
  file.artifact.xclbin = {'x', 'c', 'l'};
  file.artifact.kernel = "MLIR_AIE";
  file.artifact.instructions = {6U << 24U | 3U << 16U,
                                4,
                                2,
                                112,
                                0x81,
                                48,
                                0,
                                0,
                                0,
                                0,
                                0x1D004,
                                0,
                                1,
                                0,
                                4032,
                                0,
                                0x81,
                                48,
                                0,
                                0,
                                0,
                                0,
                                0x1D024,
                                0,
                                2,
                                0,
                                0,
                                0};
  return file;
}

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string sample_bytes() {
  return artifact_bytes(sample_artifact()).value();
}

/// What is said against `bytes`.
Error refusal(const std::string& bytes) {
  const auto parsed = parse_artifact(as_bytes(bytes), "f.artifact");
  EXPECT_FALSE(parsed);
  return parsed ? Error{} : parsed.error();
}

void expect_refused(const std::string& bytes, ErrorCode code, const char* words) {
  const Error error = refusal(bytes);
  EXPECT_EQ(code, error.code) << to_string(error);
  EXPECT_NE(std::string::npos, error.message.find(words)) << to_string(error);
  EXPECT_EQ("f.artifact", error.where);
  EXPECT_NE(std::string::npos, error.remedy.find("build")) << to_string(error);
}

template <class T>
std::string with(std::string bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

// The header's fields, and those of a section's entry (docs/NPU.md).
constexpr size_t kVersionAt = 8;
constexpr size_t kCountAt = 12;
constexpr size_t kSizeAt = 16;
constexpr size_t kTableHashAt = 24;
constexpr size_t kTableAt = 56;
constexpr size_t kEntry = 56;
constexpr size_t kTableBytes = 5 * kEntry;

/// With the hashes of sections and table set right, so that what lies behind them is looked at.
std::string repaired(std::string bytes) {
  for (size_t i = 0; i < 5; ++i) {
    uint64_t place[2];
    std::memcpy(place, bytes.data() + kTableAt + i * kEntry + 8, sizeof place);
    const Sha256 hash = sha256(as_bytes(bytes).subspan(place[0], place[1]));
    std::memcpy(bytes.data() + kTableAt + i * kEntry + 24, hash.data(), hash.size());
  }
  const Sha256 hash = sha256(as_bytes(bytes).subspan(kTableAt, kTableBytes));
  std::memcpy(bytes.data() + kTableHashAt, hash.data(), hash.size());
  return bytes;
}

size_t section_at(const std::string& bytes, size_t section) {
  uint64_t offset = 0;
  std::memcpy(&offset, bytes.data() + kTableAt + (section - 1) * kEntry + 8, sizeof offset);
  return offset;
}

TEST(ArtifactFile, ComesBackAsItWas) {
  const ArtifactFile expected = sample_artifact();
  const auto found = parse_artifact(as_bytes(sample_bytes()), "f.artifact");
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(expected.plan, found->plan);
  EXPECT_EQ(expected.origin, found->origin);
  EXPECT_EQ(expected.artifact.name, found->artifact.name);
  EXPECT_EQ(expected.artifact.kernel, found->artifact.kernel);
  EXPECT_EQ(expected.artifact.arguments, found->artifact.arguments);
  EXPECT_EQ(expected.artifact.xclbin, found->artifact.xclbin);
  EXPECT_EQ(expected.artifact.instructions, found->artifact.instructions);
  const std::vector<AddressPatch> patches = {{.word = 4, .argument = 1, .address = 0x1D004, .offset = 4032},
                                             {.word = 16, .argument = 2, .address = 0x1D024, .offset = 0}};
  EXPECT_EQ(patches, found->patches);
  EXPECT_EQ(sample_bytes(), artifact_bytes(*found).value());
}

/// Files that exist are read by later versions; the seed of the fuzzer was written by another program from the table of
/// docs/NPU.md.
TEST(ArtifactFile, TheFormatIsAsItWas) {
  EXPECT_EQ(read_file(SKALD_SOURCE_DIR "/tests/fuzz/corpus/artifact/encoder").value(), sample_bytes());
}

TEST(ArtifactFile, EveryCutAndEveryFlippedByteIsSeen) {
  const std::string bytes = sample_bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(refusal(bytes.substr(0, size)).message.empty()) << size;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    EXPECT_FALSE(refusal(flipped).message.empty()) << at;
  }
  expect_refused(bytes + "x", ErrorCode::kBadModel, "states");
}

TEST(ArtifactFile, HeadersThatAreRefused) {
  const std::string bytes = sample_bytes();
  EXPECT_EQ(bytes, repaired(bytes));
  expect_refused(with(bytes, 0, 'x'), ErrorCode::kBadModel, "is no artifact");
  expect_refused("", ErrorCode::kBadModel, "is no artifact");
  expect_refused(with(bytes, kVersionAt, uint32_t{2}), ErrorCode::kUnsupported, "version 2 of the format");
  expect_refused(with(bytes, kCountAt, uint32_t{6}), ErrorCode::kBadModel, "6 sections");
  expect_refused(bytes.substr(0, bytes.size() - 8), ErrorCode::kBadModel, "states");
  expect_refused(with(bytes.substr(0, 100), kSizeAt, uint64_t{100}), ErrorCode::kBadModel, "ends inside");
  expect_refused(with(bytes, kTableAt + 8, uint64_t{400}), ErrorCode::kBadModel, "hash of its table");
  expect_refused(with(bytes, section_at(bytes, 3), uint32_t{0}), ErrorCode::kBadModel, "hash of section 3");
}

TEST(ArtifactFile, SectionsThatAreNotWhereTheyBelong) {
  const std::string bytes = sample_bytes();
  const auto table_repaired = [](std::string changed) {
    const Sha256 hash = sha256(as_bytes(changed).subspan(kTableAt, kTableBytes));
    std::memcpy(changed.data() + kTableHashAt, hash.data(), hash.size());
    return changed;
  };
  for (const auto& changed : {with(bytes, kTableAt, uint32_t{3}), with(bytes, kTableAt + 4, uint32_t{1}),
                              with(bytes, kTableAt + 8, uint64_t{0}), with(bytes, kTableAt + 16, ~uint64_t{0}),
                              with(bytes, kTableAt + 16, uint64_t{1} << 40U)}) {
    expect_refused(table_repaired(changed), ErrorCode::kBadModel, "section 1 is not where it belongs");
  }
  std::string longer = bytes + std::string(8, '\0');
  expect_refused(with(longer, kSizeAt, uint64_t{longer.size()}), ErrorCode::kBadModel, "sections end at");
}

TEST(ArtifactFile, ContentsThatAreRefused) {
  const std::string bytes = sample_bytes();
  const auto refused = [&](size_t section, size_t at, auto value, ErrorCode code, const char* words) {
    expect_refused(repaired(with(bytes, section_at(bytes, section) + at, value)), code, words);
  };
  refused(1, 0, uint32_t{5000}, ErrorCode::kBadModel, "a name of 5000 bytes in the plan");
  refused(1, 0, uint32_t{4000}, ErrorCode::kBadModel, "ends inside the plan");
  refused(1, 0, uint32_t{0}, ErrorCode::kBadModel, "the plan");
  refused(2, 0, uint32_t{65}, ErrorCode::kBadModel, "65 arguments");
  refused(2, 0, uint32_t{2}, ErrorCode::kBadModel, "behind the arguments");
  refused(2, 4 + 4 + 6, uint32_t{9}, ErrorCode::kBadModel, "argument 0 has direction 9");
  refused(3, 0, uint32_t{6U << 24U | 4U << 16U}, ErrorCode::kUnsupported, "generation 4");
  refused(3, 12, uint32_t{8}, ErrorCode::kInvalidArgument, "states 8 bytes");
  refused(3, 4 * 12, uint32_t{7}, ErrorCode::kBadModel, "table of patches");
  refused(4, 16, uint64_t{0}, ErrorCode::kBadModel, "table of patches");
}

TEST(ArtifactFile, WhatIsNotWritten) {
  const auto refused = [](const std::function<void(ArtifactFile&)>& change, const char* words) {
    ArtifactFile file = sample_artifact();
    change(file);
    const auto bytes = artifact_bytes(file);
    ASSERT_FALSE(bytes) << words;
    EXPECT_NE(std::string::npos, bytes.error().message.find(words)) << to_string(bytes.error());
  };
  refused([](auto& file) { file.artifact.xclbin.clear(); }, "no configuration");
  refused([](auto& file) { file.artifact.instructions[12] = 3; }, "byte 4032 of argument 3");
  refused([](auto& file) { file.artifact.arguments[1].bytes = 4032; }, "byte 4032 of argument 1");
  refused([](auto& file) { file.artifact.instructions.pop_back(); }, "states 112 bytes");
}

TEST(ArtifactFile, IsWrittenWholeOrNotAtAll) {
  const auto folder = std::filesystem::temp_directory_path() / ("skald_artifact_file_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto path = folder / "a.artifact";
  ASSERT_TRUE(write_artifact(path, sample_artifact()));
  ArtifactFile bad = sample_artifact();
  bad.artifact.xclbin.clear();
  EXPECT_FALSE(write_artifact(path, bad));
  const auto found = read_artifact(path);
  ASSERT_TRUE(found) << to_string(found.error());
  EXPECT_EQ(sample_artifact().plan, found->plan);
  const auto files = std::filesystem::directory_iterator(folder);
  EXPECT_EQ(1, std::distance(begin(files), end(files)));
  EXPECT_EQ(ErrorCode::kNotFound, read_artifact(folder / "none").error().code);
  std::filesystem::remove_all(folder);
}

TEST(ArtifactFile, PlansThatDiffer) {
  const ArtifactPlan wanted = sample_artifact().plan;
  EXPECT_TRUE(check_plan(wanted, wanted, "f"));
  const auto differs = [&](const std::function<void(ArtifactPlan&)>& change, ErrorCode code, const char* words) {
    ArtifactPlan plan = wanted;
    change(plan);
    const auto checked = check_plan(plan, wanted, "f");
    ASSERT_FALSE(checked) << words;
    EXPECT_EQ(code, checked.error().code);
    EXPECT_NE(std::string::npos, checked.error().message.find(words)) << to_string(checked.error());
    EXPECT_NE(std::string::npos, checked.error().remedy.find("skald npu build"));
  };
  constexpr auto kOther = ErrorCode::kBadModel;
  differs([](auto& p) { p.device = "npu2"; }, ErrorCode::kUnsupported, "built for the device npu2, this is npu1");
  differs([](auto& p) { p.precision = "bfloat16"; }, kOther, "computes in bfloat16, int8 is asked for");
  differs([](auto& p) { p.positions = 100; }, kOther, "100 positions, this one has 1500");
  differs([](auto& p) { p.mel_bands = 128; }, kOther, "128 mel bands");
  differs([](auto& p) { p.width = 384; }, kOther, "384 columns, this one has 512");
  differs([](auto& p) { p.heads = 6; }, kOther, "6 heads");
  differs([](auto& p) { p.hidden = 1; }, kOther, "1 hidden columns");
  differs([](auto& p) { p.layers = 4; }, kOther, "4 layers, this one has 6");
  differs([](auto& p) { p.windows = 2; }, kOther, "2 windows a launch");
  differs([](auto& p) { p.weights_layout = 2; }, kOther, "weights in layout 2");
  differs([](auto& p) { p.weight_bytes = 1; }, kOther, "(1 bytes)");
  differs([](auto& p) { p.program = "f"; }, kOther, "int8 steps or the planner have changed");
}

}  // namespace
}  // namespace skald::npu
