#include "tests/conformance/conformance.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "base/random.h"
#include "model/random_checkpoint.h"

namespace skald::conformance {
namespace {

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(to_string(result.error()));
  return *std::move(result);
}

}  // namespace

const Model& small_model() {
  static const Model kModel{value_of(model::make_random_checkpoint({.mel_bands = 80,
                                                                    .audio_ctx = 1500,
                                                                    .audio_state = 128,
                                                                    .audio_heads = 2,
                                                                    .audio_layers = 2,
                                                                    .audio_ffn = 512,
                                                                    .text_ctx = 48,
                                                                    .text_state = 128,
                                                                    .text_heads = 2,
                                                                    .text_layers = 2,
                                                                    .text_ffn = 512,
                                                                    .vocab = 613})),
                            {.end_of_text = 500, .no_speech = 505, .timestamp_begin = 509}};
  return kModel;
}

const Model& odd_model() {
  static const Model kModel{value_of(model::make_random_checkpoint({.mel_bands = 7,
                                                                    .audio_ctx = 30,
                                                                    .audio_state = 36,
                                                                    .audio_heads = 3,
                                                                    .audio_layers = 1,
                                                                    .audio_ffn = 100,
                                                                    .text_ctx = 19,
                                                                    .text_state = 36,
                                                                    .text_heads = 3,
                                                                    .text_layers = 3,
                                                                    .text_ffn = 100,
                                                                    .vocab = 331})),
                            {.end_of_text = 300, .no_speech = 302, .timestamp_begin = 305}};
  return kModel;
}

std::vector<float> noise(size_t count, uint64_t key) {
  KeyedRandom random(key, 0, 0);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(2 * random.uniform() - 1);
  return values;
}

Result<void> MadeUpAudio::to_host_f32(int window, std::span<float> out) const {
  std::ranges::copy(states(window), out.begin());
  return {};
}

double tolerance(const Backend& backend, Depth depth, std::span<const double> expected) {
  double size = 0;
  for (const double v : expected) size = std::max(size, std::abs(v));
  const double error = backend.unit_roundoff * std::sqrt(static_cast<double>(depth.terms)) + backend.product_error;
  return error * std::sqrt(static_cast<double>(depth.operations)) * size;
}

Depth encoder_depth(const model::Dims& dims, int positions) {
  return {.operations = 8 * dims.audio_layers + 4,
          .terms = std::max({dims.audio_ffn, 3 * dims.audio_state, positions})};
}

Depth decoder_depth(const model::Dims& dims, int positions) {
  return {.operations = 12 * dims.text_layers + 4, .terms = std::max(dims.text_ffn, positions)};
}

void expect_near(std::span<const float> actual, std::span<const double> expected, double bound) {
  ASSERT_EQ(actual.size(), expected.size());
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = std::abs(static_cast<double>(actual[i]) - expected[i]);
    if (error > worst || std::isnan(error)) {
      worst = error;
      where = i;
      if (std::isnan(error)) break;
    }
  }
  EXPECT_LE(worst, bound) << "at element " << where;
  testing::Test::RecordProperty("worst_of_bound", std::to_string(worst / bound));
}

void ConformanceTest::SetUp() {
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
  for (const auto& skip : GetParam().skips) {
    if (test.starts_with(skip.test + "/")) GTEST_SKIP() << skip.reason;
  }
}

std::unique_ptr<model::Encoder> ConformanceTest::encoder(const Model& model, ThreadPool& pool) const {
  return value_of(GetParam().make_encoder(*model.checkpoint, pool));
}

std::unique_ptr<model::Decoder> ConformanceTest::decoder(const Model& model, ThreadPool& pool, int slots,
                                                         int windows) const {
  return value_of(GetParam().make_decoder(*model.checkpoint, model.tokens, slots, windows, pool));
}

}  // namespace skald::conformance
