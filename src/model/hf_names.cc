#include "model/hf_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace skald::model {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Left: modules of transformers' modeling_whisper.py. Right: those of openai/whisper's model.py.
constexpr std::array<Pair, 13> kBlockModules{{{"self_attn.q_proj", "attn.query"},
                                              {"self_attn.k_proj", "attn.key"},
                                              {"self_attn.v_proj", "attn.value"},
                                              {"self_attn.out_proj", "attn.out"},
                                              {"self_attn_layer_norm", "attn_ln"},
                                              {"encoder_attn.q_proj", "cross_attn.query"},
                                              {"encoder_attn.k_proj", "cross_attn.key"},
                                              {"encoder_attn.v_proj", "cross_attn.value"},
                                              {"encoder_attn.out_proj", "cross_attn.out"},
                                              {"encoder_attn_layer_norm", "cross_attn_ln"},
                                              {"fc1", "mlp.0"},
                                              {"fc2", "mlp.2"},
                                              {"final_layer_norm", "mlp_ln"}}};

constexpr std::array<Pair, 11> kWholeNames{{{"encoder.conv1.weight", "encoder.conv1.weight"},
                                            {"encoder.conv1.bias", "encoder.conv1.bias"},
                                            {"encoder.conv2.weight", "encoder.conv2.weight"},
                                            {"encoder.conv2.bias", "encoder.conv2.bias"},
                                            {"encoder.embed_positions.weight", "encoder.positional_embedding"},
                                            {"encoder.layer_norm.weight", "encoder.ln_post.weight"},
                                            {"encoder.layer_norm.bias", "encoder.ln_post.bias"},
                                            {"decoder.embed_tokens.weight", "decoder.token_embedding.weight"},
                                            {"decoder.embed_positions.weight", "decoder.positional_embedding"},
                                            {"decoder.layer_norm.weight", "decoder.ln.weight"},
                                            {"decoder.layer_norm.bias", "decoder.ln.bias"}}};

/// The row with `name` in one of its columns.
template <size_t N>
const Pair* find(const std::array<Pair, N>& table, std::string_view Pair::* column, std::string_view name) {
  const auto* found = std::ranges::find(table, name, column);
  return found == table.end() ? nullptr : found;
}

/// A layer's number as such files write it: no sign, no leading zero.
bool is_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "0.fc1.bias" -> "0.mlp.0.bias"
std::optional<std::string> block_tensor(std::string_view rest) {
  const size_t first = rest.find('.');
  const size_t last = rest.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const std::string_view layer = rest.substr(0, first);
  const std::string_view kind = rest.substr(last);
  const Pair* module = find(kBlockModules, &Pair::first, rest.substr(first + 1, last - first - 1));
  if (module == nullptr || !is_number(layer) || (kind != ".weight" && kind != ".bias")) return std::nullopt;
  std::string name(layer);
  name += '.';
  name += module->second;
  name += kind;
  return name;
}

}  // namespace

std::string hugging_face_name_of(std::string_view canonical) {
  std::string name = "model.";
  if (const Pair* whole = find(kWholeNames, &Pair::second, canonical)) return name.append(whole->first);
  // "encoder.blocks.0.mlp.0.bias": side, layer, module and kind
  constexpr std::string_view kBlocks = ".blocks.";
  const size_t side = canonical.find(kBlocks);
  const size_t layer = side + kBlocks.size();
  const size_t module = canonical.find('.', layer) + 1;
  const size_t kind = canonical.rfind('.');
  name.append(canonical.substr(0, side)).append(".layers.").append(canonical.substr(layer, module - layer));
  const Pair* found = find(kBlockModules, &Pair::second, canonical.substr(module, kind - module));
  return name.append(found->first).append(canonical.substr(kind));
}

std::optional<std::string> canonical_name(std::string_view name) {
  constexpr std::string_view kPrefix = "model.";
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  if (const Pair* whole = find(kWholeNames, &Pair::first, name)) return std::string(whole->second);
  for (const auto& [from, to] : {Pair{"encoder.layers.", "encoder.blocks."}, {"decoder.layers.", "decoder.blocks."}}) {
    if (!name.starts_with(from)) continue;
    const auto rest = block_tensor(name.substr(from.size()));
    if (!rest) return std::nullopt;
    return std::string(to) + *rest;
  }
  return std::nullopt;
}

}  // namespace skald::model
