// Recordings that cannot be read: exit 1, one line with the file, the cause and a remedy, no file left behind.

#include <limits>
#include <string>

#include "expect.h"
#include "files.h"

namespace skald::e2e {
namespace {

struct BadAudio {
  const char* name;
  const char* file;                       // below the temporary directory
  void (*make)(const std::string& path);  // null: nothing is made
  std::vector<std::string> says;          // beside the file's name
};

std::ostream& operator<<(std::ostream& out, const BadAudio& c) {
  return out << c.name;
}

std::string noise(size_t size) {
  std::string bytes;
  uint32_t state = 1;
  while (bytes.size() < size) {
    state = state * 1664525U + 1013904223U;
    bytes.push_back(static_cast<char>(state >> 24U));
  }
  return bytes;
}

// A valid PNG of one pixel: something FFmpeg opens and that has no sound.
constexpr const char kPng[] =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT\x08\xd7"
    "c\xf8\xff\xff?\0\x05\xfe\x02\xfe\xdc\xcc"
    "Y\xe7\0\0\0\0IEND\xae"
    "B`\x82";

const BadAudio kBadAudio[] = {
    {"Missing", "missing.wav", nullptr, {"No such file"}},
    {"Directory", "folder.wav", [](const std::string& p) { std::filesystem::create_directory(p); }, {"directory"}},
    {"Empty", "empty.wav", [](const std::string& p) { write(p, ""); }, {"empty"}},
    {"TextNamedWav", "text.wav", [](const std::string& p) { write(p, "Dear diary, today I learnt nothing.\n"); }, {}},
    {"Noise", "noise.bin", [](const std::string& p) { write(p, noise(5000)); }, {}},
    {"CutInTheHeader", "header.wav", [](const std::string& p) { write(p, tone(1).substr(0, 20)); }, {}},
    {"NoChannels", "channels.wav", [](const std::string& p) { write(p, wav({.channels = 0}, "abcd")); }, {}},
    {"NoSampleRate", "rate.wav", [](const std::string& p) { write(p, wav({.rate = 0}, "abcd")); }, {}},
    {"PictureWithoutSound", "pixel.png", [](const std::string& p) { write(p, {kPng, sizeof kPng - 1}); }, {}},
    {"CutMp3",
     "cut.mp3",
     [](const std::string& p) {
       write(p, read(std::string(SKALD_SOURCE_DIR) + "/tests/data/e2e/tone.mp3").substr(0, 60));
     },
     {}},
    {"CutOgg", "cut.ogg", [](const std::string& p) { write(p, read(sample("minute.ogg")).substr(0, 100)); }, {}},
    {"NameWithNewline", "two\nlines.wav", [](const std::string& p) { write(p, "x"); }, {}},
};

class BadAudioTest : public testing::TestWithParam<BadAudio> {};

TEST_P(BadAudioTest, IsRefused) {
  const TempDir directory;
  const std::string path = directory / GetParam().file;
  if (GetParam().make != nullptr) GetParam().make(path);
  const Outcome outcome = run({"transcribe", path, "--output-dir", directory / "out"});
  std::string shown = GetParam().file;
  if (const size_t at = shown.find('\n'); at != std::string::npos) shown[at] = ' ';
  std::vector<std::string> says = GetParam().says;
  says.push_back(shown);
  says.emplace_back("(");
  expect_refusal(outcome, 1, says);
  EXPECT_EQ("", outcome.out);
  EXPECT_TRUE(directory.list("out").empty());
}

INSTANTIATE_TEST_SUITE_P(Table, BadAudioTest, testing::ValuesIn(kBadAudio),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(BadAudio, Unreadable) {
  const TempDir directory;
  const std::string path = directory / "secret.wav";
  write(path, tone(1));
  std::filesystem::permissions(path, std::filesystem::perms::none);
  Launch launch;
  launch.arguments = {"transcribe", path};
  launch.obey_permissions = true;
  const Outcome outcome = run(launch);
  if (outcome.exit_code == kCannotSetUp) GTEST_SKIP() << "this root cannot drop its capabilities";
  expect_refusal(outcome, 1, {"secret.wav", "Permission denied"});
}

TEST(BadAudio, StandardInput) {
  for (const char* bytes : {"", "no recording at all"}) {
    Launch launch;
    launch.arguments = {"transcribe", "-"};
    launch.input = bytes;
    expect_refusal(run(launch), 1, {"("});
  }
}

TEST(BadAudio, OneBadFileDoesNotStopTheOthers) {
  const TempDir directory;
  write(directory / "bad.wav", "x");
  const Outcome outcome =
      run({"transcribe", "--quiet", directory / "bad.wav", sample("hello.wav"), directory / "gone.wav"});
  EXPECT_EQ(1, outcome.exit_code);
  EXPECT_NE(std::string::npos, outcome.out.find("Good morning"));
  EXPECT_NE(std::string::npos, outcome.err.find("bad.wav"));
  EXPECT_NE(std::string::npos, outcome.err.find("gone.wav"));
  EXPECT_EQ(2, std::count(outcome.err.begin(), outcome.err.end(), '\n'));
}

// Odd, but recordings: these are read.

TEST(OddAudio, NoSamplesGiveNoText) {
  const TempDir directory;
  write(directory / "nothing.wav", wav({}, ""));
  const Outcome outcome = run({"transcribe", "--output-format", "json", "--quiet", directory / "nothing.wav"});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ("", json["text"]);
  EXPECT_TRUE(json["segments"].empty());
}

TEST(OddAudio, ReadWithoutAComplaint) {
  const TempDir directory;
  const std::string quiet_nan(4, '\xFF');  // a float32 NaN
  std::string nans;
  for (int i = 0; i < 16000; ++i) nans += quiet_nan;
  const std::string mp3 = read(std::string(SKALD_SOURCE_DIR) + "/tests/data/e2e/tone.mp3");
  const std::vector<std::pair<std::string, std::string>> files = {
      {"eight_channels.wav", tone(1, 8)},
      {"nan.wav", wav({.tag = 3}, nans)},
      {"one_sample.wav", wav({}, std::string(2, '\0'))},
      {"eight_kilohertz.wav", tone(1, 1, 8000)},
      {"truncated.mp3", mp3.substr(0, mp3.size() / 2)},
      {"cut_in_the_data.wav", tone(1).substr(0, 20001)},
  };
  for (const auto& [name, bytes] : files) {
    write(directory / name, bytes);
    const Outcome outcome = run({"transcribe", "--quiet", "--beam-size", "None", directory / name});
    EXPECT_EQ(0, outcome.exit_code) << name << ": " << outcome.err;
    EXPECT_EQ("", outcome.err) << name;
  }
}

}  // namespace
}  // namespace skald::e2e
