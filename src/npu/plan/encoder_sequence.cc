#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <map>
#include <utility>

#include "npu/plan/encoder_streams.h"
#include "npu/plan/pieces.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

/// Writes the controller's steps, phase by phase.
class Sequencer {
 public:
  Sequencer(const EncoderProblem& problem, const EncoderLayout& layout, const ResidentStreams& streams,
            Program& program)
      : problem_(problem), layout_(layout), s_(streams), p_(program) {}

  void run(const std::vector<EncoderShifts>& shifts) {
    for (size_t i = 0; i < layout_.phases.size(); ++i) {
      const EncoderPhase& phase = layout_.phases[i];
      if (i == 0) push_weights(phase);
      set_up(phase, shifts.empty() ? EncoderShifts{} : shifts[i]);
      switch (phase.kind) {
        case EncoderPhase::Kind::kProduct: product(phase); break;
        case EncoderPhase::Kind::kAttention: attention(phase); break;
        case EncoderPhase::Kind::kNorm: norm(phase); break;
      }
      // What does not depend on this phase is on its way before it has ended.
      if (i + 1 < layout_.phases.size()) {
        make_room();
        push_weights(layout_.phases[i + 1]);
        open(phase, layout_.phases[i + 1]);
      }
      while (!under_way_.empty()) finish_batch();
    }
    wait_for(p_, weights_under_way_);
  }

 private:
  /// Pushes that are waited for together.
  using Batch = std::vector<int>;

  void push(int fifo, int argument, int64_t offset, Pattern pattern) {
    p_.sequence.emplace_back(
        Transfer{.fifo = fifo, .argument = argument, .offset = offset, .pattern = std::move(pattern), .token = true});
    batch_.push_back(fifo);
  }

  /// Room for another batch: a queue holds few transfers, and few may be alive.
  void begin_batch() {
    while (std::ssize(under_way_) >= kUnderWay) finish_batch();
  }
  void end_batch() { under_way_.push_back(std::exchange(batch_, {})); }
  void finish_batch() {
    wait_for(p_, under_way_.front());
    under_way_.pop_front();
  }

  /// Rows from which on the last batch of a phase writes.
  int64_t last_rows(const EncoderPhase& phase) const {
    switch (phase.kind) {
      case EncoderPhase::Kind::kProduct: return phase.m - kRowsOfBlock;
      case EncoderPhase::Kind::kAttention: {
        const int64_t first = (attention_rounds(problem_, phase.m) - 1) * kArray;
        return item_at(first, phase.m / kRowsOfBlock).group * kRowsOfBlock;
      }
      case EncoderPhase::Kind::kNorm: return phase.m - phase.m / norm_rounds() * norm_together();
    }
    return 0;
  }

  /// Rows of `phase`, from its first on, that the first batch of `next` reads by A. The second convolution reads three
  /// stretches of them as one block.
  int64_t first_rows(const EncoderPhase& phase, const EncoderPhase& next) const {
    if (next.kind == EncoderPhase::Kind::kNorm) return phase.m;
    if (next.kind == EncoderPhase::Kind::kProduct) return phase.m - next.m + kRowsOfBlock;
    return (item_at(kArray - 1, next.m / kRowsOfBlock).group + 1) * kRowsOfBlock;
  }

  /// A of the next phase's first batch, where nothing of it is written by this one's last, which is not waited for.
  void open(const EncoderPhase& phase, const EncoderPhase& next) {
    if (first_rows(phase, next) > last_rows(phase)) return;
    while (under_way_.size() > 1) finish_batch();
    if (next.kind == EncoderPhase::Kind::kProduct) {
      push_rows(next, 0, 0);
    } else {
      push_queries(next, 0, next.m / kRowsOfBlock);
    }
    opened_ = true;
  }

  /// For another transfer of every interface tile; a batch has as many of each.
  void make_room() {
    const auto full = [this] {
      size_t live = 1;
      for (const Batch& batch : under_way_) live += ceil_div(batch.size(), static_cast<size_t>(kArray));
      return live > static_cast<size_t>(kNpu1.tools.live_transfers);
    };
    while (full()) finish_batch();
  }

  static EncoderChoice choice(const EncoderPhase& phase) {
    if (phase.kind == EncoderPhase::Kind::kAttention) return EncoderChoice::kAttention;
    if (phase.kind == EncoderPhase::Kind::kNorm) return EncoderChoice::kNorm;
    return phase.int8 ? EncoderChoice::kProductInt8 : EncoderChoice::kProductBf16;
  }

  /// Of an int8 encoder's norms, the last is the one that does not give int8.
  EncoderEnd end(const EncoderPhase& phase) const {
    const bool int8 = problem_.precision == EncoderPrecision::kInt8;
    if (phase.kind == EncoderPhase::Kind::kNorm) return int8 && !phase.int8 ? EncoderEnd::kTerms : EncoderEnd::kPlain;
    if (phase.gelu) return phase.residual ? EncoderEnd::kGeluTerms : EncoderEnd::kGelu;
    return phase.residual ? EncoderEnd::kTerms : EncoderEnd::kPlain;
  }

  static ResidentProduct product_of(const EncoderPhase& phase) {
    return {.rounds = phase.m / kRowsOfBlock,
            .depths = phase.k / depth_of(phase.int8),
            .n = phase.n,
            .terms = phase.residual};
  }

  /// A core's words for a phase.
  ResidentWords words_for(const EncoderPhase& phase, const EncoderShifts& shifts, int64_t column) const {
    ResidentWords words;
    switch (phase.kind) {
      case EncoderPhase::Kind::kProduct: words = product_of(phase).words(column); break;
      case EncoderPhase::Kind::kAttention: words[kRounds] = attention_rounds(problem_, phase.m); break;
      case EncoderPhase::Kind::kNorm: words[kRounds] = norm_rounds(); break;
    }
    words[kPhase] = static_cast<int64_t>(choice(phase));
    if (phase.kind != EncoderPhase::Kind::kAttention) words[kEnd] = static_cast<int64_t>(end(phase));
    if (phase.int8 && phase.kind != EncoderPhase::Kind::kNorm) {
      words[kDown] = shifts.down;
      words[kShift] = shifts.shift;
      if (phase.kind == EncoderPhase::Kind::kAttention) words[kFactor] = shifts.factor;
    }
    return words;
  }

  void set_up(const EncoderPhase& phase, const EncoderShifts& shifts) {
    for (int core = 0; core < kArray * kArray; ++core) {
      parameters_.hand_over(core, words_for(phase, shifts, core / kArray));
    }
  }

  void push_weights(const EncoderPhase& phase) {
    if (phase.kind == EncoderPhase::Kind::kAttention) return;
    wait_for(p_, std::exchange(weights_under_way_, {}));
    const bool product = phase.kind == EncoderPhase::Kind::kProduct;
    int64_t from = phase.weights;
    for (int column = 0; column < kArray; ++column) {
      const int64_t objects = product ? tiles_of(phase.n, column) * (phase.k / depth_of(phase.int8) + 1) : 1;
      if (objects == 0) continue;
      Pattern pattern{{product ? phase.m / kRowsOfBlock : 1, 0}, {objects, kObjectOfB}};
      add_contiguous(pattern, kObjectOfB, 1);
      push(s_.b_in[static_cast<size_t>(column)], kWeights, from, std::move(pattern));
      if (product) from += objects * kObjectOfB;  // a norm's are for all
    }
    weights_under_way_ = std::exchange(batch_, {});
  }

  /// How a product's results leave, and what a batch of its transfers covers.
  struct Turns {
    explicit Turns(const EncoderPhase& phase)
        : int8_out(phase.int8 && phase.gelu),
          strips(int8_out ? 4 : 2),
          turns(kRowsOfTile / 4 / strips),
          cells(kColumnsOfTile * (int8_out ? 1 : 2) / 64),
          out_panel(phase.to_strips * kCell),
          block_step(kArray * cells * out_panel),
          apart(phase.residual || block_step > kNpu1.tools.memcpy_step * kStreamWordBytes),
          times(apart ? 1 : tiles_of(phase.n, 0)) {}

    bool int8_out;
    int64_t strips;  // of a turn: rows are dealt to rows of cores, 16 of int8, 8 of bfloat16, as cores give them
    int64_t turns;
    int64_t cells;  // of a strip of a tile of C
    int64_t out_panel;
    int64_t block_step;  // from a block of columns to the next
    // One block of columns at a time: between a tile's factors and the next one's come the residual's objects, or the
    // step from block to block is no descriptor's.
    bool apart;
    int64_t times;
  };

  /// A of a block of rows: first the factors of all rows of cores, with which they begin.
  void push_rows(const EncoderPhase& phase, int64_t block, int64_t across) {
    const Turns t(phase);
    const int64_t first = block * kRowsOfBlock / 4;  // strip
    for (int row = 0; row < kArray; ++row) {
      push(s_.a_in[static_cast<size_t>(row)], phase.from_argument, phase.from + (first + row * t.strips) * kCell,
           {{t.times, 0},
            {phase.k / depth_of(phase.int8), phase.from_strips * kCell},
            {t.turns, kArray * t.strips * kCell},
            {t.strips * kCell, 1}});
    }
    for (int row = 0; phase.residual && row < kArray; ++row) {
      push(s_.a_in[static_cast<size_t>(row)], phase.terms_argument,
           phase.terms + across * t.block_step + (first + row * t.strips) * kCell,
           {{product_of(phase).columns_with_terms(), t.cells * t.out_panel},
            {t.turns, kArray * t.strips * kCell},
            {t.cells, t.out_panel},
            {t.strips * kCell, 1}});
    }
  }

  void push_results(const EncoderPhase& phase, int64_t block, int64_t across) {
    const Turns t(phase);
    for (int column = 0; column < kArray; ++column) {
      const int64_t tiles = t.apart ? (across < tiles_of(phase.n, column) ? 1 : 0) : tiles_of(phase.n, column);
      if (tiles == 0) continue;
      const int64_t panel = (across * kArray + column) * t.cells;
      Pattern pattern{{tiles, tiles == 1 ? 0 : t.block_step}};
      if (t.int8_out) {
        pattern.insert(pattern.end(), {{kRowsOfBlock / 4, kCell}, {t.cells, t.out_panel}, {kCell, 1}});
      } else {
        pattern.insert(pattern.end(),
                       {{kArray * t.turns, t.strips * kCell}, {t.cells, t.out_panel}, {t.strips * kCell, 1}});
      }
      push(s_.c_out[static_cast<size_t>(column)], phase.to_argument,
           phase.to + panel * t.out_panel + block * kRowsOfBlock / 4 * kCell, std::move(pattern));
    }
  }

  void product(const EncoderPhase& phase) {
    const int64_t batches = tiles_of(phase.n, 0) / Turns(phase).times;  // of a block of rows
    for (int64_t block = 0; block < phase.m / kRowsOfBlock; ++block) {
      for (int64_t across = 0; across < batches; ++across) {
        begin_batch();
        if (!std::exchange(opened_, false)) push_rows(phase, block, across);
        push_results(phase, block, across);
        end_batch();
      }
    }
  }

  /// 256 queries of a head.
  struct Item {
    int64_t head = 0;
    int64_t group = 0;
  };

  /// What column `at` % 4 of cores does in round `at` / 4 of attention. Behind the last head there is room for what the
  /// last round has too many: results that nobody reads.
  Item item_at(int64_t at, int64_t groups) const {
    const int64_t heads = problem_.choices.deal_heads ? problem_.heads : round_up(problem_.heads, kArray);
    if (at < heads * groups) return {.head = at % heads, .group = at / heads};
    return {.head = heads + at - heads * groups, .group = groups - 1};
  }

  /// Queries of the four items from `first` on: those of neighbouring heads in one transfer.
  void push_queries(const EncoderPhase& phase, int64_t first, int64_t groups) {
    const int64_t panel = phase.from_strips * kCell;
    for (int64_t column = 0; column < kArray;) {
      const Item item = item_at(first + column, groups);
      int64_t heads = 1;
      for (; column + heads < kArray; ++heads) {
        const Item next = item_at(first + column + heads, groups);
        if (next.group != item.group || next.head != item.head + heads) break;
      }
      for (int row = 0; row < kArray; ++row) {
        const int64_t strip = (item.group * kRowsOfBlock + row * kRowsOfTile) / 4;
        push(s_.a_in[static_cast<size_t>(row)], phase.from_argument, phase.from + item.head * 2 * panel + strip * kCell,
             {{heads, 2 * panel}, {2, 8 * kCell}, {2, panel}, {8 * kCell, 1}});
      }
      column += heads;
    }
  }

  void attention(const EncoderPhase& phase) {
    wait_for(p_, std::exchange(weights_under_way_, {}));
    const int64_t panel = phase.from_strips * kCell;
    const int64_t block_bytes = kKeys / 4 * kCell;
    const int64_t groups = phase.m / kRowsOfBlock;
    const int64_t out_panels = phase.int8 ? 1 : 2;
    const int64_t strips = phase.int8 ? 8 : 4;  // that a core gives at once
    for (int64_t round = 0; round < attention_rounds(problem_, phase.m); ++round) {
      begin_batch();
      if (!std::exchange(opened_, false)) push_queries(phase, round * kArray, groups);
      for (int column = 0; column < kArray; ++column) {
        const auto at = static_cast<size_t>(column);
        const Item item = item_at(round * kArray + column, groups);
        const int64_t keys = phase.from + (problem_.width / 32 + 2 * item.head) * panel;
        push(s_.b_in[at], phase.from_argument, keys,
             {{key_blocks(problem_), block_bytes}, {2, problem_.width / 32 * panel}, {2, panel}, {block_bytes, 1}});
        push(s_.c_out[at], phase.to_argument,
             phase.to + item.head * out_panels * panel + item.group * kRowsOfBlock / 4 * kCell,
             {{kRowsOfTile / 4 / strips, strips * kCell},
              {kArray, kRowsOfTile / 4 * kCell},
              {out_panels, panel},
              {strips * kCell, 1}});
      }
      end_batch();
    }
  }

  int64_t norm_together() const { return layout_.norm_strips * kCell == kObjectOfC ? norm_rounds() : 1; }
  int64_t norm_rounds() const { return layout_.strips / layout_.norm_strips / (kArray * kArray); }

  /// Group of rows 16 t + 4 c + r is that of the core in column c and row r in round t.
  void norm(const EncoderPhase& phase) {
    const int64_t group = layout_.norm_strips * kCell;
    const int64_t panel = phase.from_strips * kCell;
    for (int row = 0; row < kArray; ++row) {
      push(s_.a_in[static_cast<size_t>(row)], phase.from_argument, phase.from + row * group,
           {{norm_rounds() * kArray, kArray * group}, {phase.n / 32, panel}, {group, 1}});
    }
    Batch rows = std::exchange(batch_, {});
    const int64_t panels = kObjectOfC / group;  // of an object
    const int64_t pieces = phase.n / (phase.int8 ? 64 : 32) / panels;
    // Where an object is of one panel, there is a level left for the rounds.
    const int64_t together = norm_together();
    for (int64_t round = 0; round < norm_rounds(); round += together) {
      begin_batch();
      for (int column = 0; column < kArray; ++column) {
        Pattern pattern{{pieces, panels * panel}, {kArray, group}, {panels, panel}, {group, 1}};
        if (panels == 1) pattern = {{together, kArray * kArray * group}, {pieces, panel}, {kArray, group}, {group, 1}};
        push(s_.c_out[static_cast<size_t>(column)], phase.to_argument,
             phase.to + (round * kArray * kArray + column * kArray) * group, std::move(pattern));
      }
      end_batch();
    }
    // Ends before the last results.
    under_way_.insert(std::prev(under_way_.end()), std::move(rows));
  }

  const EncoderProblem& problem_;
  const EncoderLayout& layout_;
  const ResidentStreams& s_;
  Program& p_;
  Batch batch_;
  std::deque<Batch> under_way_;
  Batch weights_under_way_;
  bool opened_ = false;  // A of the first batch is under way already
  ParameterWriter parameters_{p_};
};

}  // namespace

void add_encoder_sequence(const EncoderProblem& problem, const EncoderLayout& layout,
                          const std::vector<EncoderShifts>& shifts, const ResidentStreams& streams, Program& program) {
  Sequencer(problem, layout, streams, program).run(shifts);
}

namespace {

Result<Program> program_of(const EncoderProblem& problem, const EncoderLayout& layout,
                           const std::vector<EncoderShifts>& shifts, const std::string& device) {
  if (!shifts.empty() && shifts.size() != layout.phases.size()) {
    return fail(
        ErrorCode::kInvalidArgument, "plan_encoder",
        "got shifts for " + std::to_string(shifts.size()) + " phases of " + std::to_string(layout.phases.size()));
  }
  Program program{.name = std::string(problem.precision == EncoderPrecision::kInt8 ? "encoder_i8_" : "encoder_bf16_") +
                          std::to_string(problem.width) + "x" + std::to_string(problem.layers),
                  .device = device};
  const auto argument = [](const char* name, int64_t size, Access access) {
    return HostArgument{.name = name, .block = {Element::kI8, {size}}, .access = access};
  };
  program.arguments = {argument("frames", std::max<int64_t>(layout.frames_bytes, 64), Access::kRead),
                       argument("weights", layout.weight_bytes, Access::kRead),
                       argument("work", layout.work_bytes, Access::kReadWrite),
                       argument("states", std::max<int64_t>(layout.states_bytes, 64), Access::kWrite)};
  const ResidentStreams streams = add_encoder_cores(problem, layout, program);
  add_encoder_sequence(problem, layout, shifts, streams, program);
  return program;
}

}  // namespace

Result<Program> plan_encoder(const EncoderProblem& problem, const std::vector<EncoderShifts>& shifts,
                             const std::string& device) {
  SKALD_TRY(const EncoderLayout layout, encoder_layout(problem));
  return program_of(problem, layout, shifts, device);
}

Result<Program> plan_encoder_phase(const EncoderProblem& problem, size_t index, const std::string& device) {
  SKALD_TRY(EncoderLayout layout, encoder_layout(problem));
  layout.phases = {layout.phases[index]};
  return program_of(problem, layout, {}, device);
}

}  // namespace skald::npu::plan
