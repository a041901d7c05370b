#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "npu/plan/encoder_streams.h"
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

using Steps = std::vector<Step>;

Scalar word(EncoderWord index) {
  return {.kind = Scalar::Kind::kParameter, .value = index};
}
Operand parameter(EncoderWord index) {
  return {.kind = Operand::Kind::kScalar, .scalar = word(index)};
}
Operand part(int buffer, int from) {
  return {.kind = Operand::Kind::kBuffer, .id = buffer, .from = from};
}
Step loop_by(EncoderWord count, Steps body) {
  return step(Loop{.count = word(count), .body = std::move(body)});
}
Steps choose(EncoderWord selector, std::vector<Steps> phases) {
  return {step(Choose{.selector = word(selector), .phases = std::move(phases)})};
}
Block bytes(int64_t count) {
  return {Element::kI8, {count}};
}

void append(std::vector<Step>& to, Steps steps) {
  std::ranges::move(steps, std::back_inserter(to));
}

/// One core's program.
class CorePlanner {
 public:
  CorePlanner(const EncoderProblem& problem, const EncoderLayout& layout, const EncoderStreams& streams,
              Program& program, int column, int row)
      : problem_(problem),
        layout_(layout),
        p_(program),
        column_(column),
        tile_(core_at(column, row)),
        a_(streams.a_core[static_cast<size_t>(row)]),
        b_(streams.b_core[static_cast<size_t>(column)]),
        c_(streams.c_core[static_cast<size_t>(column * kArray + row)]) {}

  void run() {
    const std::vector<int64_t> statistics{kStatistics};
    work_ = add_buffer(p_, "work", tile_, bytes(kWorkBytes));
    offset_ = add_buffer(p_, "offset", tile_, {Element::kF32, statistics});
    factor_ = add_buffer(p_, "factor", tile_, {Element::kBf16, statistics});
    sum_ = add_buffer(p_, "sum", tile_, {Element::kF32, statistics});
    lanes_ = add_buffer(p_, "lanes", tile_, {Element::kI32, {32}}, "attention_lanes");
    zeros_ = add_buffer(p_, "zeros", tile_, bytes(128), "zeros");
    p_.parameters.push_back({.name = "phase_" + std::to_string(tile_.column) + "_" + std::to_string(tile_.row),
                             .tile = tile_,
                             .words = 16});  // whole 64 bytes
    // In the order of EncoderChoice. Choices within a product keep what multiplies there once.
    Steps phases = choose(kPhase, {int8() && !problem_.whole ? Steps{} : product(false),
                                   int8() ? product(true) : Steps{}, attention(), norm()});
    phases.insert(phases.begin(), step(AwaitParameters{}));
    p_.cores.push_back({.tile = tile_, .stack_bytes = kStackBytes, .body = {for_ever(std::move(phases))}});
  }

 private:
  bool int8() const { return problem_.precision == EncoderPrecision::kInt8; }

  /// An object of A that is for another core of the row.
  Steps let_pass() const { return {step(Acquire{.fifo = a_}), step(Release{.fifo = a_})}; }

  /// `objects` of A for each of `columns` other cores of the row.
  Steps pass_by(int64_t objects, int64_t columns) const {
    if (columns == 0) return {};
    return {loop(objects * columns, let_pass())};
  }

  /// `body` for each of a core's own `objects` of A, behind those for the columns to the west; then `after`.
  Steps own(int64_t objects, Steps body, Steps after) const {
    Steps steps = pass_by(objects, column_);
    body.insert(body.begin(), step(Acquire{.fifo = a_}));
    body.push_back(step(Release{.fifo = a_}));
    steps.push_back(loop(objects, std::move(body)));
    append(steps, std::move(after));
    return steps;
  }
  Steps own(int64_t objects, Steps body) const {
    return own(objects, std::move(body), pass_by(objects, kArray - 1 - column_));
  }

  Steps give(std::string kernel, std::vector<Operand> operands) const {
    return {step(Acquire{.fifo = c_}), call(std::move(kernel), std::move(operands)), step(Release{.fifo = c_})};
  }

  Steps product(bool int8) const {
    const auto multiply = [&](bool first) {
      return Steps{step(Acquire{.fifo = a_}), step(Acquire{.fifo = b_}),
                   call(int8 ? "product_i8_64x64x128" : "product_bf16_64x32x128",
                        {object(a_), object(b_), buffer(zeros_), buffer(work_), constant(first ? 1 : 0)}),
                   step(Release{.fifo = a_}), step(Release{.fifo = b_})};
    };
    Steps body = multiply(true);
    body.push_back(loop_by(kInner, multiply(false)));
    body.push_back(step(Acquire{.fifo = b_}));
    append(body, choose(kEnd, int8 ? int8_ends() : bf16_ends()));
    body.push_back(step(Release{.fifo = b_}));
    return {loop_by(kRounds, {loop_by(kAcross, std::move(body)), loop_by(kPass, let_pass())})};
  }

  /// In the order of EncoderEnd.
  std::vector<Steps> int8_ends() const {
    return {finish("dequantise_panels_64x128", false), finish("dequantise_panels_64x128", true),
            Steps{loop(kRowsOfTile / 16,
                       give("requantise_lookup_i8_64x128",
                            {buffer(work_), object(b_), object(c_), counter(), parameter(kDown), parameter(kShift)}))}};
  }

  /// The same; in int8 this is the stem alone.
  std::vector<Steps> bf16_ends() const {
    const auto plain = [&](bool terms) { return int8() ? Steps{} : finish("finish_panels_64x128", terms); };
    return {plain(false), plain(true), finish("finish_gelu_panels_64x128", false),
            problem_.whole ? finish("finish_gelu_panels_64x128", true) : Steps{}};
  }

  /// Eight rows a call; `terms`: a residual is added.
  Steps finish(const std::string& kernel, bool terms) const {
    std::vector<Operand> operands{buffer(work_), object(b_), object(c_), counter(1), counter()};
    if (kernel.starts_with("dequantise")) {
      operands.push_back(parameter(kDown));
      operands.push_back(parameter(kShift));
    }
    Steps eight = give(kernel, std::move(operands));
    if (!terms) return {loop(kTermObjects, {loop(2, std::move(eight))})};
    eight.insert(eight.end() - 1, call("add_panels_1024", {object(a_), object(c_), counter()}));
    return own(kTermObjects, {loop(2, std::move(eight))}, {loop_by(kAfter, let_pass())});
  }

  /// Keys and values of one object.
  Steps keys(Steps mask) const {
    Steps body{step(Acquire{.fifo = b_})};
    for (const int half : {0, 1}) {
      Operand keys = object(b_);
      keys.from = half * kHalfOfKeys;
      body.push_back(call("product_keys_bf16_32", {keys, part(work_, kQueries + half * kHalfOfQueries), buffer(zeros_),
                                                   part(work_, kScores), constant(half == 0 ? 1 : 0)}));
    }
    append(body, std::move(mask));
    Operand values = object(b_);
    values.from = kObjectOfB / 2;
    body.push_back(
        call("attention_weights_bf16_32", {part(work_, kScores), buffer(offset_), buffer(factor_), buffer(sum_)}));
    body.push_back(
        call("attention_turn_bf16_32", {values, buffer(factor_), part(work_, kScores), part(work_, kOutput)}));
    body.push_back(call("product_values_bf16_32", {part(work_, kScores), buffer(zeros_), part(work_, kOutput)}));
    body.push_back(step(Release{.fifo = b_}));
    return body;
  }

  Steps attention() const {
    const int64_t blocks = key_blocks(problem_);
    const auto last = static_cast<int32_t>(problem_.positions - (blocks - 1) * kKeys - 1);
    Steps item{call("attention_begin_bf16_64", {buffer(offset_), buffer(sum_), part(work_, kOutput)})};
    append(item, own(2, {call("attention_take_bf16_64", {object(a_), part(work_, kQueries), counter()})}));
    if (blocks > 1) item.push_back(loop(blocks - 1, keys({})));
    append(item, keys({call("attention_mask_bf16_32", {part(work_, kScores), buffer(lanes_), constant(last),
                                                       constant(0), constant(0), constant(0), constant(0)})}));
    const std::vector<Operand> operands{part(work_, kOutput), buffer(sum_), object(c_), counter()};
    if (int8()) {
      std::vector<Operand> scaled = operands;
      for (const EncoderWord index : {kDown, kFactor, kShift}) scaled.push_back(parameter(index));
      item.push_back(loop(2, give("attention_give_i8_64", std::move(scaled))));
    } else {
      item.push_back(loop(4, give("attention_give_bf16_64", operands)));
    }
    return {loop_by(kRounds, std::move(item))};
  }

  Steps norm() const {
    const auto panels = static_cast<int32_t>(problem_.width / 32);
    const auto strips = static_cast<int32_t>(layout_.norm_strips);
    const auto inverse = std::bit_cast<int32_t>(1.0F / static_cast<float>(problem_.width));
    const int64_t objects = norm_objects(problem_.width, strips);
    Steps group = own(objects, {call("take_panels_2048", {object(a_), part(work_, 0), counter()})});
    group.push_back(call("norm_panels", {part(work_, 0), constant(panels), constant(strips), constant(inverse)}));
    const auto leave = [&](const char* kernel, int64_t times) {
      return Steps{loop(times, give(kernel, {part(work_, 0), object(b_), object(c_), counter(), constant(panels),
                                             constant(strips)}))};
    };
    // Plain: what the layers' products are given.
    if (!int8()) {
      append(group, leave("give_panels_bf16", 2 * objects));
    } else if (!problem_.whole) {
      append(group, leave("give_panels_i8", objects));
    } else {
      append(group, choose(kEnd, {leave("give_panels_i8", objects), leave("give_panels_bf16", 2 * objects)}));
    }
    return {step(Acquire{.fifo = b_}), loop_by(kRounds, std::move(group)), step(Release{.fifo = b_})};
  }

  const EncoderProblem& problem_;
  const EncoderLayout& layout_;
  Program& p_;
  int column_;
  Tile tile_;
  int a_;
  int b_;
  int c_;
  int work_ = 0;
  int offset_ = 0;
  int factor_ = 0;
  int sum_ = 0;
  int lanes_ = 0;
  int zeros_ = 0;
};

void add_streams(Program& p, EncoderStreams& streams, int depth) {
  for (int at = 0; at < kArray; ++at) {
    const std::string name = std::to_string(at);
    const auto into = [&](const std::string& stream, int64_t object) {
      return add_fifo(p, {.name = stream + name,
                          .producer = interface_of(at),
                          .consumers = {{.tile = memory_of(at), .depth = depth}},
                          .block = bytes(object)});
    };
    streams.a_in.push_back(into("a", kObjectOfA));
    Fifo a{.name = "a_row" + name, .producer = memory_of(at), .depth = depth, .block = bytes(kObjectOfA)};
    for (int to = 0; to < kArray; ++to) a.consumers.push_back({.tile = core_at(to, at)});
    streams.a_core.push_back(add_fifo(p, std::move(a)));
    streams.b_in.push_back(into("b", kObjectOfB));
    // Keys or values (first level) come panel by panel; products want strips.
    Fifo b{.name = "b_column" + name,
           .producer = memory_of(at),
           .depth = depth,
           .to_stream = {{2, kObjectOfB / 2}, {8, kCell}, {2, kObjectOfB / 4}, {kCell, 1}},
           .block = bytes(kObjectOfB)};
    for (int to = 0; to < kArray; ++to) b.consumers.push_back({.tile = core_at(at, to)});
    streams.b_core.push_back(add_fifo(p, std::move(b)));
    p.links.push_back({.inputs = {streams.a_in.back()}, .outputs = {streams.a_core.back()}, .offsets = {0}});
    p.links.push_back({.inputs = {streams.b_in.back()}, .outputs = {streams.b_core.back()}, .offsets = {0}});
    Link join;
    for (int row = 0; row < kArray; ++row) {
      join.inputs.push_back(add_fifo(p, {.name = "c" + name + "_" + std::to_string(row),
                                         .producer = core_at(at, row),
                                         .consumers = {{.tile = memory_of(at)}},
                                         .block = bytes(kObjectOfC)}));
      join.offsets.push_back(row * kObjectOfC);
      streams.c_core.push_back(join.inputs.back());
    }
    streams.c_out.push_back(add_fifo(p, {.name = "c" + name,
                                         .producer = memory_of(at),
                                         .consumers = {{.tile = interface_of(at)}},
                                         .block = bytes(kArray * kObjectOfC)}));
    join.outputs = {streams.c_out.back()};
    p.links.push_back(std::move(join));
  }
}

}  // namespace

EncoderStreams add_encoder_cores(const EncoderProblem& problem, const EncoderLayout& layout, Program& program) {
  EncoderStreams streams;
  add_streams(program, streams, problem.choices.depth);
  for (int column = 0; column < kArray; ++column) {
    for (int row = 0; row < kArray; ++row) CorePlanner(problem, layout, streams, program, column, row).run();
  }
  return streams;
}

}  // namespace skald::npu::plan
