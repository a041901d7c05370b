#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace skald {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "skald-file-test.XXXXXX").string();
    ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
};

TEST_F(FileTest, WritesAndReadsBack) {
  const fs::path path = directory_ / "a.txt";
  const std::string content = std::string("line\n") + '\0' + "binary";
  ASSERT_TRUE(write_file(path, content));
  EXPECT_EQ(content, read_file(path).value());
  ASSERT_TRUE(write_file(path, ""));
  EXPECT_EQ("", read_file(path).value());
  EXPECT_EQ(1U, entries());  // no temporary file is left
  struct stat status{};
  ASSERT_EQ(0, ::stat(path.c_str(), &status));
  EXPECT_NE(0U, status.st_mode & S_IRUSR);
}

TEST_F(FileTest, FailedWriteLeavesTheOldFileAndNothingElse) {
  const fs::path path = directory_ / "out";
  fs::create_directory(path);  // renaming a file over a directory fails
  const auto written = write_file(path, "x");
  ASSERT_FALSE(written);
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_EQ(1U, entries());
}

TEST_F(FileTest, ErrorsNameTheFile) {
  const fs::path missing = directory_ / "none";
  EXPECT_EQ(ErrorCode::kNotFound, read_file(missing).error().code);
  EXPECT_EQ(missing.string(), read_file(missing).error().where);
  EXPECT_EQ(ErrorCode::kInvalidArgument, read_file(directory_).error().code);
  EXPECT_EQ(ErrorCode::kNotFound, MappedFile::open(missing).error().code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, MappedFile::open(directory_).error().code);
  EXPECT_EQ(ErrorCode::kNotFound, write_file(missing / "x", "y").error().code);
}

TEST_F(FileTest, ReadStopsAtTheLimit) {
  const fs::path path = directory_ / "big";
  ASSERT_TRUE(write_file(path, std::string(100, 'x')));
  EXPECT_TRUE(read_file(path, 100));
  EXPECT_EQ(ErrorCode::kInvalidArgument, read_file(path, 99).error().code);
}

TEST_F(FileTest, MapsTheWholeFile) {
  const fs::path path = directory_ / "m";
  ASSERT_TRUE(write_file(path, "mapped bytes"));
  auto mapped = MappedFile::open(path).value();
  EXPECT_EQ(12U, mapped.bytes().size());
  mapped.drop_pages();
  EXPECT_EQ(0, std::memcmp(mapped.bytes().data(), "mapped bytes", 12));
  const MappedFile moved = std::move(mapped);
  EXPECT_EQ(12U, moved.bytes().size());
  ASSERT_TRUE(write_file(directory_ / "empty", ""));
  EXPECT_TRUE(MappedFile::open(directory_ / "empty").value().bytes().empty());
}

}  // namespace
}  // namespace skald
