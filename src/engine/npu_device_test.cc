// Where the artifact of a model's encoder is looked for.

#include "engine/npu_device.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace skald::engine {
namespace {

namespace fs = std::filesystem;

npu::ArtifactFile artifact(const std::string& name) {
  npu::ArtifactFile file;
  file.plan = {.device = "npu1", .precision = "int8", .program = "00ff"};
  file.artifact.name = name;
  file.artifact.xclbin = {'x'};
  file.artifact.instructions = {6U << 24U | 3U << 16U, 4, 0, 16};
  return file;
}

class FindArtifact : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("skald_find_" + std::to_string(getpid()));
    fs::create_directories(folder_ / "model");
    fs::create_directories(folder_ / "skald/npu");
    ::unsetenv("SKALD_NPU_ARTIFACT");
    if (const char* cache = std::getenv("XDG_CACHE_HOME")) cache_ = cache;
    ::setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("SKALD_NPU_ARTIFACT");
    ::unsetenv("XDG_CACHE_HOME");
    if (!cache_.empty()) ::setenv("XDG_CACHE_HOME", cache_.c_str(), 1);
    fs::remove_all(folder_);
  }

  std::string found(const fs::path& model) const {
    const auto file = find_artifact(model, artifact("").plan);
    return file ? file->artifact.name : to_string(file.error());
  }

  fs::path folder_;
  std::string cache_;
};

TEST_F(FindArtifact, InTheCacheThenBesideTheModelThenWhereTheVariableSays) {
  const fs::path directory = folder_ / "model";
  const fs::path file = folder_ / "base.pt";
  const auto nothing = find_artifact(directory, artifact("").plan);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(ErrorCode::kUnsupported, nothing.error().code);
  EXPECT_NE(std::string::npos, nothing.error().message.find("npu-int8.artifact")) << to_string(nothing.error());
  EXPECT_EQ("skald npu build " + directory.string() + " --compute-type int8", nothing.error().remedy);

  EXPECT_EQ(folder_ / "skald/npu/int8-00ff.artifact", built_artifact_path(artifact("").plan));
  ASSERT_TRUE(npu::write_artifact(folder_ / "skald/npu/int8-00ff.artifact", artifact("cached")));
  EXPECT_EQ("cached", found(directory));
  EXPECT_EQ("cached", found(file));
  ASSERT_TRUE(npu::write_artifact(directory / "npu-int8.artifact", artifact("inside")));
  ASSERT_TRUE(npu::write_artifact(folder_ / "base.pt.npu-int8.artifact", artifact("beside")));
  EXPECT_EQ("inside", found(directory));
  EXPECT_EQ("beside", found(file));
  ASSERT_TRUE(npu::write_artifact(folder_ / "named", artifact("named")));
  ::setenv("SKALD_NPU_ARTIFACT", (folder_ / "named").c_str(), 1);
  EXPECT_EQ("named", found(directory));
  ::setenv("SKALD_NPU_ARTIFACT", (folder_ / "gone").c_str(), 1);
  EXPECT_NE(std::string::npos, found(directory).find("there is no " + (folder_ / "gone").string()));
}

}  // namespace
}  // namespace skald::engine
