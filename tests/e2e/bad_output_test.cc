// Output that cannot be written: exit 4 (141 for a closed pipe), and never half a file.

#include <string>

#include "expect.h"
#include "files.h"

namespace skald::e2e {
namespace {

TEST(BadOutput, DirectoryIsAFile) {
  const TempDir directory;
  write(directory / "file", "x");
  expect_refusal(run({"transcribe", sample("hello.wav"), "-o", directory / "file"}), 4, {"--output-dir", "file", "("});
  expect_refusal(run({"transcribe", sample("hello.wav"), "-o", directory / "file/below"}), 4, {"--output-dir", "("});
  EXPECT_EQ("x", read(directory / "file"));
}

TEST(BadOutput, DirectoryNotWritable) {
  const TempDir directory;
  const std::string locked = directory / "locked";
  std::filesystem::create_directory(locked);
  std::filesystem::permissions(locked, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  for (const std::string& target : {locked, locked + "/new"}) {
    Launch launch;
    launch.arguments = {"transcribe", sample("hello.wav"), "-o", target};
    launch.obey_permissions = true;
    const Outcome outcome = run(launch);
    if (outcome.exit_code == kCannotSetUp) GTEST_SKIP() << "this root cannot drop its capabilities";
    expect_refusal(outcome, 4, {"--output-dir", "locked", "Permission denied", "("});
  }
  EXPECT_TRUE(directory.list("locked").empty());
}

TEST(BadOutput, DiskFullBehindStandardOutput) {
  for (const std::vector<std::string>& format : {std::vector<std::string>{}, {"-f", "json"}, {"-f", "srt"}}) {
    Launch launch;
    launch.arguments = {"transcribe", "--quiet", sample("hello.wav")};
    launch.arguments.insert(launch.arguments.end(), format.begin(), format.end());
    launch.output_path = "/dev/full";
    expect_refusal(run(launch), 4, {"standard output", "No space left", "("});
  }
  for (const char* word : {"--help", "--version", "doctor"}) {
    Launch launch;
    launch.arguments = {word};
    launch.output_path = "/dev/full";
    expect_refusal(run(launch), 4, {"standard output", "No space left"});
  }
}

TEST(BadOutput, DiskFullWhileAFileIsWritten) {
  const TempDir directory;
  Launch launch;
  launch.arguments = {"transcribe", "--quiet", sample("hello.wav"), "-o", directory / "out", "-f", "json"};
  launch.file_size_limit = 100;  // less than any JSON transcript
  const Outcome outcome = run(launch);
  expect_refusal(outcome, 4, {"hello.json", "cannot be written"});
  EXPECT_TRUE(directory.list("out").empty());
}

TEST(BadOutput, NobodyReads) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"transcribe", "--quiet", sample("hello.wav")},
                                                {"transcribe", "--quiet", "-f", "json", sample("hello.wav")},
                                                {"doctor"},
                                                {"--help"}}) {
    Launch launch;
    launch.arguments = words;
    launch.close_output = true;
    const Outcome outcome = run(launch);
    EXPECT_EQ(0, outcome.signal);
    EXPECT_EQ(141, outcome.exit_code) << words.front();
    EXPECT_EQ("", outcome.err);
  }
}

}  // namespace
}  // namespace skald::e2e
