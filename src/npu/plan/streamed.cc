#include "npu/plan/streamed.h"

#include <algorithm>

#include "npu/plan/pieces.h"
#include "npu/program/blocks.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

Block many(int64_t count, Block block) {
  block.shape.insert(block.shape.begin(), count);
  return block;
}

class StreamedPlanner {
 public:
  StreamedPlanner(const Streamed& streamed, const Spread& spread)
      : streamed_(streamed),
        spread_(spread),
        objects_(streamed_objects(streamed, spread)),
        rounds_(objects_ / spread.rows / spread.columns) {}

  Result<Program> run(const std::string& device) {
    SKALD_TRY(depth_, depth());
    p_.name = streamed_.name;
    p_.device = device;
    p_.arguments.push_back({.name = "x", .block = many(objects_, streamed_.input), .access = Access::kRead});
    if (streamed_.parts > 1) {
      std::vector<int64_t>& shape = p_.arguments.back().block.shape;
      shape[1] /= streamed_.parts;
      shape.insert(shape.begin(), streamed_.parts);
    }
    if (streamed_.input_step != 0) {
      const int64_t elements = (objects_ - 1) * streamed_.input_step + elements_of(streamed_.input);
      p_.arguments.back().block.shape = {elements};
    }
    if (has_constant()) {
      p_.arguments.push_back({.name = "constant", .block = streamed_.constant, .access = Access::kRead});
    }
    p_.arguments.push_back({.name = "y", .block = many(objects_, streamed_.output), .access = Access::kWrite});
    for (int column = 0; column < spread_.columns; ++column) {
      add_streams(column);
      for (int row = 0; row < spread_.rows; ++row) add_core(column, row);
    }
    add_sequence();
    return std::move(p_);
  }

 private:
  bool has_constant() const { return !streamed_.constant.shape.empty(); }

  /// Objects that a core holds of its streams: two where there is room.
  Result<int> depth() const {
    int64_t fixed = kNpu1.core.stack_default;
    if (has_constant()) fixed += bytes_of(streamed_.constant);
    for (const StreamedBuffer& one : streamed_.buffers) fixed += bytes_of(one.block);
    const int64_t moving = bytes_of(streamed_.input) + bytes_of(streamed_.output);
    const int64_t held = (kNpu1.compute.memory.bytes - fixed) / moving;
    if (held < 1) {
      return fail(ErrorCode::kUnsupported, streamed_.name,
                  "an object in, one out and " + std::to_string(fixed) + " bytes beside them are " +
                      std::to_string(fixed + moving) + " bytes; a core has " +
                      std::to_string(kNpu1.compute.memory.bytes),
                  "use smaller objects");
    }
    return static_cast<int>(std::min<int64_t>(held, 2));
  }

  void add_streams(int column) {
    const std::string suffix = std::to_string(column);
    Link deal;
    Link join;
    deal.inputs = {add_fifo(p_, {.name = "x" + suffix,
                                 .producer = interface_of(column),
                                 .consumers = {{.tile = memory_of(column)}},
                                 .block = many(spread_.rows, streamed_.input)})};
    x_in_.push_back(deal.inputs[0]);
    for (int row = 0; row < spread_.rows; ++row) {
      const std::string core = suffix + "_" + std::to_string(row);
      deal.outputs.push_back(add_fifo(p_, {.name = "x" + core,
                                           .producer = memory_of(column),
                                           .to_stream = streamed_.input_order,
                                           .consumers = {{.tile = core_at(column, row), .depth = depth_}},
                                           .block = streamed_.input}));
      deal.offsets.push_back(row * elements_of(streamed_.input));
      join.inputs.push_back(add_fifo(p_, {.name = "y" + core,
                                          .producer = core_at(column, row),
                                          .depth = depth_,
                                          .consumers = {{.tile = memory_of(column)}},
                                          .block = streamed_.output}));
      join.offsets.push_back(row * elements_of(streamed_.output));
    }
    x_core_.insert(x_core_.end(), deal.outputs.begin(), deal.outputs.end());
    y_core_.insert(y_core_.end(), join.inputs.begin(), join.inputs.end());
    y_out_.push_back(add_fifo(p_, {.name = "y" + suffix,
                                   .producer = memory_of(column),
                                   .to_stream = streamed_.output_order,
                                   .consumers = {{.tile = interface_of(column)}},
                                   .block = many(spread_.rows, streamed_.output)}));
    join.outputs = {y_out_.back()};
    p_.links.push_back(std::move(deal));
    p_.links.push_back(std::move(join));
    if (!has_constant()) return;
    Fifo fifo{.name = "constant" + suffix, .producer = interface_of(column), .block = streamed_.constant};
    for (int row = 0; row < spread_.rows; ++row) {
      fifo.consumers.push_back({.tile = core_at(column, row), .depth = 1});
    }
    constants_.push_back(add_fifo(p_, std::move(fifo)));
  }

  void add_core(int column, int row) {
    const int core = column * spread_.rows + row;
    const int first_buffer = static_cast<int>(p_.buffers.size());
    for (const StreamedBuffer& one : streamed_.buffers) {
      add_buffer(p_, one.name, core_at(column, row), one.block, one.table);
    }
    const int x = x_core_[static_cast<size_t>(core)];
    const int y = y_core_[static_cast<size_t>(core)];
    std::vector<Step> round{step(Acquire{.fifo = x}), step(Acquire{.fifo = y})};
    for (const StreamedCall& call : streamed_.calls) {
      Call made{.kernel = call.kernel};
      for (const StreamedOperand& operand : call.operands) {
        switch (operand.kind) {
          case StreamedOperand::Kind::kInput: made.operands.push_back(object(x)); break;
          case StreamedOperand::Kind::kConstant:
            made.operands.push_back(object(constants_[static_cast<size_t>(column)]));
            break;
          case StreamedOperand::Kind::kOutput: made.operands.push_back(object(y)); break;
          case StreamedOperand::Kind::kBuffer: made.operands.push_back(buffer(first_buffer + operand.value)); break;
          case StreamedOperand::Kind::kNumber: made.operands.push_back(constant(operand.value)); break;
        }
      }
      round.push_back(step(std::move(made)));
    }
    round.push_back(step(Release{.fifo = x}));
    round.push_back(step(Release{.fifo = y}));
    if (has_constant()) {
      const int held = constants_[static_cast<size_t>(column)];
      round = {step(Acquire{.fifo = held}), loop(rounds_, std::move(round)), step(Release{.fifo = held})};
    }
    p_.cores.push_back({.tile = core_at(column, row), .body = {for_ever(std::move(round))}});
  }

  void add_sequence() {
    for (const int fifo : constants_) {
      p_.sequence.emplace_back(
          Transfer{.fifo = fifo, .argument = 1, .pattern = {{elements_of(streamed_.constant), 1}}, .token = true});
    }
    int64_t under_way = 0;
    for (int64_t first = 0; first < rounds_; first += most_rounds(), ++under_way) {
      if (under_way == kUnderWay) {
        wait_for_all();
        --under_way;
      }
      const int64_t count = std::min(most_rounds(), rounds_ - first);
      for (int column = 0; column < spread_.columns; ++column) {
        push(x_in_, column, 0, input_pattern(count), first);
        push(y_out_, column, static_cast<int>(p_.arguments.size()) - 1,
             {{count * spread_.rows * elements_of(streamed_.output), 1}}, first);
      }
    }
    for (; under_way > 0; --under_way) wait_for_all();
    wait_for(p_, constants_);
  }

  int64_t part_elements() const { return elements_of(streamed_.input) / streamed_.parts; }

  /// Elements of "x" from an object to the next.
  int64_t step_elements() const { return streamed_.input_step != 0 ? streamed_.input_step : part_elements(); }

  /// Rounds of a transfer: all, or what the levels that gather parts or steps can count.
  int64_t most_rounds() const {
    if (streamed_.input_step != 0) return kNpu1.tools.memcpy_repeat;
    if (streamed_.parts == 1) return rounds_;
    Pattern part;
    add_contiguous(part, part_elements(), bytes_of(streamed_.input.type));
    const int64_t most = part.size() == 1 ? kNpu1.tools.memcpy_size : kNpu1.tools.memcpy_repeat;
    return std::max<int64_t>(most / spread_.rows, 1);
  }

  Pattern input_pattern(int64_t count) const {
    if (streamed_.input_step != 0) {
      Pattern pattern{{count, spread_.rows * streamed_.input_step}, {spread_.rows, streamed_.input_step}};
      add_contiguous(pattern, elements_of(streamed_.input), bytes_of(streamed_.input.type));
      return pattern;
    }
    if (streamed_.parts == 1) return {{count * spread_.rows * elements_of(streamed_.input), 1}};
    Pattern pattern{{count * spread_.rows, part_elements()}, {streamed_.parts, objects_ * part_elements()}};
    add_contiguous(pattern, part_elements(), bytes_of(streamed_.input.type));
    return pattern;
  }

  void wait_for_all() {
    wait_for(p_, x_in_);
    wait_for(p_, y_out_);
  }

  /// Of a column, from its round `first` on.
  void push(const std::vector<int>& fifos, int column, int argument, Pattern pattern, int64_t first) {
    const int64_t object = argument == 0 ? step_elements() : elements_of(streamed_.output);
    p_.sequence.emplace_back(Transfer{.fifo = fifos[static_cast<size_t>(column)],
                                      .argument = argument,
                                      .offset = (column * rounds_ + first) * spread_.rows * object,
                                      .pattern = std::move(pattern),
                                      .token = true});
  }

  const Streamed& streamed_;
  const Spread& spread_;
  int64_t objects_;
  int64_t rounds_;  ///< objects of each core
  int depth_ = 2;
  Program p_;
  std::vector<int> x_in_;       ///< by column
  std::vector<int> y_out_;      ///< by column
  std::vector<int> constants_;  ///< by column, if there are any
  std::vector<int> x_core_;     ///< by core
  std::vector<int> y_core_;     ///< by core
};

}  // namespace

int64_t streamed_objects(const Streamed& streamed, const Spread& spread) {
  return round_up(streamed.objects, int64_t{spread.rows} * spread.columns);
}

Result<Program> plan_streamed(const Streamed& streamed, const Spread& spread, const std::string& device) {
  if (streamed.objects < 1 || streamed.calls.empty()) {
    return fail(ErrorCode::kInvalidArgument, streamed.name, "has no objects or does nothing with them");
  }
  if (streamed.parts < 1 || streamed.input.shape.empty() || streamed.input.shape[0] % streamed.parts != 0) {
    return fail(ErrorCode::kInvalidArgument, streamed.name, "has an input that is not whole parts");
  }
  if (streamed.input_step != 0 && streamed.parts != 1) {
    return fail(ErrorCode::kInvalidArgument, streamed.name, "has both parts and a step between objects");
  }
  if (spread.rows < 1 || spread.columns < 1) {
    return fail(ErrorCode::kInvalidArgument, streamed.name, "is given no cores", "use 1 to 4 rows and columns");
  }
  return StreamedPlanner(streamed, spread).run(device);
}

}  // namespace skald::npu::plan
