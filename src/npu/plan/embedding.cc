#include "npu/plan/embedding.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "npu/kernels/catalogue.h"
#include "npu/plan/pieces.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

/// Rows that a column's channel has queued: two transfers each.
constexpr int64_t kQueuedRows = 2;

class EmbeddingPlanner {
 public:
  EmbeddingPlanner(const EmbeddingProblem& problem, std::span<const EmbeddedToken> rows)
      : problem_(problem), rows_(rows), columns_(std::min<int64_t>(kNpu1.geometry.columns, std::ssize(rows))) {}

  Program run(const std::string& device) {
    const int64_t width = problem_.width;
    p_.name = "embedding_bf16_" + std::to_string(rows_.size()) + "x" + std::to_string(width);
    p_.device = device;
    p_.arguments = {
        {.name = "tokens", .block = {Element::kBf16, {problem_.vocabulary, width}}, .access = Access::kRead},
        {.name = "positions", .block = {Element::kBf16, {problem_.positions, width}}, .access = Access::kRead},
        {.name = "y", .block = {Element::kBf16, {std::ssize(rows_), width}}, .access = Access::kWrite}};
    for (int column = 0; column < columns_; ++column) add_column(column);
    add_sequence();
    return std::move(p_);
  }

 private:
  void add_column(int column) {
    const Block row{Element::kBf16, {problem_.width}};
    const Tile core = core_at(column, 0);
    const int x = add_fifo(p_, {.name = "x" + std::to_string(column),
                                .producer = interface_of(column),
                                .consumers = {{.tile = core, .depth = 4}},
                                .block = row});
    const int y = add_fifo(p_, {.name = "y" + std::to_string(column),
                                .producer = core,
                                .consumers = {{.tile = interface_of(column)}},
                                .block = row});
    x_.push_back(x);
    y_.push_back(y);
    Operand position = object(x);
    position.index = 1;
    p_.cores.push_back(
        {.tile = core,
         .body = {for_ever({step(Acquire{.fifo = x, .count = 2}), step(Acquire{.fifo = y}),
                            call("embed_bf16_" + std::to_string(problem_.width), {object(x), position, object(y)}),
                            step(Release{.fifo = x, .count = 2}), step(Release{.fifo = y})})}});
  }

  void add_sequence() {
    const int64_t width = problem_.width;
    for (int column = 0; column < columns_; ++column) {
      const int64_t count = ceil_div(std::ssize(rows_) - column, columns_);
      push(y_[static_cast<size_t>(column)], 2, column * width, {{count, columns_ * width}, {width, 1}}, true);
    }
    for (int64_t row = 0; row < std::ssize(rows_); ++row) {
      const int x = x_[static_cast<size_t>(row % columns_)];
      const EmbeddedToken& one = rows_[static_cast<size_t>(row)];
      if (row >= kQueuedRows * columns_) p_.sequence.emplace_back(Wait{.fifo = x});
      push(x, 0, one.token * width, {{width, 1}}, false);
      push(x, 1, one.position * width, {{width, 1}}, true);
    }
    for (int64_t row = std::max<int64_t>(0, std::ssize(rows_) - kQueuedRows * columns_); row < std::ssize(rows_);
         ++row) {
      p_.sequence.emplace_back(Wait{.fifo = x_[static_cast<size_t>(row % columns_)]});
    }
    wait_for(p_, y_);
  }

  void push(int fifo, int argument, int64_t offset, Pattern pattern, bool token) {
    p_.sequence.emplace_back(
        Transfer{.fifo = fifo, .argument = argument, .offset = offset, .pattern = std::move(pattern), .token = token});
  }

  const EmbeddingProblem& problem_;
  std::span<const EmbeddedToken> rows_;
  int64_t columns_;
  Program p_;
  std::vector<int> x_;  ///< by column
  std::vector<int> y_;  ///< by column
};

}  // namespace

Result<Program> plan_embedding(const EmbeddingProblem& problem, std::span<const EmbeddedToken> rows,
                               const std::string& device) {
  const std::string where = "embedding of " + std::to_string(rows.size()) + " tokens";
  if (find_kernel("embed_bf16_" + std::to_string(problem.width)) == nullptr) {
    return fail(ErrorCode::kUnsupported, where, "there is no kernel of width " + std::to_string(problem.width),
                "use 256, 384, 512, 768, 1024 or 1280");
  }
  if (rows.empty()) return fail(ErrorCode::kInvalidArgument, where, "has nothing to do", "give at least one token");
  for (const EmbeddedToken& row : rows) {
    if (row.token < 0 || row.token >= problem.vocabulary || row.position < 0 || row.position >= problem.positions) {
      return fail(ErrorCode::kInvalidArgument, where,
                  "token " + std::to_string(row.token) + " at position " + std::to_string(row.position) +
                      " is outside of the tables",
                  "tokens are below " + std::to_string(problem.vocabulary) + ", positions below " +
                      std::to_string(problem.positions));
    }
  }
  return EmbeddingPlanner(problem, rows).run(device);
}

}  // namespace skald::npu::plan
