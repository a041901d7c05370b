#pragma once
// One suite for every implementation of model::Encoder and model::Decoder. A device's test program links the suite and
// instantiates it: INSTANTIATE_TEST_SUITE_P(Cpu, EncoderConformance, testing::Values(backend), name_of).

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "model/checkpoint.h"
#include "model/decoder.h"
#include "model/encoder.h"

namespace skald::conformance {

/// One implementation under test.
struct Backend {
  struct Skip {
    std::string test;    ///< "MatchesNaive"
    std::string reason;  ///< printed
  };

  std::string name;  ///< letters and digits
  std::string device;
  std::string isa;
  std::function<Result<std::unique_ptr<model::Encoder>>(const model::Checkpoint&, ThreadPool&)> make_encoder;
  std::function<Result<std::unique_ptr<model::Decoder>>(const model::Checkpoint&, const model::TokenClasses&, int slots,
                                                        int windows, ThreadPool&)>
      make_decoder;
  std::vector<Skip> skips;
  bool any_shape = true;           ///< false: heads are 64 wide, as Whisper's
  int threads = 0;                 ///< that it reports; 0: those of the pool
  double unit_roundoff = 0x1p-24;  ///< of the type that sums are made in: 2^-24 for float32
  double product_error = 0;        ///< of a matrix product whose factors are rounded, relative to its results
};

/// For INSTANTIATE_TEST_SUITE_P.
inline std::string name_of(const testing::TestParamInfo<Backend>& info) {
  return info.param.name;
}

/// A random checkpoint with what tests compare it to.
struct Model {
  std::unique_ptr<model::Checkpoint> checkpoint;
  model::TokenClasses tokens;

  const model::Dims& dims() const { return checkpoint->dims(); }
};

/// Whisper's proportions, small: head width 64, 1500 positions, a vocabulary that ends inside a panel and whose
/// timestamps start inside a mask word.
const Model& small_model();
/// Nothing is a multiple of anything: head width 12, feed-forward width 100, one window of 30 positions.
const Model& odd_model();

/// Uniform numbers in [-1, 1), the same for the same key.
std::vector<float> noise(size_t count, uint64_t key);

/// Encoder states that the test made up; `on_host` false: as if they lay on another device.
class MadeUpAudio final : public model::EncodedAudio {
 public:
  MadeUpAudio(int windows, int positions, int width, uint64_t key, bool on_host = true)
      : windows_(windows),
        positions_(positions),
        width_(width),
        on_host_(on_host),
        states_(noise(static_cast<size_t>(windows) * window_size(), key)) {}

  int windows() const override { return windows_; }
  int positions() const override { return positions_; }
  int width() const override { return width_; }
  const float* host_f32(int window) const override { return on_host_ ? states(window).data() : nullptr; }
  Result<void> to_host_f32(int window, std::span<float> out) const override;

  std::span<const float> states(int window) const {
    return std::span(states_).subspan(static_cast<size_t>(window) * window_size(), window_size());
  }

 private:
  size_t window_size() const { return static_cast<size_t>(positions_) * static_cast<size_t>(width_); }

  int windows_;
  int positions_;
  int width_;
  bool on_host_;
  std::vector<float> states_;
};

/// Largest difference that rounding explains. Each operation is a sum of `terms` products whose roundings are
/// independent, relative to the size of the values: u * sqrt(terms); those of operations that follow one another are
/// independent too (Higham, "Accuracy and Stability of Numerical Algorithms", 2.8):
///   tolerance = (u * sqrt(terms) + product_error) * sqrt(operations) * max|expected|
/// Operations: 8 in a layer (two norms, query/key/value, scores, softmax, values, two projections ...; 12 in a decoder
/// layer) and 4 around them.
struct Depth {
  int operations = 0;
  int terms = 0;
};
double tolerance(const Backend& backend, Depth depth, std::span<const double> expected);
Depth encoder_depth(const model::Dims& dims, int positions);
Depth decoder_depth(const model::Dims& dims, int positions);

/// Expects every value within `bound` of the expected one.
void expect_near(std::span<const float> actual, std::span<const double> expected, double bound);

/// Skips what the backend declares, with its reason.
class ConformanceTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override;

  /// Fail the test and throw when the backend cannot make one.
  std::unique_ptr<model::Encoder> encoder(const Model& model, ThreadPool& pool) const;
  std::unique_ptr<model::Decoder> decoder(const Model& model, ThreadPool& pool, int slots, int windows) const;

  /// The odd model, or for lack of it the small one.
  const Model& odd_one() const { return GetParam().any_shape ? odd_model() : small_model(); }

  ThreadPool pool_{2};
};
class EncoderConformance : public ConformanceTest {};
class DecoderConformance : public ConformanceTest {};

}  // namespace skald::conformance
