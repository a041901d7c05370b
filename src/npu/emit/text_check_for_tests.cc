#include "npu/emit/text_check_for_tests.h"

#include <map>
#include <ranges>
#include <regex>
#include <set>
#include <sstream>

namespace skald::npu::samples {
namespace {

using Match = std::smatch;

/// Compiled once: the same few for every line.
const std::regex& regex_of(const char* pattern) {
  static std::map<std::string, std::regex> compiled;
  return compiled.try_emplace(pattern, pattern).first->second;
}

class Checker {
 public:
  std::vector<std::string> run(std::string_view whole) {
    const std::string text = without_tables(whole);
    declare(text);
    brackets(text);
    scopes_.emplace_back();
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      check(line.substr(0, line.find("//")));
    }
    if (scopes_.size() != 1) problem("a region is not closed");
    return problems_;
  }

 private:
  void problem(const std::string& what) { problems_.push_back("line " + std::to_string(line_) + ": " + what); }

  /// Their numbers are checked against nothing, and too long for std::regex.
  static std::string without_tables(std::string_view text) {
    static constexpr std::string_view kTable = "dense<\"0x";
    std::string kept;
    for (size_t at = text.find(kTable); at != text.npos; at = text.find(kTable)) {
      kept.append(text.substr(0, at + kTable.size())).append("0");
      text.remove_prefix(at + kTable.size());
      text.remove_prefix(std::min(text.find('"'), text.size()));
    }
    return kept.append(text);
  }

  /// Symbols may be used before they are declared.
  void declare(const std::string& text) {
    static const std::regex kDeclaration(
        R"re((?:aie\.objectfifo|func\.func private|aie\.runtime_sequence) @(\w+)|sym_name = "(\w+)")re");
    for (std::sregex_iterator i(text.begin(), text.end(), kDeclaration); i != std::sregex_iterator(); ++i) {
      const std::string name = (*i)[1].str() + (*i)[2].str();
      if (!symbols_.insert(name).second) problem("symbol " + name + " is declared twice");
    }
    static const std::regex kFifo(
        R"re(aie\.objectfifo @(\w+)\((%\w+).*?\{(.*?)\}, \[(.*?)\]\).*: !aie\.objectfifo<(.*)>)re");
    for (std::sregex_iterator i(text.begin(), text.end(), kFifo); i != std::sregex_iterator(); ++i) {
      fifos_[(*i)[1]] = {.type = (*i)[5], .producer = (*i)[2], .consumers = (*i)[3]};
      const auto ends = 1 + values_in((*i)[3]).size();
      if (values_of((*i)[4], R"(\d+ : i32)").size() != ends) {
        problem("stream " + (*i)[1].str() + " has not one depth for each end");
      }
    }
    static const std::regex kFunction(R"re(func\.func private @(\w+)\((.*?)\) attributes \{link_with = "\w+\.o"\})re");
    for (std::sregex_iterator i(text.begin(), text.end(), kFunction); i != std::sregex_iterator(); ++i) {
      functions_[(*i)[1]] = (*i)[2];
    }
  }

  void brackets(std::string_view text) {
    std::string open;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '"') quoted = !quoted;
      if (quoted || (c == '>' && i > 0 && text[i - 1] == '-')) continue;
      if (c == '/' && text.substr(i, 2) == "//") i = std::min(text.find('\n', i), text.size() - 1);
      if (std::string_view("([{<").find(c) != std::string_view::npos) open += c;
      const size_t closed = std::string_view(")]}>").find(c);
      if (closed == std::string_view::npos) continue;
      if (open.empty() || open.back() != std::string_view("([{<")[closed]) return problem("brackets do not match");
      open.pop_back();
    }
    if (!open.empty() || quoted) problem("brackets do not match");
  }

  static std::vector<std::string> values_of(const std::string& text, const char* pattern) {
    const std::regex& compiled = regex_of(pattern);
    std::vector<std::string> found;
    const std::ranges::subrange matches(std::sregex_iterator(text.begin(), text.end(), compiled),
                                        std::sregex_iterator());
    for (const Match& match : matches) found.push_back(match.str());
    return found;
  }
  static std::vector<std::string> values_in(const std::string& text) { return values_of(text, R"(%\w+)"); }

  const std::string* type(const std::string& value) const {
    for (const auto& scope : std::views::reverse(scopes_)) {
      if (const auto found = scope.find(value); found != scope.end()) return &found->second;
    }
    return nullptr;
  }

  void define(const std::string& value, const std::string& its_type) {
    if (type(value) != nullptr) problem(value + " is defined twice");
    scopes_.back()[value] = its_type;
  }

  void expect(const std::string& value, const std::string& wanted) {
    const std::string* found = type(value);
    if (found != nullptr && *found != wanted) problem(value + " is " + *found + ", not " + wanted);
  }

  void check(const std::string& line) {
    const std::string trimmed = std::regex_replace(line, regex_of(R"(^\s+|\s+$)"), "");
    if (trimmed.empty()) return;
    if (trimmed.front() == '}') {
      if (scopes_.size() == 1) return problem("closes a region that is not open");
      scopes_.pop_back();
    }
    Match match;
    std::string defined;
    if (std::regex_match(trimmed, match, regex_of(R"((%\w+) = (.*))"))) defined = match[1];
    const std::string rest = defined.empty() ? trimmed : match[2].str();
    const bool sequence = rest.starts_with("aie.runtime_sequence");
    if (const std::string op = rest.substr(0, rest.find_first_of(" (")); !known(op)) problem("unknown operation " + op);
    if (const auto core = values_in(rest); rest.starts_with("aie.core")) core_tile_ = core.empty() ? "" : core[0];
    uses(rest, sequence);
    types(rest, defined);
    if (trimmed.back() != '{') return;
    scopes_.emplace_back();
    if (std::regex_search(rest, match, regex_of(R"(scf\.for (%\w+))"))) define(match[1], "index");
    if (sequence) {
      static const std::regex kArgument(R"((%\w+): (memref<\d+x\w+>))");
      for (std::sregex_iterator i(rest.begin(), rest.end(), kArgument); i != std::sregex_iterator(); ++i) {
        define((*i)[1], (*i)[2]);
      }
    }
  }

  static bool known(const std::string& operation) {
    static const std::set<std::string> kKnown = {"module",
                                                 "}",
                                                 "aie.device",
                                                 "aie.tile",
                                                 "aie.objectfifo",
                                                 "aie.objectfifo.link",
                                                 "func.func",
                                                 "aie.buffer",
                                                 "aie.lock",
                                                 "aie.core",
                                                 "aie.end",
                                                 "aie.use_lock",
                                                 "aie.objectfifo.acquire",
                                                 "aie.objectfifo.release",
                                                 "aie.objectfifo.subview.access",
                                                 "func.call",
                                                 "scf.for",
                                                 "scf.if",
                                                 "arith.constant",
                                                 "arith.cmpi",
                                                 "arith.index_cast",
                                                 "memref.load",
                                                 "memref.view",
                                                 "aie.runtime_sequence",
                                                 "aiex.npu.rtp_write",
                                                 "aiex.set_lock",
                                                 "aiex.dma_configure_task_for",
                                                 "aie.dma_bd",
                                                 "aiex.dma_start_task",
                                                 "aiex.dma_await_task",
                                                 "aiex.dma_free_task"};
    return kKnown.contains(operation);
  }

  void uses(const std::string& rest, bool sequence) {
    std::vector<std::string> values = sequence ? std::vector<std::string>{} : values_in(rest);
    if (rest.starts_with("scf.for") && !values.empty()) values.erase(values.begin());
    for (const std::string& value : values) {
      if (type(value) == nullptr) problem(value + " is not defined");
    }
    for (const std::string& symbol : values_of(rest, R"(@\w+)")) {
      if (!symbols_.contains(symbol.substr(1))) problem(symbol + " is not declared");
    }
  }

  void types(const std::string& rest, const std::string& defined) {
    Match m;
    const auto is = [&](const char* pattern) { return std::regex_match(rest, m, regex_of(pattern)); };
    std::string result;
    if (is(R"(aie\.tile\(\d, \d\))")) result = "tile";
    if (is(R"(aie\.core\((%\w+)\) \{)")) result = "core", expect(m[1], "tile");
    if (is(R"re(aie\.buffer\((%\w+)\) \{.*\} : (memref<\d+x\w+>)(?: = dense<"0x[0-9A-F]+">)?)re")) {
      result = m[2], expect(m[1], "tile");
    }
    if (is(R"(aie\.lock\((%\w+)\) \{.*\})")) result = "lock", expect(m[1], "tile");
    if (is(R"(arith\.constant -?\d+ : (\w+))")) result = m[1];
    if (is(R"(arith\.cmpi eq, (%\w+), (%\w+) : (\w+))")) result = "i1", expect(m[1], m[3]), expect(m[2], m[3]);
    if (is(R"(arith\.index_cast (%\w+) : (\w+) to (\w+))")) result = m[3], expect(m[1], m[2]);
    if (is(R"(memref\.load (%\w+)\[(%\w+)\] : (memref<\d+x(\w+)>))")) {
      result = m[4], expect(m[1], m[3]), expect(m[2], "index");
    }
    if (is(R"(memref\.view (%\w+)\[(%\w+)\]\[\] : (memref<\d+xi8>) to (memref<\d+x\w+>))")) {
      result = m[4], expect(m[1], m[3]), expect(m[2], "index");
    }
    if (is(R"(aie\.objectfifo\.acquire @(\w+)\((\w+), \d+\) : (!aie\.objectfifosubview<(.*)>))")) {
      result = m[3], end(m[1], m[2]);
      if (fifos_[m[1]].type != m[4]) problem("view of " + m[1].str() + " has another type than its objects");
    }
    if (is(R"(aie\.objectfifo\.release @(\w+)\((\w+), \d+\))")) end(m[1], m[2]);
    if (is(R"(aie\.objectfifo\.subview\.access (%\w+)\[\d+\] : (!aie\.objectfifosubview<(.*)>) -> (.*))")) {
      result = m[4], expect(m[1], m[2]);
      if (m[3] != m[4]) problem("object and view have different types");
    }
    if (is(R"(scf\.for %\w+ = (%\w+) to (%\w+) step (%\w+) \{)")) {
      for (size_t i = 1; i <= 3; ++i) expect(m[i], "index");
    }
    if (is(R"(scf\.if (%\w+) \{)")) expect(m[1], "i1");
    if (is(R"(func\.call @(\w+)\((.*)\) : \((.*)\) -> \(\))")) call(m[1], m[2], m[3]);
    if (is(R"(aie\.use_lock\((%\w+), AcquireGreaterEqual, 1\))")) expect(m[1], "lock");
    if (is(R"(aiex\.set_lock\((%\w+), 1\))")) expect(m[1], "lock");
    if (is(R"(aiex\.dma_configure_task_for @\w+ \{)")) result = "task";
    if (is(R"(aiex\.dma_\w+_task\((%\w+)\))")) expect(m[1], "task");
    if (is(R"(aie\.dma_bd\((%\w+) : (memref<\d+x\w+>), \d+, (\d+)(.*)\))")) {
      expect(m[1], m[2]), levels(m[4], std::stoll(m[3]));
    }
    if (is(R"(\} \{.*repeat_count = (\d+) : i32\})") && std::stoll(m[1]) != repetitions_ - 1) {
      problem("repeat_count does not agree with the first level");
    }
    if (!defined.empty()) define(defined, result.empty() ? "unknown" : result);
    if (!defined.empty() && result.empty()) problem("cannot be read: " + rest);
  }

  void end(const std::string& fifo, const std::string& port) {
    const bool here = port == "Produce"
                          ? fifos_[fifo].producer == core_tile_
                          : port == "Consume" && (fifos_[fifo].consumers + " ").find(core_tile_) != std::string::npos;
    if (!here) problem("the core has no such end of " + fifo);
  }

  void call(const std::string& callee, const std::string& operands, const std::string& types) {
    if (functions_[callee] != types) problem("@" + callee + " is declared with other types");
    const auto values = values_in(operands);
    const auto wanted = values_of(types, R"(memref<\d+x\w+>|i32)");
    if (values.size() != wanted.size()) return problem("@" + callee + " has not one type for each operand");
    for (size_t i = 0; i < values.size(); ++i) expect(values[i], wanted[i]);
  }

  void levels(const std::string& dims, int64_t length) {
    int64_t product = 1;
    const auto sizes = values_of(dims, R"(size = \d+)");
    repetitions_ = sizes.empty() ? 1 : std::stoll(sizes[0].substr(7));
    for (size_t i = 1; i < sizes.size(); ++i) product *= std::stoll(sizes[i].substr(7));
    if (!sizes.empty() && (sizes.size() != 4 || product != length)) problem("length is not that of the inner levels");
  }

  struct Fifo {
    std::string type;
    std::string producer;
    std::string consumers;
  };
  int line_ = 0;
  std::vector<std::string> problems_;
  std::set<std::string> symbols_;
  std::map<std::string, Fifo> fifos_;
  std::map<std::string, std::string> functions_;
  std::vector<std::map<std::string, std::string>> scopes_;
  std::string core_tile_;
  int64_t repetitions_ = 1;
};

}  // namespace

std::vector<std::string> problems(std::string_view text) {
  return Checker().run(text);
}

}  // namespace skald::npu::samples
