#include "model/dims.h"

#include <array>
#include <string>

namespace skald::model {
namespace {

struct Extent {
  const char* name;
  int value;
  int limit;
};

// Limits: at least four times what the largest Whisper model has (large-v3: 1280 wide, 20 heads, 32 layers, 5120
// feed-forward), so that no product of them can overflow or ask for absurd memory.
constexpr int kMaxBands = 512;
constexpr int kMaxContext = 16384;
constexpr int kMaxWidth = 8192;
constexpr int kMaxHeads = 128;
constexpr int kMaxLayers = 128;
constexpr int kMaxFeedForward = 32768;
constexpr int kMaxVocabulary = 1 << 20;
constexpr int kMinWidth = 4;  // sinusoids() divides by D / 2 - 1

std::unexpected<Error> bad_dims(const char* where, std::string message) {
  return fail(ErrorCode::kBadModel, where, std::move(message), "use the files of one Whisper model, unchanged");
}

}  // namespace

Result<void> validate(const Dims& dims, const char* where) {
  const std::array<Extent, 12> extents{{{"mel bands", dims.mel_bands, kMaxBands},
                                        {"encoder positions", dims.audio_ctx, kMaxContext},
                                        {"encoder width", dims.audio_state, kMaxWidth},
                                        {"encoder heads", dims.audio_heads, kMaxHeads},
                                        {"encoder layers", dims.audio_layers, kMaxLayers},
                                        {"encoder feed-forward width", dims.audio_ffn, kMaxFeedForward},
                                        {"decoder positions", dims.text_ctx, kMaxContext},
                                        {"decoder width", dims.text_state, kMaxWidth},
                                        {"decoder heads", dims.text_heads, kMaxHeads},
                                        {"decoder layers", dims.text_layers, kMaxLayers},
                                        {"decoder feed-forward width", dims.text_ffn, kMaxFeedForward},
                                        {"vocabulary", dims.vocab, kMaxVocabulary}}};
  for (const Extent& e : extents) {
    if (e.value >= 1 && e.value <= e.limit) continue;
    return bad_dims(where, std::string(e.name) + " is " + std::to_string(e.value) + ", which is not in 1 to " +
                               std::to_string(e.limit));
  }
  if (dims.audio_state != dims.text_state) {
    return bad_dims(where, "encoder and decoder differ in width: " + std::to_string(dims.audio_state) + " and " +
                               std::to_string(dims.text_state));
  }
  if (dims.audio_state % 2 != 0 || dims.audio_state < kMinWidth) {
    return bad_dims(where,
                    "width " + std::to_string(dims.audio_state) + " is odd or below " + std::to_string(kMinWidth));
  }
  for (const int heads : {dims.audio_heads, dims.text_heads}) {
    if (dims.audio_state % heads == 0) continue;
    return bad_dims(where, "width " + std::to_string(dims.audio_state) + " cannot be divided by " +
                               std::to_string(heads) + " heads");
  }
  return {};
}

}  // namespace skald::model
