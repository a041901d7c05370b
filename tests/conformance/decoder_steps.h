#pragma once
// Steps of a decoder with memory for their answers.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "tests/conformance/conformance.h"

namespace skald::conformance {

/// One slot's part of a step.
struct Ask {
  model::Slot slot = 0;
  std::vector<int32_t> tokens;
  std::vector<uint64_t> mask = {};
  int no_speech_at = -1;
};

struct Answer {
  std::vector<float> logits;
  std::vector<model::Candidate> text;
  std::vector<model::Candidate> timestamps;
  float text_sum = 0;
  float timestamps_sum = 0;
  float no_speech = 0;

  friend bool operator==(const Answer& a, const Answer& b) {
    const auto same = [](const std::vector<model::Candidate>& x, const std::vector<model::Candidate>& y) {
      return std::ranges::equal(x, y,
                                [](const auto& p, const auto& q) { return p.token == q.token && p.logit == q.logit; });
    };
    return a.logits == b.logits && same(a.text, b.text) && same(a.timestamps, b.timestamps) &&
           a.text_sum == b.text_sum && a.timestamps_sum == b.timestamps_sum && a.no_speech == b.no_speech;
  }
};

constexpr size_t kTop = 6;

/// One step with the raw logits and the best kTop of each class.
inline Result<std::vector<Answer>> try_step(model::Decoder& decoder, int vocab, const std::vector<Ask>& asks) {
  std::vector<Answer> answers(asks.size());
  std::vector<model::StepIn> in(asks.size());
  std::vector<model::StepOut> out(asks.size());
  for (size_t i = 0; i < asks.size(); ++i) {
    answers[i].logits.resize(static_cast<size_t>(vocab));
    answers[i].text.resize(kTop);
    answers[i].timestamps.resize(kTop);
    in[i].slot = asks[i].slot;
    in[i].tokens = asks[i].tokens;
    in[i].mask = asks[i].mask;
    in[i].no_speech_at = asks[i].no_speech_at;
    in[i].logits = answers[i].logits;
    out[i].text.top = answers[i].text;
    out[i].timestamps.top = answers[i].timestamps;
  }
  SKALD_CHECK(decoder.step(in, out));
  for (size_t i = 0; i < asks.size(); ++i) {
    answers[i].text_sum = out[i].text.log_sum_exp;
    answers[i].timestamps_sum = out[i].timestamps.log_sum_exp;
    answers[i].no_speech = out[i].no_speech_prob;
  }
  return answers;
}

inline std::vector<Answer> step(model::Decoder& decoder, int vocab, const std::vector<Ask>& asks) {
  auto answers = try_step(decoder, vocab, asks);
  EXPECT_TRUE(answers.has_value()) << to_string(answers.error());
  return answers ? *std::move(answers) : std::vector<Answer>(asks.size());
}

inline model::Slot open(model::Decoder& decoder, const model::EncodedAudio& audio, int window) {
  const auto slot = decoder.open(audio, window);
  EXPECT_TRUE(slot.has_value()) << to_string(slot.error());
  return slot.value_or(-1);
}

/// Tokens that differ and lie in all parts of the vocabulary.
inline std::vector<int32_t> some_tokens(int vocab, int count, int key) {
  std::vector<int32_t> tokens;
  tokens.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) tokens.push_back((key * 131 + i * 97) % vocab);
  return tokens;
}

/// The code of a call that must fail; none when it succeeded.
template <class T>
std::optional<ErrorCode> code_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error().code;
}

}  // namespace skald::conformance
