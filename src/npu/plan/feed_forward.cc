#include "npu/plan/feed_forward.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "npu/kernels/catalogue.h"
#include "npu/kernels/layout.h"
#include "npu/plan/pieces.h"
#include "npu/program/blocks.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

constexpr int kColumns = 4;
constexpr int kRoles = 2;            // of either kind: makers of hidden numbers are rows 0 and 1 of the cores
constexpr int64_t kTakenRows = 32;   // of X that a column has at a time
constexpr int64_t kResultRows = 16;  // rows of an epilogue's result
constexpr int64_t kTile = 64;        // columns of every product, and depth of the first
constexpr int64_t kDepth = 128;      // of the second: hidden columns that the makers make together
constexpr int32_t kResults = kTakenRows / kResultRows;
constexpr BlockOrder kResult{4, 8};
constexpr BlockOrder kWeight{8, 8};

/// Bytes of an object of weights, of a maker and of one that sums.
constexpr std::array<int64_t, 2> kObject{kTile * kTile, kDepth* kTile};

struct Counts {
  int64_t depth = 0;                 ///< tiles of X along its width
  int64_t chunks = 0;                ///< of 128 hidden columns
  int64_t tiles = 0;                 ///< of Y, that one core sums
  std::array<int64_t, 2> objects{};  ///< of weights for 32 rows, of a maker and of one that sums
};

Counts counts_of(const FeedForwardProblem& problem) {
  Counts counts{
      .depth = problem.inputs / kTile, .chunks = problem.hidden / kDepth, .tiles = problem.outputs / kRoles / kTile};
  counts.objects = {counts.chunks * (counts.depth + 1), (counts.chunks + 1) * counts.tiles};
  return counts;
}

std::string where_of(const FeedForwardProblem& problem) {
  return "feed-forward block " + std::to_string(problem.rows) + " x " + std::to_string(problem.inputs) + " -> " +
         std::to_string(problem.hidden) + " -> " + std::to_string(problem.outputs);
}

class FeedForwardPlanner {
 public:
  FeedForwardPlanner(const FeedForwardProblem& problem, const FeedForwardLayout& layout)
      : problem_(problem), layout_(layout), counts_(counts_of(problem)) {}

  Program run(const std::string& device) {
    p_.name = "feed_forward_i8_" + std::to_string(problem_.rows) + "x" + std::to_string(problem_.inputs) + "x" +
              std::to_string(problem_.hidden) + "x" + std::to_string(problem_.outputs);
    p_.device = device;
    p_.arguments = {{.name = "x", .block = {Element::kI8, {layout_.rows, problem_.inputs}}, .access = Access::kRead},
                    {.name = "weights", .block = {Element::kI8, {layout_.weight_bytes}}, .access = Access::kRead},
                    {.name = "y", .block = {Element::kI8, {layout_.rows, problem_.outputs}}, .access = Access::kWrite}};
    for (int role = 0; role < 2 * kRoles; ++role) add_weights(role);
    for (int column = 0; column < kColumns; ++column) {
      const int x = add_x(column);
      const Hidden hidden = add_hidden(column);
      for (int role = 0; role < kRoles; ++role) add_maker(column, role, x, hidden.made[static_cast<size_t>(role)]);
      for (int role = 0; role < kRoles; ++role) add_summer(column, role, hidden.joined, add_y(column, role));
    }
    add_sequence();
    return std::move(p_);
  }

 private:
  struct Hidden {
    std::array<int, kRoles> made{};
    int joined = 0;
  };

  /// Of one role, through the column of the same number, to its row of cores.
  void add_weights(int role) {
    const Block block{Element::kI8, {kObject[static_cast<size_t>(role / kRoles)]}};
    const std::string name = "w" + std::to_string(role);
    w_in_.push_back(add_fifo(
        p_, {.name = name, .producer = interface_of(role), .consumers = {{.tile = memory_of(role)}}, .block = block}));
    Fifo fifo{.name = name + "_row", .producer = memory_of(role), .block = block};
    for (int column = 0; column < kColumns; ++column) fifo.consumers.push_back({.tile = core_at(column, role)});
    w_core_.push_back(add_fifo(p_, std::move(fifo)));
    p_.links.push_back({.inputs = {w_in_.back()}, .outputs = {w_core_.back()}, .offsets = {0}});
  }

  /// 32 rows of X in tiles of 64 columns; both makers hold all of them.
  int add_x(int column) {
    const Block block{Element::kI8, {kTakenRows, kTile}};
    const std::string name = "x" + std::to_string(column);
    x_in_.push_back(add_fifo(
        p_,
        {.name = name, .producer = interface_of(column), .consumers = {{.tile = memory_of(column)}}, .block = block}));
    Fifo fifo{.name = name + "_makers", .producer = memory_of(column), .block = block};
    fifo.to_stream = blocks_of_rows(kResult, kTakenRows, kTile);
    for (int role = 0; role < kRoles; ++role) {
      fifo.consumers.push_back({.tile = core_at(column, role), .depth = static_cast<int>(counts_.depth)});
    }
    const int to = add_fifo(p_, std::move(fifo));
    p_.links.push_back({.inputs = {x_in_.back()}, .outputs = {to}, .offsets = {0}});
    return to;
  }

  /// Sixteen rows of either maker, joined; where they arrive, they are put side by side.
  Hidden add_hidden(int column) {
    const std::string name = "h" + std::to_string(column);
    Hidden hidden;
    Link link;
    for (int role = 0; role < kRoles; ++role) {
      const int fifo = add_fifo(p_, {.name = name + "_" + std::to_string(role),
                                     .producer = core_at(column, role),
                                     .consumers = {{.tile = memory_of(column)}},
                                     .block = {Element::kI8, {kResultRows, kTile}}});
      hidden.made[static_cast<size_t>(role)] = fifo;
      link.inputs.push_back(fifo);
      link.offsets.push_back(role * kResultRows * kTile);
    }
    Fifo joined{.name = name, .producer = memory_of(column), .block = {Element::kI8, {kRoles, kResultRows, kTile}}};
    const int64_t stretch = kResult.rows * kTile;  // blocks of four rows, of one maker
    for (int role = kRoles; role < 2 * kRoles; ++role) {
      joined.consumers.push_back(
          {.tile = core_at(column, role),
           .depth = 2 * kResults,
           .from_stream = {{kRoles, stretch}, {kResultRows / kResult.rows, kRoles * stretch}, {stretch, 1}}});
    }
    hidden.joined = add_fifo(p_, std::move(joined));
    link.outputs = {hidden.joined};
    p_.links.push_back(std::move(link));
    return hidden;
  }

  int add_y(int column, int role) {
    const Block block{Element::kI8, {kResultRows, kTile}};
    const std::string name = "y" + std::to_string(column) + "_" + std::to_string(role);
    const int made = add_fifo(p_, {.name = name + "_core",
                                   .producer = core_at(column, kRoles + role),
                                   .consumers = {{.tile = memory_of(column)}},
                                   .block = block});
    y_out_.push_back(add_fifo(p_, {.name = name,
                                   .producer = memory_of(column),
                                   .to_stream = rows_of_blocks(kResult, kResultRows, kTile),
                                   .consumers = {{.tile = interface_of(column)}},
                                   .block = block}));
    p_.links.push_back({.inputs = {made}, .outputs = {y_out_.back()}, .offsets = {0}});
    return made;
  }

  void add_core(Tile tile, std::vector<Step> body) {
    p_.cores.push_back({.tile = tile, .body = {for_ever(std::move(body))}});
  }

  /// Its 64 hidden columns of every 128, for 32 rows of X.
  void add_maker(int column, int role, int x, int made) {
    const Tile tile = core_at(column, role);
    const int w = w_core_[static_cast<size_t>(role)];
    const int sums = add_buffer(p_, "sums", tile, {Element::kI32, {kTakenRows, kTile}});
    const int ab = add_buffer(p_, "gelu_ab", tile, {Element::kI8, {kTableI8Bytes}}, "gelu_i8");
    const int cd = add_buffer(p_, "gelu_cd", tile, {Element::kI8, {kTableI8Bytes}}, "gelu_i8");
    std::vector<Step> chunk;
    for (int k = 0; k < counts_.depth; ++k) {
      Operand tile_of_x = object(x);
      tile_of_x.index = k;
      chunk.push_back(step(Acquire{.fifo = w}));
      chunk.push_back(
          call(k == 0 ? "matmul_i8_32x64x64_first" : "matmul_i8_32x64x64", {tile_of_x, object(w), buffer(sums)}));
      chunk.push_back(step(Release{.fifo = w}));
    }
    chunk.push_back(step(Acquire{.fifo = w}));
    chunk.push_back(loop(kResults, {step(Acquire{.fifo = made}),
                                    call("requantise_gelu_i8_32x64",
                                         {buffer(sums), object(w), buffer(ab), buffer(cd), object(made), counter(),
                                          constant(problem_.first.down), constant(problem_.first.shift)}),
                                    step(Release{.fifo = made})}));
    chunk.push_back(step(Release{.fifo = w}));
    const int held = static_cast<int>(counts_.depth);
    add_core(tile, {step(Acquire{.fifo = x, .count = held}), loop(counts_.chunks, std::move(chunk)),
                    step(Release{.fifo = x, .count = held})});
  }

  /// Half of Y's columns, for the same 32 rows: a buffer of sums for every 16 x 64 of them.
  void add_summer(int column, int role, int hidden, int y) {
    const Tile tile = core_at(column, kRoles + role);
    const int w = w_core_[static_cast<size_t>(role) + kRoles];
    std::vector<int> sums;  // by tile of columns, then slice
    sums.reserve(static_cast<size_t>(counts_.tiles * kResults));
    for (int64_t i = 0; i < counts_.tiles * kResults; ++i) {
      sums.push_back(add_buffer(p_, "sums" + std::to_string(i), tile, {Element::kI32, {kResultRows, kTile}}));
    }
    const auto chunk = [&](const std::string& kernel) {
      std::vector<Step> body{step(Acquire{.fifo = hidden, .count = kResults})};
      for (int64_t i = 0; i < counts_.tiles; ++i) {
        body.push_back(step(Acquire{.fifo = w}));
        for (int slice = 0; slice < kResults; ++slice) {
          Operand rows = object(hidden);
          rows.index = slice;
          const int sum = sums[static_cast<size_t>(i * kResults + slice)];
          body.push_back(call(kernel, {rows, object(w), buffer(sum)}));
        }
        body.push_back(step(Release{.fifo = w}));
      }
      body.push_back(step(Release{.fifo = hidden, .count = kResults}));
      return body;
    };
    std::vector<Step> body = chunk("matmul_i8_16x128x64_first");
    if (counts_.chunks > 1) body.push_back(loop(counts_.chunks - 1, chunk("matmul_i8_16x128x64")));
    for (size_t i = 0; i < sums.size(); ++i) {
      if (i % kResults == 0) body.push_back(step(Acquire{.fifo = w}));
      body.push_back(step(Acquire{.fifo = y}));
      body.push_back(call("requantise_i8_16x64", {buffer(sums[i]), object(w), object(y), constant(0),
                                                  constant(problem_.second.down), constant(problem_.second.shift)}));
      body.push_back(step(Release{.fifo = y}));
      if (i % kResults == kResults - 1) body.push_back(step(Release{.fifo = w}));
    }
    add_core(tile, std::move(body));
  }

  void push(int fifo, int argument, int64_t offset, Pattern pattern) {
    p_.sequence.emplace_back(
        Transfer{.fifo = fifo, .argument = argument, .offset = offset, .pattern = std::move(pattern), .token = true});
  }

  void add_sequence() {
    int64_t offset = 0;
    for (int role = 0; role < 2 * kRoles; ++role) {
      const auto kind = static_cast<size_t>(role / kRoles);
      Pattern pattern{{layout_.rounds, 0}, {counts_.objects[kind], kObject[kind]}};
      add_contiguous(pattern, kObject[kind], 1);
      push(w_in_[static_cast<size_t>(role)], 1, offset, std::move(pattern));
      offset += counts_.objects[kind] * kObject[kind];
      const int64_t first_row = role * layout_.rounds * kTakenRows;  // of the column of that number
      const int64_t width = problem_.inputs;
      push(x_in_[static_cast<size_t>(role)], 0, first_row * width,
           {{layout_.rounds, kTakenRows * width}, {counts_.depth, kTile}, {kTakenRows, width}, {kTile, 1}});
    }
    for (int column = 0; column < kColumns; ++column) {
      for (int half = 0; half < kRoles; ++half) {
        const int64_t width = problem_.outputs;
        push(y_out_[static_cast<size_t>(column) * kRoles + static_cast<size_t>(half)], 2,
             column * layout_.rounds * kTakenRows * width + half * counts_.tiles * kTile,
             {{layout_.rounds, kTakenRows * width}, {counts_.tiles, kTile}, {kTakenRows, width}, {kTile, 1}});
      }
    }
    for (const std::vector<int>* fifos : {&y_out_, &w_in_, &x_in_}) wait_for(p_, *fifos);
  }

  const FeedForwardProblem& problem_;
  const FeedForwardLayout& layout_;
  Counts counts_;
  Program p_;
  std::vector<int> w_in_;    ///< by role
  std::vector<int> w_core_;  ///< by role
  std::vector<int> x_in_;    ///< by column
  std::vector<int> y_out_;   ///< by column and half
};

/// Weights (.., width), rows from `row`, columns from `column` on, as the object that a product takes.
std::byte* put_tile(std::span<const int8_t> from, int64_t width, std::pair<int64_t, int64_t> at, int64_t rows,
                    std::byte* to) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < kTile; ++column) {
      to[block_index(kWeight, kTile, row, column)] =
          static_cast<std::byte>(from[static_cast<size_t>((at.first + row) * width + at.second + column)]);
    }
  }
  return to + rows * kTile;
}

/// The parameters of 64 columns, in an object of `bytes`.
std::byte* put_parameters(std::span<const std::byte> from, int64_t column, int64_t bytes, std::byte* to) {
  std::memcpy(to, &from[static_cast<size_t>(requantise_parameter_bytes(column))],
              static_cast<size_t>(requantise_parameter_bytes(kTile)));
  return to + bytes;
}

}  // namespace

Result<FeedForwardLayout> feed_forward_layout(const FeedForwardProblem& problem) {
  const std::string where = where_of(problem);
  if (problem.rows < 1 || problem.inputs < 1 || problem.hidden < 1 || problem.outputs < 1) {
    return fail(ErrorCode::kInvalidArgument, where, "has an empty side", "give sizes of at least 1");
  }
  if (problem.inputs % kTile != 0 || problem.hidden % kDepth != 0 || problem.outputs % kDepth != 0) {
    return fail(ErrorCode::kUnsupported, where, "has widths that are not whole tiles",
                "use multiples of 64, 128 and 128");
  }
  const Counts counts = counts_of(problem);
  // Beside the stack: X, weights, sums, results, tables; sums, weights, hidden numbers, results.
  const int64_t maker = kTakenRows * (problem.inputs + kTile * 4) +
                        2 * (kObject[0] + kResultRows * kTile + kTableI8Bytes) + kNpu1.core.stack_default;
  const int64_t summer = kTakenRows * (problem.outputs / kRoles * 4 + 2 * kDepth) +
                         2 * (kObject[1] + kResultRows * kTile) + kNpu1.core.stack_default;
  const int64_t descriptors = counts.depth + 4;  // two for weights, two for hidden numbers
  if (std::max(maker, summer) > kNpu1.compute.memory.bytes || descriptors > kNpu1.compute.dma.descriptors) {
    return fail(ErrorCode::kUnsupported, where,
                "takes " + std::to_string(std::max(maker, summer)) + " bytes and " + std::to_string(descriptors) +
                    " descriptors of a core",
                "use two products, or narrower ones");
  }
  FeedForwardLayout layout{.rows = round_up(problem.rows, kColumns * kTakenRows)};
  layout.rounds = layout.rows / kColumns / kTakenRows;
  if (layout.rounds > kNpu1.tools.memcpy_repeat) {
    return fail(ErrorCode::kUnsupported, where, "has more than 64 rounds of rows", "split the rows");
  }
  layout.macs = layout.rows * problem.hidden * (problem.inputs + problem.outputs);
  layout.weight_bytes = kRoles * (counts.objects[0] * kObject[0] + counts.objects[1] * kObject[1]);
  return layout;
}

Result<Program> plan_feed_forward(const FeedForwardProblem& problem, const std::string& device) {
  SKALD_TRY(const FeedForwardLayout layout, feed_forward_layout(problem));
  return FeedForwardPlanner(problem, layout).run(device);
}

Result<std::vector<std::byte>> pack_feed_forward(const FeedForwardProblem& problem, const FeedForwardWeights& weights) {
  SKALD_TRY(const FeedForwardLayout layout, feed_forward_layout(problem));
  if (std::ssize(weights.first) != problem.inputs * problem.hidden ||
      std::ssize(weights.second) != problem.hidden * problem.outputs ||
      std::ssize(weights.first_parameters) != requantise_parameter_bytes(problem.hidden) ||
      std::ssize(weights.second_parameters) != requantise_parameter_bytes(problem.outputs)) {
    return fail(ErrorCode::kInvalidArgument, where_of(problem), "is given weights or parameters of other sizes");
  }
  const Counts counts = counts_of(problem);
  std::vector<std::byte> packed(static_cast<size_t>(layout.weight_bytes));
  std::byte* to = packed.data();
  for (int role = 0; role < kRoles; ++role) {
    for (int64_t chunk = 0; chunk < counts.chunks; ++chunk) {
      const int64_t column = chunk * kDepth + role * kTile;
      for (int64_t k = 0; k < counts.depth; ++k) {
        to = put_tile(weights.first, problem.hidden, {k * kTile, column}, kTile, to);
      }
      to = put_parameters(weights.first_parameters, column, kObject[0], to);
    }
  }
  for (int role = 0; role < kRoles; ++role) {
    const int64_t first = role * counts.tiles * kTile;
    for (int64_t chunk = 0; chunk < counts.chunks; ++chunk) {
      for (int64_t i = 0; i < counts.tiles; ++i) {
        to = put_tile(weights.second, problem.outputs, {chunk * kDepth, first + i * kTile}, kDepth, to);
      }
    }
    for (int64_t i = 0; i < counts.tiles; ++i) {
      to = put_parameters(weights.second_parameters, first + i * kTile, kObject[1], to);
    }
  }
  return packed;
}

}  // namespace skald::npu::plan
