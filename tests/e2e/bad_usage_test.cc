// Wrong command lines: exit 2 before anything is opened, one line with the option and what to do.

#include <string>

#include "expect.h"
#include "files.h"

namespace skald::e2e {
namespace {

using Words = std::vector<std::string>;

struct BadUsage {
  const char* name;
  Words arguments;  // "@" stands for a good recording
  Words says;
};

std::ostream& operator<<(std::ostream& out, const BadUsage& c) {
  return out << c.name;
}

const BadUsage kBadUsages[] = {
    {"UnknownCommand", {"transcibe", "@"}, {"transcibe", "did you mean 'skald transcribe'"}},
    {"UnknownCommandFarAway", {"frobnicate"}, {"frobnicate", "--help"}},
    {"FileWithoutCommand", {"@"}, {"hello.wav", "skald transcribe"}},
    {"OptionWithoutCommand", {"--model", "x"}, {"--model"}},
    {"NoFile", {"transcribe"}, {"no recording", "FILE"}},
    {"StandardInputTwice", {"transcribe", "-", "-"}, {"once"}},
    {"UnknownOption", {"transcribe", "@", "--frobnicate", "3"}, {"--frobnicate", "--help"}},
    {"MisspeltOption", {"transcribe", "@", "--beem-size", "3"}, {"--beem-size", "did you mean --beam-size"}},
    {"UnknownShortOption", {"transcribe", "-z", "@"}, {"-z"}},
    {"OptionWithoutValue", {"transcribe", "@", "--model"}, {"--model"}},
    {"HighlightWithoutWords", {"transcribe", "@", "--highlight_words"}, {"--highlight-words", "--word-timestamps"}},
    {"LineWidthWithoutWords", {"transcribe", "@", "--max_line_width", "40"}, {"--max-line-width", "--word-timestamps"}},
    {"LineCountZero",
     {"transcribe", "@", "--word_timestamps", "True", "--max_line_count", "0"},
     {"--max-line-count", "at least 1"}},
    {"SilenceThresholdWithoutWords",
     {"transcribe", "@", "--hallucination_silence_threshold", "2"},
     {"--hallucination-silence-threshold", "word-timestamps"}},
    {"ClipIsNoTime", {"transcribe", "@", "--clip_timestamps", "0,soon"}, {"--clip-timestamps", "soon", "seconds"}},
    {"ClipEndsBeforeItBegins", {"transcribe", "@", "--clip_timestamps", "9,3"}, {"--clip-timestamps", "before"}},
    {"BeamZero", {"transcribe", "@", "--beam-size", "0"}, {"--beam-size", "from 1 to 64"}},
    {"BeamNotANumber", {"transcribe", "@", "--beam_size", "many"}, {"--beam-size", "many", "whole number"}},
    {"TemperatureNotANumber", {"transcribe", "@", "--temperature", "abc"}, {"--temperature", "abc", "number"}},
    {"TemperatureNan", {"transcribe", "@", "--temperature", "nan"}, {"--temperature", "range"}},
    {"NumberTooLarge", {"transcribe", "@", "--seed", "99999999999999"}, {"--seed", "too large"}},
    {"NeitherTrueNorFalse", {"transcribe", "@", "--suppress-blank=maybe"}, {"--suppress-blank", "True or False"}},
    {"UnknownTask", {"transcribe", "@", "--task", "summarise"}, {"--task", "summarise", "transcribe or translate"}},
    {"UnknownLanguage", {"transcribe", "@", "--language", "klingon"}, {"--language", "klingon"}},
    {"EnglishModelTranslates", {"transcribe", "@", "--task", "translate"}, {"--task", "multilingual"}},
    {"PatienceWithoutBeam", {"transcribe", "@", "--beam-size", "None", "--patience", "2"}, {"--patience", "beam-size"}},
    {"CarryWithoutPrompt", {"transcribe", "@", "--carry-initial-prompt"}, {"--carry-initial-prompt", "initial-prompt"}},
    {"LengthPenaltyOutOfRange", {"transcribe", "@", "--length-penalty", "2"}, {"--length-penalty", "from 0 to 1"}},
    {"SuppressNotAnId", {"transcribe", "@", "--suppress-tokens", "1,x"}, {"--suppress-tokens", "x"}},
    {"SuppressOutsideVocabulary", {"transcribe", "@", "--suppress-tokens", "999999"}, {"--suppress-tokens", "999999"}},
    {"UnknownDevice", {"transcribe", "@", "--device", "abacus"}, {"--device", "abacus", "auto or cpu"}},
    {"NoNpu", {"transcribe", "@", "--device", "npu"}, {"--device", "npu", "auto or cpu", "skald npu info"}},
    {"UnknownNpuCommand", {"npu", "inf"}, {"inf", "skald npu info"}},
    {"UnknownNpuOption", {"npu", "info", "--jsn"}, {"--jsn", "--json"}},
    {"NoGpu", {"transcribe", "@", "--device", "cuda"}, {"--device", "cuda", "auto or cpu"}},
    {"UnknownComputeType", {"transcribe", "@", "--compute-type", "float7"}, {"--compute-type", "float7", "float32"}},
    {"NoFloat16",
     {"transcribe", "@", "--compute_type", "float16"},
     {"--compute-type", "no kernels of float16", "float32"}},
    {"ThreadsNegative", {"transcribe", "@", "--threads", "-1"}, {"--threads", "from 0 to 1024"}},
    {"ThreadsTooMany", {"transcribe", "@", "--threads", "100000"}, {"--threads", "from 0 to 1024"}},
    {"UnknownFormat", {"transcribe", "@", "-f", "docx"}, {"--output-format", "docx", "srt"}},
    {"MisspeltFormat", {"transcribe", "@", "-f", "jsn"}, {"--output-format", "did you mean 'json'"}},
    {"AllFormatsWithoutDirectory", {"transcribe", "@", "-f", "all"}, {"--output-format", "--output-dir"}},
    {"EmptyDirectory", {"transcribe", "@", "-o", ""}, {"--output-dir"}},
    {"SameFilesTwice",
     {"transcribe", "@", "elsewhere/hello.mp3", "-o", "out"},
     {"hello.mp3", "hello.wav", "--output-dir"}},
    {"EmptyModel", {"transcribe", "@", "--model", ""}, {"--model"}},
    {"DoctorTakesNoFile", {"doctor", "@"}, {"hello.wav", "doctor --help"}},
    {"DoctorMisspelt", {"doctor", "--kernal"}, {"--kernal", "did you mean --kernels"}},
};

class BadUsageTest : public testing::TestWithParam<BadUsage> {};

TEST_P(BadUsageTest, IsRefused) {
  const TempDir directory;
  Launch launch;
  launch.directory = directory.path();
  for (const std::string& word : GetParam().arguments)
    launch.arguments.push_back(word == "@" ? sample("hello.wav") : word);
  const Outcome outcome = run(launch);
  Words says = GetParam().says;
  says.emplace_back("(");
  expect_refusal(outcome, 2, says);
  EXPECT_EQ("", outcome.out);
  EXPECT_TRUE(directory.list(".").empty());
}

INSTANTIATE_TEST_SUITE_P(Table, BadUsageTest, testing::ValuesIn(kBadUsages),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(BadUsage, UnknownInstructionSet) {
  Launch launch;
  launch.arguments = {"transcribe", sample("hello.wav")};
  launch.environment = {{"SKALD_CPU", "bogus"}};
  expect_refusal(run(launch), 2,
                 {"SKALD_CPU", "bogus", "scalar, avx2, avxvnni, avx512, avx512vnni, avx512bf16 or amx"});
}

}  // namespace
}  // namespace skald::e2e
