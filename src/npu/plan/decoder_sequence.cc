#include <algorithm>
#include <deque>
#include <utility>

#include "npu/plan/decoder_streams.h"
#include "npu/plan/pieces.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

constexpr int64_t kPanelBytes = 64;     // of a row
constexpr int64_t kMostObjects = 1023;  // of one level of a transfer
constexpr int64_t kMostTiles = 60;      // of one transfer of A: its first level has 64 at most
constexpr int64_t kTurnBytes = kRowsOfTurn * kPanelBytes;
constexpr int64_t kBlockBytes = kRowsOfTile * kPanelBytes;
constexpr int64_t kPanelsOfTile = kColumnsOfTile / 32;
constexpr int64_t kSumsOfTile = kRowsOfTile * kColumnsOfTile * 4;

static_assert(3 * kUnderWay <= kNpu1.tools.live_transfers);

/// Pushes transfers, and waits for the oldest of a stream that has two under way: an interface tile has three streams,
/// so that it never has too many.
class Pusher {
 public:
  explicit Pusher(Program& program) : p_(program) {}

  void push(int fifo, int argument, int64_t offset, Pattern pattern) {
    while (std::ranges::count(under_way_, fifo) >= kUnderWay) wait(fifo);
    p_.sequence.emplace_back(
        Transfer{.fifo = fifo, .argument = argument, .offset = offset, .pattern = std::move(pattern), .token = true});
    under_way_.push_back(fifo);
  }

  /// Until all transfers of these streams have ended.
  void drain(const std::vector<int>& fifos) {
    for (const int fifo : fifos) {
      while (std::ranges::count(under_way_, fifo) > 0) wait(fifo);
    }
  }

  void drain_all() {
    while (!under_way_.empty()) wait(under_way_.front());
  }

 private:
  void wait(int fifo) {
    p_.sequence.emplace_back(Wait{.fifo = fifo});
    under_way_.erase(std::ranges::find(under_way_, fifo));
  }

  Program& p_;
  std::deque<int> under_way_{};  // oldest first
};

/// An array of rows in panels.
struct Place {
  int argument = kDecoderMemory;
  int64_t at = 0;
  int64_t panel = 0;  ///< bytes
};

/// Writes the controller's steps, phase by phase.
class DecoderSequencer {
 public:
  DecoderSequencer(const DecoderProblem& problem, const DecoderLayout& layout, const ResidentStreams& streams,
                   Program& program)
      : problem_(problem), layout_(layout), s_(streams), p_(program), pusher_(program) {}

  void step(std::span<const DecoderRows> step) {
    step_ = step;
    for (const DecoderRows& one : step) rows_ += one.rows;
    rows_ = round_up(rows_, kRowsOfTile);
    const Place x = rows_at(layout_.x, kDecoderRows);
    const Place normed = rows_at(layout_.normed);
    const Place mixed = rows_at(layout_.mixed);
    const Place hidden = rows_at(layout_.hidden);
    for (size_t i = 0; i < layout_.layers.size(); ++i) {
      const DecoderLayer& layer = layout_.layers[i];
      layer_ = static_cast<int64_t>(i);
      norm(layer.norm);
      product(layer.qkv, normed, DecoderEnd::kPlain, &DecoderSequencer::give_qkv);
      self_attention();
      to_ = x;
      product(layer.out, mixed, DecoderEnd::kTerms, &DecoderSequencer::give_panels);
      norm(layer.cross_norm);
      to_ = rows_at(layout_.cross_queries + layer_ * layout_.cross_queries_bytes);
      product(layer.query, normed, DecoderEnd::kPlain, &DecoderSequencer::give_panels);
      cross_attention();
      to_ = x;
      product(layer.cross_out, mixed, DecoderEnd::kTerms, &DecoderSequencer::give_panels);
      norm(layer.mlp_norm);
      to_ = hidden;
      product(layer.up, normed, DecoderEnd::kGelu, &DecoderSequencer::give_panels);
      to_ = x;
      product(layer.down, hidden, DecoderEnd::kTerms, &DecoderSequencer::give_panels);
    }
    norm(layout_.final_norm);
    product(layout_.logits, normed, DecoderEnd::kSums, &DecoderSequencer::give_logits);
    pusher_.drain_all();
  }

  void window(int64_t window) {
    window_ = window;
    rows_ = layout_.audio_rows;
    const Place states{.argument = kDecoderRows, .at = layout_.states, .panel = rows_ * kPanelBytes};
    for (size_t i = 0; i < layout_.layers.size(); ++i) {
      layer_ = static_cast<int64_t>(i);
      product(layout_.layers[i].cross_kv, states, DecoderEnd::kPlain, &DecoderSequencer::give_cross);
    }
    pusher_.drain_all();
  }

 private:
  /// Tiles `first` to `first + count` of a column of cores, for a block of rows.
  struct Tiles {
    int64_t column = 0;
    int64_t first = 0;
    int64_t count = 0;
    int64_t block = 0;
    int64_t number() const { return first * kArray + column; }  ///< of the first, in the product
  };
  using Give = void (DecoderSequencer::*)(const Tiles& tiles);

  Place rows_at(int64_t at, int argument = kDecoderMemory) const {
    return {.argument = argument, .at = at, .panel = layout_.panel_bytes()};
  }

  void push_a(const Place& from, int64_t offset, Pattern pattern) {
    pusher_.push(s_.a_in.front(), from.argument, from.at + offset, std::move(pattern));
  }
  void push_b(int64_t column, int argument, int64_t offset, Pattern pattern) {
    pusher_.push(s_.b_in[static_cast<size_t>(column)], argument, offset, std::move(pattern));
  }
  void push_c(int64_t column, int argument, int64_t offset, Pattern pattern) {
    pusher_.push(s_.c_out[static_cast<size_t>(column)], argument, offset, std::move(pattern));
  }

  /// When all of the phase before is in host memory.
  void set_up(int64_t column, const ResidentWords& words) { parameters_.hand_over(static_cast<int>(column), words); }

  /// All that it writes is in host memory, and no core reads its parameters any more. What the next one does not make
  /// is on its way by then.
  void finish_phase() {
    pusher_.drain(s_.a_in);
    pusher_.drain(s_.c_out);
  }

  // ---- Products.

  static int64_t depths(const DecoderProduct& product) { return product.k / depth_of(false); }

  static bool leaves_by_tile(Give give) { return give == &DecoderSequencer::give_qkv; }

  void product(const DecoderProduct& product, const Place& from, DecoderEnd end, Give give) {
    const int64_t tiles = tiles_of(product.n, 0);
    const int64_t blocks = rows_ / kRowsOfTile;
    // A tile's factors are followed by its residual, so that there is a transfer for each.
    const bool terms = end == DecoderEnd::kTerms;
    const int64_t chunk = terms ? 1 : std::min(tiles, kMostTiles);
    const bool at_once = tiles * (depths(product) + 1) <= kMostObjects && blocks <= kMostTiles;
    if (at_once) {
      for (int64_t column = 0; column < kArray; ++column) push_weights(product, column, 0, tiles, blocks);
    }
    finish_phase();
    const ResidentProduct told{.rounds = blocks, .depths = depths(product), .n = product.n, .terms = terms};
    for (int64_t column = 0; column < kArray; ++column) {
      ResidentWords words = told.words(column);
      words[kPhase] = static_cast<int64_t>(DecoderChoice::kProduct);
      words[kEnd] = static_cast<int64_t>(end);
      set_up(column, words);
    }
    for (int64_t block = 0; block < blocks; ++block) {
      for (int64_t first = 0; first < tiles; first += chunk) {
        const int64_t count = std::min(chunk, tiles - first);
        for (int64_t column = 0; column < kArray && !at_once; ++column) push_weights(product, column, first, count, 1);
        push_a(from, block * kBlockBytes,
               {{count, 0}, {depths(product), from.panel}, {2, kBlockBytes / 2}, {kBlockBytes / 2, 1}});
        if (terms) push_terms(told, block, first);
        // A goes on when all columns have given: what leaves tile by tile is pushed for all of them in turn.
        const int64_t together = leaves_by_tile(give) ? 1 : count;
        for (int64_t at = first; at < first + count; at += together) {
          for (int64_t column = 0; column < kArray; ++column) {
            const int64_t own = std::clamp<int64_t>(tiles_of(product.n, column) - at, 0, together);
            if (own > 0) (this->*give)({.column = column, .first = at, .count = own, .block = block});
          }
        }
      }
    }
  }

  /// `count` of a column's tiles from `first` on, `times`.
  void push_weights(const DecoderProduct& product, int64_t column, int64_t first, int64_t count, int64_t times) {
    const int64_t objects = depths(product) + 1;
    int64_t from = product.weights;
    for (int64_t before = 0; before < column; ++before) from += tiles_of(product.n, before) * objects * kObjectOfB;
    const int64_t own = std::clamp<int64_t>(tiles_of(product.n, column) - first, 0, count);
    if (own == 0) return;
    Pattern pattern{{times, 0}, {own * objects, kObjectOfB}};
    add_contiguous(pattern, kObjectOfB, 1);
    push_b(column, kDecoderWeights, from + first * objects * kObjectOfB, std::move(pattern));
  }

  /// The residual, which is what the results replace, for all columns.
  void push_terms(const ResidentProduct& product, int64_t block, int64_t across) {
    push_a(to_, across * kArray * kPanelsOfTile * to_.panel + block * kBlockBytes,
           {{product.columns_with_terms(), kPanelsOfTile * to_.panel},
            {kRowsOfTile / kRowsOfTurn, kTurnBytes},
            {kPanelsOfTile, to_.panel},
            {kTurnBytes, 1}});
  }

  /// Rows of a turn, then the next ones, as cores give them.
  static Pattern turns(int64_t rows, int64_t panel) {
    return {{rows / kRowsOfTurn, kTurnBytes}, {kPanelsOfTile, panel}, {kTurnBytes, 1}};
  }

  void give_panels(const Tiles& tiles) {
    Pattern pattern = turns(kRowsOfTile, to_.panel);
    pattern.insert(pattern.begin(), Dim{tiles.count, tiles.count == 1 ? 0 : kArray * kPanelsOfTile * to_.panel});
    push_c(tiles.column, to_.argument, to_.at + tiles.number() * kPanelsOfTile * to_.panel + tiles.block * kBlockBytes,
           std::move(pattern));
  }

  /// Queries, and behind them each head's keys and values, which go to the caches of the rows' hypotheses.
  void give_qkv(const Tiles& tiles) {
    const int64_t queries = problem_.width / kColumnsOfTile;
    const int64_t tile = tiles.number();
    if (tile >= queries) return give_to_caches(tiles.column, tile - queries, tiles.block);
    push_c(tiles.column, kDecoderMemory,
           layout_.queries + tile * kPanelsOfTile * layout_.panel_bytes() + tiles.block * kBlockBytes,
           turns(kRowsOfTile, layout_.panel_bytes()));
  }

  void give_to_caches(int64_t column, int64_t head, int64_t block) {
    const int64_t begin = block * kRowsOfTile;
    const int64_t end = begin + kRowsOfTile;
    int64_t at = 0;  // row
    for (const DecoderRows& one : step_) {
      const int64_t low = std::max(at, begin);
      const int64_t high = std::min(at + one.rows, end);
      if (low < high) {
        push_c(column, kDecoderMemory, layout_.cache_at(one.slot, layer_, head) + (one.first + low - at) * kPanelBytes,
               turns(high - low, layout_.cache_panel()));
      }
      at += one.rows;
    }
    if (at >= end) return;
    at = std::max(at, begin);
    push_c(column, kDecoderMemory, layout_.nowhere, turns(end - at, layout_.panel_bytes()));
  }

  void give_cross(const Tiles& tiles) {
    Pattern pattern = turns(kRowsOfTile, layout_.cross_panel());
    const int64_t head = layout_.cross_at(window_, layer_, 1) - layout_.cross_at(window_, layer_, 0);
    pattern.insert(pattern.begin(), Dim{tiles.count, tiles.count == 1 ? 0 : kArray * head});
    push_c(tiles.column, kDecoderMemory, layout_.cross_at(window_, layer_, tiles.number()) + tiles.block * kBlockBytes,
           std::move(pattern));
  }

  /// A block of rows: tile after tile, strip after strip, as cores hold sums.
  void give_logits(const Tiles& tiles) {
    push_c(
        tiles.column, kDecoderLogits,
        (tiles.block * (layout_.logits.n / kColumnsOfTile) + tiles.number()) * kSumsOfTile,
        {{tiles.count, tiles.count == 1 ? 0 : kArray * kSumsOfTile}, {kRowsOfTile / 4, kObjectOfC}, {kObjectOfC, 1}});
  }

  // ---- Attention.

  /// Rows that attend together to the same keys.
  struct Group {
    int64_t row = 0;
    int64_t rows = 0;
    int64_t keys = 0;  ///< byte of the first panel
    int64_t blocks = 0;
    int64_t seen = 0;
  };

  void self_attention() {
    int64_t row = 0;
    for (const DecoderRows& one : step_) {
      attend({{.row = row,
               .rows = one.rows,
               .keys = layout_.cache_at(one.slot, layer_, 0),
               .blocks = one.first / kKeys + 1,
               .seen = one.first}},
             layout_.queries, layout_.cache_panel(), true);
      row += one.rows;
    }
  }

  void cross_attention() {
    std::vector<Group> together;
    int64_t row = 0;
    const auto flush = [&] {
      if (together.empty()) return;
      attend(std::exchange(together, {}), layout_.cross_queries + layer_ * layout_.cross_queries_bytes,
             layout_.cross_panel(), false);
    };
    for (size_t i = 0; i < step_.size();) {
      const DecoderRows& one = step_[i];
      Group group{.row = row,
                  .keys = layout_.cross_at(one.window, layer_, 0),
                  .blocks = ceil_div(one.positions, kKeys),
                  .seen = one.positions - 1};
      for (; i < step_.size() && step_[i].window == one.window && group.rows + step_[i].rows <= kRowsOfTile; ++i) {
        group.rows += step_[i].rows;
      }
      row += group.rows;
      if (!together.empty() && together.front().seen != group.seen) flush();
      together.push_back(group);
    }
    flush();
  }

  /// Groups whose parameters are the same: one phase. A core gives whole objects of 16 rows: what is not its group's is
  /// written again by the next one.
  void attend(const std::vector<Group>& groups, int64_t queries, int64_t keys_panel, bool causal) {
    const int64_t rounds = layout_.heads / kArray;  // of a group
    const int64_t panel = layout_.panel_bytes();
    int64_t gives = 0;
    for (const Group& group : groups) gives = std::max(gives, ceil_div(group.rows, int64_t{16}));
    finish_phase();
    for (int64_t column = 0; column < kArray; ++column) {
      set_up(column, {{kPhase, static_cast<int64_t>(DecoderChoice::kAttention)},
                      {kRounds, rounds * std::ssize(groups)},
                      {kBlocks, groups.front().blocks},
                      {kSeen, groups.front().seen},
                      {kCausal, causal ? 1 : 0},
                      {kGives, gives},
                      {kGroups, 4 * gives}});
    }
    for (const Group& group : groups) {
      for (int64_t column = 0; column < kArray; ++column) {
        push_b(column, kDecoderMemory, group.keys + column * 4 * keys_panel,
               {{rounds, kArray * 4 * keys_panel},
                {group.blocks, kKeys * kPanelBytes},
                {4, keys_panel},
                {kKeys * kPanelBytes, 1}});
      }
      const int64_t first = group.row * kPanelBytes;
      for (int64_t round = 0; round < rounds; ++round) {
        pusher_.push(s_.a_in.front(), kDecoderMemory, queries + round * kArray * 2 * panel + first,
                     {{kArray, 2 * panel}, {2, kBlockBytes / 2}, {2, panel}, {kBlockBytes / 2, 1}});
        if (round > 0) continue;
        for (int64_t column = 0; column < kArray; ++column) {
          push_c(column, kDecoderMemory, layout_.mixed + column * 2 * panel + first,
                 {{rounds, kArray * 2 * panel}, {gives, 16 * kPanelBytes}, {2, panel}, {16 * kPanelBytes, 1}});
        }
      }
    }
  }

  // ---- Norms.

  void norm(int64_t weights) {
    const int64_t strips = layout_.norm_strips;
    const int64_t group = strips * kCell;
    const int64_t panel = layout_.panel_bytes();
    const int64_t rounds = rows_ / 4 / strips / kArray;
    for (int64_t column = 0; column < kArray; ++column) {
      Pattern pattern;
      add_contiguous(pattern, kObjectOfB, 1);
      push_b(column, kDecoderWeights, weights, std::move(pattern));
    }
    finish_phase();
    for (int64_t column = 0; column < kArray; ++column) {
      set_up(column, {{kPhase, static_cast<int64_t>(DecoderChoice::kNorm)}, {kRounds, rounds}});
    }
    push_a(rows_at(layout_.x, kDecoderRows), 0, {{rounds * kArray, group}, {problem_.width / 32, panel}, {group, 1}});
    const int64_t panels = kObjectOfC / group;  // of an object
    for (int64_t column = 0; column < kArray; ++column) {
      push_c(column, kDecoderMemory, layout_.normed + column * group,
             {{rounds, kArray * group}, {problem_.width / 32 / panels, panels * panel}, {panels, panel}, {group, 1}});
    }
  }

  const DecoderProblem& problem_;
  const DecoderLayout& layout_;
  const ResidentStreams& s_;
  Program& p_;
  Pusher pusher_;
  std::span<const DecoderRows> step_{};
  int64_t rows_ = 0;  // of a phase, whole tiles
  int64_t layer_ = 0;
  int64_t window_ = 0;
  Place to_{};  // of a product's results
  ParameterWriter parameters_{p_};
};

Program decoder_program(const DecoderProblem& problem, const DecoderLayout& layout, const std::string& device) {
  Program program{.name = "decoder_bf16_" + std::to_string(problem.width) + "x" + std::to_string(problem.layers),
                  .device = device};
  const auto argument = [](const char* name, int64_t size, Access access) {
    return HostArgument{.name = name, .block = {Element::kI8, {size}}, .access = access};
  };
  program.arguments = {argument("rows", layout.rows_bytes, Access::kReadWrite),
                       argument("weights", layout.weight_bytes, Access::kRead),
                       argument("memory", layout.memory_bytes, Access::kReadWrite),
                       argument("logits", layout.logits_bytes, Access::kWrite)};
  return program;
}

}  // namespace

Result<Program> plan_decoder_step(const DecoderProblem& problem, const DecoderLayout& layout,
                                  std::span<const DecoderRows> step, const std::string& device) {
  int64_t rows = 0;
  for (const DecoderRows& one : step) {
    const bool inside = one.slot >= 0 && one.slot < problem.slots && one.window >= 0 && one.window < problem.windows &&
                        one.positions > 0 && one.positions <= problem.audio_positions && one.first >= 0 &&
                        one.first + one.rows <= layout.text_rows;
    const bool whole = one.rows > 0 && one.rows % kRowsOfTurn == 0 && one.first % kRowsOfTurn == 0 &&
                       one.first / kKeys == (one.first + one.rows - 1) / kKeys;
    if (!inside || !whole) {
      return fail(ErrorCode::kInvalidArgument, "plan_decoder_step",
                  "slot " + std::to_string(one.slot) + ": rows " + std::to_string(one.first) + " to " +
                      std::to_string(one.first + one.rows) + " are no part of a step",
                  "give turns of eight rows within a block of 32 positions");
    }
    rows += one.rows;
  }
  if (rows == 0 || rows > layout.rows) {
    return fail(ErrorCode::kInvalidArgument, "plan_decoder_step",
                std::to_string(rows) + " rows do not fit " + std::to_string(layout.rows), "split the step");
  }
  Program program = decoder_program(problem, layout, device);
  const ResidentStreams streams = add_decoder_cores(problem, layout, program);
  DecoderSequencer(problem, layout, streams, program).step(step);
  return program;
}

Result<Program> plan_decoder_window(const DecoderProblem& problem, const DecoderLayout& layout, int64_t window,
                                    const std::string& device) {
  if (window < 0 || window >= problem.windows) {
    return fail(ErrorCode::kInvalidArgument, "plan_decoder_window", "there is no window " + std::to_string(window),
                "give one of " + std::to_string(problem.windows));
  }
  Program program = decoder_program(problem, layout, device);
  program.arguments.resize(kDecoderLogits);
  const ResidentStreams streams = add_decoder_cores(problem, layout, program);
  DecoderSequencer(problem, layout, streams, program).window(window);
  return program;
}

}  // namespace skald::npu::plan
