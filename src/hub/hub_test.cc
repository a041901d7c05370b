#include "hub/hub.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "hub/hf_cache.h"

namespace skald::hub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRevision = "0123456789abcdef0123456789abcdef01234567";
constexpr const char* kVariables[] = {"SKALD_MODELS", "XDG_DATA_HOME", "XDG_CACHE_HOME",
                                      "HF_HOME",      "HF_HUB_CACHE",  "HOME"};
constexpr const char* kConfig = R"({"model_type": "whisper", "d_model": 4, "encoder_layers": 2,
  "encoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_layers": 1, "decoder_attention_heads": 2,
  "decoder_ffn_dim": 16, "vocab_size": 11})";

/// A home of its own in a temporary directory, which is also the current one; everything is put back afterwards.
class HubTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "skald-hub-test.XXXXXX").string();
    ASSERT_NE(nullptr, ::mkdtemp(pattern.data()));
    root_ = pattern;
    before_ = fs::current_path();
    fs::current_path(root_);
    for (const char* variable : kVariables) {
      saved_[variable] = environment(variable);
      ::unsetenv(variable);
    }
    ::setenv("HOME", (root_ / "home").c_str(), 1);
  }
  void TearDown() override {
    for (const auto& [variable, value] : saved_) {
      if (value) {
        ::setenv(variable.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(variable.c_str());
      }
    }
    fs::current_path(before_);
    fs::remove_all(root_);
  }

  void write(const fs::path& file, const std::string& content) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << content;
  }
  fs::path model(const fs::path& directory) const {
    write(directory / "config.json", kConfig);
    return root_ / directory;
  }
  fs::path cached(const fs::path& cache, const std::string& folder) const {
    write(cache / folder / "refs" / "main", kRevision);
    return model(cache / folder / "snapshots" / kRevision);
  }

  fs::path root_;
  fs::path before_;
  std::map<std::string, std::optional<std::string>> saved_;
};

TEST_F(HubTest, TheBuiltInModelIsFoundWithoutAnySetting) {
  const auto path = find_model("mini.en");
  ASSERT_TRUE(path) << to_string(path.error());
  EXPECT_TRUE(fs::exists(*path / "model.safetensors"));
}

TEST_F(HubTest, DirectoriesAreSearchedInOrder) {
  const fs::path data = model("home/.local/share/skald/models/mine");
  EXPECT_EQ(data, find_model("mine").value());
  ::setenv("XDG_DATA_HOME", (root_ / "data").c_str(), 1);
  const fs::path xdg = model("data/skald/models/mine");
  EXPECT_EQ(xdg, find_model("mine").value());
  ::setenv("SKALD_MODELS", (root_ / "own").c_str(), 1);
  EXPECT_EQ(xdg, find_model("mine").value());
  const fs::path own = model("own/mine");
  EXPECT_EQ(own, find_model("mine").value());
  const fs::path mini = model("own/mini.en");
  EXPECT_EQ(mini, find_model("mini.en").value());
}

TEST_F(HubTest, PathsAreTakenAsTheyAre) {
  const fs::path directory = model("some/where");
  EXPECT_EQ(directory, find_model(directory.string()).value());
  EXPECT_EQ("some/where", find_model("some/where").value());
  EXPECT_EQ("./some", find_model("./some").value());
  model("plain");
  EXPECT_EQ("plain", find_model("plain").value());
  EXPECT_EQ(".", find_model(".").value());
}

TEST_F(HubTest, ANameGoesBeforeADirectoryOfThatName) {
  model("base");
  const fs::path cache = cached("home/.cache/huggingface/hub", "models--openai--whisper-base");
  EXPECT_EQ(cache, find_model("base").value());
  EXPECT_EQ("./base", find_model("./base").value());
}

TEST_F(HubTest, TheHuggingFaceCacheIsWhereItsVariablesSay) {
  const std::string folder = "models--openai--whisper-large-v3-turbo";
  const fs::path home = cached("home/.cache/huggingface/hub", folder);
  EXPECT_EQ(home, find_model("turbo").value());
  EXPECT_EQ(home, find_model("large-v3-turbo").value());
  EXPECT_EQ(home, find_model("openai/whisper-large-v3-turbo").value());
  ::setenv("XDG_CACHE_HOME", (root_ / "xdg").c_str(), 1);
  const fs::path xdg = cached("xdg/huggingface/hub", folder);
  EXPECT_EQ(xdg, find_model("turbo").value());
  ::setenv("HF_HOME", (root_ / "hf").c_str(), 1);
  const fs::path hf = cached("hf/hub", folder);
  EXPECT_EQ(hf, find_model("turbo").value());
  ::setenv("HF_HUB_CACHE", (root_ / "cache").c_str(), 1);
  const fs::path cache = cached("cache", folder);
  EXPECT_EQ(cache, find_model("turbo").value());
}

TEST_F(HubTest, BrokenCacheEntriesAreNotFound) {
  const fs::path folder = fs::path("home/.cache/huggingface/hub") / "models--openai--whisper-tiny";
  model(folder / "snapshots" / kRevision);
  EXPECT_EQ(ErrorCode::kNotFound, find_model("tiny").error().code);  // no refs/main
  for (const std::string& revision :
       {std::string(), std::string("../../x"), std::string("deadbeef"), std::string(1000, 'a')}) {
    write(folder / "refs" / "main", revision);
    EXPECT_EQ(ErrorCode::kNotFound, find_model("tiny").error().code) << revision;
  }
  write(folder / "refs" / "main", std::string(kRevision) + "\n");
  EXPECT_TRUE(find_model("tiny"));
}

TEST_F(HubTest, WhatIsMissingSaysHowToGetIt) {
  const Error known = find_model("base.en").error();
  EXPECT_EQ(ErrorCode::kNotFound, known.code);
  EXPECT_EQ("base.en", known.where);
  EXPECT_NE(std::string::npos, known.remedy.find("skald models pull base.en")) << known.remedy;
  EXPECT_NE(std::string::npos, find_model("org/name").error().remedy.find("pull org/name"));
  const Error unknown = find_model("bsae").error();
  EXPECT_EQ(ErrorCode::kNotFound, unknown.code);
  EXPECT_EQ(std::string::npos, unknown.remedy.find("pull"));
  for (const char* path : {"/absent/model", "./absent", "../absent", "a/b/c", "a/", "/"}) {
    const auto found = find_model(path);
    if (found) continue;  // "/" is there
    EXPECT_EQ(ErrorCode::kNotFound, found.error().code);
    EXPECT_EQ(std::string::npos, found.error().remedy.find("download")) << path;
  }
  EXPECT_EQ(ErrorCode::kInvalidArgument, find_model("").error().code);
}

TEST_F(HubTest, ShortNamesOfThePublishedModels) {
  using Names = std::vector<std::string>;
  EXPECT_EQ((Names{"openai/whisper-tiny", "Systran/faster-whisper-tiny"}), hf_repositories_of("tiny"));
  EXPECT_EQ((Names{"openai/whisper-large-v3", "Systran/faster-whisper-large-v3"}), hf_repositories_of("large"));
  EXPECT_EQ((Names{"openai/whisper-large", "Systran/faster-whisper-large-v1"}), hf_repositories_of("large-v1"));
  EXPECT_EQ((Names{"openai/whisper-large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"}),
            hf_repositories_of("turbo"));
  EXPECT_EQ((Names{"distil-whisper/distil-large-v3", "Systran/faster-distil-whisper-large-v3"}),
            hf_repositories_of("distil-large-v3"));
  for (const char* other : {"mini.en", "large-v4", "distil-../x"}) EXPECT_TRUE(hf_repositories_of(other).empty());
}

TEST_F(HubTest, WhatOtherProgramsDownloadedIsFound) {
  const fs::path ct2 = cached("home/.cache/huggingface/hub", "models--Systran--faster-whisper-base.en");
  EXPECT_EQ(ct2, find_model("base.en").value());
  const fs::path original = cached("home/.cache/huggingface/hub", "models--openai--whisper-base.en");
  EXPECT_EQ(original, find_model("base.en").value());
  write("home/.cache/whisper/large-v3.pt", "");
  EXPECT_EQ(root_ / "home/.cache/whisper/large-v3.pt", find_model("large").value());
  ::setenv("XDG_CACHE_HOME", (root_ / "xdg").c_str(), 1);
  EXPECT_EQ(ErrorCode::kNotFound, find_model("large").error().code);
  write("xdg/whisper/large-v3.pt", "");
  EXPECT_EQ(root_ / "xdg/whisper/large-v3.pt", find_model("large").value());
}

TEST_F(HubTest, AGivenDirectoryIsLookedInFirst) {
  cached("home/.cache/huggingface/hub", "models--openai--whisper-base");
  write("mine/ggml-base.bin", "");
  EXPECT_EQ(root_ / "mine/ggml-base.bin", find_model("base", root_ / "mine").value());
  write("mine/base.pt", "");
  EXPECT_EQ(root_ / "mine/base.pt", find_model("base", root_ / "mine").value());
  write("mine/base/model.bin", "");
  EXPECT_EQ(root_ / "mine/base", find_model("base", root_ / "mine").value());
  EXPECT_NE(root_ / "mine/base", find_model("base").value());
}

TEST_F(HubTest, ListsEveryModelOnce) {
  ::setenv("SKALD_MODELS", (root_ / "own").c_str(), 1);
  model("own/b");
  model("own/a");
  write("own/nothing/readme", "");
  model("home/.local/share/skald/models/a");
  cached("home/.cache/huggingface/hub", "models--openai--whisper-tiny");
  cached("home/.cache/huggingface/hub", "models--google--bert");
  write(fs::path("home/.cache/huggingface/hub/models--google--bert/snapshots") / kRevision / "config.json",
        R"({"model_type": "bert"})");
  std::vector<std::string> names;
  for (const FoundModel& m : list_models()) {
    names.push_back(m.name);
    EXPECT_EQ(m.path, find_model(m.name).value()) << m.name;
  }
  ASSERT_GE(names.size(), 4U);
  EXPECT_EQ("a", names[0]);
  EXPECT_EQ("b", names[1]);
  EXPECT_EQ(1, std::count(names.begin(), names.end(), "mini.en"));
  EXPECT_EQ(1, std::count(names.begin(), names.end(), "a"));
  EXPECT_EQ("openai/whisper-tiny", names.back());
  EXPECT_EQ(0, std::count(names.begin(), names.end(), "google/bert"));
}

}  // namespace
}  // namespace skald::hub
