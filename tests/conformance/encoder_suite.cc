// What every encoder does.

#include <map>
#include <utility>

#include "tests/conformance/allocation_counter.h"
#include "tests/conformance/conformance.h"
#include "tests/conformance/naive_whisper.h"

namespace skald::conformance {
namespace {

using model::Encoder;
using model::WindowBatch;

/// A batch of noise with memory of its own.
struct Batch {
  std::vector<float> mel;
  WindowBatch view;

  Batch(const model::Dims& dims, int windows, int frames, uint64_t key)
      : mel(noise(static_cast<size_t>(windows) * static_cast<size_t>(frames) * static_cast<size_t>(dims.mel_bands),
                  key)) {
    view.windows = windows;
    view.frames = frames;
    view.mel = mel;
  }
};

std::vector<float> states_of(const model::EncodedAudio& audio, int window) {
  std::vector<float> out(static_cast<size_t>(audio.positions()) * static_cast<size_t>(audio.width()));
  const auto copied = audio.to_host_f32(window, out);
  EXPECT_TRUE(copied.has_value());
  return out;
}

/// States of every window.
std::vector<std::vector<float>> encode(Encoder& encoder, const WindowBatch& batch) {
  auto out = encoder.make_output(batch.windows);
  if (!out) {
    ADD_FAILURE() << to_string(out.error());
    return {};
  }
  const auto done = encoder.encode(batch, **out);
  EXPECT_TRUE(done.has_value()) << to_string(done.error());
  EXPECT_EQ((*out)->windows(), batch.windows);
  EXPECT_EQ((*out)->positions(), batch.frames / 2);
  std::vector<std::vector<float>> states;
  states.reserve(static_cast<size_t>(batch.windows));
  for (int i = 0; i < batch.windows; ++i) states.push_back(states_of(**out, i));
  return states;
}

/// Computed once for all backends: a full window takes a second.
const Matrix& naive_states(const Model& model, const Batch& batch) {
  static std::map<std::pair<const Model*, int>, Matrix> known;
  const std::pair key(&model, batch.view.frames);
  if (!known.contains(key)) known.emplace(key, NaiveWhisper(*model.checkpoint).encode(batch.mel, batch.view.frames));
  return known.at(key);
}

void compare_with_naive(const Backend& backend, Encoder& encoder, const Model& model, int frames) {
  SCOPED_TRACE(frames);
  const Batch batch(model.dims(), 1, frames, 1);
  const auto states = encode(encoder, batch.view);
  ASSERT_EQ(states.size(), 1U);
  const Matrix& expected = naive_states(model, batch);
  expect_near(states.front(), expected.values,
              tolerance(backend, encoder_depth(model.dims(), frames / 2), expected.values));
}

TEST_P(EncoderConformance, MatchesNaive) {
  const auto small = encoder(small_model(), pool_);
  ASSERT_EQ(small->wants(), model::Input::kMel);
  for (const int frames : {2, 20, 200, 1000}) compare_with_naive(GetParam(), *small, small_model(), frames);
  const auto odd = encoder(odd_model(), pool_);
  for (const int frames : {2, 34, 60}) compare_with_naive(GetParam(), *odd, odd_model(), frames);
}

TEST_P(EncoderConformance, MatchesNaiveOnAFullWindow) {
  compare_with_naive(GetParam(), *encoder(small_model(), pool_), small_model(), 2 * small_model().dims().audio_ctx);
}

TEST_P(EncoderConformance, WindowsOfABatchAreIndependent) {
  const Model& model = small_model();
  const auto under_test = encoder(model, pool_);
  for (const int frames : {6, 74, 260}) {
    const Batch batch(model.dims(), 3, frames, 2);
    const auto together = encode(*under_test, batch.view);
    const size_t size = batch.mel.size() / 3;
    for (size_t i = 0; i < 3; ++i) {
      WindowBatch one = batch.view;
      one.windows = 1;
      one.mel = batch.view.mel.subspan(i * size, size);
      EXPECT_EQ(encode(*under_test, one).front(), together[i]) << frames << " frames, window " << i;
    }
  }
}

TEST_P(EncoderConformance, LeavesNothingBehindForTheNextBatch) {
  const Model& model = odd_model();
  const Batch large(model.dims(), 2, 60, 3);
  const Batch little(model.dims(), 1, 14, 4);
  const auto fresh = encoder(model, pool_);
  const auto expected = encode(*fresh, little.view);
  const auto used = encoder(model, pool_);
  const auto first = encode(*used, large.view);
  EXPECT_EQ(encode(*used, little.view), expected);
  EXPECT_EQ(encode(*used, large.view), first);
}

TEST_P(EncoderConformance, ThreadsDoNotChangeTheResult) {
  const Model& model = small_model();
  const Batch batch(model.dims(), 2, 310, 5);
  std::vector<std::vector<float>> expected;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    const auto states = encode(*encoder(model, pool), batch.view);
    if (threads == 1) expected = states;
    EXPECT_EQ(states, expected) << threads << " threads";
  }
}

TEST_P(EncoderConformance, RefusesWhatDoesNotFit) {
  const Model& model = odd_model();
  const auto under_test = encoder(model, pool_);
  const auto out = under_test->make_output(1);
  ASSERT_TRUE(out.has_value());
  const Batch good(model.dims(), 1, 20, 6);
  const auto code = [&](WindowBatch batch, model::EncodedAudio& to) {
    const auto result = under_test->encode(batch, to);
    return result ? ErrorCode::kInternal : result.error().code;
  };
  const auto with_frames = [&](int frames) {
    const Batch batch(model.dims(), 1, frames, 6);
    return code(batch.view, **out);
  };
  EXPECT_EQ(with_frames(0), ErrorCode::kInvalidArgument);
  EXPECT_EQ(with_frames(7), ErrorCode::kInvalidArgument);
  EXPECT_EQ(with_frames(2 * model.dims().audio_ctx + 2), ErrorCode::kInvalidArgument);
  const Batch two(model.dims(), 2, 20, 6);
  EXPECT_EQ(code(two.view, **out), ErrorCode::kInvalidArgument) << "room for one";
  WindowBatch none = good.view;
  none.windows = 0;
  EXPECT_EQ(code(none, **out), ErrorCode::kInvalidArgument);
  WindowBatch cut = good.view;
  cut.mel = cut.mel.first(cut.mel.size() - 1);
  EXPECT_EQ(code(cut, **out), ErrorCode::kInvalidArgument);
  MadeUpAudio foreign(1, 10, model.dims().audio_state, 7);
  EXPECT_EQ(code(good.view, foreign), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(under_test->make_output(0).has_value());
  EXPECT_TRUE(under_test->encode(good.view, **out).has_value()) << "a refusal spoils nothing";
}

TEST_P(EncoderConformance, AllocatesNothingOnceWarm) {
  const Model& model = small_model();
  const auto under_test = encoder(model, pool_);
  const auto out = under_test->make_output(2);
  ASSERT_TRUE(out.has_value());
  const Batch large(model.dims(), 2, 120, 8);
  const Batch little(model.dims(), 1, 40, 9);
  ASSERT_TRUE(under_test->encode(large.view, **out).has_value());
  const AllocationCounter counter;
  bool fine = true;
  for (int i = 0; i < 3; ++i) {
    fine = fine && under_test->encode(large.view, **out) && under_test->encode(little.view, **out);
  }
  const int64_t count = counter.count();
  EXPECT_TRUE(fine);
  EXPECT_EQ(count, 0);
}

TEST_P(EncoderConformance, Reports) {
  const auto under_test = encoder(odd_model(), pool_);
  const Batch batch(odd_model().dims(), 1, 20, 10);
  encode(*under_test, batch.view);
  encode(*under_test, batch.view);
  const DeviceReport report = under_test->report();
  EXPECT_EQ(report.stage, "encoder");
  EXPECT_EQ(report.device, GetParam().device);
  EXPECT_EQ(report.isa, GetParam().isa);
  EXPECT_EQ(report.threads, pool_.threads());
  EXPECT_EQ(report.calls, 2);
  EXPECT_GT(report.seconds, 0);
  EXPECT_GT(report.weight_bytes, 0);
  EXPECT_FALSE(report.compute_type.empty());
}

}  // namespace
}  // namespace skald::conformance
