#include "npu/plan/matmul.h"

#include <algorithm>
#include <utility>

#include "npu/kernels/layout.h"
#include "npu/plan/pieces.h"
#include "npu/program/blocks.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

constexpr int64_t kMostRepeats = 64;  // of a transfer: iteration field of a descriptor, AM020

/// The rows of the catalogue that a plan calls.
struct Chosen {
  const KernelRow* first = nullptr;
  const KernelRow* next = nullptr;
  const KernelRow* finish = nullptr;  ///< null: kNone
  const KernelRow* unpack = nullptr;  ///< null: B travels as the product wants it
};

std::string_view finish_of(const MatmulProblem& problem) {
  switch (problem.finish) {
    case Finish::kNone: break;
    case Finish::kRequantise: return "requantise_i8_";
    case Finish::kBias: return "finish_bf16_";
    case Finish::kGelu: return problem.type == Element::kI8 ? "requantise_gelu_i8_" : "finish_gelu_bf16_";
  }
  return {};
}

Result<Chosen> choose(const MatmulProblem& problem, const MatmulShape& tile) {
  const bool is_i8 = problem.type == Element::kI8;
  if (problem.finish == (is_i8 ? Finish::kBias : Finish::kRequantise)) {
    return fail(ErrorCode::kUnsupported, "matmul " + std::string(to_string(problem.type)),
                "is asked for the epilogue of the other type", "use kRequantise for int8, kBias for bfloat16");
  }
  const std::string mn = std::to_string(tile.m) + "x" + std::to_string(tile.n);
  const std::string size = std::to_string(tile.m) + "x" + std::to_string(tile.k) + "x" + std::to_string(tile.n);
  const std::string product = "matmul_" + std::string(to_string(problem.type)) + "_" + size;
  Chosen chosen{.first = find_kernel(product + "_first"), .next = find_kernel(product)};
  if (problem.weights_i4) {
    const std::string unpack = "unpack_i4_" + std::to_string(tile.k) + "x" + std::to_string(tile.n);
    chosen.unpack = problem.type == Element::kI8 ? find_kernel(unpack) : nullptr;
    if (chosen.unpack == nullptr) {
      return fail(ErrorCode::kUnsupported, "matmul " + std::string(to_string(problem.type)) + " with int4 weights",
                  "there is no kernel " + unpack + " for this type", "use int8 and a tile that the catalogue has");
    }
  }
  std::string missing = chosen.first == nullptr || chosen.next == nullptr ? product : "";
  if (problem.finish != Finish::kNone) {
    const std::string finish = std::string(finish_of(problem)) + mn;
    chosen.finish = find_kernel(finish);
    if (chosen.finish == nullptr) missing = finish;
    if (missing.empty() && chosen.finish->arguments[0].element != chosen.first->arguments[2].element) missing = finish;
    if (missing.empty() && chosen.finish->arguments[0].layout != chosen.first->arguments[2].layout) missing = finish;
  }
  if (!missing.empty()) {
    return fail(ErrorCode::kUnsupported, "matmul " + std::string(to_string(problem.type)),
                "there is no kernel " + missing, "choose a tile that the catalogue has");
  }
  return chosen;
}

class MatmulPlanner {
 public:
  MatmulPlanner(const MatmulProblem& problem, const MatmulTiling& tiling, const MatmulLayout& layout,
                const Chosen& chosen)
      : problem_(problem), tiling_(tiling), layout_(layout), chosen_(chosen) {}

  Program run(const std::string& device) {
    const MatmulShape& tile = tiling_.tile;
    p_.name = "matmul_" + std::string(to_string(problem_.type)) + (problem_.weights_i4 ? "_i4_" : "_") +
              std::to_string(problem_.m) + "x" + std::to_string(problem_.k) + "x" + std::to_string(problem_.n);
    p_.device = device;
    const Element in = problem_.type;
    const KernelRow& last = chosen_.finish != nullptr ? *chosen_.finish : *chosen_.first;
    out_ = last.arguments.back().element;
    const int64_t b_elements = layout_.packed_bytes / bytes_of(problem_.type);
    p_.arguments = {{.name = "a", .block = {in, {layout_.depth, layout_.m, tile.k}}, .access = Access::kRead},
                    {.name = "b", .block = {in, {b_elements}}, .access = Access::kRead},
                    {.name = "c", .block = {out_, {layout_.m, layout_.n}}, .access = Access::kWrite}};
    a_tile_ = {in, {tile.m, tile.k}};
    b_tile_ = {in, {panel_bytes(problem_, tile) / bytes_of(in)}};
    c_slice_ = {out_, {layout_.slice_rows, tile.n}};
    for (int column = 0; column < tiling_.columns; ++column) add_a(column);
    for (int column = 0; column < tiling_.columns; ++column) add_b(column);
    for (int column = 0; column < tiling_.columns; ++column) add_c(column);
    for (int column = 0; column < tiling_.columns; ++column) {
      for (int row = 0; row < tiling_.rows; ++row) add_core(column, row);
    }
    add_sequence();
    return std::move(p_);
  }

 private:
  void add_a(int column) {
    const int rows = layout_.rows_per_column;
    Block block = a_tile_;
    block.shape[0] *= rows;
    const std::string name = "a" + std::to_string(column);
    a_in_.push_back(add_fifo(
        p_,
        {.name = name, .producer = interface_of(column), .consumers = {{.tile = memory_of(column)}}, .block = block}));
    Link link{.inputs = {a_in_.back()}};
    for (int i = 0; i < rows; ++i) {
      const int row = column * rows + i;
      Fifo fifo{.name = "a_row" + std::to_string(row), .producer = memory_of(column), .block = a_tile_};
      fifo.to_stream = blocks_of_rows(block_order(chosen_.first->arguments[0].layout), tiling_.tile.m, tiling_.tile.k);
      for (int to = 0; to < tiling_.columns; ++to) fifo.consumers.push_back({.tile = core_at(to, row)});
      link.outputs.push_back(add_fifo(p_, std::move(fifo)));
      link.offsets.push_back(i * elements_of(a_tile_));
      a_core_.push_back(link.outputs.back());
    }
    p_.links.push_back(std::move(link));
  }

  void add_b(int column) {
    const std::string name = "b" + std::to_string(column);
    b_in_.push_back(add_fifo(p_, {.name = name,
                                  .producer = interface_of(column),
                                  .consumers = {{.tile = memory_of(column)}},
                                  .block = b_tile_}));
    Fifo fifo{.name = name + "_column", .producer = memory_of(column), .block = b_tile_};
    for (int row = 0; row < tiling_.rows; ++row) fifo.consumers.push_back({.tile = core_at(column, row)});
    b_core_.push_back(add_fifo(p_, std::move(fifo)));
    p_.links.push_back({.inputs = {b_in_.back()}, .outputs = {b_core_.back()}, .offsets = {0}});
  }

  void add_c(int column) {
    const std::string name = "c" + std::to_string(column);
    Link link;
    for (int row = 0; row < tiling_.rows; ++row) {
      const int fifo = add_fifo(p_, {.name = name + "_row" + std::to_string(row),
                                     .producer = core_at(column, row),
                                     .depth = c_depth(),
                                     .consumers = {{.tile = memory_of(column)}},
                                     .block = c_slice_});
      link.inputs.push_back(fifo);
      link.offsets.push_back(row * elements_of(c_slice_));
      c_core_.push_back(fifo);
    }
    Block joined = c_slice_;
    joined.shape[0] *= tiling_.rows;
    const KernelRow& last = chosen_.finish != nullptr ? *chosen_.finish : *chosen_.first;
    Fifo fifo{.name = name, .producer = memory_of(column), .block = joined};
    fifo.to_stream = rows_of_blocks(block_order(last.arguments.back().layout), layout_.slice_rows, tiling_.tile.n);
    fifo.consumers = {{.tile = interface_of(column)}};
    c_out_.push_back(add_fifo(p_, std::move(fifo)));
    link.outputs = {c_out_.back()};
    p_.links.push_back(std::move(link));
  }

  /// Two slices of C at a core where its memory has room for them beside two tiles of A and of B and the sums.
  int c_depth() const {
    const int64_t streams = 2 * (bytes_of(a_tile_) + bytes_of(b_tile_));
    const int64_t sums = chosen_.finish == nullptr ? 0 : chosen_.first->arguments.back().bytes();
    int64_t left = kNpu1.compute.memory.bytes - kNpu1.core.stack_default - streams - sums;
    if (chosen_.unpack != nullptr) left -= chosen_.unpack->arguments.back().bytes();
    if (chosen_.finish != nullptr) {
      for (const KernelArgument& argument : chosen_.finish->arguments)
        left -= argument.table.empty() ? 0 : argument.bytes();
    }
    return 2 * bytes_of(c_slice_) <= left ? 2 : 1;
  }

  /// One tile of C after the other, for ever.
  void add_core(int column, int row) {
    const Tile tile = core_at(column, row);
    const int a = a_core_[static_cast<size_t>(row)];
    const int b = b_core_[static_cast<size_t>(column)];
    const int core = column * tiling_.rows + row;
    const int c = c_core_[static_cast<size_t>(core)];
    Operand sums = object(c);
    std::vector<Step> body;
    if (chosen_.finish != nullptr) {
      const Element element = chosen_.first->arguments.back().element;
      sums = buffer(add_buffer(p_, "sums", tile, {element, {tiling_.tile.m, tiling_.tile.n}}));
    } else {
      body.push_back(step(Acquire{.fifo = c}));
    }
    Operand weights = object(b);
    if (chosen_.unpack != nullptr) {
      weights = buffer(add_buffer(p_, "weights", tile, {Element::kI8, {chosen_.unpack->arguments.back().extent}}));
    }
    const auto product = [&](const KernelRow& kernel, std::vector<Step>& to) {
      to.push_back(step(Acquire{.fifo = a}));
      to.push_back(step(Acquire{.fifo = b}));
      if (chosen_.unpack != nullptr) {
        to.push_back(call(std::string(chosen_.unpack->symbol), {object(b), weights}));
      }
      to.push_back(call(std::string(kernel.symbol), {object(a), weights, sums}));
      to.push_back(step(Release{.fifo = a}));
      to.push_back(step(Release{.fifo = b}));
    };
    product(*chosen_.first, body);
    if (layout_.depth > 1) {
      std::vector<Step> more;
      product(*chosen_.next, more);
      body.push_back(loop(layout_.depth - 1, std::move(more)));
    }
    if (chosen_.finish != nullptr) {
      add_finish(tile, {sums, object(b)}, c, body);
    } else {
      body.push_back(step(Release{.fifo = c}));
    }
    p_.cores.push_back({.tile = tile, .body = {for_ever(std::move(body))}});
  }

  /// `given`: the sums, the object of B that holds the parameters.
  void add_finish(Tile tile, std::vector<Operand> given, int c, std::vector<Step>& body) {
    const int b = given.back().id;
    const KernelRow& finish = *chosen_.finish;
    std::vector<Operand> operands = std::move(given);
    for (const KernelArgument& argument : finish.arguments) {
      if (argument.table.empty()) continue;
      operands.push_back(buffer(add_buffer(p_, std::string(argument.name), tile, {argument.element, {argument.extent}},
                                           std::string(argument.table))));
    }
    operands.push_back(object(c));
    operands.push_back(counter());
    if (problem_.type == Element::kI8) {
      operands.push_back(constant(problem_.down));
      operands.push_back(constant(problem_.shift));
    }
    body.push_back(step(Acquire{.fifo = b}));
    body.push_back(loop(
        tiling_.tile.m / layout_.slice_rows,
        {step(Acquire{.fifo = c}), call(std::string(finish.symbol), std::move(operands)), step(Release{.fifo = c})}));
    body.push_back(step(Release{.fifo = b}));
  }

  /// Block of rows after block of rows: while one is made, A of the next and the place for its C are queued. B is sent
  /// once, for all of them.
  void add_sequence() {
    int64_t under_way = 0;  // transfers of C, each column's
    for (int64_t block = 0; block < layout_.row_blocks; ++block) {
      if (block >= kUnderWay) wait_for(p_, a_in_);
      for (int column = 0; column < tiling_.columns; ++column) {
        push_a(block, column);
        if (block == 0) push_b(column);
      }
      for (int64_t i = 0; i < c_transfers(); ++i, ++under_way) {
        if (under_way == kUnderWay) {
          wait_for(p_, c_out_);
          --under_way;
        }
        for (int column = 0; column < tiling_.columns; ++column) push_c(block, i, column);
      }
    }
    for (; under_way > 0; --under_way) wait_for(p_, c_out_);
    for (int64_t block = 0; block < std::min(kUnderWay, layout_.row_blocks); ++block) wait_for(p_, a_in_);
    wait_for(p_, b_in_);
  }

  void push_a(int64_t block, int column) {
    const MatmulShape& tile = tiling_.tile;
    const int element = bytes_of(problem_.type);
    const int64_t first_row = block * tiling_.rows * tile.m;
    Transfer transfer{.fifo = a_in_[static_cast<size_t>(column)], .argument = 0, .token = true};
    transfer.pattern = {{layout_.column_blocks, 0}, {layout_.depth, layout_.m * tile.k}};
    if (layout_.dealt) {
      transfer.offset = (first_row + column * layout_.slice_rows) * tile.k;
      transfer.pattern.push_back({tile.m / layout_.slice_rows, int64_t{tiling_.rows} * layout_.slice_rows * tile.k});
      transfer.pattern.push_back({int64_t{layout_.slice_rows} * tile.k, 1});
    } else {
      const int64_t rows = int64_t{layout_.rows_per_column} * tile.m;
      transfer.offset = (first_row + column * rows) * tile.k;
      add_contiguous(transfer.pattern, rows * tile.k, element);
    }
    p_.sequence.emplace_back(std::move(transfer));
  }

  void push_b(int column) {
    const int element = bytes_of(problem_.type);
    const int64_t object = elements_of(b_tile_);
    const int64_t objects = layout_.column_blocks * layout_.panel_tiles;
    Transfer transfer{.fifo = b_in_[static_cast<size_t>(column)],
                      .argument = 1,
                      .offset = column * objects * object,
                      .pattern = {{layout_.row_blocks, 0}, {objects, object}},
                      .token = true};
    add_contiguous(transfer.pattern, object, element);
    p_.sequence.emplace_back(std::move(transfer));
  }

  /// Of one column and block of rows. Rows of C that are not dealt out come slice by slice of every row of cores: one
  /// transfer for each block of columns then, as the levels do not suffice.
  int64_t c_transfers() const { return one_stretch() ? 1 : layout_.column_blocks; }
  bool one_stretch() const { return layout_.dealt || layout_.slice_rows == tiling_.tile.m; }

  void push_c(int64_t block, int64_t i, int column) {
    const MatmulShape& tile = tiling_.tile;
    const int64_t rows = int64_t{tiling_.rows} * tile.m;
    const int64_t across = int64_t{tiling_.columns} * tile.n;
    const int64_t slice = layout_.slice_rows;
    Transfer transfer{.fifo = c_out_[static_cast<size_t>(column)],
                      .argument = 2,
                      .offset = block * rows * layout_.n + column * tile.n + i * across,
                      .token = true};
    if (one_stretch()) {
      transfer.pattern = {{layout_.column_blocks, across}, {rows, layout_.n}, {tile.n, 1}};
    } else {
      transfer.pattern = {
          {tile.m / slice, slice * layout_.n}, {tiling_.rows, tile.m * layout_.n}, {slice, layout_.n}, {tile.n, 1}};
    }
    p_.sequence.emplace_back(std::move(transfer));
  }

  const MatmulProblem& problem_;
  const MatmulTiling& tiling_;
  const MatmulLayout& layout_;
  const Chosen& chosen_;
  Program p_;
  Element out_ = Element::kI8;
  Block a_tile_;
  Block b_tile_;
  Block c_slice_;
  std::vector<int> a_in_;    ///< by column
  std::vector<int> a_core_;  ///< by row of cores
  std::vector<int> b_in_;    ///< by column
  std::vector<int> b_core_;  ///< by column
  std::vector<int> c_core_;  ///< by column and row
  std::vector<int> c_out_;   ///< by column
};

}  // namespace

int64_t panel_bytes(const MatmulProblem& problem, const MatmulShape& tile) {
  return int64_t{tile.k} * tile.n * bytes_of(problem.type) / (problem.weights_i4 ? 2 : 1);
}

Result<MatmulLayout> matmul_layout(const MatmulProblem& problem, const MatmulTiling& tiling) {
  const std::string where = "matmul " + std::to_string(problem.m) + "x" + std::to_string(problem.k) + "x" +
                            std::to_string(problem.n) + " on " + std::to_string(tiling.rows) + " x " +
                            std::to_string(tiling.columns) + " cores";
  if (problem.m < 1 || problem.k < 1 || problem.n < 1) {
    return fail(ErrorCode::kInvalidArgument, where, "has an empty side", "give sizes of at least 1");
  }
  if (tiling.columns < 1 || tiling.rows < 1 || tiling.rows % tiling.columns != 0) {
    return fail(ErrorCode::kUnsupported, where, "each interface tile must feed as many rows as the others",
                "use 4 x 4, 4 x 2, 4 x 1, 2 x 2, 2 x 1 or 1 x 1 cores");
  }
  SKALD_TRY(const Chosen chosen, choose(problem, tiling.tile));
  const MatmulShape& tile = tiling.tile;
  MatmulLayout layout;
  layout.m = round_up(problem.m, int64_t{tiling.rows} * tile.m);
  layout.k = round_up(problem.k, tile.k);
  layout.n = round_up(problem.n, int64_t{tiling.columns} * tile.n);
  layout.row_blocks = layout.m / tiling.rows / tile.m;
  layout.column_blocks = layout.n / tiling.columns / tile.n;
  layout.depth = layout.k / tile.k;
  layout.panel_tiles = layout.depth + (problem.finish == Finish::kNone ? 0 : 1);
  layout.packed_bytes = tiling.columns * layout.column_blocks * layout.panel_tiles * panel_bytes(problem, tile);
  layout.rows_per_column = tiling.rows / tiling.columns;
  layout.slice_rows =
      chosen.finish == nullptr ? tile.m : static_cast<int>(chosen.finish->arguments.back().extent / tile.n);
  layout.dealt = layout.rows_per_column == 1 && layout.slice_rows < tile.m;
  if (layout.row_blocks > kMostRepeats || layout.column_blocks > kMostRepeats) {
    return fail(ErrorCode::kUnsupported, where, "has more than 64 blocks on a side", "split the product");
  }
  if (chosen.finish != nullptr && chosen.finish->arguments[1].bytes() > panel_bytes(problem, tile)) {
    return fail(ErrorCode::kUnsupported, where, "the epilogue's parameters do not fit into an object of B",
                "use a deeper tile");
  }
  return layout;
}

Result<Program> plan_matmul(const MatmulProblem& problem, const MatmulTiling& tiling, const std::string& device) {
  SKALD_TRY(const MatmulLayout layout, matmul_layout(problem, tiling));
  SKALD_TRY(const Chosen chosen, choose(problem, tiling.tile));
  return MatmulPlanner(problem, tiling, layout, chosen).run(device);
}

}  // namespace skald::npu::plan
