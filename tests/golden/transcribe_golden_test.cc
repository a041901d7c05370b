// Whole transcriptions of samples/ with mini.en against whisper.transcribe(), through the public API: tokens, times,
// text and the figures that decide acceptance.

#include <cmath>
#include <optional>
#include <string>
#include <type_traits>

#include "skald/engine.h"
#include "tests/golden/golden_file.h"

namespace skald {
namespace {

using nlohmann::json;

constexpr double kTimeTolerance = 1e-6;  // seconds; the goldens are rounded to 1e-6
// Mean of log-probabilities, each a difference of float32 logits that are equal within 1e-3.
constexpr double kLogprobTolerance = 1e-3;
constexpr double kProbabilityTolerance = 1e-3;
constexpr double kWordTolerance = 0.02 + 1e-6;  // seconds: a position of the encoder
constexpr double kRatioTolerance = 1e-4;        // a quotient of integers; goldens have six digits and are below 20

/// Sets the options that `given` names; the others keep their defaults.
TranscribeOptions options_of(const json& given) {
  TranscribeOptions options;
  options.long_form = "sequential";  // as the reference
  size_t known = 0;
  options.for_each_field([&](const Field& field, auto& value) {
    const auto found = given.find(field.name);
    if (found == given.end()) return;
    ++known;
    using Value = std::remove_reference_t<decltype(value)>;
    if constexpr (OptionalOf<Value>::kMayBeNone) {
      if (found->is_null()) {
        value.reset();
      } else {
        value = found->template get<typename Value::value_type>();
      }
    } else {
      value = found->template get<Value>();
    }
  });
  EXPECT_EQ(known, given.size()) << "an option of the golden does not exist: " << given;
  return options;
}

void expect_segment(const Segment& ours, const json& theirs, bool times_of_words) {
  SCOPED_TRACE("segment " + theirs.at("id").dump() + theirs.at("text").dump());
  EXPECT_EQ(ours.id, theirs.at("id").get<int>());
  EXPECT_EQ(ours.seek, theirs.at("seek").get<int64_t>());
  EXPECT_EQ(ours.tokens, theirs.at("tokens").get<std::vector<int32_t>>());
  EXPECT_EQ(ours.text, theirs.at("text").get<std::string>());
  EXPECT_NEAR(ours.start, theirs.at("start"), times_of_words ? kWordTolerance : kTimeTolerance);
  EXPECT_NEAR(ours.end, theirs.at("end"), times_of_words ? kWordTolerance : kTimeTolerance);
  EXPECT_NEAR(ours.temperature, theirs.at("temperature"), kTimeTolerance);
  EXPECT_NEAR(ours.avg_logprob, theirs.at("avg_logprob"), kLogprobTolerance);
  EXPECT_NEAR(ours.compression_ratio, theirs.at("compression_ratio"), kRatioTolerance);
  EXPECT_NEAR(ours.no_speech_prob, theirs.at("no_speech_prob"), kProbabilityTolerance);
}

/// Words, and times that are equal for all but one in a hundred: a path through nearly equal costs may go either way.
void expect_words(const Transcript& ours, const json& theirs) {
  size_t count = 0;
  size_t near = 0;
  for (size_t i = 0; i < ours.segments.size(); ++i) {
    const auto& words = ours.segments[i].words;
    const json& wanted = theirs[i].at("words");
    ASSERT_EQ(words.size(), wanted.size()) << "segment " << i;
    for (size_t j = 0; j < words.size(); ++j) {
      EXPECT_EQ(words[j].word, wanted[j].at("word").get<std::string>());
      EXPECT_NEAR(words[j].probability, wanted[j].at("probability"), kProbabilityTolerance);
      ++count;
      near += std::abs(words[j].start - wanted[j].at("start").get<double>()) < kWordTolerance &&
                      std::abs(words[j].end - wanted[j].at("end").get<double>()) < kWordTolerance
                  ? 1U
                  : 0U;
    }
  }
  EXPECT_GT(count, 0U);
  EXPECT_GE(near * 100, count * 99);
}

void expect_attempt(const Attempt& ours, const json& theirs) {
  SCOPED_TRACE("window at " + std::to_string(ours.seek));
  EXPECT_NEAR(ours.temperature, theirs.at("temperature"), kTimeTolerance);
  EXPECT_NEAR(ours.avg_logprob, theirs.at("avg_logprob"), kLogprobTolerance);
  EXPECT_NEAR(ours.compression_ratio, theirs.at("compression_ratio"), kRatioTolerance);
  EXPECT_NEAR(ours.no_speech_prob, theirs.at("no_speech_prob"), kProbabilityTolerance);
  EXPECT_EQ(ours.accepted, theirs.at("accepted").get<bool>());
}

TEST(TranscribeGolden, EqualToTheReference) {
  LoadOptions load;
  load.compute_type = "float32";  // as the reference
  load.model = golden::project_file("models/mini.en").string();
  auto engine = Engine::load(load);
  ASSERT_TRUE(engine.has_value()) << to_string(engine.error());

  const json file = golden::read_golden("transcribe.json");
  ASSERT_GE(file.at("cases").size(), 20U);
  for (const json& c : file.at("cases")) {
    const auto audio = c.at("audio").get<std::string>();
    SCOPED_TRACE(audio + " " + c.at("options").dump());
    auto ours = engine->transcribe(golden::project_file("samples/" + audio).string(), options_of(c.at("options")));
    ASSERT_TRUE(ours.has_value()) << to_string(ours.error());
    EXPECT_TRUE(ours->complete);
    EXPECT_EQ(ours->language, "en");
    EXPECT_EQ(ours->text, c.at("text").get<std::string>());
    ASSERT_EQ(ours->segments.size(), c.at("segments").size());
    const bool words = c.at("options").value("word_timestamps", false);
    for (size_t i = 0; i < ours->segments.size(); ++i) expect_segment(ours->segments[i], c.at("segments")[i], words);
    EXPECT_EQ(ours->has_words, words);
    if (words) expect_words(*ours, c.at("segments"));
    ASSERT_EQ(ours->attempts.size(), c.at("attempts").size());
    for (size_t i = 0; i < ours->attempts.size(); ++i) expect_attempt(ours->attempts[i], c.at("attempts")[i]);
  }
}

}  // namespace
}  // namespace skald
