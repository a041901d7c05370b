// Downloads from a hub on this machine, which misbehaves; hashes; conversions.

#include "hub/pull.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "base/file.h"
#include "hub/hashes.h"
#include "hub/hf_cache.h"
#include "hub/http_server_for_tests.h"
#include "hub/hub.h"

namespace skald::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";
constexpr const char* kRepository = "openai/whisper-tiny";

class PullTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "skald-pull-test.XXXXXX").string();
    ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
    root_ = pattern;
    server_ = std::make_unique<HubServer>(kRepository, kCommit);
    ::setenv("HF_ENDPOINT", server_->url().c_str(), 1);
    ::setenv("HF_HUB_CACHE", (root_ / "hub").c_str(), 1);
    for (const char* variable : {"HF_TOKEN", "HF_HUB_OFFLINE", "http_proxy", "all_proxy"}) ::unsetenv(variable);
    for (size_t i = 0; i < 100000; ++i) weights_ += static_cast<char>(i * 7 / 3);
    add("config.json", "{\"model_type\": \"whisper\"}", false);
    add("vocab.json", "{}", false);
    add("model.safetensors", weights_, true);
    add("pytorch_model.bin", "the same again", true);
    add("flax_model.msgpack", "and again", true);
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(root_);
  }

  /// Served under the hash that it has.
  void add(const std::string& name, const std::string& content, bool large) {
    const fs::path file = root_ / "one";
    std::ofstream(file, std::ios::binary) << content;
    server_->add(
        name,
        {.content = content, .etag = large ? sha256_of(file).value() : git_blob_of(file).value(), .large = large});
  }
  Result<Pulled> pull(const PullProgress& progress = {}) const { return pull_model("tiny", progress); }
  void expect_complete() const {
    const fs::path snapshot = root_ / "hub" / "models--openai--whisper-tiny" / "snapshots" / kCommit;
    EXPECT_EQ(snapshot, find_model("tiny").value());
    EXPECT_EQ(weights_, read_file(snapshot / "model.safetensors").value());
    EXPECT_TRUE(fs::is_symlink(snapshot / "config.json"));
    EXPECT_TRUE(fs::read_symlink(snapshot / "config.json").string().starts_with("../../blobs/"));
    EXPECT_FALSE(is_there(snapshot / "pytorch_model.bin"));
    EXPECT_FALSE(is_there(snapshot / "flax_model.msgpack"));
    EXPECT_EQ(0, incomplete());
  }
  std::ptrdiff_t incomplete() const {
    const fs::path blobs = root_ / "hub" / "models--openai--whisper-tiny" / "blobs";
    if (!is_there(blobs)) return 0;
    return std::count_if(fs::directory_iterator(blobs), fs::directory_iterator{},
                         [](const auto& entry) { return entry.path().extension() == ".incomplete"; });
  }
  size_t asked_with_range() const {
    const auto requests = server_->requests();
    return static_cast<size_t>(std::ranges::count_if(requests, [](const std::string& line) {
      return line.starts_with("GET ") && std::ranges::count(line, ' ') == 2;
    }));
  }

  fs::path root_;
  std::unique_ptr<HubServer> server_;
  std::string weights_;
};

TEST_F(PullTest, ModelComesIntoTheSharedCache) {
  uint64_t last = 0;
  const auto pulled = pull([&](const std::string& file, uint64_t done, uint64_t total) {
    EXPECT_LE(done, total);
    if (file == "model.safetensors") last = done;
    return true;
  });
  ASSERT_TRUE(pulled) << to_string(pulled.error());
  EXPECT_EQ(kRepository, pulled->repository);
  EXPECT_EQ(weights_.size() + 27, pulled->downloaded);
  EXPECT_EQ(weights_.size(), last);
  expect_complete();
  const auto again = pull();
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(0U, again->downloaded);
}

TEST_F(PullTest, ABrokenDownloadGoesOnWhereItEnded) {
  server_->set({.break_after = 30000, .breaks = 3});
  const auto pulled = pull();
  ASSERT_TRUE(pulled) << to_string(pulled.error());
  EXPECT_EQ(weights_.size() + 27, pulled->downloaded);  // nothing came twice
  EXPECT_EQ(3U, asked_with_range());
  expect_complete();
}

TEST_F(PullTest, AStoppedDownloadGoesOnNextTime) {
  const auto stopped = pull(
      [](const std::string& file, uint64_t done, uint64_t) { return file != "model.safetensors" || done < 10000; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(ErrorCode::kCancelled, stopped.error().code);
  EXPECT_EQ(1, incomplete());
  EXPECT_FALSE(find_model("tiny"));  // what is not complete is not found
  server_->set({});
  const auto pulled = pull();
  ASSERT_TRUE(pulled) << to_string(pulled.error());
  EXPECT_LT(pulled->downloaded, weights_.size());
  EXPECT_EQ(1U, asked_with_range());
  expect_complete();
}

TEST_F(PullTest, AServerWithoutRangesSendsAllAgain) {
  server_->set({.break_after = 30000, .breaks = 1, .ignores_ranges = true});
  const auto pulled = pull();
  ASSERT_TRUE(pulled) << to_string(pulled.error());
  EXPECT_EQ(weights_.size() + 30000 + 27, pulled->downloaded);
  expect_complete();
}

TEST_F(PullTest, WhatIsNotWhatTheServerNamesIsRefused) {
  server_->add("model.safetensors", {.content = weights_, .etag = std::string(64, 'a'), .large = true});
  const auto pulled = pull();
  ASSERT_FALSE(pulled);
  EXPECT_EQ(ErrorCode::kIo, pulled.error().code);
  EXPECT_NE(std::string::npos, pulled.error().message.find("hash")) << pulled.error().message;
  EXPECT_EQ(0, incomplete());
  EXPECT_FALSE(find_model("tiny"));
  add("model.safetensors", weights_, true);
  server_->add("config.json", {.content = "{}", .etag = std::string(40, 'b')});
  EXPECT_EQ(ErrorCode::kIo, pull().error().code);
}

TEST_F(PullTest, ABusyServerIsAskedAgain) {
  server_->set({.busy = 1});
  const auto pulled = pull();
  ASSERT_TRUE(pulled) << to_string(pulled.error());
  expect_complete();
}

TEST_F(PullTest, ATokenIsSent) {
  server_->set({.token = "secret"});
  const auto refused = pull();
  ASSERT_FALSE(refused);
  EXPECT_EQ(ErrorCode::kPermission, refused.error().code);
  EXPECT_NE(std::string::npos, refused.error().remedy.find("HF_TOKEN"));
  ::setenv("HF_TOKEN", "secret", 1);
  const auto pulled = pull();
  ::unsetenv("HF_TOKEN");
  ASSERT_TRUE(pulled) << to_string(pulled.error());
}

TEST_F(PullTest, WhatIsNotThereIsSaid) {
  EXPECT_EQ(ErrorCode::kNotFound, pull_model("base", {}).error().code);
  EXPECT_EQ(ErrorCode::kNotFound, pull_model("nobody/nothing", {}).error().code);
  server_->set({.status = 404});
  EXPECT_EQ(ErrorCode::kNotFound, pull().error().code);
  for (const char* name : {"mini.en", "bsae", "./tiny", "/a/b", "a/b/c", "", "a b/c", "../x"}) {
    EXPECT_EQ(ErrorCode::kInvalidArgument, pull_model(name, {}).error().code) << name;
  }
}

TEST_F(PullTest, OfflineNothingIsAsked) {
  ::setenv("HF_HUB_OFFLINE", "1", 1);
  server_->set({});
  const auto refused = pull();
  ::unsetenv("HF_HUB_OFFLINE");
  EXPECT_EQ(ErrorCode::kUnsupported, refused.error().code);
  EXPECT_TRUE(server_->requests().empty());
}

TEST_F(PullTest, AModelIsRemovedWithAllItsFiles) {
  ASSERT_TRUE(pull());
  EXPECT_EQ(weights_.size() + 27, remove_model("tiny").value());
  EXPECT_FALSE(is_there(root_ / "hub" / "models--openai--whisper-tiny"));
  EXPECT_EQ(ErrorCode::kNotFound, remove_model("tiny").error().code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, remove_model("mini.en").error().code);
}

TEST_F(PullTest, ShardsComeWithTheirIndex) {
  server_ = std::make_unique<HubServer>("o/n", kCommit);
  ::setenv("HF_ENDPOINT", server_->url().c_str(), 1);
  add("config.json", "{}", false);
  add("model.safetensors.index.json", "{ }", false);
  add("model-00001-of-00002.safetensors", "one", true);
  add("model-00002-of-00002.safetensors", "two", true);
  add("model.fp32-00001-of-00001.safetensors", "other", true);
  const auto pulled = pull_model("o/n", {});
  ASSERT_TRUE(pulled) << to_string(pulled.error());
  EXPECT_TRUE(is_there(pulled->snapshot / "model-00002-of-00002.safetensors"));
  EXPECT_FALSE(is_there(pulled->snapshot / "model.fp32-00001-of-00001.safetensors"));
}

TEST_F(PullTest, HashesAreTheKnownOnes) {
  const fs::path file = root_ / "abc";
  std::ofstream(file) << "abc";
  // FIPS 180-4's example; `printf abc | git hash-object --stdin`
  EXPECT_EQ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sha256_of(file).value());
  EXPECT_EQ("f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f", git_blob_of(file).value());
  EXPECT_EQ(Match::kNone, match_hash(file, "abc").value());
  EXPECT_EQ(Match::kDifferent, match_hash(file, std::string(40, '0')).value());
}

TEST(Published, OpenAiHashesAreThoseOfTheManifests) {
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(SKALD_SOURCE_DIR) / "tests" / "data" / "manifests")) {
    std::istringstream lines(read_file(entry.path()).value());
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("sha256 ")) continue;
      EXPECT_EQ(line.substr(7), openai_sha256(entry.path().stem().string()).value_or("")) << entry.path();
      ++compared;
    }
  }
  EXPECT_EQ(12, compared);
  EXPECT_FALSE(openai_sha256("mini.en"));
}

}  // namespace
}  // namespace skald::hub
