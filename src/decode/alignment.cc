#include "decode/alignment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace skald::decode {
namespace {

constexpr int kFramesPerPosition = 2;  // stride of the second convolution
constexpr int kMedianWidth = 7;        // reference: medfilt_width

/// Softmax over the first `used` of each row's scores. (rows, used)
std::vector<float> softmax_rows(const float* scores, int rows, int positions, int used) {
  std::vector<float> out(static_cast<size_t>(rows) * static_cast<size_t>(used));
  for (int row = 0; row < rows; ++row) {
    const float* from = scores + static_cast<ptrdiff_t>(row) * positions;
    float* to = out.data() + static_cast<ptrdiff_t>(row) * used;
    const float largest = *std::max_element(from, from + used);
    double sum = 0;
    for (int i = 0; i < used; ++i) {
      to[i] = std::exp(from[i] - largest);
      sum += to[i];
    }
    for (int i = 0; i < used; ++i) to[i] = static_cast<float>(to[i] / sum);
  }
  return out;
}

/// Each column less its mean, in standard deviations (of the population). A column that is the same for all tokens
/// says nothing: 0.
void standardise_columns(std::vector<float>& weights, size_t columns) {
  const size_t rows = weights.size() / columns;
  for (size_t column = 0; column < columns; ++column) {
    double mean = 0;
    for (size_t at = column; at < weights.size(); at += columns) mean += weights[at];
    mean /= static_cast<double>(rows);
    double variance = 0;
    for (size_t at = column; at < weights.size(); at += columns) {
      const double off = weights[at] - mean;
      variance += off * off;
    }
    const double deviation = std::sqrt(variance / static_cast<double>(rows));
    for (size_t at = column; at < weights.size(); at += columns) {
      weights[at] = deviation > 0 ? static_cast<float>((weights[at] - mean) / deviation) : 0.0F;
    }
  }
}

/// Median of seven positions around `at`, those beyond an end mirrored. A row of three or fewer stays as it is.
float median_at(const float* row, int used, int at) {
  constexpr int kReach = kMedianWidth / 2;
  if (used <= kReach) return row[at];
  std::array<float, kMedianWidth> around{};
  int from = at - kReach;
  for (float& one : around) {
    const int mirrored = std::abs(from++);
    one = row[mirrored < used ? mirrored : 2 * (used - 1) - mirrored];
  }
  std::nth_element(around.begin(), around.begin() + kReach, around.end());
  return around[kReach];
}

/// How a cell was reached.
enum class From : uint8_t { kBoth, kRow, kPosition };

}  // namespace

std::vector<double> alignment_costs(const model::Attention& attention, int used) {
  const int rows = attention.tokens;
  std::vector<double> costs(static_cast<size_t>(rows) * static_cast<size_t>(used));
  for (int head = 0; head < attention.heads; ++head) {
    const float* scores = attention.scores.data() + static_cast<ptrdiff_t>(head) * rows * attention.positions;
    std::vector<float> weights = softmax_rows(scores, rows, attention.positions, used);
    standardise_columns(weights, static_cast<size_t>(used));
    for (int row = 0; row < rows; ++row) {
      const float* from = weights.data() + static_cast<ptrdiff_t>(row) * used;
      double* to = costs.data() + static_cast<ptrdiff_t>(row) * used;
      for (int i = 0; i < used; ++i) to[i] -= static_cast<double>(median_at(from, used, i)) / attention.heads;
    }
  }
  return costs;
}

std::vector<int> first_positions(std::span<const double> costs, int rows, int positions) {
  const auto width = static_cast<size_t>(positions) + 1;
  const auto at = [&](int row, int position) {
    return static_cast<size_t>(row) * width + static_cast<size_t>(position);
  };
  // Sums in float32, as the reference keeps them: which of two nearly equal paths is taken hangs on it.
  std::vector<float> sums((static_cast<size_t>(rows) + 1) * width, std::numeric_limits<float>::infinity());
  std::vector<From> from(sums.size(), From::kPosition);
  sums[0] = 0;
  for (int row = 1; row <= rows; ++row) {
    for (int position = 1; position <= positions; ++position) {
      const float both = sums[at(row - 1, position - 1)];
      const float by_row = sums[at(row - 1, position)];
      const float by_position = sums[at(row, position - 1)];
      From& choice = from[at(row, position)];
      float least = by_position;
      if (both < by_row && both < by_position) {
        choice = From::kBoth;
        least = both;
      } else if (by_row < both && by_row < by_position) {
        choice = From::kRow;
        least = by_row;
      }
      const double cost = costs[(static_cast<size_t>(row) - 1) * (width - 1) + static_cast<size_t>(position) - 1];
      sums[at(row, position)] = static_cast<float>(cost + static_cast<double>(least));
    }
  }
  std::vector<int> first(static_cast<size_t>(rows));
  int row = rows;
  int position = positions;
  while (row > 0 && position > 0) {
    first[static_cast<size_t>(row - 1)] = position - 1;
    const From step = from[at(row, position)];
    if (step != From::kPosition) --row;
    if (step != From::kRow) --position;
  }
  return first;  // rows before the path's first one begin at 0
}

Result<TokenTimes> align_tokens(model::Decoder& decoder, const text::Tokenizer& tokenizer, const AlignTask& task) {
  int used = task.frames / kFramesPerPosition;
  if (task.text.empty() || used < 1 || task.heads.empty()) return TokenTimes{};
  std::vector<int32_t> tokens(task.sot_sequence.begin(), task.sot_sequence.end());
  tokens.push_back(tokenizer.special().no_timestamps);
  tokens.insert(tokens.end(), task.text.begin(), task.text.end());
  tokens.push_back(tokenizer.special().end_of_text);

  SKALD_TRY(const model::Attention attention, decoder.align(task.window, tokens, task.heads));
  used = std::min(used, attention.positions);
  const std::vector<double> costs = alignment_costs(attention, used);
  // The row of a token shows where the next one is heard: the first is that of <|notimestamps|>, the last token's that
  // of the end.
  const auto skipped = static_cast<ptrdiff_t>(task.sot_sequence.size());
  const auto length = static_cast<ptrdiff_t>(task.text.size());
  const auto begin = costs.begin() + skipped * used;
  const std::vector<int> first =
      first_positions({begin, begin + (length + 1) * used}, static_cast<int>(length) + 1, used);
  TokenTimes times;
  for (const int position : first) times.starts.push_back(position / kPositionsPerSecond);
  const auto probabilities = attention.token_probs.begin() + skipped + 1;
  times.probabilities.assign(probabilities, probabilities + length);
  return times;
}

}  // namespace skald::decode
