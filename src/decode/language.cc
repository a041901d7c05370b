// Spoken language detection: detect_language of openai/whisper decoding.py.

#include <algorithm>
#include <array>
#include <cmath>
#include <new>

#include "decode/decoding.h"
#include "decode/slot.h"

namespace skald::decode {
namespace {

/// Softmax over one run of logits.
std::vector<float> softmax(std::span<const float> logits) {
  const double high = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float x : logits) sum += std::exp(x - high);
  std::vector<float> probabilities(logits.size());
  std::ranges::transform(logits, probabilities.begin(),
                         [&](float x) { return static_cast<float>(std::exp(x - high) / sum); });
  return probabilities;
}

Result<std::vector<float>> detect(model::Decoder& decoder, const text::Tokenizer& tokenizer,
                                  const model::EncodedAudio& audio, int window) {
  const text::SpecialTokens& special = tokenizer.special();
  if (!special.multilingual) {
    return fail(ErrorCode::kInvalidArgument, "language", "an English-only model cannot detect the language",
                "choose a multilingual model");
  }
  SKALD_TRY(const SlotHandle slot, SlotHandle::open(decoder, audio, window));
  std::vector<float> logits(static_cast<size_t>(special.timestamp_begin + text::kTimestamps));
  const std::array tokens = {special.start_of_transcript};
  std::array<model::Candidate, 2> top{};
  const std::array in = {
      model::StepIn{.slot = slot.get(), .tokens = tokens, .mask = {}, .no_speech_at = -1, .logits = logits}};
  std::array out = {model::StepOut{.text = {.top = std::span(top).first(1), .log_sum_exp = 0},
                                   .timestamps = {.top = std::span(top).last(1), .log_sum_exp = 0},
                                   .no_speech_prob = 0}};
  SKALD_CHECK(decoder.step(in, out));
  return softmax(std::span<const float>(logits).subspan(static_cast<size_t>(special.language_begin),
                                                        static_cast<size_t>(special.languages)));
}

}  // namespace

Result<std::vector<float>> detect_language(model::Decoder& decoder, const text::Tokenizer& tokenizer,
                                           const model::EncodedAudio& audio, int window) {
  try {
    return detect(decoder, tokenizer, audio, window);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "language detection", "out of memory", "close other programs");
  }
}

}  // namespace skald::decode
