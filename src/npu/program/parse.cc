#include <map>
#include <string>
#include <utility>

#include "npu/program/blocks.h"
#include "npu/program/reader.h"
#include "npu/program/text.h"

namespace skald::npu {
namespace {

/// Index of the first thing of each name.
using Names = std::map<std::string, int, std::less<>>;

class Parser {
 public:
  explicit Parser(std::string_view text) : in_(text) {}

  Result<Program> run() {
    if (!in_.next_line()) return in_.wrong("there is nothing here");
    if (!in_.take_word("program")) return in_.wrong("expected 'program'");
    SKALD_TRY(program_.name, in_.name());
    if (!in_.take_word("device")) return in_.wrong("expected 'device'");
    SKALD_TRY(program_.device, in_.name());
    SKALD_CHECK(in_.end_of_line());
    bool sequence = false;
    while (in_.next_line()) {
      if (sequence) return in_.wrong("nothing may follow the sequence");
      if (in_.take_word("sequence")) {
        SKALD_CHECK(in_.end_of_line());
        SKALD_CHECK(read_sequence());
        sequence = true;
      } else {
        SKALD_CHECK(read_declaration());
      }
    }
    if (!sequence) return in_.wrong("the sequence is missing");
    return std::move(program_);
  }

 private:
  Result<void> read_declaration() {
    if (in_.take_word("argument")) return read_argument();
    if (in_.take_word("fifo")) return read_fifo();
    if (in_.take_word("link")) return read_link();
    if (in_.take_word("buffer")) return read_buffer();
    if (in_.take_word("parameters")) return read_parameters();
    if (in_.take_word("core")) return read_core();
    return in_.wrong("expected argument, fifo, link, buffer, parameters, core or sequence");
  }

  template <class Thing>
  static void add(std::vector<Thing>& things, Names& names, Thing thing) {
    names.try_emplace(thing.name, static_cast<int>(things.size()));
    things.push_back(std::move(thing));
  }

  Result<void> read_argument() {
    HostArgument argument;
    SKALD_TRY(argument.name, in_.name());
    SKALD_TRY(argument.block, block());
    if (in_.take_word("read")) {
      argument.access = Access::kRead;
    } else if (in_.take_word("write")) {
      argument.access = Access::kWrite;
    } else if (in_.take_word("readwrite")) {
      argument.access = Access::kReadWrite;
    } else {
      return in_.wrong("expected read, write or readwrite");
    }
    add(program_.arguments, argument_names_, std::move(argument));
    return in_.end_of_line();
  }

  Result<void> read_fifo() {
    Fifo fifo;
    SKALD_TRY(fifo.name, in_.name());
    SKALD_TRY(fifo.producer, tile());
    SKALD_CHECK(in_.expect("*"));
    SKALD_TRY(fifo.depth, in_.number<int>());
    SKALD_TRY(fifo.to_stream, pattern());
    SKALD_CHECK(in_.expect("->"));
    if (!in_.take(":")) {
      do {
        Consumer consumer;
        SKALD_TRY(consumer.tile, tile());
        SKALD_CHECK(in_.expect("*"));
        SKALD_TRY(consumer.depth, in_.number<int>());
        SKALD_TRY(consumer.from_stream, pattern());
        fifo.consumers.push_back(std::move(consumer));
      } while (in_.take(","));
      SKALD_CHECK(in_.expect(":"));
    }
    SKALD_TRY(fifo.block, block());
    if (in_.take_word("repeat")) {
      SKALD_TRY(fifo.repeat, in_.number<int>());
    }
    add(program_.fifos, fifo_names_, std::move(fifo));
    return in_.end_of_line();
  }

  Result<void> read_link() {
    Link link;
    if (!in_.take("->")) {
      SKALD_TRY(link.inputs, fifo_list());
      SKALD_CHECK(in_.expect("->"));
    }
    if (!in_.at_end() && in_.peek_word() != "at") {
      SKALD_TRY(link.outputs, fifo_list());
    }
    if (in_.take_word("at")) {
      do {
        SKALD_TRY(const int64_t offset, in_.number<int64_t>());
        link.offsets.push_back(offset);
      } while (in_.take(","));
    }
    program_.links.push_back(std::move(link));
    return in_.end_of_line();
  }

  Result<void> read_buffer() {
    Buffer buffer;
    SKALD_TRY(buffer.name, in_.name());
    SKALD_TRY(buffer.tile, tile());
    SKALD_TRY(buffer.block, block());
    if (in_.take_word("table")) {
      SKALD_TRY(buffer.table, in_.name());
    }
    add(program_.buffers, buffer_names_, std::move(buffer));
    return in_.end_of_line();
  }

  Result<void> read_parameters() {
    Parameters parameters;
    SKALD_TRY(parameters.name, in_.name());
    SKALD_TRY(parameters.tile, tile());
    SKALD_TRY(parameters.words, in_.number<int>());
    add(program_.parameters, parameter_names_, std::move(parameters));
    return in_.end_of_line();
  }

  Result<void> read_core() {
    Core core;
    SKALD_TRY(core.tile, tile());
    if (!in_.take_word("stack")) return in_.wrong("expected 'stack'");
    SKALD_TRY(core.stack_bytes, in_.number<int>());
    SKALD_CHECK(in_.end_of_line());
    SKALD_TRY(const std::string_view closed, steps(core.body));
    if (closed != "end") return in_.wrong("a core ends with 'end'");
    program_.cores.push_back(std::move(core));
    return {};
  }

  /// Reads steps until a line `end` or `phase`, and says which.
  Result<std::string_view> steps(std::vector<Step>& body) {
    while (in_.next_line()) {
      for (const std::string_view word : {"end", "phase"}) {
        if (!in_.take_word(word)) continue;
        SKALD_CHECK(in_.end_of_line());
        return word;
      }
      SKALD_CHECK(read_step(body));
    }
    return in_.wrong("'end' is missing");
  }

  Result<void> read_step(std::vector<Step>& body) {
    if (in_.take_word("loop")) return read_loop(body);
    if (in_.take_word("choose")) return read_choose(body);
    if (in_.take_word("call")) return read_call(body);
    if (in_.take_word("await")) {
      body.push_back({AwaitParameters{}});
      return in_.end_of_line();
    }
    const bool acquire = in_.take_word("acquire");
    if (!acquire && !in_.take_word("release")) {
      return in_.wrong("expected loop, choose, call, acquire, release, await, phase or end");
    }
    SKALD_TRY(const int fifo, reference(fifo_names_, "fifo"));
    SKALD_TRY(const int count, in_.number<int>());
    if (acquire) {
      body.push_back({Acquire{.fifo = fifo, .count = count}});
    } else {
      body.push_back({Release{.fifo = fifo, .count = count}});
    }
    return in_.end_of_line();
  }

  Result<void> read_loop(std::vector<Step>& body) {
    Loop loop;
    if (in_.take_word("forever")) {
      loop.count.value = -1;
    } else {
      SKALD_TRY(loop.count, scalar());
    }
    SKALD_CHECK(in_.end_of_line());
    SKALD_CHECK(deeper());
    SKALD_TRY(const std::string_view closed, steps(loop.body));
    --depth_;
    if (closed != "end") return in_.wrong("a loop has no phases");
    body.push_back({std::move(loop)});
    return {};
  }

  Result<void> read_choose(std::vector<Step>& body) {
    Choose choose;
    SKALD_TRY(choose.selector, scalar());
    SKALD_CHECK(in_.end_of_line());
    SKALD_CHECK(deeper());
    std::vector<Step> before;
    SKALD_TRY(std::string_view closed, steps(before));
    if (!before.empty()) return in_.wrong("steps of a choice stand in its phases");
    while (closed == "phase") {
      std::vector<Step> phase;
      SKALD_TRY(closed, steps(phase));
      choose.phases.push_back(std::move(phase));
    }
    --depth_;
    body.push_back({std::move(choose)});
    return {};
  }

  Result<void> read_call(std::vector<Step>& body) {
    Call call;
    SKALD_TRY(call.kernel, in_.name());
    while (!in_.at_end()) {
      SKALD_TRY(Operand made, operand());
      call.operands.push_back(made);
    }
    body.push_back({std::move(call)});
    return {};
  }

  Result<Operand> operand() {
    Operand made;
    const std::string_view word = in_.peek_word();
    const bool number = word.empty() && !in_.next_is('#');
    if (number || in_.next_is(':', word.size())) {
      SKALD_TRY(made.scalar, scalar());
      return made;
    }
    const bool object = in_.next_is('#') ? false : in_.next_is('[', word.size());
    made.kind = object ? Operand::Kind::kObject : Operand::Kind::kBuffer;
    if (in_.next_is('#')) {  // what it is an index of shows behind it
      SKALD_TRY(made.id, index());
      if (!in_.next_is('[')) return from_byte(made);
      made.kind = Operand::Kind::kObject;
    } else if (object) {
      SKALD_TRY(made.id, reference(fifo_names_, "fifo"));
    } else {
      SKALD_TRY(made.id, reference(buffer_names_, "buffer"));
      return from_byte(made);
    }
    SKALD_TRY(made.index, bracketed());
    return from_byte(made);
  }

  Result<void> read_sequence() {
    while (in_.next_line()) {
      if (in_.take_word("end")) return in_.end_of_line();
      SKALD_CHECK(read_action());
    }
    return in_.wrong("'end' is missing");
  }

  Result<void> read_action() {
    if (in_.take_word("transfer")) return read_transfer();
    if (in_.take_word("write")) {
      WriteParameter write;
      SKALD_TRY(write.parameters, reference(parameter_names_, "parameters"));
      SKALD_TRY(write.index, bracketed());
      SKALD_TRY(write.value, in_.number<int32_t>());
      program_.sequence.emplace_back(write);
    } else if (in_.take_word("hand")) {
      SKALD_TRY(const int parameters, reference(parameter_names_, "parameters"));
      program_.sequence.emplace_back(HandOver{.parameters = parameters});
    } else if (in_.take_word("wait")) {
      SKALD_TRY(const int fifo, reference(fifo_names_, "fifo"));
      program_.sequence.emplace_back(Wait{.fifo = fifo});
    } else {
      return in_.wrong("expected transfer, write, hand, wait or end");
    }
    return in_.end_of_line();
  }

  Result<void> read_transfer() {
    Transfer transfer;
    SKALD_TRY(transfer.fifo, reference(fifo_names_, "fifo"));
    SKALD_TRY(transfer.argument, reference(argument_names_, "argument"));
    if (!in_.take_word("at")) return in_.wrong("expected 'at'");
    SKALD_TRY(transfer.offset, in_.number<int64_t>());
    SKALD_TRY(transfer.pattern, pattern());
    transfer.token = in_.take_word("token");
    program_.sequence.emplace_back(std::move(transfer));
    return in_.end_of_line();
  }

  Result<Tile> tile() {
    Tile made;
    SKALD_CHECK(in_.expect("("));
    SKALD_TRY(made.column, in_.number<int>());
    SKALD_CHECK(in_.expect(","));
    SKALD_TRY(made.row, in_.number<int>());
    SKALD_CHECK(in_.expect(")"));
    return made;
  }

  Result<Block> block() {
    Block made;
    bool known = false;
    for (const Element type :
         {Element::kI8, Element::kU8, Element::kI16, Element::kI32, Element::kBf16, Element::kF32}) {
      if (!in_.take_word(to_string(type))) continue;
      made.type = type;
      known = true;
      break;
    }
    if (!known) return in_.wrong("expected a type: i8, u8, i16, i32, bf16 or f32");
    SKALD_CHECK(in_.expect("["));
    if (in_.take("]")) return made;
    do {
      SKALD_TRY(const int64_t extent, in_.number<int64_t>());
      made.shape.push_back(extent);
    } while (in_.take(","));
    SKALD_CHECK(in_.expect("]"));
    return made;
  }

  Result<Pattern> pattern() {
    Pattern made;
    if (!in_.take_word("by")) return made;
    do {
      Dim dim;
      SKALD_TRY(dim.size, in_.number<int64_t>());
      SKALD_CHECK(in_.expect("x"));
      SKALD_TRY(dim.stride, in_.number<int64_t>());
      made.push_back(dim);
      in_.at_end();
    } while (in_.next_is_number());
    return made;
  }

  Result<Scalar> scalar() {
    Scalar made;
    if (in_.take_word("parameter")) {
      made.kind = Scalar::Kind::kParameter;
      SKALD_CHECK(in_.expect(":"));
    } else if (in_.take_word("counter")) {
      made.kind = Scalar::Kind::kLoopCounter;
      SKALD_CHECK(in_.expect(":"));
    }
    SKALD_TRY(made.value, in_.number<int32_t>());
    return made;
  }

  Result<std::vector<int>> fifo_list() {
    std::vector<int> list;
    do {
      SKALD_TRY(const int fifo, reference(fifo_names_, "fifo"));
      list.push_back(fifo);
    } while (in_.take(","));
    return list;
  }

  Result<int> bracketed() {
    SKALD_CHECK(in_.expect("["));
    SKALD_TRY(const int value, in_.number<int>());
    SKALD_CHECK(in_.expect("]"));
    return value;
  }

  /// Of memory, behind "@".
  Result<Operand> from_byte(Operand made) {
    if (in_.take("@")) {
      SKALD_TRY(made.from, in_.number<int>());
    }
    return made;
  }

  Result<int> index() {
    SKALD_CHECK(in_.expect("#"));
    return in_.number<int>();
  }

  Result<int> reference(const Names& names, const char* kind) {
    const std::string_view word = in_.peek_word();
    if (word.empty()) return index();
    const auto found = names.find(word);
    if (found == names.end()) return in_.wrong("no " + std::string(kind) + " is called '" + std::string(word) + "'");
    in_.skip_bytes(word.size());
    return found->second;
  }

  Result<void> deeper() {
    if (++depth_ <= kDeepestNesting) return {};
    return in_.wrong("loops and choices nest deeper than " + std::to_string(kDeepestNesting));
  }

  Reader in_;
  Program program_{};
  Names argument_names_{};
  Names fifo_names_{};
  Names buffer_names_{};
  Names parameter_names_{};
  int depth_ = 0;
};

}  // namespace

Result<Program> parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace skald::npu
