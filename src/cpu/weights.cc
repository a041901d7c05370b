#include "cpu/weights.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/half.h"
#include "base/rounding.h"
#include "cpu/kernels/kernels.h"

namespace skald::cpu {
namespace {

/// One tensor of a stack of projections that share their input.
struct Part {
  std::string name;  ///< without ".weight"
  int rows = 0;
  bool has_bias = true;
  float scale = 1;  ///< of weight and bias
};

/// A weight matrix as it lies in the checkpoint: row r of the stack is row r - first of `view`.
struct Rows {
  TensorView view;
  int first = 0;
  int count = 0;
  float scale = 1;
};

FactorType factor_type(ComputeType compute) {
  switch (compute) {
    case ComputeType::kFloat32: return FactorType::kFloat32;
    case ComputeType::kBfloat16: return FactorType::kBfloat16;
    case ComputeType::kInt8: return FactorType::kInt8;
    case ComputeType::kInt4: return FactorType::kInt4;
  }
  return FactorType::kFloat32;
}

/// Reads tensors of one checkpoint; the total of what it packed stands in bytes().
class Loader {
 public:
  Loader(const model::Checkpoint& checkpoint, const Context& context)
      : checkpoint_(checkpoint),
        pool_(*context.pool),
        kernels_(kernels(context.isa)),
        type_(factor_type(context.compute)) {}

  /// What is multiplied with many rows at a time is not faster for having fewer bytes.
  FactorType type_for_windows() const { return type_ == FactorType::kInt4 ? FactorType::kInt8 : type_; }

  /// The parts stacked along the output dimension.
  Result<Linear> linear(std::span<const Part> parts, int k) { return linear(parts, k, type_); }
  Result<Linear> linear(std::span<const Part> parts, int k, FactorType type) {
    std::vector<Rows> rows;
    int n = 0;
    for (const Part& part : parts) {
      SKALD_TRY(const TensorView view, checkpoint_.tensor(part.name + ".weight", Shape{part.rows, k}));
      rows.push_back({view, n, part.rows, part.scale});
      n += part.rows;
    }
    Linear layer = pack(rows, n, k, 1, type);
    if (std::ranges::any_of(parts, &Part::has_bias)) SKALD_CHECK(read_bias(parts, layer));
    bytes_ += static_cast<int64_t>(layer.bytes());
    return layer;
  }
  Result<Linear> linear(const std::string& name, int n, int k, float scale = 1) {
    const Part part{name, n, true, scale};
    return linear(std::span(&part, 1), k);
  }

  /// A convolution over time of width 3, W(out, in, 3), as a matrix whose k runs over (time, in).
  Result<Linear> conv(const std::string& name, int out, int in) {
    SKALD_TRY(const TensorView view, checkpoint_.tensor(name + ".weight", Shape{out, in, kConvWidth}));
    const Rows rows{view, 0, out, 1};
    // What all layers build on, and little work: two bytes.
    const FactorType type = type_ == FactorType::kInt8 ? FactorType::kInt16 : type_;
    Linear layer = pack(std::span(&rows, 1), out, kConvWidth * in, kConvWidth, type);
    const Part part{name, out, true, 1};
    SKALD_CHECK(read_bias(std::span(&part, 1), layer));
    bytes_ += static_cast<int64_t>(layer.bytes());
    return layer;
  }

  Result<LayerNorm> layer_norm(const std::string& name, int width) {
    LayerNorm norm;
    SKALD_TRY(norm.gain, tensor(name + ".weight", Shape{width}));
    SKALD_TRY(norm.bias, tensor(name + ".bias", Shape{width}));
    return norm;
  }

  /// A tensor as float32, unpacked.
  Result<AlignedBuffer<float>> tensor(const std::string& name, const Shape& shape) {
    SKALD_TRY(const TensorView view, checkpoint_.tensor(name, shape));
    AlignedBuffer<float> out(static_cast<size_t>(view.count()));
    to_f32(view, out.span());
    bytes_ += static_cast<int64_t>(out.size() * sizeof(float));
    return out;
  }

  /// Token embedding: the rows are both looked up and multiplied with, and have no bias.
  Result<Linear> embedding(const std::string& name, int n, int k) {
    const Part part{name, n, false, 1};
    return linear(std::span(&part, 1), k);
  }

  int64_t bytes() const { return bytes_; }

 private:
  static constexpr int kConvWidth = 3;  // taps of both convolutions (whisper/model.py, AudioEncoder)
  static constexpr int64_t kMostUnreturned = int64_t{1} << 24U;  // numbers: 32 MiB of float16

  /// Panels are independent: each thread converts 16 rows at a time. With `taps` > 1 the k of a source row runs over
  /// (in, taps) and is turned to (taps, in).
  Linear pack(std::span<const Rows> stack, int n, int k, int taps, FactorType type) {
    Linear layer = room_for(n, k, type);
    const int64_t panels = ceil_div(n, kPanel);
    const auto row_size = static_cast<size_t>(k);
    AlignedBuffer<float> scratch(static_cast<size_t>(pool_.threads()) * (kPanel + 1) * row_size);
    pool_.parallel_for(panels, [&](int64_t panel, int thread) {
      float* rows = scratch.data() + static_cast<size_t>(thread) * (kPanel + 1) * row_size;
      float* turned = rows + kPanel * row_size;
      const int begin = static_cast<int>(panel) * kPanel;
      const int end = std::min(n, begin + kPanel);
      for (int r = begin; r < end; ++r) {
        float* row = rows + static_cast<size_t>(r - begin) * row_size;
        const auto part = std::ranges::find_if(stack, [r](const Rows& p) { return r < p.first + p.count; });
        to_f32(part->view.row(r - part->first), {row, row_size});
        for (size_t i = 0; i < row_size; ++i) row[i] *= part->scale;
        if (taps > 1) {
          const int in = k / taps;
          for (int i = 0; i < k; ++i) turned[i % taps * in + i / taps] = row[i];
          std::copy_n(turned, k, row);
        }
      }
      pack_panel(rows, end - begin, static_cast<size_t>(panel), layer);
    });
    give_back_pages(static_cast<int64_t>(n) * k);
    return layer;
  }

  /// What was read of the file counts as this process's memory until its pages are given back.
  void give_back_pages(int64_t numbers) {
    unreturned_ += numbers;
    if (unreturned_ < kMostUnreturned) return;
    checkpoint_.release_pages();
    unreturned_ = 0;
  }

  static Linear room_for(int n, int k, FactorType type) {
    Linear layer;
    layer.n = n;
    layer.k = k;
    layer.type = type;
    const auto columns = static_cast<size_t>(round_up(n, kPanel));
    switch (type) {
      case FactorType::kFloat32: layer.w = AlignedBuffer<float>(packed_size_f32(n, k)); break;
      case FactorType::kBfloat16: layer.w_bf16 = AlignedBuffer<Bfloat16>(packed_size_bf16(n, k)); break;
      case FactorType::kInt16:
        layer.w16 = AlignedBuffer<int16_t>(packed_size_i16(n, k));
        layer.scale = AlignedBuffer<float>(columns);
        break;
      case FactorType::kInt8:
        layer.w8 = AlignedBuffer<int8_t>(packed_size_i8(n, k));
        layer.scale = AlignedBuffer<float>(columns);
        layer.offset = AlignedBuffer<int32_t>(columns);
        break;
      case FactorType::kInt4:
        layer.w4 = AlignedBuffer<uint8_t>(packed_size_i4(n, k));
        layer.step = AlignedBuffer<int8_t>(steps_i4(n, k));
        layer.scale = AlignedBuffer<float>(columns);
        break;
    }
    return layer;
  }

  /// Rows (count, K) become the panel of that number.
  void pack_panel(const float* rows, int count, size_t panel, Linear& layer) const {
    const int k = layer.k;
    switch (layer.type) {
      case FactorType::kFloat32: return pack_f32(rows, count, k, layer.w.data() + panel * packed_size_f32(kPanel, k));
      case FactorType::kBfloat16:
        return pack_bf16(rows, count, k, layer.w_bf16.data() + panel * packed_size_bf16(kPanel, k));
      case FactorType::kInt16:
        return kernels_.pack_rows_i16({.x = rows,
                                       .stride = k,
                                       .rows = count,
                                       .width = k,
                                       .level = most_level(k),
                                       .out = layer.w16.data() + panel * packed_size_i16(kPanel, k),
                                       .scale = layer.scale.data() + panel * kPanel});
      case FactorType::kInt8:
        return kernels_.pack_rows_bytes({.x = rows,
                                         .stride = k,
                                         .rows = count,
                                         .width = k,
                                         .out = layer.w8.data() + panel * packed_size_i8(kPanel, k),
                                         .scale = layer.scale.data() + panel * kPanel,
                                         .offset = layer.offset.data() + panel * kPanel});
      case FactorType::kInt4:
        return kernels_.pack_rows_i4({.x = rows,
                                      .stride = k,
                                      .rows = count,
                                      .width = k,
                                      .out = layer.w4.data() + panel * packed_size_i4(kPanel, k),
                                      .step = layer.step.data() + panel * steps_i4(kPanel, k),
                                      .scale = layer.scale.data() + panel * kPanel});
    }
  }

  /// Parts without a bias get zeros.
  Result<void> read_bias(std::span<const Part> parts, Linear& layer) const {
    layer.bias = AlignedBuffer<float>(static_cast<size_t>(layer.n));
    std::span<float> rest = layer.bias.span();
    for (const Part& part : parts) {
      const auto here = rest.first(static_cast<size_t>(part.rows));
      rest = rest.subspan(here.size());
      if (!part.has_bias) continue;
      SKALD_TRY(const TensorView view, checkpoint_.tensor(part.name + ".bias", Shape{part.rows}));
      to_f32(view, here);
      for (float& b : here) b *= part.scale;
    }
    return {};
  }

  const model::Checkpoint& checkpoint_;
  ThreadPool& pool_;
  const Kernels& kernels_;
  FactorType type_;
  int64_t bytes_ = 0;
  int64_t unreturned_ = 0;  // numbers read since pages were given back
};

/// The factor of the attention scores, on the query alone: the reference scales query and key by E^-0.25 each
/// (model.py, MultiHeadAttention.qkv_attention). Exact for E = 64, the head width of every Whisper model.
float query_scale(int width, int heads) {
  const int head_width = width / heads;
  return 1.0F / std::sqrt(static_cast<float>(head_width));
}

/// Query, key (which has no bias) and value of a self-attention.
Result<Linear> load_qkv(Loader& loader, const std::string& name, int width, int heads) {
  const Part parts[] = {{name + ".query", width, true, query_scale(width, heads)},
                        {name + ".key", width, false, 1},
                        {name + ".value", width, true, 1}};
  return loader.linear(parts, width);
}

Result<EncoderBlock> load_encoder_block(Loader& loader, const model::Dims& dims, const std::string& name) {
  const int width = dims.audio_state;
  EncoderBlock block;
  SKALD_TRY(block.attn_ln, loader.layer_norm(name + ".attn_ln", width));
  SKALD_TRY(block.qkv, load_qkv(loader, name + ".attn", width, dims.audio_heads));
  SKALD_TRY(block.attn_out, loader.linear(name + ".attn.out", width, width));
  SKALD_TRY(block.mlp_ln, loader.layer_norm(name + ".mlp_ln", width));
  SKALD_TRY(block.fc1, loader.linear(name + ".mlp.0", dims.audio_ffn, width));
  SKALD_TRY(block.fc2, loader.linear(name + ".mlp.2", width, dims.audio_ffn));
  return block;
}

Result<DecoderBlock> load_decoder_block(Loader& loader, const model::Dims& dims, const std::string& name) {
  const int width = dims.text_state;
  DecoderBlock block;
  SKALD_TRY(block.attn_ln, loader.layer_norm(name + ".attn_ln", width));
  SKALD_TRY(block.qkv, load_qkv(loader, name + ".attn", width, dims.text_heads));
  SKALD_TRY(block.attn_out, loader.linear(name + ".attn.out", width, width));
  SKALD_TRY(block.cross_ln, loader.layer_norm(name + ".cross_attn_ln", width));
  SKALD_TRY(block.cross_q,
            loader.linear(name + ".cross_attn.query", width, width, query_scale(width, dims.text_heads)));
  const Part kv[] = {{name + ".cross_attn.key", width, false, 1}, {name + ".cross_attn.value", width, true, 1}};
  SKALD_TRY(block.cross_kv, loader.linear(kv, dims.audio_state, loader.type_for_windows()));
  SKALD_TRY(block.cross_out, loader.linear(name + ".cross_attn.out", width, width));
  SKALD_TRY(block.mlp_ln, loader.layer_norm(name + ".mlp_ln", width));
  SKALD_TRY(block.fc1, loader.linear(name + ".mlp.0", dims.text_ffn, width));
  SKALD_TRY(block.fc2, loader.linear(name + ".mlp.2", width, dims.text_ffn));
  return block;
}

}  // namespace

const char* to_string(ComputeType type) {
  switch (type) {
    case ComputeType::kFloat32: return "float32";
    case ComputeType::kBfloat16: return "bfloat16";
    case ComputeType::kInt8: return "int8";
    case ComputeType::kInt4: return "int4";
  }
  return "unknown";
}

void Linear::row(int64_t index, float* out) const {
  const int64_t panel = index / kPanel;
  const int64_t column = index % kPanel;
  /// The element of `packed` that is W(index, i), in panels of groups of so many.
  const auto element = [&](const auto& packed, int64_t group, int64_t i) {
    const int64_t groups = ceil_div(int64_t{k}, group);
    return packed[static_cast<size_t>(((panel * groups + i / group) * kPanel + column) * group + i % group)];
  };
  /// Likewise of four bits, with the step of its block.
  const auto small = [&](int64_t i) {
    const auto whole = static_cast<size_t>(panel * ceil_div(k, kBlock4) + i / kBlock4) * kPanel;
    const size_t inside = static_cast<size_t>(i % kBlock4 / 8 * kPanel + column) * 4 + static_cast<size_t>(i % 4);
    const int both = w4[whole * (kBlock4 / 2) + inside];
    const int q = (i % 8 < 4 ? both & 0xF : both >> 4) + kLowestI4;
    return q * step[whole + static_cast<size_t>(column)];
  };
  for (int64_t i = 0; i < k; ++i) {
    switch (type) {
      case FactorType::kFloat32: out[i] = element(w, 1, i); break;
      case FactorType::kBfloat16: out[i] = bf16_to_f32(element(w_bf16, kGroup<Bfloat16>, i)); break;
      case FactorType::kInt16:
        out[i] = scale[static_cast<size_t>(index)] * static_cast<float>(element(w16, kGroup<int16_t>, i));
        break;
      case FactorType::kInt8:
        out[i] = scale[static_cast<size_t>(index)] * static_cast<float>(element(w8, kGroup<int8_t>, i));
        break;
      case FactorType::kInt4: out[i] = scale[static_cast<size_t>(index)] * static_cast<float>(small(i)); break;
    }
  }
}

Result<EncoderWeights> load_encoder(const model::Checkpoint& checkpoint, const Context& context) {
  const model::Dims& dims = checkpoint.dims();
  Loader loader(checkpoint, context);
  EncoderWeights weights;
  SKALD_TRY(weights.conv1, loader.conv("encoder.conv1", dims.audio_state, dims.mel_bands));
  SKALD_TRY(weights.conv2, loader.conv("encoder.conv2", dims.audio_state, dims.audio_state));
  SKALD_TRY(weights.positions, loader.tensor("encoder.positional_embedding", Shape{dims.audio_ctx, dims.audio_state}));
  for (int i = 0; i < dims.audio_layers; ++i) {
    SKALD_TRY(auto block, load_encoder_block(loader, dims, "encoder.blocks." + std::to_string(i)));
    weights.blocks.push_back(std::move(block));
  }
  SKALD_TRY(weights.ln_post, loader.layer_norm("encoder.ln_post", dims.audio_state));
  weights.bytes = loader.bytes();
  return weights;
}

Result<DecoderWeights> load_decoder(const model::Checkpoint& checkpoint, const Context& context) {
  const model::Dims& dims = checkpoint.dims();
  Loader loader(checkpoint, context);
  DecoderWeights weights;
  SKALD_TRY(weights.embedding, loader.embedding("decoder.token_embedding", dims.vocab, dims.text_state));
  SKALD_TRY(weights.positions, loader.tensor("decoder.positional_embedding", Shape{dims.text_ctx, dims.text_state}));
  for (int i = 0; i < dims.text_layers; ++i) {
    SKALD_TRY(auto block, load_decoder_block(loader, dims, "decoder.blocks." + std::to_string(i)));
    weights.blocks.push_back(std::move(block));
  }
  SKALD_TRY(weights.ln, loader.layer_norm("decoder.ln", dims.text_state));
  weights.bytes = loader.bytes();
  return weights;
}

}  // namespace skald::cpu
