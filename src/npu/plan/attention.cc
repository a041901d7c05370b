#include "npu/plan/attention.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "npu/plan/pieces.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

constexpr int64_t kBlock = kAttentionBlock;
constexpr int64_t kSlice = 16;  // queries that a core takes in or gives out at a time
constexpr int64_t kSlices = kBlock / kSlice;

/// Memory of a core that outlives its objects; indices into Program::buffers.
struct Buffers {
  int queries = 0;
  int scores = 0;
  int output = 0;
  int offset = 0;
  int factor = 0;
  int sum = 0;
  int lanes = 0;
};

class AttentionPlanner {
 public:
  AttentionPlanner(const AttentionProblem& problem, const Spread& spread, const AttentionLayout& layout)
      : problem_(problem),
        spread_(spread),
        layout_(layout),
        groups_(layout.queries / (spread.rows * kBlock)),
        key_blocks_(layout.keys / kBlock) {}

  Program run(const std::string& device) {
    p_.name = "attention_bf16_" + std::to_string(problem_.heads) + "x" + std::to_string(problem_.queries) + "x" +
              std::to_string(problem_.keys) + (problem_.causal ? "_causal" : "");
    p_.device = device;
    p_.arguments = {
        {.name = "q", .block = {Element::kBf16, {layout_.queries, problem_.query_width}}, .access = Access::kRead},
        {.name = "kv", .block = {Element::kBf16, {layout_.keys, problem_.key_width}}, .access = Access::kRead},
        {.name = "y", .block = {Element::kBf16, {layout_.queries, problem_.heads * kBlock}}, .access = Access::kWrite}};
    for (int column = 0; column < spread_.columns; ++column) {
      add_queries(column);
      add_keys(column);
      add_outputs(column);
      for (int row = 0; row < spread_.rows; ++row) add_core(column, row);
    }
    add_sequence();
    return std::move(p_);
  }

 private:
  /// Sixteen queries of each core make an object on the way to the memory tile.
  void add_queries(int column) {
    const std::string name = "q" + std::to_string(column);
    const Block slice{Element::kBf16, {kSlice, kBlock}};
    q_in_.push_back(add_fifo(p_, {.name = name,
                                  .producer = interface_of(column),
                                  .consumers = {{.tile = memory_of(column)}},
                                  .block = {Element::kBf16, {spread_.rows, kSlice, kBlock}}}));
    Link link{.inputs = {q_in_.back()}};
    for (int row = 0; row < spread_.rows; ++row) {
      link.outputs.push_back(add_fifo(p_, {.name = name + "_" + std::to_string(row),
                                           .producer = memory_of(column),
                                           .to_stream = blocks_of_rows({4, 8}, kSlice, kBlock),
                                           .consumers = {{.tile = core_at(column, row), .depth = 1}},
                                           .block = slice}));
      link.offsets.push_back(row * kSlice * kBlock);
    }
    q_core_.insert(q_core_.end(), link.outputs.begin(), link.outputs.end());
    p_.links.push_back(std::move(link));
  }

  void add_keys(int column) {
    const std::string name = "kv" + std::to_string(column);
    const Block block{Element::kBf16, {kBlock, kBlock}};
    kv_in_.push_back(add_fifo(
        p_,
        {.name = name, .producer = interface_of(column), .consumers = {{.tile = memory_of(column)}}, .block = block}));
    Fifo fifo{.name = name + "_column",
              .producer = memory_of(column),
              .to_stream = blocks_of_rows({4, 8}, kBlock, kBlock),
              .block = block};
    for (int row = 0; row < spread_.rows; ++row) fifo.consumers.push_back({.tile = core_at(column, row)});
    kv_core_.push_back(add_fifo(p_, std::move(fifo)));
    p_.links.push_back({.inputs = {kv_in_.back()}, .outputs = {kv_core_.back()}, .offsets = {0}});
  }

  void add_outputs(int column) {
    const std::string name = "y" + std::to_string(column);
    const Block slice{Element::kBf16, {kSlice, kBlock}};
    Link link;
    for (int row = 0; row < spread_.rows; ++row) {
      link.inputs.push_back(add_fifo(p_, {.name = name + "_" + std::to_string(row),
                                          .producer = core_at(column, row),
                                          .depth = 1,
                                          .consumers = {{.tile = memory_of(column)}},
                                          .block = slice}));
      link.offsets.push_back(row * kSlice * kBlock);
    }
    y_core_.insert(y_core_.end(), link.inputs.begin(), link.inputs.end());
    y_out_.push_back(add_fifo(p_, {.name = name,
                                   .producer = memory_of(column),
                                   .to_stream = rows_of_blocks({4, 4}, kSlice, kBlock),
                                   .consumers = {{.tile = interface_of(column)}},
                                   .block = {Element::kBf16, {spread_.rows, kSlice, kBlock}}}));
    link.outputs = {y_out_.back()};
    p_.links.push_back(std::move(link));
  }

  Buffers add_buffers(Tile tile) {
    const std::vector<int64_t> numbers{kBlock, kBlock};
    const std::vector<int64_t> statistics{kBlock / 4, 4, 4};
    Buffers made;
    made.queries = add_buffer(p_, "queries", tile, {Element::kBf16, numbers});
    made.scores = add_buffer(p_, "scores", tile, {Element::kF32, numbers});
    made.output = add_buffer(p_, "output", tile, {Element::kF32, numbers});
    made.offset = add_buffer(p_, "offset", tile, {Element::kF32, statistics});
    made.factor = add_buffer(p_, "factor", tile, {Element::kBf16, statistics});
    made.sum = add_buffer(p_, "sum", tile, {Element::kF32, statistics});
    if (problem_.causal || has_edge()) {
      made.lanes = add_buffer(p_, "lanes", tile, {Element::kI32, {32}}, "attention_lanes");
    }
    return made;
  }

  bool has_edge() const { return problem_.keys < layout_.keys; }

  /// A block of keys and one of values; with `limit`, keys above it are masked (kernels/attention_bf16.cc).
  std::vector<Step> block_steps(const Buffers& own, int column, std::vector<Step> mask) const {
    const int kv = kv_core_[static_cast<size_t>(column)];
    std::vector<Step> body{step(Acquire{.fifo = kv}),
                           call("matmul_bf16_64x64x64_first", {object(kv), buffer(own.queries), buffer(own.scores)}),
                           step(Release{.fifo = kv})};
    std::ranges::move(mask, std::back_inserter(body));
    body.push_back(call("attention_weights_bf16_64",
                        {buffer(own.scores), buffer(own.offset), buffer(own.factor), buffer(own.sum)}));
    body.push_back(step(Acquire{.fifo = kv}));
    body.push_back(
        call("attention_values_bf16_64", {object(kv), buffer(own.scores), buffer(own.factor), buffer(own.output)}));
    body.push_back(step(Release{.fifo = kv}));
    return body;
  }

  std::vector<Step> mask(const Buffers& own, const std::vector<Operand>& numbers) const {
    std::vector<Operand> operands{buffer(own.scores), buffer(own.lanes)};
    operands.insert(operands.end(), numbers.begin(), numbers.end());
    return {call("attention_mask_bf16_64", std::move(operands))};
  }

  /// All blocks of keys of one item. What a causal query sees ends before the keys do.
  std::vector<Step> all_blocks(const Buffers& own, int column, int row) const {
    if (problem_.causal) {
      const auto first = static_cast<int32_t>(row * kBlock + problem_.keys - problem_.queries);
      const auto group_step = static_cast<int32_t>(spread_.rows * kBlock);
      return {loop(key_blocks_, block_steps(own, column,
                                            mask(own, {constant(first), constant(1), constant(group_step), counter(1),
                                                       counter()})))};
    }
    if (!has_edge()) return {loop(key_blocks_, block_steps(own, column, {}))};
    std::vector<Step> steps;
    if (key_blocks_ > 1) steps.push_back(loop(key_blocks_ - 1, block_steps(own, column, {})));
    const auto last = static_cast<int32_t>(problem_.keys - (key_blocks_ - 1) * kBlock - 1);
    std::ranges::move(
        block_steps(own, column, mask(own, {constant(last), constant(0), constant(0), constant(0), constant(0)})),
        std::back_inserter(steps));
    return steps;
  }

  void add_core(int column, int row) {
    const Tile tile = core_at(column, row);
    const Buffers own = add_buffers(tile);
    const int core = column * spread_.rows + row;
    const int q = q_core_[static_cast<size_t>(core)];
    const int y = y_core_[static_cast<size_t>(core)];
    std::vector<Step> item{
        call("attention_begin_bf16_64", {buffer(own.offset), buffer(own.sum), buffer(own.output)}),
        loop(kSlices,
             {step(Acquire{.fifo = q}), call("attention_queries_bf16_64", {object(q), buffer(own.queries), counter()}),
              step(Release{.fifo = q})})};
    std::ranges::move(all_blocks(own, column, row), std::back_inserter(item));
    item.push_back(
        loop(kSlices, {step(Acquire{.fifo = y}),
                       call("attention_finish_bf16_64", {buffer(own.output), buffer(own.sum), object(y), counter()}),
                       step(Release{.fifo = y})}));
    // A causal core counts its items of a head.
    if (problem_.causal) item = {loop(groups_, std::move(item))};
    p_.cores.push_back({.tile = tile, .body = {for_ever(std::move(item))}});
  }

  /// Item after item, a column each; while one is worked on, the transfers of the next are queued. Columns take whole
  /// heads in turn where these are dealt out evenly, else items in turn.
  void add_sequence() {
    const int64_t rounds = (layout_.items + spread_.columns - 1) / spread_.columns;
    const bool even = problem_.heads % spread_.columns == 0;
    const auto columns_in = [&](int64_t round) {
      return static_cast<int>(std::min<int64_t>(spread_.columns, layout_.items - round * spread_.columns));
    };
    for (int64_t round = 0; round < rounds; ++round) {
      if (round >= kUnderWay) wait_for_items(columns_in(round - kUnderWay));
      for (int column = 0; column < columns_in(round); ++column) {
        const int64_t item = round * spread_.columns + column;
        const int64_t head = even ? round / groups_ * spread_.columns + column : item / groups_;
        push(head, even ? round % groups_ : item % groups_, column);
      }
    }
    for (int64_t round = std::max<int64_t>(0, rounds - kUnderWay); round < rounds; ++round) {
      wait_for_items(columns_in(round));
    }
  }

  void wait_for_items(int columns) {
    for (const std::vector<int>* fifos : {&q_in_, &kv_in_, &y_out_}) {
      wait_for(p_, std::span(*fifos).first(static_cast<size_t>(columns)));
    }
  }

  /// Slices of sixteen rows, of one core after the other.
  Pattern slices(int64_t width) const {
    return {{kSlices, kSlice * width}, {spread_.rows, kBlock * width}, {kSlice, width}, {kBlock, 1}};
  }

  void push(int64_t head, int64_t group, int column) {
    const int64_t first = group * spread_.rows * kBlock;
    const auto at = static_cast<size_t>(column);
    const int64_t out_width = problem_.heads * kBlock;
    p_.sequence.emplace_back(Transfer{.fifo = q_in_[at],
                                      .argument = 0,
                                      .offset = first * problem_.query_width + problem_.query_first + head * kBlock,
                                      .pattern = slices(problem_.query_width),
                                      .token = true});
    p_.sequence.emplace_back(Transfer{.fifo = kv_in_[at],
                                      .argument = 1,
                                      .offset = problem_.key_first + head * kBlock,
                                      .pattern = {{key_blocks_, kBlock * problem_.key_width},
                                                  {2, problem_.value_first - problem_.key_first},
                                                  {kBlock, problem_.key_width},
                                                  {kBlock, 1}},
                                      .token = true});
    p_.sequence.emplace_back(Transfer{.fifo = y_out_[at],
                                      .argument = 2,
                                      .offset = first * out_width + head * kBlock,
                                      .pattern = slices(out_width),
                                      .token = true});
  }

  const AttentionProblem& problem_;
  const Spread& spread_;
  const AttentionLayout& layout_;
  int64_t groups_;  ///< items of a head
  int64_t key_blocks_;
  Program p_;
  std::vector<int> q_in_;     ///< by column
  std::vector<int> q_core_;   ///< by core
  std::vector<int> kv_in_;    ///< by column
  std::vector<int> kv_core_;  ///< by column
  std::vector<int> y_core_;   ///< by core
  std::vector<int> y_out_;    ///< by column
};

}  // namespace

AttentionProblem self_attention(int64_t heads, int64_t positions, bool causal) {
  const int64_t width = heads * kBlock;
  return {.heads = heads,
          .queries = positions,
          .keys = positions,
          .causal = causal,
          .query_width = 3 * width,
          .key_width = 3 * width,
          .key_first = width,
          .value_first = 2 * width};
}

Result<AttentionLayout> attention_layout(const AttentionProblem& problem, const Spread& spread) {
  const std::string where = "attention of " + std::to_string(problem.heads) + " heads, " +
                            std::to_string(problem.queries) + " queries, " + std::to_string(problem.keys) + " keys";
  if (problem.heads < 1 || problem.queries < 1 || problem.keys < 1) {
    return fail(ErrorCode::kInvalidArgument, where, "has nothing to do", "give at least 1 of each");
  }
  if (problem.causal && problem.queries > problem.keys) {
    return fail(ErrorCode::kInvalidArgument, where, "some queries see no key", "give a key for each query");
  }
  const int64_t width = problem.heads * kBlock;
  const bool inside = problem.query_first >= 0 && problem.query_first + width <= problem.query_width &&
                      problem.key_first >= 0 && problem.value_first > problem.key_first &&
                      problem.value_first + width <= problem.key_width;
  if (!inside) {
    return fail(ErrorCode::kInvalidArgument, where, "has heads outside of its arrays",
                "queries, and keys before values, of 64 columns a head");
  }
  if (spread.rows < 1 || spread.columns < 1) {
    return fail(ErrorCode::kUnsupported, where, "is given no cores", "use 1 to 4 rows and columns");
  }
  if (problem.causal && problem.heads % spread.columns != 0) {
    return fail(ErrorCode::kUnsupported, where, "causal heads must be dealt out evenly to the columns",
                "use a number of columns that divides the heads");
  }
  const int64_t keys = round_up(problem.keys, kBlock);
  if (keys / kBlock > kNpu1.tools.memcpy_repeat) {
    return fail(ErrorCode::kUnsupported, where, "has more than 64 blocks of keys", "split the keys");
  }
  AttentionLayout layout;
  layout.queries = round_up(problem.queries, spread.rows * kBlock);
  layout.keys = keys;
  layout.items = problem.heads * layout.queries / (spread.rows * kBlock);
  layout.macs = 2 * problem.heads * layout.queries * layout.keys * kBlock;
  return layout;
}

Result<Program> plan_attention(const AttentionProblem& problem, const Spread& spread, const std::string& device) {
  SKALD_TRY(const AttentionLayout layout, attention_layout(problem, spread));
  return AttentionPlanner(problem, spread, layout).run(device);
}

}  // namespace skald::npu::plan
