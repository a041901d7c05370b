// The encoder on the simulated array: a layer and the whole of mini.en with values, and what larger ones cost.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/random_checkpoint.h"
#include "npu/device/sim_device.h"
#include "npu/encoder/calibration.h"
#include "npu/encoder/encoder_weights.h"
#include "npu/encoder/npu_encoder.h"
#include "npu/kernels/catalogue.h"
#include "npu/kernels/layout.h"
#include "npu/plan/encoder_streams.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/encoder_search.h"
#include "npu/suite/encoder_trace.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

using plan::EncoderLayout;
using plan::EncoderPhase;
using plan::EncoderPrecision;
using plan::EncoderProblem;

const std::string kRoot = SKALD_SOURCE_DIR;

/// mini.en, listening to a sample that its steps of int8 were not measured on.
struct Heard {
  std::unique_ptr<model::Checkpoint> checkpoint;
  std::shared_ptr<const suite::EncoderTrace> trace;
  std::vector<float> mel;
};

const Heard& heard() {
  static const Heard kHeard = [] {
    Heard made;
    made.checkpoint = *model::open_checkpoint(kRoot + "/models/mini.en");
    made.mel = *suite::first_window(kRoot + "/samples/garden.wav", made.checkpoint->dims().mel_bands);
    made.trace = *suite::trace_encoder(*made.checkpoint, made.mel);
    return made;
  }();
  return kHeard;
}

/// As shipped: measured on other recordings than heard().
const EncoderSteps& shipped_steps() {
  static const EncoderSteps kSteps = read_calibration(kRoot + "/models/mini.en", heard().checkpoint->dims())->steps;
  return kSteps;
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
  const auto packed = pack_encoder(problem, layout, *heard().checkpoint, shipped_steps(), layer);
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
    macs += 2 * plan::attention_rounds(problem, phase.m) * plan::kArray * plan::kRowsOfBlock * keys * 64;
  }
  return macs;
}

TEST(Encoder, IsRightInInt8) {
  const EncoderProblem problem =
      best_encoder(encoder_problem(heard().checkpoint->dims(), 1500, EncoderPrecision::kInt8)).value();
  const EncoderLayout layout = *plan::encoder_layout(problem);
  const auto packed = pack_encoder(problem, layout, *heard().checkpoint, shipped_steps(), 0);
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
  const EncoderProblem problem =
      best_encoder(encoder_problem(heard().checkpoint->dims(), 1500, EncoderPrecision::kBf16)).value();
  EXPECT_EQ(device.last_report().macs, padded_macs_of(problem, *plan::encoder_layout(problem)));
  EXPECT_EQ((*encoder)->report().device, "npu-sim");
  EXPECT_EQ((*encoder)->report().compute_type, "bfloat16");
}

/// One layer with random weights, and no more of a decoder than has to be there.
model::Dims one_layer(int positions, int width) {
  model::Dims dims{.audio_ctx = positions,
                   .audio_state = width,
                   .audio_heads = width / 64,
                   .audio_layers = 1,
                   .audio_ffn = 4 * width};
  dims.text_state = dims.text_ffn = width;
  dims.text_heads = dims.audio_heads;
  dims.text_layers = 1;
  dims.vocab = 51864;
  return dims;
}

/// A small encoder in int8, as laid out by `choices`, one byte of its packed weights changed by `mask` at each of
/// `flipped`: its states.
std::vector<float> states_with(const model::Dims& dims, const plan::EncoderChoices& choices,
                               const std::vector<int64_t>& flipped, std::byte mask) {
  const auto checkpoint = model::make_random_checkpoint(dims).value();
  EncoderProblem problem = encoder_problem(dims, dims.audio_ctx, EncoderPrecision::kInt8);
  problem.choices = choices;
  const EncoderLayout layout = *plan::encoder_layout(problem);
  const LayerSteps steps{.attention_norm = 0.03, .mixed = 0.01, .mlp_norm = 0.03, .hidden = 0.03, .activated = 0.03};
  const auto packed = *pack_encoder(problem, layout, *checkpoint, {steps}, 0);
  const auto program = *plan::plan_encoder(problem, packed.shifts, "npu1");
  auto arguments = arguments_for(program);
  arguments[plan::kWeights] = packed.weights;
  for (const int64_t at : flipped) arguments[plan::kWeights][static_cast<size_t>(at)] ^= mask;
  std::vector<float> mel(static_cast<size_t>(2 * dims.audio_ctx * dims.mel_bands));
  for (size_t i = 0; i < mel.size(); ++i) mel[i] = std::sin(static_cast<float>(i % 977));
  pack_encoder_frames(problem, layout, mel, arguments[plan::kFrames]);
  const auto ran = run(program, std::move(arguments));
  EXPECT_TRUE(ran) << to_string(ran.error());
  std::vector<float> states(static_cast<size_t>(dims.audio_ctx * dims.audio_state));
  if (ran) unpack_encoder_states(problem, layout, ran->arguments[plan::kStates], states);
  return states;
}

std::vector<float> states_with(const std::vector<int64_t>& flipped, std::byte mask) {
  return states_with(one_layer(64, 128), {}, flipped, mask);
}

/// Six heads and ten, one block of columns with a column of cores too many, and two of which one has a single tile.
TEST(Encoder, LayoutsChangeNoNumber) {
  for (const int width : {384, 640}) {
    const model::Dims dims = one_layer(300, width);
    const std::vector<float> states = states_with(dims, {}, {}, std::byte{});
    EXPECT_NE(states, std::vector<float>(states.size()));
    const plan::EncoderChoices all{.deal_heads = true, .skip_columns = true, .depth = 6};
    EXPECT_EQ(states, states_with(dims, all, {}, std::byte{})) << width;
  }
}

/// The bytes of entry `entry` of the table of GELU, in its copies, of the first tile of the first product.
std::vector<int64_t> bytes_of_gelu(const EncoderPhase& fc1, size_t entry) {
  std::array<std::byte, 256> entries{};
  entries[entry] = std::byte{1};
  std::vector<std::byte> table(static_cast<size_t>(kTableI8Bytes));
  pack_table_i8(entries, table.data());
  const int64_t object = fc1.weights + fc1.k / plan::depth_of(true) * plan::kObjectOfB;
  std::vector<int64_t> bytes;
  for (int64_t i = 0; i < std::ssize(table); ++i) {
    if (table[static_cast<size_t>(i)] == std::byte{0}) continue;
    for (const int64_t strip : {2, 3}) bytes.push_back(object + (i / 256 * 8 + strip) * 256 + i % 256);
  }
  return bytes;
}

TEST(Encoder, EveryByteCounts) {
  const EncoderProblem problem{
      .positions = 64, .width = 128, .heads = 2, .hidden = 512, .layers = 1, .precision = EncoderPrecision::kInt8};
  const EncoderLayout layout = *plan::encoder_layout(problem);
  const auto phase = [&](const std::string& name) {
    return *std::ranges::find(layout.phases, name, &EncoderPhase::name);
  };
  const std::vector<float> states = states_with({}, std::byte{});
  EXPECT_EQ(states, states_with({}, std::byte{}));
  EXPECT_NE(states, states_with(bytes_of_gelu(phase("layer 0 fc1"), 140), std::byte{0x20}));
  for (const char* name : {"conv1", "layer 0 qkv", "layer 0 out", "layer 0 fc2", "final norm"}) {
    EXPECT_NE(states, states_with({phase(name).weights + 1}, std::byte{0x40})) << name;
  }
}

/// Windows of any length: what lies behind a short one is padding that nothing hears.
TEST(Encoder, IsRightForShortWindows) {
  for (const int positions : {10, 100, 500}) {
    const model::Dims dims = one_layer(positions, 128);
    const auto checkpoint = model::make_random_checkpoint(dims).value();
    std::vector<float> mel(static_cast<size_t>(2 * positions * dims.mel_bands));
    for (size_t i = 0; i < mel.size(); ++i) mel[i] = std::sin(static_cast<float>(i % 977));
    const auto trace = suite::trace_encoder(*checkpoint, mel);
    ASSERT_TRUE(trace) << to_string(trace.error());
    SimDevice device({.kernels = sim::catalogue_kernels(), .lookup = catalogue_lookup()});
    const auto encoder = make_encoder(*checkpoint, device);
    ASSERT_TRUE(encoder) << to_string(encoder.error());
    const auto out = *(*encoder)->make_output(1);
    const auto encoded = (*encoder)->encode({.windows = 1, .frames = 2 * positions, .mel = mel}, *out);
    ASSERT_TRUE(encoded) << to_string(encoded.error());
    const std::vector<double>& exact = (*trace)->states;
    expect_correlation(correlation({out->host_f32(0), out->host_f32(0) + exact.size()}, exact), 0.999,
                       "positions" + std::to_string(positions));
  }
}

TEST(Encoder, CostsOfLargerModels) {
  for (const char* name : {"tiny", "base", "small", "large-v3-turbo"}) {
    model::Dims dims = model::named_dims(name).value();
    if (dims.audio_layers > 12) dims.audio_layers = 2;  // for time
    for (const EncoderPrecision precision : {EncoderPrecision::kInt8, EncoderPrecision::kBf16}) {
      const EncoderProblem problem = best_encoder(encoder_problem(dims, 1500, precision)).value();
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

}  // namespace
}  // namespace skald::npu
