#include "npu/device/artifact.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "base/file.h"

namespace skald::npu {
namespace {

/// 4 columns, generation 3, one operation of `extra` words.
std::vector<uint32_t> words(size_t extra, uint32_t generation = 3) {
  std::vector<uint32_t> all = {6U << 24U | generation << 16U | 1U << 8U, 1U << 8U | 4U, 1, 0};
  all.resize(all.size() + extra, 7);
  all[3] = static_cast<uint32_t>(all.size() * 4);
  return all;
}

TEST(Artifact, ArgumentsOfAProgram) {
  Program program;
  program.arguments = {{"A", {Element::kBf16, {64, 32}}, Access::kRead},
                       {"B", {Element::kI8, {5}}, Access::kReadWrite},
                       {"C", {Element::kF32, {2, 3, 4}}, Access::kWrite}};
  const std::vector<ArtifactArgument> expected = {
      {"A", 4096, Access::kRead}, {"B", 5, Access::kReadWrite}, {"C", 96, Access::kWrite}};
  EXPECT_EQ(expected, arguments_of(program));
}

TEST(Artifact, ConfigurationIsTheXclbinUnlessNamed) {
  EXPECT_EQ("m", configuration_of({.name = "m"}));
  EXPECT_EQ("a/b.xclbin", configuration_of({.name = "m", .xclbin = "a/b.xclbin"}));
  EXPECT_EQ("suite", configuration_of({.name = "m", .configuration = "suite", .xclbin = "a/b.xclbin"}));
}

TEST(Instructions, HeaderIsChecked) {
  EXPECT_TRUE(check_instructions(words(6), "x"));
  EXPECT_TRUE(check_instructions(words(0), "x"));
  const auto later = check_instructions(words(6, 4), "x");
  ASSERT_FALSE(later);
  EXPECT_EQ(ErrorCode::kUnsupported, later.error().code);
  EXPECT_NE(std::string::npos, later.error().message.find("generation 4"));
  auto cut = words(6);
  cut.pop_back();
  ASSERT_FALSE(check_instructions(cut, "x"));
  EXPECT_FALSE(check_instructions({1, 2, 3}, "x"));
  EXPECT_FALSE(check_instructions({}, "x"));
}

TEST(Instructions, AreReadFromAFile) {
  const auto folder = std::filesystem::temp_directory_path() / "skald_artifact_test";
  std::filesystem::create_directories(folder);
  const auto expected = words(9);
  std::string bytes(expected.size() * 4, '\0');
  std::memcpy(bytes.data(), expected.data(), bytes.size());
  ASSERT_TRUE(write_file(folder / "insts.bin", bytes));
  const auto read = read_instructions(folder / "insts.bin");
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(expected, *read);
  ASSERT_TRUE(write_file(folder / "odd.bin", bytes + "x"));
  EXPECT_FALSE(read_instructions(folder / "odd.bin"));
  EXPECT_EQ(ErrorCode::kNotFound, read_instructions(folder / "none.bin").error().code);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace skald::npu
