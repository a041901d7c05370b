#include "npu/encoder/encoder_weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "npu/encoder/packing.h"
#include "npu/encoder/quantise.h"
#include "npu/kernels/catalogue.h"
#include "npu/kernels/layout.h"
#include "npu/plan/encoder_streams.h"

namespace skald::npu {
namespace {

using plan::EncoderLayout;
using plan::EncoderPhase;
using plan::EncoderProblem;
using plan::EncoderShifts;
using plan::kColumnsOfTile;
using plan::kObjectOfB;

constexpr int64_t kTaps = 3;

class Packer {
 public:
  Packer(const EncoderProblem& problem, const EncoderLayout& layout, const model::Checkpoint& checkpoint,
         const EncoderSteps& steps, int64_t first_layer)
      : problem_(problem), layout_(layout), checkpoint_(checkpoint), steps_(steps), layer_(first_layer) {
    packed_.weights.resize(static_cast<size_t>(layout.weight_bytes));
  }

  Result<PackedEncoder> run() {
    auto phase = layout_.phases.begin();
    if (problem_.whole) {
      SKALD_CHECK(stem(phase[0], phase[1]));
      phase += 2;
    }
    constexpr int kPhasesOfLayer = 7;
    for (int64_t i = 0; i < problem_.layers; ++i, ++layer_, phase += kPhasesOfLayer) {
      SKALD_CHECK(layer({phase, phase + kPhasesOfLayer}));
    }
    if (problem_.whole) SKALD_CHECK(norm(*phase, "encoder.ln_post", 1));
    return std::move(packed_);
  }

 private:
  bool int8() const { return problem_.precision == plan::EncoderPrecision::kInt8; }
  std::byte* at(int64_t offset) { return packed_.weights.data() + offset; }

  Result<std::vector<float>> tensor(const std::string& name, const Shape& shape) const {
    return values_of(checkpoint_, name, shape);
  }
  Result<Linear> linear(const std::vector<std::string>& names, int64_t n, int64_t k) const {
    return linear_of(checkpoint_, names, n, k);
  }

  /// Frame after frame of a convolution's rows, and two columns of ones for its bias in two parts: a row of zeros is
  /// what lies outside of the window.
  Result<void> stem(const EncoderPhase& first, const EncoderPhase& second) {
    const int64_t d = problem_.width;
    const int64_t bands = problem_.mel_bands;
    SKALD_TRY(const std::vector<float> w1, tensor("encoder.conv1.weight", {d, bands, kTaps}));
    SKALD_TRY(const std::vector<float> b1, tensor("encoder.conv1.bias", {d}));
    Linear conv1{.n = d, .k = layout_.stem_depth, .bias = std::vector<float>(static_cast<size_t>(d))};
    conv1.weights.resize(static_cast<size_t>(d * conv1.k));
    for (int64_t n = 0; n < d; ++n) {
      float* row = &conv1.weights[static_cast<size_t>(n * conv1.k)];
      for (int64_t i = 0; i < bands * kTaps; ++i) {
        row[i % kTaps * bands + i / kTaps] = w1[static_cast<size_t>(n * bands * kTaps + i)];
      }
      const float bias = b1[static_cast<size_t>(n)];
      row[kTaps * bands] = bf16_to_f32(f32_to_bf16(bias));
      row[kTaps * bands + 1] = bias - row[kTaps * bands];
    }
    pack_bf16(first, conv1);
    SKALD_TRY(const std::vector<float> w2, tensor("encoder.conv2.weight", {d, d, kTaps}));
    Linear conv2{.n = d, .k = kTaps * d, .weights = std::vector<float>(w2.size())};
    SKALD_TRY(conv2.bias, tensor("encoder.conv2.bias", {d}));
    for (int64_t i = 0; i < std::ssize(w2); ++i) {
      const int64_t channel = i / kTaps % d;
      const int64_t k = (channel / kPanel * kTaps + i % kTaps) * kPanel + channel % kPanel;
      conv2.weights[static_cast<size_t>(i / kTaps / d * conv2.k + k)] = w2[static_cast<size_t>(i)];
    }
    pack_bf16(second, conv2);
    SKALD_TRY(const std::vector<float> positions,
              tensor("encoder.positional_embedding", {checkpoint_.dims().audio_ctx, d}));
    pack_encoder_states(problem_, layout_, std::span(positions).first(static_cast<size_t>(problem_.positions * d)),
                        std::span(packed_.weights).subspan(static_cast<size_t>(second.terms)));
    return {};
  }

  Result<void> layer(std::span<const EncoderPhase> phase) {
    const std::string block = "encoder.blocks." + std::to_string(layer_) + ".";
    const int64_t d = problem_.width;
    const LayerSteps steps = int8() ? steps_[static_cast<size_t>(layer_)] : LayerSteps{};
    SKALD_CHECK(norm(phase[0], block + "attn_ln", steps.attention_norm));
    SKALD_TRY(const Linear qkv, linear({block + "attn.query", block + "attn.key", block + "attn.value"}, d, d));
    pack(phase[1], qkv, steps.attention_norm, 1);
    attention(steps.mixed);
    SKALD_TRY(const Linear out, linear({block + "attn.out"}, d, d));
    pack(phase[3], out, steps.mixed, 1);
    SKALD_CHECK(norm(phase[4], block + "mlp_ln", steps.mlp_norm));
    SKALD_TRY(const Linear up, linear({block + "mlp.0"}, problem_.hidden, d));
    pack(phase[5], up, steps.mlp_norm, steps.hidden);
    if (int8()) put_tables(phase[5], gelu_table(steps.hidden, steps.activated));
    SKALD_TRY(const Linear down, linear({block + "mlp.2"}, d, problem_.hidden));
    pack(phase[6], down, steps.activated, 1);
    return {};
  }

  void attention(double step) {
    EncoderShifts shifts;
    if (int8()) {
      // Quotients up to 16 bits, then a factor below 16 bits and its shift.
      while (std::ldexp(128 * step, shifts.down + 1) < 32767) ++shifts.down;
      const double scale = std::ldexp(1 / step, -shifts.down);
      while (std::ldexp(scale, shifts.shift + 1) < 32767 && shifts.shift < 30) ++shifts.shift;
      shifts.factor = static_cast<int32_t>(std::lround(std::ldexp(scale, shifts.shift)));
    }
    packed_.shifts.push_back(shifts);
  }

  /// gamma, then beta, in steps.
  Result<void> norm(const EncoderPhase& phase, const std::string& name, double step) {
    const double unit = phase.int8 ? step : 1;
    const int64_t d = problem_.width;
    SKALD_TRY(const std::vector<float> gamma, tensor(name + ".weight", {d}));
    SKALD_TRY(const std::vector<float> beta, tensor(name + ".bias", {d}));
    pack_norm(gamma, beta, unit, at(phase.weights));
    packed_.shifts.emplace_back();
    return {};
  }

  void pack(const EncoderPhase& phase, const Linear& linear, double in, double out) {
    int8() ? pack_i8(phase, quantise(linear, in, out), linear) : pack_bf16(phase, linear);
  }

  void pack_bf16(const EncoderPhase& phase, const Linear& linear) {
    npu::pack_bf16(linear, phase.n, at(phase.weights));
    packed_.shifts.emplace_back();
  }

  void pack_i8(const EncoderPhase& phase, const Quantised& made, const Linear& linear) {
    constexpr int64_t kDepth = plan::depth_of(true);
    const auto fill = [&](std::span<std::byte> object, const WeightObject& what) {
      const int64_t there = std::clamp<int64_t>(linear.n - what.n, 0, kColumnsOfTile);
      if (what.last) {
        std::vector<int32_t> bias(static_cast<size_t>(kColumnsOfTile));
        std::vector<int16_t> factors(bias.size());
        if (there > 0) {
          std::copy_n(made.bias.begin() + what.n, there, bias.begin());
          std::copy_n(made.factors.begin() + what.n, there, factors.begin());
        }
        pack_requantise_parameters(bias, factors, object.data());
        return;
      }
      for (int64_t k = 0; k < kDepth; ++k) {
        for (int64_t n = 0; n < there; ++n) {
          object[static_cast<size_t>(block_index({8, 8}, kColumnsOfTile, k, n))] =
              static_cast<std::byte>(made.weights[static_cast<size_t>((what.n + n) * linear.k + what.k + k)]);
        }
      }
    };
    for_each_object(phase.k, phase.n, kDepth, at(phase.weights), fill);
    packed_.shifts.push_back(made.shifts);
  }

  /// Behind the parameters of every tile's columns; at 1 KiB and its half, in the order in which they travel.
  void put_tables(const EncoderPhase& phase, const std::array<std::byte, 256>& entries) {
    std::vector<std::byte> doubled(static_cast<size_t>(kTableI8Bytes));
    pack_table_i8(entries, doubled.data());
    const int64_t objects = phase.k / plan::depth_of(true) + 1;
    for (int64_t i = objects; i * kObjectOfB <= phase.weight_bytes; i += objects) {
      std::byte* object = at(phase.weights + (i - 1) * kObjectOfB);
      // Byte b of what a core sees: cell b / 256, which is of strip b / 512 and panel b / 256 % 2.
      for (const int64_t copy : {1024, 1536}) {
        for (int64_t panel = 0; panel < 2; ++panel) {
          std::memcpy(object + (panel * 8 + copy / 512) * plan::kCell,
                      &doubled[static_cast<size_t>(panel * plan::kCell)], static_cast<size_t>(plan::kCell));
        }
      }
    }
  }

  const EncoderProblem& problem_;
  const EncoderLayout& layout_;
  const model::Checkpoint& checkpoint_;
  const EncoderSteps& steps_;
  int64_t layer_;
  PackedEncoder packed_;
};

}  // namespace

EncoderProblem encoder_problem(const model::Dims& dims, int64_t positions, plan::EncoderPrecision precision) {
  return {.positions = positions,
          .mel_bands = dims.mel_bands,
          .width = dims.audio_state,
          .heads = dims.audio_heads,
          .hidden = dims.audio_ffn,
          .layers = dims.audio_layers,
          .precision = precision};
}

Result<PackedEncoder> pack_encoder(const EncoderProblem& problem, const EncoderLayout& layout,
                                   const model::Checkpoint& checkpoint, const EncoderSteps& steps,
                                   int64_t first_layer) {
  const bool int8 = problem.precision == plan::EncoderPrecision::kInt8;
  if (int8 && std::ssize(steps) != checkpoint.dims().audio_layers) {
    return fail(ErrorCode::kInvalidArgument, "pack_encoder",
                "got steps for " + std::to_string(steps.size()) + " layers of " +
                    std::to_string(checkpoint.dims().audio_layers),
                "calibrate for this model, or use bfloat16");
  }
  return Packer(problem, layout, checkpoint, steps, first_layer).run();
}

void pack_encoder_frames(const EncoderProblem& problem, const EncoderLayout& layout, std::span<const float> mel,
                         std::span<std::byte> frames) {
  const int64_t bands = problem.mel_bands;
  const int64_t count = std::ssize(mel) / bands;
  std::ranges::fill(frames, std::byte{0});
  for (int64_t tap = 0; tap < kTaps; ++tap) {
    for (int64_t i = 0; i < problem.positions; ++i) {
      const int64_t middle = 2 * i + tap - 1;
      if (middle < 0 || middle >= count) continue;
      const auto put = [&](int64_t column, float value) {
        put_bf16(
            &frames[static_cast<size_t>(2 * panel_index(kPanel, layout.stem_rows / 4, tap * layout.rows + i, column))],
            value);
      };
      for (int64_t near = 0; near < kTaps; ++near) {
        const int64_t frame = middle + near - 1;
        if (frame < 0 || frame >= count) continue;
        for (int64_t band = 0; band < bands; ++band) {
          put(near * bands + band, mel[static_cast<size_t>(frame * bands + band)]);
        }
      }
      put(kTaps * bands, 1);
      put(kTaps * bands + 1, 1);
    }
  }
}

void unpack_encoder_states(const EncoderProblem& problem, const EncoderLayout& layout,
                           std::span<const std::byte> panels, std::span<float> states) {
  const auto count = static_cast<size_t>(problem.positions * problem.width);
  get_rows(panels.data(), problem.width, layout.strips, states.first(count));
}

void pack_encoder_states(const EncoderProblem& problem, const EncoderLayout& layout, std::span<const float> states,
                         std::span<std::byte> panels) {
  const auto count = static_cast<size_t>(problem.positions * problem.width);
  put_rows(states.first(count), problem.width, layout.strips, panels.data());
}

}  // namespace skald::npu
