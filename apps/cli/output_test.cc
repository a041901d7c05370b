#include "output.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace skald::cli {
namespace {

namespace fs = std::filesystem;

class OutputPlanTest : public testing::Test {
 protected:
  OutputPlanTest() : directory_(fs::path(testing::TempDir()) / "skald_output_test") { fs::remove_all(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  std::string where_of(const OutputOptions& options, const std::vector<std::string>& inputs = {"a.wav"}) const {
    const auto plan = OutputPlan::make(options, inputs);
    return plan ? "fine" : plan.error().where;
  }

  fs::path directory_;
};

TEST_F(OutputPlanTest, SegmentsAreShownUnlessAFormatOwnsStandardOutput) {
  EXPECT_TRUE(OutputPlan::make({}, {"a.wav"})->shows_segments());
  EXPECT_FALSE(OutputPlan::make({.verbose = false}, {"a.wav"})->shows_segments());
  EXPECT_FALSE(OutputPlan::make({.format = "srt"}, {"a.wav"})->shows_segments());
  EXPECT_TRUE(OutputPlan::make({.directory = directory_.string(), .format = "srt"}, {"a.wav"})->shows_segments());
}

TEST_F(OutputPlanTest, RefusesWhatCannotBe) {
  EXPECT_EQ("--output-format", where_of({.format = "all"}));
  EXPECT_EQ("--output-format", where_of({.format = "srt,vtt"}));
  EXPECT_EQ("--output-format", where_of({.format = "docx"}));
  EXPECT_EQ("--output-format", where_of({.format = ""}));
  EXPECT_EQ("--output-dir", where_of({.directory = ""}));
  EXPECT_EQ("x/a.mp3", where_of({.directory = directory_.string()}, {"a.wav", "x/a.mp3"}));
  EXPECT_EQ("fine", where_of({.directory = directory_.string()}, {"a.wav", "b.wav"}));
}

TEST_F(OutputPlanTest, DirectoryThatIsAFile) {
  fs::create_directories(directory_);
  std::ofstream(directory_ / "file") << "x";
  EXPECT_EQ("--output-dir " + (directory_ / "file").string(), where_of({.directory = (directory_ / "file").string()}));
}

TEST_F(OutputPlanTest, WritesEveryFormatUnderTheInputsName) {
  const auto plan = OutputPlan::make({.directory = directory_.string()}, {"some/talk.v2.mp3"});
  ASSERT_TRUE(plan);
  Transcript transcript;
  transcript.segments.push_back({.start = 0, .end = 1, .text = " Hello.", .tokens = {1}});
  ASSERT_TRUE(plan->save(transcript, "some/talk.v2.mp3"));
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory_)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  EXPECT_EQ((std::vector<std::string>{"talk.v2.json", "talk.v2.srt", "talk.v2.tsv", "talk.v2.txt", "talk.v2.vtt"}),
            names);
  std::ostringstream text;
  text << std::ifstream(directory_ / "talk.v2.txt").rdbuf();
  EXPECT_EQ("Hello.\n", text.str());
}

}  // namespace
}  // namespace skald::cli
