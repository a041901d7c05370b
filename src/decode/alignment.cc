#include "decode/alignment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "decode/slot.h"

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
void standardise_columns(std::vector<float>& weights, int rows, int used) {
  for (int column = 0; column < used; ++column) {
    double mean = 0;
    for (int row = 0; row < rows; ++row) mean += weights[static_cast<size_t>(row * used + column)];
    mean /= rows;
    double variance = 0;
    for (int row = 0; row < rows; ++row) {
      const double off = weights[static_cast<size_t>(row * used + column)] - mean;
      variance += off * off;
    }
    const double deviation = std::sqrt(variance / rows);
    for (int row = 0; row < rows; ++row) {
      float& weight = weights[static_cast<size_t>(row * used + column)];
      weight = deviation > 0 ? static_cast<float>((weight - mean) / deviation) : 0.0F;
    }
  }
}

/// Median of seven positions around `at`, those beyond an end mirrored. A row of three or fewer stays as it is.
float median_at(const float* row, int used, int at) {
  constexpr int kReach = kMedianWidth / 2;
  if (used <= kReach) return row[at];
  std::array<float, kMedianWidth> around{};
  for (int i = -kReach; i <= kReach; ++i) {
    int from = std::abs(at + i);
    if (from >= used) from = 2 * (used - 1) - from;
    around[static_cast<size_t>(i + kReach)] = row[from];
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
    standardise_columns(weights, rows, used);
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
      const double cost =
          costs[static_cast<size_t>(row - 1) * static_cast<size_t>(positions) + static_cast<size_t>(position - 1)];
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

Result<TokenTimes> align_tokens(model::Decoder& decoder, const text::Tokenizer& tokenizer,
                                const model::EncodedAudio& audio, int window, std::span<const int32_t> sot_sequence,
                                std::span<const int32_t> text, int frames, std::span<const model::Head> heads) {
  const int used = std::min(frames / kFramesPerPosition, audio.positions());
  if (text.empty() || used < 1 || heads.empty()) return TokenTimes{};
  std::vector<int32_t> tokens(sot_sequence.begin(), sot_sequence.end());
  tokens.push_back(tokenizer.special().no_timestamps);
  tokens.insert(tokens.end(), text.begin(), text.end());
  tokens.push_back(tokenizer.special().end_of_text);

  SKALD_TRY(const SlotHandle slot, SlotHandle::open(decoder, audio, window));
  SKALD_TRY(const model::Attention attention, decoder.align(slot.get(), tokens, heads));
  const std::vector<double> costs = alignment_costs(attention, used);
  // The row of a token shows where the next one is heard: the first is that of <|notimestamps|>, the last token's that
  // of the end.
  const size_t skipped = sot_sequence.size();
  const int rows = static_cast<int>(text.size()) + 1;
  const auto begin = costs.begin() + static_cast<ptrdiff_t>(skipped) * used;
  const std::vector<int> first =
      first_positions(std::span(begin, static_cast<size_t>(rows) * static_cast<size_t>(used)), rows, used);
  TokenTimes times;
  for (const int position : first) times.starts.push_back(position / kPositionsPerSecond);
  const auto probabilities = attention.token_probs.begin() + static_cast<ptrdiff_t>(skipped) + 1;
  times.probabilities.assign(probabilities, probabilities + static_cast<ptrdiff_t>(text.size()));
  return times;
}

}  // namespace skald::decode
