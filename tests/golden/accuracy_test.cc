// What int8, int4 and bfloat16 cost: encoder states and logits of it against float32, on mini.en and on random
// checkpoints, also on one with outlier channels, as published models have them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audio/audio_source.h"
#include "audio/log_mel.h"
#include "cpu/cpu_model.h"
#include "cpu/host_audio.h"
#include "model/random_checkpoint.h"
#include "tests/golden/golden_file.h"
#include "text/tokenizer.h"

namespace skald {
namespace {

/// A checkpoint some of whose layer norms' gains are 20 times as large: one in a hundred.
class WithOutliers final : public model::Checkpoint {
 public:
  explicit WithOutliers(std::unique_ptr<model::Checkpoint> base) : base_(std::move(base)) {}

  std::string_view format() const override { return base_->format(); }
  const model::Dims& dims() const override { return base_->dims(); }
  const model::GenerationDefaults& generation() const override { return base_->generation(); }
  Result<TensorView> tensor(std::string_view name, const Shape& shape) const override {
    constexpr size_t kEvery = 100;
    constexpr float kTimes = 20;
    SKALD_TRY(const TensorView view, base_->tensor(name, shape));
    if (!name.ends_with("_ln.weight")) return view;
    const std::string key(name);
    std::vector<float>& gains = gains_[key];
    gains.resize(static_cast<size_t>(view.count()));
    to_f32(view, gains);
    for (size_t i = std::hash<std::string>()(key) % kEvery; i < gains.size(); i += kEvery) gains[i] *= kTimes;
    return TensorView{.data = gains.data(), .dtype = DType::kF32, .shape = view.shape};
  }
  std::optional<std::filesystem::path> tokenizer_directory() const override { return std::nullopt; }
  int64_t parameters() const override { return base_->parameters(); }
  void release_pages() const override {}

 private:
  std::unique_ptr<model::Checkpoint> base_;
  mutable std::map<std::string, std::vector<float>> gains_;
};

std::unique_ptr<model::Checkpoint> random_model(const char* name) {
  return model::make_random_checkpoint(model::named_dims(name).value()).value();
}

/// The first window of a sample.
std::vector<float> mel_of(const std::string& sample, int bands, ThreadPool& pool) {
  const auto source = audio::open_audio(golden::project_file(sample)).value();
  auto stream = audio::MelStream::open(*source, audio::LogMel(bands), pool).value();
  std::vector<float> mel(static_cast<size_t>(audio::kWindowFrames) * static_cast<size_t>(bands));
  EXPECT_TRUE(stream.window(0, static_cast<int>(stream.content_frames()), audio::kWindowFrames, mel));
  return mel;
}

std::vector<float> states_of(const model::Checkpoint& checkpoint, cpu::ComputeType compute,
                             const std::vector<float>& mel, ThreadPool& pool) {
  const auto encoder = cpu::make_encoder(checkpoint, {.pool = &pool, .isa = best_isa(), .compute = compute}).value();
  const auto out = encoder->make_output(1).value();
  model::WindowBatch batch;
  batch.windows = 1;
  batch.frames = static_cast<int>(mel.size()) / checkpoint.dims().mel_bands;
  batch.mel = mel;
  EXPECT_TRUE(encoder->encode(batch, *out));
  std::vector<float> states(static_cast<size_t>(out->positions()) * static_cast<size_t>(out->width()));
  EXPECT_TRUE(out->to_host_f32(0, states));
  return states;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

double encoder_cosine(const std::string& what, const model::Checkpoint& checkpoint, cpu::ComputeType compute) {
  ThreadPool pool(available_cpus());
  const std::vector<float> mel = mel_of("samples/answer.wav", checkpoint.dims().mel_bands, pool);
  const double found =
      cosine(states_of(checkpoint, cpu::ComputeType::kFloat32, mel, pool), states_of(checkpoint, compute, mel, pool));
  std::cout << what << ": cosine of the encoder's states in " << to_string(compute) << " with those in float32 "
            << found << '\n';
  return found;
}

/// Logits of `tokens` after the states of an encoder in float32, one row after the other.
std::vector<float> logits_of(const model::Checkpoint& checkpoint, cpu::ComputeType compute,
                             const std::vector<float>& states, std::span<const int32_t> tokens, ThreadPool& pool) {
  const model::Dims& dims = checkpoint.dims();
  const model::TokenClasses classes{
      .end_of_text = dims.vocab - 1608, .no_speech = dims.vocab - 1503, .timestamp_begin = dims.vocab - 1501};
  const auto decoder =
      cpu::make_decoder(checkpoint, classes, 1, 1, {.pool = &pool, .isa = best_isa(), .compute = compute}).value();
  cpu::HostAudio audio(1, dims.audio_ctx, dims.audio_state);
  audio.resize(1, dims.audio_ctx);
  std::ranges::copy(states, audio.window(0));
  const auto slot = decoder->open(audio, 0).value();
  std::vector<float> all;
  std::vector<float> logits(static_cast<size_t>(dims.vocab));
  for (size_t i = 0; i < tokens.size(); ++i) {
    const model::StepIn in{.slot = slot, .tokens = tokens.subspan(i, 1), .logits = logits};
    model::StepOut out;
    EXPECT_TRUE(decoder->step(std::span(&in, 1), std::span(&out, 1)));
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

double decoder_cosine(const std::string& what, const model::Checkpoint& checkpoint, cpu::ComputeType compute,
                      std::span<const int32_t> tokens) {
  ThreadPool pool(available_cpus());
  const std::vector<float> mel = mel_of("samples/answer.wav", checkpoint.dims().mel_bands, pool);
  const auto states = states_of(checkpoint, cpu::ComputeType::kFloat32, mel, pool);
  const auto exact = logits_of(checkpoint, cpu::ComputeType::kFloat32, states, tokens, pool);
  const auto found = logits_of(checkpoint, compute, states, tokens, pool);
  const auto vocab = static_cast<std::ptrdiff_t>(checkpoint.dims().vocab);
  int same = 0;
  for (std::ptrdiff_t row = 0; row < std::ssize(exact); row += vocab) {
    const auto best = [&](const std::vector<float>& x) {
      return std::max_element(x.begin() + row, x.begin() + row + vocab) - x.begin();
    };
    same += best(exact) == best(found) ? 1 : 0;
  }
  const double alike = cosine(exact, found);
  std::cout << what << ": cosine of the logits of " << tokens.size() << " tokens in " << to_string(compute)
            << " with those in float32 " << alike << ", the same one is the likeliest " << same << " times\n";
  return alike;
}

class Accuracy : public testing::TestWithParam<cpu::ComputeType> {};

TEST_P(Accuracy, EncoderStates) {
  const auto mini = model::open_checkpoint(golden::project_file("models/mini.en")).value();
  EXPECT_GE(encoder_cosine("mini.en", *mini, GetParam()), 0.999);
  EXPECT_GE(encoder_cosine("random tiny", *random_model("tiny"), GetParam()), 0.999);
  EXPECT_GE(encoder_cosine("random base", *random_model("base"), GetParam()), 0.999);
}

TEST_P(Accuracy, EncoderStatesWithOutlierChannels) {
  EXPECT_GE(encoder_cosine("random base with outliers", WithOutliers(random_model("base")), GetParam()), 0.99);
}

INSTANTIATE_TEST_SUITE_P(Types, Accuracy, testing::Values(cpu::ComputeType::kBfloat16, cpu::ComputeType::kInt8),
                         [](const auto& instance) { return std::string(to_string(instance.param)); });

class DecoderAccuracy : public testing::TestWithParam<cpu::ComputeType> {};

/// Of mini.en the prompt and the words of the recording.
TEST_P(DecoderAccuracy, Logits) {
  const auto mini = model::open_checkpoint(golden::project_file("models/mini.en")).value();
  const auto tokenizer = text::Tokenizer::load(mini->tokenizer_directory(), mini->dims().vocab).value();
  std::vector<int32_t> tokens{tokenizer.special().start_of_transcript, tokenizer.special().no_timestamps};
  std::ranges::copy(tokenizer.encode(" She could not find the answer in the book."), std::back_inserter(tokens));
  const bool small = GetParam() == cpu::ComputeType::kInt4;
  EXPECT_GE(decoder_cosine("mini.en", *mini, GetParam(), tokens), small ? 0.98 : 0.999);
  std::vector<int32_t> some(24);
  for (size_t i = 0; i < some.size(); ++i) some[i] = static_cast<int32_t>(i * 1009 + 7);
  EXPECT_GE(decoder_cosine("random base", *random_model("base"), GetParam(), some), small ? 0.98 : 0.999);
}

INSTANTIATE_TEST_SUITE_P(Types, DecoderAccuracy,
                         testing::Values(cpu::ComputeType::kBfloat16, cpu::ComputeType::kInt8, cpu::ComputeType::kInt4),
                         [](const auto& instance) { return std::string(to_string(instance.param)); });

}  // namespace
}  // namespace skald
