#include "npu/plan/resident.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "npu/plan/pieces.h"

namespace skald::npu::plan {
namespace {

// A core's working memory holds sums of a product, rows of a norm, or what attention keeps of 64 queries.
constexpr int kScores = 0;            // 32 keys by 64 queries, float32
constexpr int kOutput = 8192;         // 64 by 64, float32
constexpr int kQueries = 24576;       // 64 by 64, bfloat16
constexpr int kHalfOfKeys = 256;      // bytes: four native factors, half of the depth of a row of them
constexpr int kHalfOfQueries = 4096;  // bytes
constexpr int64_t kStatistics = 256;  // a number a query, for four rows
constexpr int kStackBytes = 0x400;

Scalar word(ResidentWord index) {
  return {.kind = Scalar::Kind::kParameter, .value = index};
}
Operand part(int buffer, int from) {
  return {.kind = Operand::Kind::kBuffer, .id = buffer, .from = from};
}
Block bytes(int64_t count) {
  return {Element::kI8, {count}};
}

}  // namespace

int64_t ResidentProduct::columns_with_terms() const {
  return terms ? std::min(kArray, n / kColumnsOfTile) : 0;
}

ResidentWords ResidentProduct::words(int64_t column) const {
  const int64_t across = tiles_of(n, column);
  ResidentWords words{{kRounds, rounds},
                      {kInner, depths - 1},
                      {kAcross, across},
                      {kPass, (tiles_of(n, 0) - across) * (depths + columns_with_terms() * kTermObjects)}};
  if (terms) words[kAfter] = std::max<int64_t>(columns_with_terms() - 1 - column, 0) * kTermObjects;
  return words;
}

void ParameterWriter::hand_over(int parameters, const ResidentWords& words) {
  ResidentWords& known = known_[parameters];
  for (const auto& [index, value] : words) {
    const auto [word, fresh] = known.emplace(index, value);
    if (!fresh && std::exchange(word->second, value) == value) continue;
    p_.sequence.emplace_back(
        WriteParameter{.parameters = parameters, .index = index, .value = static_cast<int32_t>(value)});
  }
  p_.sequence.emplace_back(HandOver{.parameters = parameters});
}

Operand parameter(ResidentWord index) {
  return {.kind = Operand::Kind::kScalar, .scalar = word(index)};
}
Steps loop_by(ResidentWord count, Steps body) {
  return {step(Loop{.count = word(count), .body = std::move(body)})};
}
Steps choose(ResidentWord selector, std::vector<Steps> phases) {
  return {step(Choose{.selector = word(selector), .phases = std::move(phases)})};
}
void append(Steps& to, Steps steps) {
  std::ranges::move(steps, std::back_inserter(to));
}

ResidentCore::ResidentCore(const ResidentStreams& streams, Program& program, int column, int row)
    : p_(program),
      column_(column),
      tile_(core_at(column, row)),
      a_(streams.a_core[static_cast<size_t>(row)]),
      b_(streams.b_core[static_cast<size_t>(column)]),
      c_(streams.c_core[static_cast<size_t>(column) * streams.a_core.size() + static_cast<size_t>(row)]),
      work_(add_buffer(program, "work", tile_, bytes(kWorkBytes))),
      offset_(add_buffer(program, "offset", tile_, {Element::kF32, {kStatistics}})),
      factor_(add_buffer(program, "factor", tile_, {Element::kBf16, {kStatistics}})),
      sum_(add_buffer(program, "sum", tile_, {Element::kF32, {kStatistics}})),
      lanes_(add_buffer(program, "lanes", tile_, {Element::kI32, {32}}, "attention_lanes")),
      zeros_(add_buffer(program, "zeros", tile_, bytes(128), "zeros")) {
  p_.parameters.push_back({.name = "phase_" + std::to_string(tile_.column) + "_" + std::to_string(tile_.row),
                           .tile = tile_,
                           .words = kWords});  // whole 64 bytes
}

void ResidentCore::run(std::vector<Steps> phases) const {
  Steps body{step(AwaitParameters{})};
  append(body, choose(kPhase, std::move(phases)));
  p_.cores.push_back({.tile = tile_, .stack_bytes = kStackBytes, .body = {for_ever(std::move(body))}});
}

/// An object of A that is for another core of the row.
Steps ResidentCore::let_pass() const {
  return {step(Acquire{.fifo = a_}), step(Release{.fifo = a_})};
}

/// `objects` of A for each of `columns` other cores of the row.
Steps ResidentCore::pass_by(int64_t objects, int64_t columns) const {
  if (columns == 0) return {};
  return {loop(objects * columns, let_pass())};
}

/// `body` for each of a core's own `objects` of A, behind those for the columns to the west; then `after`.
Steps ResidentCore::own(int64_t objects, Steps body, Steps after) const {
  Steps steps = pass_by(objects, column_);
  body.insert(body.begin(), step(Acquire{.fifo = a_}));
  body.push_back(step(Release{.fifo = a_}));
  steps.push_back(loop(objects, std::move(body)));
  append(steps, std::move(after));
  return steps;
}
Steps ResidentCore::own(int64_t objects, Steps body) const {
  return own(objects, std::move(body), pass_by(objects, kArray - 1 - column_));
}

Steps ResidentCore::give(std::string kernel, std::vector<Operand> operands) const {
  return {step(Acquire{.fifo = c_}), call(std::move(kernel), std::move(operands)), step(Release{.fifo = c_})};
}

Steps ResidentCore::product(bool int8, std::vector<Steps> ends) const {
  const auto multiply = [&](bool first) {
    return Steps{step(Acquire{.fifo = a_}), step(Acquire{.fifo = b_}),
                 call(int8 ? "product_i8_64x64x128" : "product_bf16_64x32x128",
                      {object(a_), object(b_), buffer(zeros_), buffer(work_), constant(first ? 1 : 0)}),
                 step(Release{.fifo = a_}), step(Release{.fifo = b_})};
  };
  Steps body = multiply(true);
  append(body, loop_by(kInner, multiply(false)));
  body.push_back(step(Acquire{.fifo = b_}));
  append(body, choose(kEnd, std::move(ends)));
  body.push_back(step(Release{.fifo = b_}));
  Steps round = loop_by(kAcross, std::move(body));
  append(round, loop_by(kPass, let_pass()));
  return loop_by(kRounds, std::move(round));
}

Steps ResidentCore::requantise() const {
  return {loop(kRowsOfTile / 16, give("requantise_lookup_i8_64x128", {buffer(work_), object(b_), object(c_), counter(),
                                                                      parameter(kDown), parameter(kShift)}))};
}

Steps ResidentCore::finish(const std::string& kernel, bool terms) const {
  std::vector<Operand> operands{buffer(work_), object(b_), object(c_), counter(1), counter()};
  if (kernel.starts_with("dequantise")) {
    operands.push_back(parameter(kDown));
    operands.push_back(parameter(kShift));
  }
  Steps eight = give(kernel, std::move(operands));
  if (!terms) return {loop(kTermObjects, {loop(2, std::move(eight))})};
  eight.insert(eight.end() - 1, call("add_panels_1024", {object(a_), object(c_), counter()}));
  return own(kTermObjects, {loop(2, std::move(eight))}, loop_by(kAfter, let_pass()));
}

Operand ResidentCore::scores() const {
  return part(work_, kScores);
}

Steps ResidentCore::queries() const {
  Steps steps{call("attention_begin_bf16_64", {buffer(offset_), buffer(sum_), part(work_, kOutput)})};
  append(steps, own(2, {call("attention_take_bf16_64", {object(a_), part(work_, kQueries), counter()})}));
  return steps;
}

Steps ResidentCore::keys(Steps mask, const Operand& groups) const {
  Steps body{step(Acquire{.fifo = b_})};
  for (const int half : {0, 1}) {
    Operand keys = object(b_);
    keys.from = half * kHalfOfKeys;
    body.push_back(call("product_keys_bf16_32", {keys, part(work_, kQueries + half * kHalfOfQueries), buffer(zeros_),
                                                 scores(), constant(half == 0 ? 1 : 0), groups}));
  }
  append(body, std::move(mask));
  Operand values = object(b_);
  values.from = kObjectOfB / 2;
  body.push_back(call("attention_weights_bf16_32", {scores(), buffer(offset_), buffer(factor_), buffer(sum_), groups}));
  body.push_back(call("attention_turn_bf16_32", {values, buffer(factor_), scores(), part(work_, kOutput), groups}));
  body.push_back(call("product_values_bf16_32", {scores(), buffer(zeros_), part(work_, kOutput), groups}));
  body.push_back(step(Release{.fifo = b_}));
  return body;
}

Steps ResidentCore::results(bool int8) const {
  std::vector<Operand> operands{part(work_, kOutput), buffer(sum_), object(c_), counter()};
  if (!int8) return give("attention_give_bf16_64", std::move(operands));
  for (const ResidentWord index : {kDown, kFactor, kShift}) operands.push_back(parameter(index));
  return give("attention_give_i8_64", std::move(operands));
}

Steps ResidentCore::norm(int64_t width, int64_t strips, const std::vector<std::string>& ends) const {
  const auto panels = static_cast<int32_t>(width / 32);
  const auto of_core = static_cast<int32_t>(strips);
  const auto inverse = std::bit_cast<int32_t>(1.0F / static_cast<float>(width));
  const int64_t objects = norm_objects(width, strips);
  Steps group = own(objects, {call("take_panels_2048", {object(a_), part(work_, 0), counter()})});
  group.push_back(call("norm_panels", {part(work_, 0), constant(panels), constant(of_core), constant(inverse)}));
  std::vector<Steps> leaving;
  for (const std::string& kernel : ends) {
    const int64_t times = kernel.ends_with("i8") ? objects : 2 * objects;
    leaving.push_back({loop(times, give(kernel, {part(work_, 0), object(b_), object(c_), counter(), constant(panels),
                                                 constant(of_core)}))});
  }
  append(group, leaving.size() == 1 ? std::move(leaving.front()) : choose(kEnd, std::move(leaving)));
  Steps steps{step(Acquire{.fifo = b_})};
  append(steps, loop_by(kRounds, std::move(group)));
  steps.push_back(step(Release{.fifo = b_}));
  return steps;
}

namespace {

/// Along a row of cores.
void add_a(Program& p, ResidentStreams& streams, int row, int depth) {
  const std::string name = std::to_string(row);
  streams.a_in.push_back(add_fifo(p, {.name = "a" + name,
                                      .producer = interface_of(row),
                                      .consumers = {{.tile = memory_of(row), .depth = depth}},
                                      .block = bytes(kObjectOfA)}));
  Fifo a{.name = "a_row" + name, .producer = memory_of(row), .depth = depth, .block = bytes(kObjectOfA)};
  for (int to = 0; to < kArray; ++to) a.consumers.push_back({.tile = core_at(to, row)});
  streams.a_core.push_back(add_fifo(p, std::move(a)));
}

/// Down a column.
void add_b(Program& p, ResidentStreams& streams, int column, int rows, int depth) {
  const std::string name = std::to_string(column);
  streams.b_in.push_back(add_fifo(p, {.name = "b" + name,
                                      .producer = interface_of(column),
                                      .consumers = {{.tile = memory_of(column), .depth = depth}},
                                      .block = bytes(kObjectOfB)}));
  // Keys or values (first level) come panel by panel; products want strips.
  Fifo b{.name = "b_column" + name,
         .producer = memory_of(column),
         .depth = depth,
         .to_stream = {{2, kObjectOfB / 2}, {8, kCell}, {2, kObjectOfB / 4}, {kCell, 1}},
         .block = bytes(kObjectOfB)};
  for (int row = 0; row < rows; ++row) b.consumers.push_back({.tile = core_at(column, row)});
  streams.b_core.push_back(add_fifo(p, std::move(b)));
}

/// Out of the cores of a column.
void add_c(Program& p, ResidentStreams& streams, int column, int rows) {
  const std::string name = std::to_string(column);
  Link join;
  for (int row = 0; row < rows; ++row) {
    join.inputs.push_back(add_fifo(p, {.name = "c" + name + "_" + std::to_string(row),
                                       .producer = core_at(column, row),
                                       .consumers = {{.tile = memory_of(column)}},
                                       .block = bytes(kObjectOfC)}));
    join.offsets.push_back(row * kObjectOfC);
    streams.c_core.push_back(join.inputs.back());
  }
  streams.c_out.push_back(add_fifo(p, {.name = "c" + name,
                                       .producer = memory_of(column),
                                       .consumers = {{.tile = interface_of(column)}},
                                       .block = bytes(rows * kObjectOfC)}));
  join.outputs = {streams.c_out.back()};
  p.links.push_back(std::move(join));
}

}  // namespace

ResidentStreams add_resident_streams(Program& p, int rows, int depth) {
  ResidentStreams streams;
  const auto pass_on = [&p](int from, int to) {
    p.links.push_back({.inputs = {from}, .outputs = {to}, .offsets = {0}});
  };
  for (int at = 0; at < static_cast<int>(kArray); ++at) {
    if (at < rows) add_a(p, streams, at, depth);
    add_b(p, streams, at, rows, depth);
    if (at < rows) pass_on(streams.a_in.back(), streams.a_core.back());
    pass_on(streams.b_in.back(), streams.b_core.back());
    add_c(p, streams, at, rows);
  }
  return streams;
}

}  // namespace skald::npu::plan
