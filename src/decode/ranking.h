#pragma once
// Which candidate of a group wins: MaximumLikelihoodRanker of openai/whisper decoding.py.

#include <cstddef>
#include <optional>
#include <span>

#include "decode/search.h"

namespace skald::decode {

/// sum_logprob / length, or with a penalty alpha sum_logprob / ((5 + length) / 6)^alpha (arXiv 1609.08144, equation
/// 14). An empty sequence without alpha scores -infinity; the reference divides by zero there.
double rank_score(const Sequence& sequence, std::optional<double> length_penalty);

/// Index of the best score, the first of equals. Pre: not empty.
size_t best_sequence(std::span<const Sequence> sequences, std::optional<double> length_penalty);

}  // namespace skald::decode
