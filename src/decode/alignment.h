#pragma once
// When each token was said: openai/whisper timing.py. Tokens are given to the decoder all at once; where its alignment
// heads look, found by dynamic time warping, is when they are heard.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

namespace skald::decode {

/// Positions of the encoder are 0.02 s apart (reference: TOKENS_PER_SECOND).
inline constexpr double kPositionsPerSecond = 50;

struct TokenTimes {
  std::vector<double> starts;         ///< seconds in the window, of each token and of what follows the last: n + 1
  std::vector<double> probabilities;  ///< of each token after those before it, among text tokens: n
};

/// What is aligned with what.
struct AlignTask {
  model::Slot window = 0;                 ///< a hypothesis over it; its sequence does not count
  int frames = 0;                         ///< of the window's content
  std::span<const int32_t> sot_sequence;  ///< without <|notimestamps|>
  std::span<const int32_t> text;          ///< tokens below end-of-text
  std::span<const model::Head> heads;     ///< that show when a token is heard
};

/// When the tokens of a window were said. Without text or content: empty. Errors: those of Decoder.
Result<TokenTimes> align_tokens(model::Decoder& decoder, const text::Tokenizer& tokenizer, const AlignTask& task);

/// From scores before softmax (heads, tokens, positions), of which the first `used` positions count, to costs
/// (tokens, used) that are low where a token is heard: softmax over positions, standardised over tokens, median of
/// seven positions, minus the mean over heads.
std::vector<double> alignment_costs(const model::Attention& attention, int used);

/// The first position of each row on the cheapest path through costs (rows, positions) from the first corner to the
/// last. A path goes on by a row, a position or both; on a tie by a position.
std::vector<int> first_positions(std::span<const double> costs, int rows, int positions);

}  // namespace skald::decode
