// skald models pull, verify, remove and convert, against a hub on this machine.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "expect.h"
#include "files.h"
#include "hub/hashes.h"
#include "hub/http_server_for_tests.h"

namespace skald::e2e {
namespace {

constexpr const char* kCommit = "89abcdef0123456789abcdef0123456789abcdef";
const std::string kModel = std::string(SKALD_SOURCE_DIR) + "/models/mini.en";

class ModelsHub : public testing::Test {
 protected:
  ModelsHub() : server_("org/mini", kCommit) {
    for (const std::string name :
         {"config.json", "generation_config.json", "vocab.json", "merges.txt", "model.safetensors"}) {
      const std::string path = kModel + "/" + name;
      const bool large = name == "model.safetensors";
      server_.add(name, {.content = read(path),
                         .etag = large ? hub::sha256_of(path).value() : hub::git_blob_of(path).value(),
                         .large = large});
    }
  }
  Outcome skald(const std::vector<std::string>& arguments, const std::string& endpoint) const {
    return run(
        {.arguments = arguments,
         .environment = {{"HF_ENDPOINT", endpoint}, {"HF_HUB_CACHE", directory_ / "hub"}, {"HF_HUB_OFFLINE", ""}},
         .directory = {},
         .input = {},
         .output_path = {},
         .watch = {},
         .timeout_s = 120});
  }
  Outcome skald(const std::vector<std::string>& arguments) const { return skald(arguments, server_.url()); }

  TempDir directory_;
  hub::HubServer server_;
};

TEST_F(ModelsHub, ArePulledVerifiedUsedAndRemoved) {
  const Outcome missing = skald({"transcribe", "--model", "org/mini", sample("hello.wav")});
  expect_refusal(missing, 3, {"org/mini", "skald models pull org/mini"});
  server_.set({.break_after = 9000000, .breaks = 2});
  const Outcome pulled = skald({"models", "pull", "org/mini"});
  EXPECT_EQ(0, pulled.exit_code) << pulled.err;
  EXPECT_NE(std::string::npos, pulled.err.find("MB downloaded")) << pulled.err;
  const Outcome again = skald({"models", "pull", "org/mini"});
  EXPECT_NE(std::string::npos, again.err.find("there already")) << again.err;

  const Outcome verified = skald({"models", "verify", "--sample", sample("hello.wav"), "org/mini"});
  EXPECT_EQ(0, verified.exit_code) << verified.err;
  for (const char* text : {"as published: config.json", "model.safetensors", "mini.en", "Good morning", "works"}) {
    EXPECT_NE(std::string::npos, verified.out.find(text)) << text << " in " << verified.out;
  }
  EXPECT_NE(std::string::npos, skald({"models", "list"}).out.find("org/mini"));
  const Outcome used = skald({"transcribe", "--quiet", "--model", "org/mini", sample("hello.wav")});
  EXPECT_NE(std::string::npos, used.out.find("Good morning")) << used.err;

  const std::string blob = directory_ / ("hub/models--org--mini/snapshots/" + std::string(kCommit) + "/config.json");
  write(std::filesystem::canonical(blob).string(), read(blob) + " ");
  const Outcome changed = skald({"models", "verify", "--sample", sample("hello.wav"), "org/mini"});
  EXPECT_EQ(3, changed.exit_code);
  EXPECT_NE(std::string::npos, changed.out.find("DIFFERENT: config.json")) << changed.out;

  EXPECT_EQ(0, skald({"models", "remove", "org/mini"}).exit_code);
  expect_refusal(skald({"models", "remove", "org/mini"}), 3, {"org/mini"});
}

TEST_F(ModelsHub, WhatCannotBePulledIsSaid) {
  expect_refusal(skald({"models", "pull"}), 2, {"no model is named"});
  expect_refusal(skald({"models", "pull", "bsae"}), 2, {"bsae", "large-v3"});
  expect_refusal(skald({"models", "pull", "mini.en"}), 2, {"built in"});
  expect_refusal(skald({"models", "pull", "org/other"}), 3, {"org/other", "no such repository"});
  server_.set({.status = 401});
  expect_refusal(skald({"models", "pull", "org/mini"}), 3, {"org/mini", "HF_TOKEN"});
  server_.set({});
  const Outcome disk = run({.arguments = {"models", "pull", "org/mini"},
                            .environment = {{"HF_ENDPOINT", server_.url()}, {"HF_HUB_CACHE", directory_ / "hub"}},
                            .directory = {},
                            .input = {},
                            .output_path = {},
                            .file_size_limit = 1000000,
                            .watch = {}});
  expect_refusal(disk, 3, {"cannot be written"});
  expect_refusal(skald({"models", "pull", "org/mini"}, "http://127.0.0.1:1"), 3, {"cannot be reached", "HF_ENDPOINT"});
}

TEST_F(ModelsHub, AreConvertedThereAndBack) {
  const Outcome wide = skald({"models", "convert", "--type", "float32", kModel, directory_ / "wide"});
  ASSERT_EQ(0, wide.exit_code) << wide.err;
  const Outcome half = skald({"models", "convert", directory_ / "wide", directory_ / "half"});
  ASSERT_EQ(0, half.exit_code) << half.err;
  EXPECT_GT(std::filesystem::file_size(directory_ / "wide/model.safetensors"),
            std::filesystem::file_size(directory_ / "half/model.safetensors") * 3 / 2);
  const auto tokens = [&](const std::string& model) {
    return skald({"transcribe", "--quiet", "--model", model, "-f", "json", sample("hello.wav")}).out;
  };
  const std::string expected = nlohmann::json::parse(tokens(kModel)).at("segments").dump();
  EXPECT_NE(std::string::npos, expected.find("tokens"));
  for (const char* name : {"wide", "half"}) {
    EXPECT_EQ(expected, nlohmann::json::parse(tokens(directory_ / name)).at("segments").dump()) << name;
  }
}

TEST_F(ModelsHub, AConversionIsWholeOrNotThere) {
  expect_refusal(skald({"models", "convert", kModel}), 2, {"source and a target"});
  expect_refusal(skald({"models", "convert", kModel, directory_.path()}), 2, {"is there already"});
  expect_refusal(skald({"models", "convert", "--type", "int8", kModel, directory_ / "x"}), 2, {"int8"});
  expect_refusal(skald({"models", "convert", "absent.bin", directory_ / "x"}), 3, {"absent.bin"});
  expect_refusal(skald({"models", "convert", kModel, directory_ / "no/where"}), 3, {"no/where"});
  const Outcome full = run({.arguments = {"models", "convert", kModel, directory_ / "x"},
                            .environment = {},
                            .directory = {},
                            .input = {},
                            .output_path = {},
                            .file_size_limit = 5000000,
                            .watch = {}});
  expect_refusal(full, 4, {"cannot be written"});
  EXPECT_TRUE(directory_.list("").empty());
}

}  // namespace
}  // namespace skald::e2e
