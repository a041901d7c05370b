#include "near_match.h"

#include <gtest/gtest.h>

#include <vector>

namespace skald::cli {
namespace {

const std::vector<std::string> kWords = {"--beam-size", "--best-of", "--language", "--model"};

TEST(NearMatch, FindsSlips) {
  EXPECT_EQ("--beam-size", near_match("--beem-size", kWords));
  EXPECT_EQ("--language", near_match("--langauge", kWords));
  EXPECT_EQ("--model", near_match("--modle", kWords));
}

TEST(NearMatch, NothingForStrangers) {
  EXPECT_EQ("", near_match("--frobnicate-all", kWords));
  EXPECT_EQ("", near_match("x", kWords));
  EXPECT_EQ("", near_match("--model", {}));
}

}  // namespace
}  // namespace skald::cli
