// The encoder on the simulated array: a layer and the whole of mini.en with values, and what larger ones cost.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/random_checkpoint.h"
#include "npu/device/sim_device.h"
#include "npu/emit/emit.h"
#include "npu/emit/text_check_for_tests.h"
#include "npu/encoder/encoder_weights.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/program/text.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/encoder_trace.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

using plan::EncoderLayout;
using plan::EncoderPhase;
using plan::EncoderPrecision;
using plan::EncoderProblem;

const std::string kRoot = SKALD_SOURCE_DIR;

/// mini.en, listening to a sample.
struct Heard {
  std::unique_ptr<model::Checkpoint> checkpoint;
  std::shared_ptr<const suite::EncoderTrace> trace;
  std::vector<float> mel;
};

const Heard& heard() {
  static const Heard kHeard = [] {
    Heard made;
    made.checkpoint = *model::open_checkpoint(kRoot + "/models/mini.en");
    made.mel = *suite::first_window(kRoot + "/samples/hello.wav", made.checkpoint->dims().mel_bands);
    made.trace = *suite::trace_encoder(*made.checkpoint, made.mel);
    return made;
  }();
  return kHeard;
}

double step(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most / 127;
}

EncoderSteps steps_of(const suite::EncoderTrace& trace) {
  EncoderSteps steps;
  for (size_t layer = 0; layer < trace.attentions.size(); ++layer) {
    const auto product = [&](size_t i) -> const suite::TracedProduct& { return trace.products[2 + 4 * layer + i]; };
    LayerSteps made{.attention_norm = step(product(0).a),
                    .mixed = step(product(1).a),
                    .mlp_norm = step(product(2).a),
                    .activated = step(product(3).a)};
    made.hidden = made.activated;
    steps.push_back(made);
  }
  return steps;
}

double correlation(const std::vector<float>& found, const std::vector<double>& exact) {
  double dot = 0;
  double of_found = 0;
  double of_exact = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    dot += found[i] * exact[i];
    of_found += static_cast<double>(found[i]) * found[i];
    of_exact += exact[i] * exact[i];
  }
  return dot / std::sqrt(of_found * of_exact);
}

/// Kept in the test's report, --gtest_output=xml.
void expect_correlation(double found, double least, const std::string& of) {
  EXPECT_GE(found, least) << of;
  testing::Test::RecordProperty(of, std::to_string(found));
}

struct Ran {
  sim::Report report;
  std::vector<std::vector<std::byte>> arguments;
};

Result<Ran> run(const Program& program, std::vector<std::vector<std::byte>> arguments) {
  SKALD_CHECK(verified(program, catalogue_lookup()));
  sim::Options options{.values = !arguments.empty()};
  options.time.ddr_gb_s = 18;
  SKALD_TRY(const auto simulation, sim::Simulation::load(program, sim::catalogue_kernels(), options));
  Ran ran{.arguments = std::move(arguments)};
  std::vector<std::span<std::byte>> spans;
  for (auto& argument : ran.arguments) spans.emplace_back(argument);
  if (spans.empty()) spans.resize(program.arguments.size());
  SKALD_TRY(ran.report, simulation->launch(spans));
  return ran;
}

std::vector<std::vector<std::byte>> arguments_for(const Program& program) {
  std::vector<std::vector<std::byte>> made;
  for (const HostArgument& argument : program.arguments) {
    made.emplace_back(static_cast<size_t>(argument.block.shape.front()));
  }
  return made;
}

double layer_correlation(EncoderPrecision precision, int64_t layer) {
  EncoderProblem problem = encoder_problem(heard().checkpoint->dims(), 1500, precision);
  problem.layers = 1;
  problem.whole = false;
  const EncoderLayout layout = *plan::encoder_layout(problem);
  const auto packed = pack_encoder(problem, layout, *heard().checkpoint, steps_of(*heard().trace), layer);
  EXPECT_TRUE(packed) << to_string(packed.error());
  const auto program = plan::plan_encoder(problem, packed->shifts, "npu1");
  EXPECT_TRUE(program) << to_string(program.error());
  auto arguments = arguments_for(*program);
  arguments[plan::kWeights] = packed->weights;
  const auto& in = heard().trace->streams[static_cast<size_t>(layer)];
  pack_encoder_states(problem, layout, std::vector<float>(in.begin(), in.end()),
                      std::span(arguments[plan::kWork]).subspan(static_cast<size_t>(layout.x)));
  const auto ran = run(*program, std::move(arguments));
  EXPECT_TRUE(ran) << to_string(ran.error());
  if (!ran) return 0;
  std::vector<float> out(in.size());
  unpack_encoder_states(problem, layout, std::span(ran->arguments[plan::kWork]).subspan(static_cast<size_t>(layout.x)),
                        out);
  return correlation(out, heard().trace->streams[static_cast<size_t>(layer) + 1]);
}

TEST(EncoderLayer, IsRightInBf16) {
  expect_correlation(layer_correlation(EncoderPrecision::kBf16, 0), 0.999, "layer0");
}

TEST(EncoderLayer, IsRightInInt8) {
  for (int64_t layer = 0; layer < 4; ++layer) {
    expect_correlation(layer_correlation(EncoderPrecision::kInt8, layer), 0.99, "layer" + std::to_string(layer));
  }
}

/// Multiplications of the phases with all padding: what kernels have to count.
int64_t padded_macs_of(const EncoderProblem& problem, const EncoderLayout& layout) {
  int64_t macs = 0;
  for (const EncoderPhase& phase : layout.phases) {
    if (phase.kind == EncoderPhase::Kind::kProduct) macs += phase.m * phase.k * phase.n;
    if (phase.kind != EncoderPhase::Kind::kAttention) continue;
    const int64_t keys = (problem.positions + 31) / 32 * 32;
    macs += 2 * ((problem.heads + 3) / 4 * 4) * phase.m * keys * 64;
  }
  return macs;
}

TEST(Encoder, IsRightInInt8) {
  const EncoderProblem problem = encoder_problem(heard().checkpoint->dims(), 1500, EncoderPrecision::kInt8);
  const EncoderLayout layout = *plan::encoder_layout(problem);
  const auto packed = pack_encoder(problem, layout, *heard().checkpoint, steps_of(*heard().trace), 0);
  ASSERT_TRUE(packed) << to_string(packed.error());
  const auto program = plan::plan_encoder(problem, packed->shifts, "npu1");
  ASSERT_TRUE(program) << to_string(program.error());
  auto arguments = arguments_for(*program);
  arguments[plan::kWeights] = packed->weights;
  pack_encoder_frames(problem, layout, heard().mel, arguments[plan::kFrames]);
  const auto ran = run(*program, std::move(arguments));
  ASSERT_TRUE(ran) << to_string(ran.error());
  const std::vector<double>& exact = heard().trace->states;
  std::vector<float> states(exact.size());
  unpack_encoder_states(problem, layout, ran->arguments[plan::kStates], states);
  expect_correlation(correlation(states, exact), 0.99, "states");
  EXPECT_EQ(ran->report.macs, padded_macs_of(problem, layout));
}

/// Through the device: one context, one launch a window.
TEST(Encoder, IsRightInBf16WithOneLaunch) {
  SimDevice device({.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup()});
  const auto encoder = make_encoder(*heard().checkpoint, device);
  ASSERT_TRUE(encoder) << to_string(encoder.error());
  const auto out = *(*encoder)->make_output(1);
  const auto encoded = (*encoder)->encode({.windows = 1, .frames = 3000, .mel = heard().mel}, *out);
  ASSERT_TRUE(encoded) << to_string(encoded.error());
  const std::vector<double>& exact = heard().trace->states;
  expect_correlation(correlation({out->host_f32(0), out->host_f32(0) + exact.size()}, exact), 0.999, "states");
  EXPECT_EQ(device.counters().contexts_opened, 1);
  EXPECT_EQ(device.counters().context_switches, 0);
  EXPECT_EQ(device.counters().submissions, 1);
  EXPECT_EQ(device.counters().runs, 1);
  const EncoderProblem problem = encoder_problem(heard().checkpoint->dims(), 1500, EncoderPrecision::kBf16);
  EXPECT_EQ(device.last_report().macs, padded_macs_of(problem, *plan::encoder_layout(problem)));
  EXPECT_EQ((*encoder)->report().device, "npu-sim");
  EXPECT_EQ((*encoder)->report().compute_type, "bfloat16");
}

TEST(Encoder, CostsOfLargerModels) {
  for (const char* name : {"tiny", "base", "small", "large-v3-turbo"}) {
    model::Dims dims = model::named_dims(name).value();
    if (dims.audio_layers > 12) dims.audio_layers = 2;  // for time
    for (const EncoderPrecision precision : {EncoderPrecision::kInt8, EncoderPrecision::kBf16}) {
      const EncoderProblem problem = encoder_problem(dims, 1500, precision);
      const EncoderLayout layout = *plan::encoder_layout(problem);
      const auto program = plan::plan_encoder(problem, {}, "npu1");
      ASSERT_TRUE(program) << to_string(program.error());
      const auto ran = run(*program, {});
      ASSERT_TRUE(ran) << name << to_string(ran.error());
      EXPECT_EQ(ran->report.macs, padded_macs_of(problem, layout)) << name;
      std::printf("%s %s, %d layers: %.2f ms, controller %.2f, DDR %.2f\n", name,
                  precision == EncoderPrecision::kInt8 ? "int8" : "bf16", static_cast<int>(problem.layers),
                  ran->report.cycles / 1.028e6, ran->report.controller_cycles / 1.028e6,
                  ran->report.ddr_busy / 1.028e6);
    }
  }
}

/// Cores that hold nothing too large for one of npu1, with what the toolchain makes of the text besides.
TEST(Encoder, IsWrittenForTheToolchain) {
  for (const EncoderPrecision precision : {EncoderPrecision::kInt8, EncoderPrecision::kBf16}) {
    const auto program = plan::plan_encoder(encoder_problem(heard().checkpoint->dims(), 1500, precision), {}, "npu1");
    ASSERT_TRUE(program) << to_string(program.error());
    const auto text = emit(*program, catalogue_code());
    ASSERT_TRUE(text) << to_string(text.error());
    for (const std::string& problem : samples::problems(*text)) ADD_FAILURE() << problem;
    EXPECT_EQ(*text, *emit(*program, catalogue_code()));
    const auto parsed = parse(print(*program));
    ASSERT_TRUE(parsed) << to_string(parsed.error());
    EXPECT_EQ(*program, *parsed);
  }
}

}  // namespace
}  // namespace skald::npu
