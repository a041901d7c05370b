#pragma once
// What every decoder refuses, in the same words. `Slots` has is_open(Slot) and length(Slot).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "model/decoder.h"
#include "model/dims.h"

namespace skald::model {

inline constexpr size_t kMaxTop = 128;  ///< candidates of one class in one step; the widest beam, 64, asks for 65

inline Error bad_decoder_call(const std::string& message, const std::string& remedy = {}) {
  return {ErrorCode::kInvalidArgument, "decoder", message, remedy};
}

inline constexpr int kMaxTimestamps = 4096;  ///< that decoders have a mask for; Whisper has 1501

inline Result<void> check_classes(const Dims& dims, const TokenClasses& tokens) {
  const int timestamps = dims.vocab - tokens.timestamp_begin;
  const auto outside = [&](int32_t token) { return token < 0 || token >= dims.vocab; };
  if (tokens.timestamp_begin < 0 || timestamps < 0 || timestamps > kMaxTimestamps || outside(tokens.no_speech) ||
      outside(tokens.end_of_text)) {
    return std::unexpected(bad_decoder_call("the special tokens do not fit the vocabulary"));
  }
  return {};
}

/// reserve(); `any_open`: of the slots.
inline Result<void> check_reserve(int slots, int windows, bool any_open) {
  if (slots < 1 || windows < 1) {
    return std::unexpected(bad_decoder_call("room for at least one slot and window is needed"));
  }
  if (any_open) return std::unexpected(bad_decoder_call("reserve() while slots are open", "close them first"));
  return {};
}

/// A window that open() can read.
inline Result<void> check_window(const Dims& dims, const EncodedAudio& audio, int window) {
  if (window < 0 || window >= audio.windows()) return std::unexpected(bad_decoder_call("no such window"));
  if (audio.width() != dims.audio_state || audio.positions() < 1 || audio.positions() > dims.audio_ctx) {
    return std::unexpected(bad_decoder_call("the encoder states are not of this model"));
  }
  return {};
}

/// Tokens that can follow `before` others in an open slot.
template <class Slots>
Result<void> check_tokens(const Dims& dims, const Slots& slots, Slot slot, std::span<const int32_t> tokens,
                          int before) {
  if (!slots.is_open(slot)) {
    return std::unexpected(bad_decoder_call("slot " + std::to_string(slot) + " is not open"));
  }
  if (tokens.empty()) return std::unexpected(bad_decoder_call("a step without tokens"));
  for (const int32_t token : tokens) {
    if (token < 0 || token >= dims.vocab) {
      return std::unexpected(bad_decoder_call("token " + std::to_string(token) + " is not in the vocabulary"));
    }
  }
  if (std::cmp_greater(tokens.size(), dims.text_ctx - before)) {
    return std::unexpected(
        bad_decoder_call("the sequence is longer than " + std::to_string(dims.text_ctx) + " tokens"));
  }
  return {};
}

template <class Slots>
Result<void> check_step(const Dims& dims, const Slots& slots, std::span<const StepIn> in,
                        std::span<const StepOut> out) {
  if (in.size() != out.size()) return std::unexpected(bad_decoder_call("as many results as inputs are needed"));
  const auto vocab = static_cast<size_t>(dims.vocab);
  for (size_t i = 0; i < in.size(); ++i) {
    SKALD_CHECK(
        check_tokens(dims, slots, in[i].slot, in[i].tokens, slots.is_open(in[i].slot) ? slots.length(in[i].slot) : 0));
    for (size_t j = 0; j < i; ++j) {
      if (in[j].slot == in[i].slot) return std::unexpected(bad_decoder_call("a slot stands twice in one step"));
    }
    if (std::max(out[i].text.top.size(), out[i].timestamps.top.size()) > kMaxTop) {
      return std::unexpected(bad_decoder_call("more than " + std::to_string(kMaxTop) + " candidates asked for"));
    }
    if (!in[i].mask.empty() && in[i].mask.size() != (vocab + 63) / 64) {
      return std::unexpected(bad_decoder_call("the mask has the wrong size"));
    }
    if (!in[i].logits.empty() && in[i].logits.size() != vocab) {
      return std::unexpected(bad_decoder_call("the room for logits has the wrong size"));
    }
    if (in[i].no_speech_at >= 0 && std::cmp_greater_equal(in[i].no_speech_at, in[i].tokens.size())) {
      return std::unexpected(bad_decoder_call("no_speech_at lies behind the tokens"));
    }
  }
  return {};
}

inline Result<void> check_heads(const Dims& dims, std::span<const Head> heads) {
  for (const auto& [layer, head] : heads) {
    if (layer < 0 || layer >= dims.text_layers || head < 0 || head >= dims.text_heads) {
      return std::unexpected(bad_decoder_call("no head (" + std::to_string(layer) + ", " + std::to_string(head) + ")"));
    }
  }
  return {};
}

}  // namespace skald::model
