// Recordings to text, as a user sees it.

#include <csignal>
#include <string>

#include "expect.h"
#include "files.h"

namespace skald::e2e {
namespace {

using Words = std::vector<std::string>;

/// The text of a sample without its newline.
std::string spoken(const std::string& name) {
  std::string text = read(sample(name + ".txt"));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

TEST(Transcribe, ShowsSegmentsAndSaysWhatRan) {
  for (const char* name : {"hello", "garden", "answer"}) {
    const Outcome outcome = run({"transcribe", sample(std::string(name) + ".wav")});
    EXPECT_EQ(0, outcome.exit_code) << outcome.err;
    EXPECT_TRUE(outcome.out.starts_with("[00:00.000 --> 00:0")) << outcome.out;
    EXPECT_NE(std::string::npos, outcome.out.find("]  " + spoken(name) + "\n")) << outcome.out;
    EXPECT_NE(std::string::npos, outcome.err.find("mini.en on cpu")) << outcome.err;
    EXPECT_TRUE(outcome.err.contains("int8") || outcome.err.contains("scalar), float32")) << outcome.err;
    EXPECT_EQ(std::string::npos, outcome.err.find('\r')) << "a progress bar without a terminal";
  }
}

TEST(Transcribe, ComputeTypesSayWhatTheyAre) {
  for (const std::string type : {"float32", "int8"}) {
    const Outcome outcome = run({"transcribe", "--compute-type", type, "-f", "json", sample("garden.wav")});
    EXPECT_EQ(0, outcome.exit_code) << outcome.err;
    const auto json = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(type, json["compute_type"].get<std::string>());
    EXPECT_EQ(type, json["devices"][0]["compute_type"].get<std::string>());
    EXPECT_NE(std::string::npos, json["text"].get<std::string>().find(spoken("garden"))) << outcome.out;
  }
}

TEST(Transcribe, Int4IsOfTheDecoderAndSaysSo) {
  const Outcome outcome = run({"transcribe", "--compute-type", "int4", "-f", "json", sample("garden.wav")});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  EXPECT_NE(std::string::npos, outcome.err.find("int8+int4")) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ("int8+int4", json["compute_type"].get<std::string>());
  EXPECT_EQ("int8", json["devices"][0]["compute_type"].get<std::string>());
  EXPECT_EQ("int4", json["devices"][1]["compute_type"].get<std::string>());
  EXPECT_NE(std::string::npos, json["text"].get<std::string>().find(spoken("garden"))) << outcome.out;
}

TEST(Transcribe, QuietSaysNothingOnStandardError) {
  const Outcome outcome = run({"transcribe", "-q", sample("hello.wav")});
  EXPECT_EQ(0, outcome.exit_code);
  EXPECT_EQ("", outcome.err);
  EXPECT_NE(std::string::npos, outcome.out.find(spoken("hello")));
}

TEST(Transcribe, VerboseFalseShowsNoSegments) {
  for (const Words& words : {Words{"--verbose", "False"}, {"--verbose=no"}}) {
    Words all = {"transcribe", sample("hello.wav")};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = run(all);
    EXPECT_EQ(0, outcome.exit_code);
    EXPECT_EQ("", outcome.out);
  }
}

TEST(Transcribe, AFormatGoesToStandardOutput) {
  const std::string text = spoken("hello");
  const auto in_format = [](const char* format) {
    const Outcome outcome = run({"transcribe", "--quiet", "--output_format", format, sample("hello.wav")});
    EXPECT_EQ(0, outcome.exit_code) << outcome.err;
    return outcome.out;
  };
  EXPECT_EQ(text + "\n", in_format("txt"));
  EXPECT_TRUE(in_format("srt").starts_with("1\n00:00:00,000 --> 00:00:0"));
  EXPECT_TRUE(in_format("vtt").starts_with("WEBVTT\n\n00:00.000 --> 00:0"));
  EXPECT_TRUE(in_format("tsv").starts_with("start\tend\ttext\n0\t"));
}

TEST(Transcribe, JsonHasTheReferencesFieldsAndOurs) {
  const Outcome outcome = run({"transcribe", "--quiet", "-f", "json", sample("hello.wav")});
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(" " + spoken("hello"), json["text"].get<std::string>());
  EXPECT_EQ("en", json["language"]);
  EXPECT_EQ("mini.en", json["model"]);
  for (const char* key : {"device", "compute_type", "duration", "timings", "devices", "complete"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(true, json["complete"]);
  ASSERT_FALSE(json["segments"].empty());
  for (const char* key : {"id", "seek", "start", "end", "text", "tokens", "temperature", "avg_logprob",
                          "compression_ratio", "no_speech_prob"}) {
    EXPECT_TRUE(json["segments"][0].contains(key)) << key;
  }
  EXPECT_GT(json["timings"]["total"].get<double>(), 0);
  EXPECT_GT(json["timings"]["encode"].get<double>(), 0);
  EXPECT_GT(json["timings"]["decode"].get<double>(), 0);
}

TEST(Transcribe, FilesOfAllFormats) {
  const TempDir directory;
  const Outcome outcome =
      run({"transcribe", "--quiet", "--output_dir", directory / "a/b", sample("hello.wav"), sample("garden.wav")});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  EXPECT_EQ((Words{"garden.json", "garden.srt", "garden.tsv", "garden.txt", "garden.vtt", "hello.json", "hello.srt",
                   "hello.tsv", "hello.txt", "hello.vtt"}),
            directory.list("a/b"));
  EXPECT_EQ(spoken("garden") + "\n", read(directory / "a/b/garden.txt"));
  EXPECT_NE(std::string::npos, outcome.out.find(spoken("hello")));  // segments are shown beside
}

TEST(Transcribe, ChosenFormatsAsFiles) {
  const TempDir directory;
  EXPECT_EQ(0, run({"transcribe", "-q", "-o", directory / "out", "-f", "srt,txt", sample("hello.wav")}).exit_code);
  EXPECT_EQ((Words{"hello.srt", "hello.txt"}), directory.list("out"));
}

TEST(Transcribe, NothingIsWrittenUnasked) {
  const TempDir directory;
  Launch launch;
  launch.arguments = {"transcribe", sample("hello.wav")};
  launch.directory = directory.path();
  EXPECT_EQ(0, run(launch).exit_code);
  EXPECT_TRUE(directory.list(".").empty());
}

TEST(Transcribe, EnglishModelHearsEnglishWhateverIsAsked) {
  const Outcome outcome = run({"transcribe", "-f", "json", "--language", "German", sample("hello.wav")});
  EXPECT_EQ(0, outcome.exit_code);
  EXPECT_EQ("en", nlohmann::json::parse(outcome.out)["language"]);
  EXPECT_NE(std::string::npos, outcome.err.find("English-only")) << outcome.err;
}

TEST(Transcribe, StandardInput) {
  const TempDir directory;
  Launch launch;
  launch.arguments = {"transcribe", "-q", "-", "-o", directory / "out", "-f", "txt"};
  launch.input = read(sample("hello.wav"));
  const Outcome outcome = run(launch);
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  EXPECT_NE(std::string::npos, outcome.out.find(spoken("hello")));
  EXPECT_EQ(spoken("hello") + "\n", read(directory / "out/stdin.txt"));
}

TEST(Transcribe, SameTextOnOneThreadAndTwo) {
  const Words rest = {"transcribe", "-q", "-f", "txt", sample("village.wav"), "--threads"};
  Words one = rest;
  one.emplace_back("1");
  Words two = rest;
  two.emplace_back("2");
  EXPECT_EQ(run(one).out, run(two).out);
}

TEST(Transcribe, CompressedMinuteHasSeveralSegmentsInOrder) {
  const Outcome outcome = run({"transcribe", "-q", "-f", "json", sample("minute.ogg")});
  ASSERT_EQ(0, outcome.exit_code) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_GT(json["duration"].get<double>(), 30);
  ASSERT_GT(json["segments"].size(), 1U);
  int id = 0;
  double end = 0;
  for (const auto& segment : json["segments"]) {
    EXPECT_EQ(id++, segment["id"]);
    EXPECT_GE(segment["start"].get<double>(), end);
    end = segment["end"].get<double>();
    EXPECT_LE(segment["start"].get<double>(), end);
  }
  EXPECT_LE(end, json["duration"].get<double>());
  EXPECT_EQ("batched", json["long_form"]);
  const auto& coverage = json["coverage"];
  EXPECT_GT(coverage["speech_with_text"].get<double>(), 10 * coverage["speech_without_text"].get<double>());
}

/// Names of the recordings, in the order that standard error told of them.
std::vector<std::string> told(const std::string& err) {
  std::vector<std::string> names;
  for (size_t at = 0; at < err.size();) {
    const size_t end = std::min(err.find('\n', at), err.size());
    const std::string line = err.substr(at, end - at);
    if (line.ends_with(".wav:") || line.ends_with(".ogg:")) names.push_back(line.substr(0, line.size() - 1));
    at = end + 1;
  }
  return names;
}

TEST(SeveralFiles, AtOnceAreToldInOrderWithTheTextOfEachAlone) {
  const Words files = {sample("minute.ogg"), sample("hello.wav"), sample("garden.wav"), sample("kitchen.wav"),
                       sample("answer.wav")};
  std::string alone;
  for (const std::string& file : files) alone += run({"transcribe", "-q", file}).out;
  EXPECT_NE(std::string::npos, alone.find(spoken("hello")));
  for (const char* at_once : {"1", "3", "9"}) {
    Words words = {"transcribe", "--files-at-once", at_once};
    words.insert(words.end(), files.begin(), files.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(0, outcome.exit_code) << outcome.err;
    EXPECT_EQ(alone, outcome.out) << at_once;
    EXPECT_EQ(files, told(outcome.err)) << outcome.err;
    EXPECT_NE(std::string::npos, outcome.err.find("5 recordings: ")) << outcome.err;
  }
}

TEST(SeveralFiles, OneThatFailsIsToldInItsPlaceAndTheOthersAreDone) {
  const Outcome outcome = run({"transcribe", sample("hello.wav"), "/nonexistent.wav", sample("garden.wav")});
  EXPECT_EQ(1, outcome.exit_code);
  const size_t failed = outcome.err.find("skald: /nonexistent.wav: ");
  EXPECT_LT(outcome.err.find("hello.wav: "), failed) << outcome.err;
  EXPECT_LT(failed, outcome.err.find("garden.wav:")) << outcome.err;
  EXPECT_NE(std::string::npos, outcome.out.find(spoken("garden")));
}

TEST(SeveralFiles, AFullDiskStopsThemAllAndIsSaidOnce) {
  const Outcome outcome = run({.arguments = {"transcribe", sample("hello.wav"), sample("garden.wav"),
                                             sample("kitchen.wav"), sample("answer.wav"), sample("village.wav")},
                               .output_path = "/dev/full"});
  EXPECT_EQ(4, outcome.exit_code);
  const size_t said = outcome.err.find("No space left");
  ASSERT_NE(std::string::npos, said) << outcome.err;
  EXPECT_EQ(std::string::npos, outcome.err.find("No space left", said + 1)) << outcome.err;
  EXPECT_EQ(Words{sample("hello.wav")}, told(outcome.err)) << outcome.err;
}

TEST(Interrupt, KeepsWhatWasFinished) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TempDir directory;
    Launch launch;
    launch.arguments = {"transcribe", sample("ten_minutes.ogg"), "-o", directory / "out"};
    bool sent = false;
    launch.watch = [&](pid_t child, const std::string& out) {
      if (!sent && out.find('\n') != std::string::npos) sent = ::kill(child, signal) == 0;
    };
    const Outcome outcome = run(launch);
    EXPECT_TRUE(sent);
    EXPECT_EQ(0, outcome.signal);
    EXPECT_EQ(130, outcome.exit_code) << outcome.err;
    EXPECT_NE(std::string::npos, outcome.err.find("interrupted")) << outcome.err;
    const auto json = nlohmann::json::parse(read(directory / "out/ten_minutes.json"));
    EXPECT_EQ(false, json["complete"]);
    EXPECT_FALSE(json["segments"].empty());
    EXPECT_EQ(5U, directory.list("out").size());
  }
}

TEST(Interrupt, TheRestOfThePipelineMayLeave) {
  Launch launch;
  launch.arguments = {"transcribe", "-q", sample("ten_minutes.ogg")};
  launch.close_output = true;  // as `| head -0`
  EXPECT_EQ(141, run(launch).exit_code);
}

}  // namespace
}  // namespace skald::e2e
