// What every decoder refuses, reports and leaves alone.

#include "tests/conformance/allocation_counter.h"
#include "tests/conformance/decoder_steps.h"

namespace skald::conformance {
namespace {

using model::Slot;

constexpr auto kInvalid = ErrorCode::kInvalidArgument;

TEST_P(DecoderConformance, ThreadsDoNotChangeTheResult) {
  const Model& model = small_model();
  const MadeUpAudio audio(2, 150, model.dims().audio_state, 30);
  std::vector<std::vector<Answer>> expected;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    const auto under_test = decoder(model, pool, 3, 3);
    std::vector<Ask> asks;
    asks.reserve(3);
    for (int i = 0; i < 3; ++i) {
      asks.push_back({open(*under_test, audio, i % 2), some_tokens(model.dims().vocab, 1 + 8 * i, i), {}, 0});
    }
    std::vector<std::vector<Answer>> answers;
    answers.push_back(step(*under_test, model.dims().vocab, asks));
    for (Ask& ask : asks) ask.tokens = {ask.slot + 40};
    answers.push_back(step(*under_test, model.dims().vocab, asks));
    if (threads == 1) expected = answers;
    EXPECT_EQ(answers, expected) << threads << " threads";
  }
}

TEST_P(DecoderConformance, RefusesImpossibleSteps) {
  const Model& model = odd_one();
  const int vocab = model.dims().vocab;
  const int limit = model.dims().text_ctx;
  const auto under_test = decoder(model, pool_, 3, 2);
  const MadeUpAudio audio(1, 10, model.dims().audio_state, 31);
  const Slot slot = open(*under_test, audio, 0);
  const Slot other = open(*under_test, audio, 0);
  const auto expected = step(*under_test, vocab, {{other, {1, 2, 3}}});
  const auto code = [&](const std::vector<Ask>& asks) { return code_of(try_step(*under_test, vocab, asks)); };

  EXPECT_EQ(code({{99, {1}}}), kInvalid);
  EXPECT_EQ(code({{-1, {1}}}), kInvalid);
  EXPECT_EQ(code({{2, {1}}}), kInvalid) << "never opened";
  EXPECT_EQ(code({{slot, {}}}), kInvalid);
  EXPECT_EQ(code({{slot, {-1}}}), kInvalid);
  EXPECT_EQ(code({{slot, {vocab}}}), kInvalid);
  EXPECT_EQ(code({{slot, some_tokens(vocab, limit + 1, 1)}}), kInvalid);
  EXPECT_EQ(code({{slot, {1}, std::vector<uint64_t>(1)}}), kInvalid) << "mask of another size";
  EXPECT_EQ(code({{slot, {1}, {}, 1}}), kInvalid) << "no_speech_at behind the tokens";
  EXPECT_EQ(code({{slot, {1}}, {slot, {2}}}), kInvalid) << "a slot twice";
  EXPECT_EQ(code({{slot, {1}}, {other, {vocab}}}), kInvalid);

  // A refused step leaves every slot as it was.
  EXPECT_EQ(under_test->length(slot), 0);
  EXPECT_EQ(step(*under_test, vocab, {{slot, {1, 2, 3}}}), expected);
  EXPECT_FALSE(code({{slot, some_tokens(vocab, limit - 3, 1)}}).has_value());
  EXPECT_EQ(code({{slot, {1}}}), kInvalid) << "the context is full";
  under_test->close(slot);
  EXPECT_EQ(code({{slot, {1}}}), kInvalid) << "closed";

  std::vector<float> small_room(static_cast<size_t>(vocab) - 1);
  const int32_t token = 1;
  const model::StepIn in{.slot = other, .tokens = {&token, 1}, .mask = {}, .logits = small_room};
  model::StepOut out;
  EXPECT_EQ(code_of(under_test->step({&in, 1}, {&out, 1})), kInvalid) << "room for fewer logits";
  EXPECT_EQ(code_of(under_test->step({&in, 1}, {})), kInvalid) << "fewer answers than questions";
  EXPECT_TRUE(under_test->step({}, {}).has_value()) << "nothing to do is no error";
}

TEST_P(DecoderConformance, RefusesImpossibleSlots) {
  const Model& model = odd_one();
  const int width = model.dims().audio_state;
  const auto under_test = decoder(model, pool_, 3, 2);
  const MadeUpAudio audio(2, 10, width, 32);
  EXPECT_EQ(code_of(under_test->open(audio, 2)), kInvalid);
  EXPECT_EQ(code_of(under_test->open(audio, -1)), kInvalid);
  EXPECT_EQ(code_of(under_test->open(MadeUpAudio(1, 10, width + 1, 1), 0)), kInvalid);
  EXPECT_EQ(code_of(under_test->open(MadeUpAudio(1, model.dims().audio_ctx + 1, width, 1), 0)), kInvalid);
  EXPECT_EQ(code_of(under_test->fork(0)), kInvalid);
  const Slot a = open(*under_test, audio, 0);
  const Slot b = open(*under_test, audio, 1);
  EXPECT_EQ(code_of(under_test->open(audio, 0)), kInvalid) << "both windows are in use";
  const auto c = under_test->fork(b);
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(code_of(under_test->fork(b)), kInvalid) << "all slots are in use";
  EXPECT_EQ(code_of(under_test->reserve(4, 4)), kInvalid) << "slots are open";
  under_test->close(b);
  EXPECT_EQ(code_of(under_test->open(audio, 0)), kInvalid) << "the fork still listens to window 1";
  under_test->close(*c);
  under_test->close(*c);  // twice does no harm
  EXPECT_TRUE(under_test->open(audio, 0).has_value());
  EXPECT_EQ(code_of(under_test->fork(77)), kInvalid);
  EXPECT_EQ(under_test->length(a), 0);
}

TEST_P(DecoderConformance, ReservesAgain) {
  const Model& model = odd_one();
  const auto under_test = decoder(model, pool_, 1, 1);
  const MadeUpAudio audio(5, 10, model.dims().audio_state, 33);
  EXPECT_EQ(code_of(under_test->reserve(0, 1)), kInvalid);
  EXPECT_EQ(code_of(under_test->reserve(1, 0)), kInvalid);
  const Slot only = open(*under_test, audio, 0);
  const auto expected = step(*under_test, model.dims().vocab, {{only, {5}}});
  under_test->close(only);
  ASSERT_TRUE(under_test->reserve(6, 5).has_value());
  std::vector<Slot> slots;
  slots.reserve(5);
  for (int i = 0; i < 5; ++i) slots.push_back(open(*under_test, audio, i));
  EXPECT_TRUE(under_test->fork(slots[0]).has_value());
  EXPECT_EQ(step(*under_test, model.dims().vocab, {{slots[0], {5}}}), expected);
}

TEST_P(DecoderConformance, RefusesImpossibleAlignments) {
  const Model& model = odd_one();
  const int vocab = model.dims().vocab;
  const auto under_test = decoder(model, pool_, 1, 1);
  const MadeUpAudio audio(1, 10, model.dims().audio_state, 34);
  const Slot slot = open(*under_test, audio, 0);
  const std::vector<int32_t> tokens = {1, 2, 3};
  const std::vector<model::Head> heads = {{0, 0}};
  const auto with_head = [&](int layer, int head) {
    const model::Head one{layer, head};
    return code_of(under_test->align(slot, tokens, {&one, 1}));
  };
  EXPECT_EQ(with_head(model.dims().text_layers, 0), kInvalid);
  EXPECT_EQ(with_head(-1, 0), kInvalid);
  EXPECT_EQ(with_head(0, model.dims().text_heads), kInvalid);
  EXPECT_EQ(with_head(0, -1), kInvalid);
  EXPECT_EQ(code_of(under_test->align(slot + 1, tokens, heads)), kInvalid);
  EXPECT_EQ(code_of(under_test->align(slot, {}, heads)), kInvalid);
  const std::vector<int32_t> foreign = {vocab};
  EXPECT_EQ(code_of(under_test->align(slot, foreign, heads)), kInvalid);
  EXPECT_EQ(code_of(under_test->align(slot, some_tokens(vocab, model.dims().text_ctx + 1, 1), heads)), kInvalid);
  EXPECT_TRUE(under_test->align(slot, tokens, heads).has_value());
}

TEST_P(DecoderConformance, AllocatesNothingOnceWarm) {
  const Model& model = small_model();
  const auto under_test = decoder(model, pool_, 3, 2);
  const MadeUpAudio audio(2, 60, model.dims().audio_state, 35);
  const auto prompt = some_tokens(model.dims().vocab, 9, 1);
  const std::vector<uint64_t> mask(static_cast<size_t>(model.dims().vocab + 63) / 64, 0x5555555555555555U);
  std::vector<model::Candidate> top(size_t{3} * 2 * kTop);
  std::vector<Slot> slots(3);
  std::vector<model::StepIn> in(3);
  std::vector<model::StepOut> out(3);
  // One window's life: a prompt, a fork, steps of all, the end.
  const auto life = [&] {
    bool fine = true;
    for (size_t i = 0; i < 2; ++i) {
      const auto slot = under_test->open(audio, static_cast<int>(i));
      fine = fine && slot;
      slots[i] = slot.value_or(-1);
    }
    for (size_t i = 0; i < 3; ++i) {
      in[i] = {.slot = slots[i], .tokens = prompt, .mask = mask, .no_speech_at = 0};
      out[i].text.top = std::span(top).subspan(2 * i * kTop, kTop);
      out[i].timestamps.top = std::span(top).subspan((2 * i + 1) * kTop, kTop);
    }
    fine = fine && under_test->step(std::span(in).first(2), std::span(out).first(2));
    const auto forked = under_test->fork(slots[0]);
    fine = fine && forked;
    slots[2] = in[2].slot = forked.value_or(-1);
    for (int repeat = 0; repeat < 5; ++repeat) {
      for (auto& s : in) {
        s.tokens = std::span(prompt).first(1);
        s.no_speech_at = -1;
      }
      fine = fine && under_test->step(in, out);
    }
    for (const Slot slot : slots) under_test->close(slot);
    return fine;
  };
  ASSERT_TRUE(life());
  const AllocationCounter counter;
  const bool fine = life();
  const int64_t count = counter.count();
  EXPECT_TRUE(fine);
  EXPECT_EQ(count, 0);
}

TEST_P(DecoderConformance, RefusesTokensOutsideTheVocabulary) {
  const Model& model = odd_one();
  for (const model::TokenClasses& tokens :
       {model::TokenClasses{model.dims().vocab, 302, 305}, model::TokenClasses{300, model.dims().vocab, 305},
        model::TokenClasses{300, 302, model.dims().vocab + 1}, model::TokenClasses{-1, 302, 305}}) {
    EXPECT_EQ(code_of(GetParam().make_decoder(*model.checkpoint, tokens, 1, 1, pool_)), kInvalid);
  }
}

TEST_P(DecoderConformance, Reports) {
  const Model& model = odd_one();
  const auto under_test = decoder(model, pool_, 1, 1);
  const MadeUpAudio audio(1, 10, model.dims().audio_state, 36);
  const Slot slot = open(*under_test, audio, 0);
  step(*under_test, model.dims().vocab, {{slot, {1}}});
  step(*under_test, model.dims().vocab, {{slot, {2}}});
  const DeviceReport report = under_test->report();
  EXPECT_EQ(report.stage, "decoder");
  EXPECT_EQ(report.device, GetParam().device);
  EXPECT_EQ(report.isa, GetParam().isa);
  EXPECT_EQ(report.threads, GetParam().threads == 0 ? pool_.threads() : GetParam().threads);
  EXPECT_EQ(report.calls, 2);
  EXPECT_GT(report.seconds, 0);
  EXPECT_GT(report.weight_bytes, 0);
  EXPECT_FALSE(report.compute_type.empty());
}

}  // namespace
}  // namespace skald::conformance
