#include "npu/device/instructions.h"

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

/// Operations behind a header that counts them.
std::vector<uint32_t> stream(const std::vector<std::vector<uint32_t>>& operations) {
  std::vector<uint32_t> all = {6U << 24U | 3U << 16U | 1U << 8U, 1U << 8U | 4U,
                               static_cast<uint32_t>(operations.size()), 0};
  for (const auto& operation : operations) all.insert(all.end(), operation.begin(), operation.end());
  all[3] = static_cast<uint32_t>(all.size() * 4);
  return all;
}

std::vector<uint32_t> patch(uint32_t address, uint32_t argument, uint32_t offset, uint32_t high = 0) {
  return {0x81, 48, 0, 0, 0, 0, address, 0, argument, 0, offset, high};
}

TEST(Instructions, PatchesAreFoundAmongAllOperations) {
  const auto words = stream({{0, 0, 0x1D000, 0, 5, 24},
                             {1, 2, 0x1D004, 24, 0, 0},
                             patch(0x1D004, 3, 4096),
                             {3, 0, 0x1D200, 0, 1, 1, 28},
                             {6},
                             {0x80, 16, 0, 0},
                             patch(0x1D024, 1, 0, 2),
                             {8, 0, 0, 0},
                             {5}});
  const auto found = address_patches(words, "x");
  ASSERT_TRUE(found) << to_string(found.error());
  const std::vector<AddressPatch> expected = {
      {.word = 16, .argument = 3, .address = 0x1D004, .offset = 4096},
      {.word = 40, .argument = 1, .address = 0x1D024, .offset = uint64_t{2} << 32U}};
  EXPECT_EQ(expected, *found);
  EXPECT_TRUE(address_patches(stream({}), "x")->empty());
}

TEST(Instructions, OperationsThatCannotBe) {
  const auto refused = [](std::vector<uint32_t> words, const char* reason) {
    const auto found = address_patches(words, "x");
    ASSERT_FALSE(found) << reason;
    EXPECT_NE(std::string::npos, found.error().message.find(reason)) << found.error().message;
  };
  refused(stream({{0x42}}), "begins no operation");
  refused(stream({{0, 0, 0}}), "leaves the words");
  refused(stream({{1, 0, 0, 4096}}), "leaves the words");
  refused(stream({{1, 0, 0, 3}}), "begins no operation");  // no whole words
  refused(stream({{1, 0}}), "begins no operation");        // ends before its length
  refused(stream({{0x80, 0, 0, 0}}), "begins no operation");
  refused(stream({{0x81, 44, 0, 0, 0, 0, 0, 0, 0, 0, 0}}), "begins no operation");
  auto acts = patch(0, 0, 0);
  acts[5] = 1;
  refused(stream({acts}), "action 1");
  auto counted = stream({{6}, {6}});
  counted[2] = 3;
  refused(counted, "states 3 operations and holds 2");
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
