#include "decode/ranking.h"

#include <cmath>
#include <limits>

namespace skald::decode {

double rank_score(const Sequence& sequence, std::optional<double> length_penalty) {
  const auto length = static_cast<double>(sequence.tokens.size());
  const auto sum = static_cast<double>(sequence.sum_logprob);
  if (length_penalty) return sum / std::pow((5 + length) / 6, *length_penalty);
  if (sequence.tokens.empty()) return -std::numeric_limits<double>::infinity();
  return sum / length;
}

size_t best_sequence(std::span<const Sequence> sequences, std::optional<double> length_penalty) {
  size_t best = 0;
  double best_score = rank_score(sequences[0], length_penalty);
  for (size_t i = 1; i < sequences.size(); ++i) {
    const double score = rank_score(sequences[i], length_penalty);
    if (score > best_score) {
      best = i;
      best_score = score;
    }
  }
  return best;
}

}  // namespace skald::decode
