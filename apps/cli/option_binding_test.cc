#include "option_binding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace skald::cli {
namespace {

using Words = std::vector<std::string>;

/// A command line with the options of a transcription, positionals and a truth value.
struct Line {
  CLI::App app{"test", "test"};
  OptionTable table{app};
  TranscribeOptions options;
  bool verbose = true;
  std::optional<std::string> directory;
  Words files;

  Line() {
    app.add_option("FILE", files);
    table.add_fields(options, "Decoding");
    table.add("--verbose", verbose, "", "", "Output");
    table.add("-o,--output-dir", directory, "", "DIR", "Output");
    app.allow_extras();
  }
  void parse(const Words& words) {
    Words reversed = table.normalised(words);
    std::ranges::reverse(reversed);
    app.parse(std::move(reversed));
  }
};

TEST(OptionTable, HyphensUnderscoresAndEquals) {
  for (const Words& words : {Words{"--beam-size", "3"}, {"--beam_size", "3"}, {"--beam-size=3"}, {"--beam_size=3"}}) {
    Line line;
    line.parse(words);
    EXPECT_FALSE(line.table.error());
    EXPECT_EQ(3, line.options.beam_size);
  }
}

TEST(OptionTable, NoneEmptiesAndNumbersAreRead) {
  Line line;
  line.parse({"--beam_size", "None", "--logprob-threshold", "-1.5", "--suppress_tokens", "-1", "--no-speech-threshold",
              "none", "--patience", "2.5", "--seed", "7"});
  ASSERT_FALSE(line.table.error());
  EXPECT_FALSE(line.options.beam_size);
  EXPECT_EQ(-1.5, line.options.logprob_threshold);
  EXPECT_EQ("-1", line.options.suppress_tokens);
  EXPECT_FALSE(line.options.no_speech_threshold);
  EXPECT_EQ(2.5, line.options.patience);
  EXPECT_EQ(7, line.options.seed);
}

TEST(OptionTable, TruthValuesTakeOnlyTruthWords) {
  struct Case {
    Words words;
    bool verbose;
    Words files;
  };
  const std::vector<Case> cases = {
      {{"a.wav"}, true, {"a.wav"}},
      {{"--verbose", "False", "a.wav"}, false, {"a.wav"}},
      {{"--verbose", "no", "a.wav"}, false, {"a.wav"}},
      {{"--verbose=0", "a.wav"}, false, {"a.wav"}},
      {{"--verbose", "a.wav"}, true, {"a.wav"}},
      {{"a.wav", "--verbose"}, true, {"a.wav"}},
      {{"--verbose", "--", "False"}, true, {"False"}},
      {{"--verbose", "False", "--verbose", "True"}, true, {}},
  };
  for (const Case& c : cases) {
    Line line;
    line.verbose = !c.verbose || c.words.size() == 1;
    line.parse(c.words);
    EXPECT_EQ(c.verbose, line.verbose) << c.words.front();
    EXPECT_EQ(c.files, line.files);
  }
}

TEST(OptionTable, ValuesAreLeftAsTheyAre) {
  Line line;
  line.parse({"--initial-prompt", "my_own --odd_text", "-o", "out_dir", "a_b.wav", "-", "[x,y]", "k_1=v.wav"});
  EXPECT_EQ("my_own --odd_text", line.options.initial_prompt);
  EXPECT_EQ("out_dir", line.directory);
  EXPECT_EQ((Words{"a_b.wav", "-", "./[x,y]", "k_1=v.wav"}), line.files);
}

TEST(OptionTable, BadValuesNameTheOption) {
  const std::vector<Words> cases = {{"--temperature", "abc"},  {"--beam-size", "2.5"},     {"--beam-size", ""},
                                    {"--seed", "99999999999"}, {"--suppress-blank=maybe"}, {"--temperature", "1x"}};
  for (const Words& words : cases) {
    Line line;
    line.parse(words);
    const Error error = line.table.error().value_or(Error{});
    EXPECT_EQ(words.front().substr(0, words.front().find('=')), error.where);
    EXPECT_FALSE(error.remedy.empty());
  }
}

TEST(OptionTable, UnknownOptionsRemain) {
  Line line;
  line.parse({"--beem_size", "3", "a.wav"});
  const Words rest = line.app.remaining();
  EXPECT_NE(rest.end(), std::ranges::find(rest, "--beem-size"));
}

TEST(OptionTable, HelpShowsDefaultsAndHyphens) {
  const Line line;
  const std::string help = line.app.help();
  EXPECT_NE(std::string::npos, help.find("--beam-size"));
  EXPECT_EQ(std::string::npos, help.find("beam_size"));
  EXPECT_NE(std::string::npos, help.find("N=5"));
}

}  // namespace
}  // namespace skald::cli
