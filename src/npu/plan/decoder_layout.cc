#include <algorithm>
#include <utility>

#include "npu/plan/decoder.h"
#include "npu/plan/resident.h"

namespace skald::npu::plan {
namespace {

constexpr int64_t kPanelsOfHead = 4;  // of keys, and of values, two

/// Hands out places in the arguments.
class DecoderLayouter {
 public:
  explicit DecoderLayouter(const DecoderProblem& problem) : problem_(problem) {}

  DecoderLayout run() {
    DecoderLayout& l = layout_;
    const int64_t wide = round_up(problem_.width, kArray * kColumnsOfTile);
    l.rows = round_up(problem_.slots * kRowsOfTurn, kRowsOfTile);
    // Attention takes and gives whole blocks of queries, wherever a hypothesis' rows begin.
    l.strips = (l.rows + kRowsOfTile) / 4;
    l.heads = round_up(problem_.heads, kArray);
    l.norm_strips = usual_norm_strips(problem_.width);
    l.audio_rows = round_up(problem_.audio_positions, kRowsOfTile);
    l.text_rows = round_up(problem_.text_positions, kKeys);
    l.states = wide / 32 * l.panel_bytes();
    l.rows_bytes = l.states + l.audio_rows * problem_.width * 2;

    l.normed = memory(problem_.width);
    l.queries = memory(l.heads * kHeadWidth);
    l.mixed = memory(l.heads * kHeadWidth);
    l.hidden = memory(problem_.hidden);
    l.nowhere = take(l.memory_bytes, kPanelsOfHead * l.panel_bytes());
    l.cross_queries_bytes = l.heads * kHeadWidth / 32 * l.panel_bytes();
    l.cross_queries = take(l.memory_bytes, problem_.layers * l.cross_queries_bytes);
    l.cache_bytes = problem_.layers * l.heads * kPanelsOfHead * l.cache_panel();
    l.cache = take(l.memory_bytes, problem_.slots * l.cache_bytes);
    l.cross_bytes = problem_.layers * l.heads * kPanelsOfHead * l.cross_panel();
    l.cross = take(l.memory_bytes, problem_.windows * l.cross_bytes);

    for (int64_t i = 0; i < problem_.layers; ++i) add_layer();
    l.final_norm = weights(kObjectOfB);
    l.logits = product(problem_.width, round_up(problem_.vocabulary, kColumnsOfTile));
    l.logits_bytes = l.rows * l.logits.n * 4;
    return std::move(l);
  }

 private:
  static int64_t take(int64_t& end, int64_t bytes) { return std::exchange(end, end + bytes); }
  int64_t weights(int64_t bytes) { return take(layout_.weight_bytes, bytes); }

  /// Room for rows of so many bfloat16.
  int64_t memory(int64_t columns) { return take(layout_.memory_bytes, columns / 32 * layout_.panel_bytes()); }

  DecoderProduct product(int64_t k, int64_t n) {
    return {.k = k, .n = n, .weights = weights(n / kColumnsOfTile * (k / depth_of(false) + 1) * kObjectOfB)};
  }

  void add_layer() {
    const int64_t d = problem_.width;
    const int64_t both = problem_.heads * 2 * kHeadWidth;  // keys and values
    DecoderLayer layer;
    layer.norm = weights(kObjectOfB);
    layer.qkv = product(d, d + both);
    layer.out = product(d, d);
    layer.cross_norm = weights(kObjectOfB);
    layer.query = product(d, d);
    layer.cross_out = product(d, d);
    layer.cross_kv = product(d, both);
    layer.mlp_norm = weights(kObjectOfB);
    layer.up = product(d, problem_.hidden);
    layer.down = product(problem_.hidden, d);
    layout_.layers.push_back(layer);
  }

  const DecoderProblem& problem_;
  DecoderLayout layout_;
};

}  // namespace

int64_t DecoderLayout::panel_bytes() const {
  return strips * kCell;
}
int64_t DecoderLayout::cache_panel() const {
  return text_rows / 4 * kCell;
}
int64_t DecoderLayout::cross_panel() const {
  return audio_rows / 4 * kCell;
}
int64_t DecoderLayout::cache_at(int64_t slot, int64_t layer, int64_t head) const {
  return cache + slot * cache_bytes + (layer * heads + head) * kPanelsOfHead * cache_panel();
}
int64_t DecoderLayout::cross_at(int64_t window, int64_t layer, int64_t head) const {
  return cross + window * cross_bytes + (layer * heads + head) * kPanelsOfHead * cross_panel();
}

Result<DecoderLayout> decoder_layout(const DecoderProblem& problem) {
  const std::string where = "decoder of width " + std::to_string(problem.width);
  const int64_t least = std::min({problem.layers, problem.heads, problem.vocabulary, problem.text_positions,
                                  problem.audio_positions, problem.slots, problem.windows});
  if (least < 1) {
    return fail(ErrorCode::kInvalidArgument, where, "has an empty side", "give at least one of everything");
  }
  if (problem.width != problem.heads * kHeadWidth || problem.width % kColumnsOfTile != 0 ||
      problem.width > kWidestRow || problem.hidden % kColumnsOfTile != 0) {
    return fail(ErrorCode::kUnsupported, where, "has no layout: heads are 64 wide, widths multiples of 128 up to 1280",
                "use a Whisper model");
  }
  return DecoderLayouter(problem).run();
}

}  // namespace skald::npu::plan
