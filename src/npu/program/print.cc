#include <cstdio>
#include <map>
#include <utility>

#include "npu/program/blocks.h"
#include "npu/program/text.h"

namespace skald::npu {
namespace {

std::string quoted(const std::string& name) {
  if (is_name(name)) return name;
  std::string text = "\"";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      text += hex;
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::string block_text(const Block& block) {
  std::string text = to_string(block.type) + std::string("[");
  for (size_t i = 0; i < block.shape.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(block.shape[i]);
  return text + "]";
}

std::string pattern_text(const Pattern& pattern) {
  if (pattern.empty()) return "";
  std::string text = " by";
  for (const Dim& dim : pattern) text += " " + std::to_string(dim.size) + "x" + std::to_string(dim.stride);
  return text;
}

std::string scalar_text(const Scalar& scalar) {
  std::string value = std::to_string(scalar.value);
  switch (scalar.kind) {
    case Scalar::Kind::kConstant: return value;
    case Scalar::Kind::kParameter: return "parameter:" + value;
    case Scalar::Kind::kLoopCounter: return "counter:" + value;
  }
  return value;
}

/// Names of a kind of things; only the first bearer of a name is called by it.
template <class Things>
class References {
 public:
  explicit References(const Things& things) : things_(things) {
    for (size_t i = 0; i < things.size(); ++i) first_.try_emplace(things[i].name, i);
  }

  std::string operator()(int index) const {
    const auto at = static_cast<size_t>(index);
    if (index < 0 || at >= things_.size()) return "#" + std::to_string(index);
    const std::string& name = things_[at].name;
    const bool plain = is_name(name) && name != "at";  // the word that ends a link's list
    return plain && first_.at(name) == at ? name : "#" + std::to_string(index);
  }

 private:
  const Things& things_;
  std::map<std::string, size_t> first_{};
};

class Printer {
 public:
  explicit Printer(const Program& program)
      : program_(program),
        fifo_(program.fifos),
        buffer_(program.buffers),
        parameters_(program.parameters),
        argument_(program.arguments) {}

  std::string run() {
    text_ = "program " + quoted(program_.name) + " device " + quoted(program_.device) + "\n";
    for (const HostArgument& argument : program_.arguments) {
      constexpr const char* kAccess[] = {"read", "write", "readwrite"};
      line("argument " + quoted(argument.name) + " " + block_text(argument.block) + " " +
           kAccess[static_cast<size_t>(argument.access)]);
    }
    for (const Fifo& fifo : program_.fifos) print_fifo(fifo);
    for (const Link& link : program_.links) print_link(link);
    for (const Buffer& buffer : program_.buffers) {
      line("buffer " + quoted(buffer.name) + " " + to_string(buffer.tile) + " " + block_text(buffer.block) +
           (buffer.table.empty() ? "" : " table " + quoted(buffer.table)));
    }
    for (const Parameters& parameters : program_.parameters) {
      line("parameters " + quoted(parameters.name) + " " + to_string(parameters.tile) + " " +
           std::to_string(parameters.words));
    }
    for (const Core& core : program_.cores) {
      line("core " + to_string(core.tile) + " stack " + std::to_string(core.stack_bytes));
      print_steps(core.body);
      line("end");
    }
    print_sequence();
    return std::move(text_);
  }

 private:
  void line(const std::string& text) {
    text_.append(2 * depth_, ' ');
    text_ += text;
    text_ += '\n';
  }

  void print_fifo(const Fifo& fifo) {
    std::string text = "fifo " + quoted(fifo.name) + " " + to_string(fifo.producer) + "*" + std::to_string(fifo.depth) +
                       pattern_text(fifo.to_stream) + " ->";
    for (size_t i = 0; i < fifo.consumers.size(); ++i) {
      const Consumer& consumer = fifo.consumers[i];
      text += (i == 0 ? " " : ", ") + to_string(consumer.tile) + "*" + std::to_string(consumer.depth) +
              pattern_text(consumer.from_stream);
    }
    text += " : " + block_text(fifo.block);
    if (fifo.repeat != 1) text += " repeat " + std::to_string(fifo.repeat);
    line(text);
  }

  void print_link(const Link& link) {
    std::string text = "link";
    for (size_t i = 0; i < link.inputs.size(); ++i) text += (i == 0 ? " " : ", ") + fifo_(link.inputs[i]);
    text += " ->";
    for (size_t i = 0; i < link.outputs.size(); ++i) text += (i == 0 ? " " : ", ") + fifo_(link.outputs[i]);
    for (size_t i = 0; i < link.offsets.size(); ++i) text += (i == 0 ? " at " : ", ") + std::to_string(link.offsets[i]);
    line(text);
  }

  void print_steps(const std::vector<Step>& steps) {
    ++depth_;
    for (const Step& step : steps) {
      std::visit([this](const auto& action) { print_step(action); }, step.action);
    }
    --depth_;
  }

  void print_step(const Loop& loop) {
    const bool forever = loop.count == Scalar{.kind = Scalar::Kind::kConstant, .value = -1};
    line("loop " + (forever ? "forever" : scalar_text(loop.count)));
    print_steps(loop.body);
    line("end");
  }

  void print_step(const Choose& choose) {
    line("choose " + scalar_text(choose.selector));
    for (const std::vector<Step>& phase : choose.phases) {
      line("phase");
      print_steps(phase);
    }
    line("end");
  }

  void print_step(const Acquire& step) { line("acquire " + fifo_(step.fifo) + " " + std::to_string(step.count)); }
  void print_step(const Release& step) { line("release " + fifo_(step.fifo) + " " + std::to_string(step.count)); }
  void print_step(const AwaitParameters&) { line("await"); }

  void print_step(const Call& call) {
    std::string text = "call " + quoted(call.kernel);
    for (const Operand& operand : call.operands) {
      text += ' ';
      switch (operand.kind) {
        case Operand::Kind::kObject: text += fifo_(operand.id) + "[" + std::to_string(operand.index) + "]"; break;
        case Operand::Kind::kBuffer: text += buffer_(operand.id); break;
        case Operand::Kind::kScalar: text += scalar_text(operand.scalar); break;
      }
      if (operand.from != 0) text += "@" + std::to_string(operand.from);
    }
    line(text);
  }

  void print_sequence() {
    line("sequence");
    ++depth_;
    for (const SequenceStep& step : program_.sequence) {
      std::visit([this](const auto& action) { print_action(action); }, step);
    }
    --depth_;
    line("end");
  }

  void print_action(const WriteParameter& step) {
    line("write " + parameters_(step.parameters) + "[" + std::to_string(step.index) + "] " +
         std::to_string(step.value));
  }
  void print_action(const HandOver& step) { line("hand " + parameters_(step.parameters)); }
  void print_action(const Wait& step) { line("wait " + fifo_(step.fifo)); }
  void print_action(const Transfer& step) {
    line("transfer " + fifo_(step.fifo) + " " + argument_(step.argument) + " at " + std::to_string(step.offset) +
         pattern_text(step.pattern) + (step.token ? " token" : ""));
  }

  const Program& program_;
  References<std::vector<Fifo>> fifo_;
  References<std::vector<Buffer>> buffer_;
  References<std::vector<Parameters>> parameters_;
  References<std::vector<HostArgument>> argument_;
  std::string text_{};
  size_t depth_ = 0;
};

}  // namespace

std::string print(const Program& program) {
  return Printer(program).run();
}

uint64_t hash(const Program& program) {
  uint64_t value = 0xcbf29ce484222325;  // offset basis and prime: draft-eastlake-fnv
  for (const char c : print(program)) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}

std::string hash_text(const Program& program) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash(program)));
  return text;
}

}  // namespace skald::npu
