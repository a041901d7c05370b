#include "npu/program/verify.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "npu/program/array_for_tests.h"
#include "npu/program/blocks.h"

namespace skald::npu {
namespace {

std::set<std::string> names_of(const std::vector<Violation>& violations) {
  std::set<std::string> names;
  for (const Violation& violation : violations) names.emplace(violation.rule);
  return names;
}

std::string all_of(const std::vector<Violation>& violations) {
  std::string all;
  for (const Violation& violation : violations) all += to_string(violation) + "\n";
  return all;
}

/// In, one core that copies, out; for what the array has no room for.
Program copy_program(int64_t elements = 1024, Element type = Element::kI8) {
  Program p{.name = "copy", .device = "npu1_1col"};
  const Block block{.type = type, .shape = {elements}};
  p.arguments = {{.name = "x", .block = {.type = type, .shape = {4, elements}}},
                 {.name = "y", .block = {.type = type, .shape = {4, elements}}, .access = Access::kWrite}};
  p.fifos = {{.name = "in", .producer = {0, 0}, .consumers = {{.tile = {0, 2}}}, .block = block},
             {.name = "out", .producer = {0, 2}, .consumers = {{.tile = {0, 0}}}, .block = block}};
  p.cores = {{.tile = {0, 2},
              .body = {{Loop{
                  .count = {.value = 4},
                  .body = {{Acquire{.fifo = 0}}, {Acquire{.fifo = 1}}, {Release{.fifo = 0}}, {Release{.fifo = 1}}}}}}}};
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 1, .argument = 1, .token = true}, Wait{.fifo = 1}};
  return p;
}

/// In, through a memory tile, to a core; out through it as well.
Program passed_program(int64_t elements = 1024, Element type = Element::kI8) {
  Program p = copy_program(elements, type);
  const Block block = p.fifos[0].block;
  p.fifos = {{.name = "in", .producer = {0, 0}, .consumers = {{.tile = {0, 1}}}, .block = block},
             {.name = "out", .producer = {0, 1}, .consumers = {{.tile = {0, 0}}}, .block = block},
             {.name = "down", .producer = {0, 1}, .consumers = {{.tile = {0, 2}}}, .block = block},
             {.name = "up", .producer = {0, 2}, .consumers = {{.tile = {0, 1}}}, .block = block}};
  p.links = {{.inputs = {0}, .outputs = {2}}, {.inputs = {3}, .outputs = {1}}};
  auto& body = std::get<Loop>(p.cores[0].body[0].action).body;
  body = {{Acquire{.fifo = 2}}, {Acquire{.fifo = 3}}, {Release{.fifo = 2}}, {Release{.fifo = 3}}};
  return p;
}

/// In and out through a memory tile, no core.
Program relay_program(int64_t elements) {
  Program p = passed_program(elements);
  p.cores.clear();
  p.fifos.resize(2);
  p.links = {{.inputs = {0}, .outputs = {1}}};
  for (Fifo& fifo : p.fifos) fifo.depth = fifo.consumers[0].depth = 1;
  return p;
}

/// Five cores send to one memory tile, which has room for four streams from the north.
Program crowded_program() {
  Program p{.name = "crowd", .device = "npu1_2col"};
  const Block block{.type = Element::kI8, .shape = {64}};
  p.fifos = {{.name = "out", .producer = {0, 1}, .consumers = {{.tile = {0, 0}}}, .block = block}};
  p.fifos[0].block.shape = {5 * 64};
  Link link{.outputs = {0}};
  for (int i = 0; i < 5; ++i) {
    const Tile tile{i / 4, 2 + i % 4};
    p.cores.push_back({.tile = tile, .body = {}});
    link.inputs.push_back(i + 1);
    link.offsets.push_back(64 * i);
    p.fifos.push_back(
        {.name = "c" + std::to_string(i), .producer = tile, .consumers = {{.tile = {0, 1}}}, .block = block});
  }
  p.links = {link};
  return p;
}

/// 21 streams from the two columns to the west to those to the east: 16 of cores, 4 from the host, 1 to it.
Program wide_program() {
  Program p{.name = "wide", .device = "npu1"};
  const auto add = [&p](Tile from, Tile to, int64_t elements = 64) {
    p.fifos.push_back({.name = "s" + std::to_string(p.fifos.size()),
                       .producer = from,
                       .depth = 1,
                       .consumers = {{.tile = to, .depth = 1}},
                       .block = {.type = Element::kI8, .shape = {elements}}});
    return static_cast<int>(p.fifos.size()) - 1;
  };
  for (int i = 0; i < 16; ++i) {
    p.cores.push_back({.tile = {i / 4, 2 + i % 4}, .body = {}});
    if (i >= 8) continue;
    for (int twice = 0; twice < 2; ++twice) add({i / 4, 2 + i % 4}, {2 + i / 4, 2 + i % 4});
  }
  for (int column = 0; column < 2; ++column) {
    const int first = add({column, 0}, {2 + column, 1});
    const int second = add({column, 0}, {2 + column, 1});
    const int joined = add({2 + column, 1}, {2 + column, 0}, 128);
    p.links.push_back({.inputs = {first, second}, .outputs = {joined}, .offsets = {0, 64}});
  }
  p.links.push_back({.inputs = {add({2, 0}, {0, 1})}, .outputs = {add({0, 1}, {2, 0})}});
  return p;
}

Loop& forever_of(Program& p, int core = 0) {
  return std::get<Loop>(p.cores[static_cast<size_t>(core)].body[1].action);
}
Loop& along_of(Program& p, int core = 0) {
  return std::get<Loop>(forever_of(p, core).body[2].action);
}
Call& call_of(Step& step) {
  return std::get<Call>(step.action);
}
Transfer& transfer_of(Program& p, int index) {
  for (SequenceStep& step : p.sequence) {
    Transfer* transfer = std::get_if<Transfer>(&step);
    if (transfer != nullptr && index-- == 0) return *transfer;
  }
  return std::get<Transfer>(p.sequence.back());
}

struct Broken {
  std::string what;
  std::string rule;  ///< the only one that is violated
  std::function<Program()> make;
};

/// The array's Program with one thing changed.
Broken array(std::string what, std::string rule, std::function<void(Program&)> change) {
  return {std::move(what), std::move(rule), [change = std::move(change)] {
            Program p = array_program();
            change(p);
            return p;
          }};
}
Broken copy(std::string what, std::string rule, std::function<void(Program&)> change, int64_t elements = 1024,
            Element type = Element::kI8) {
  return {std::move(what), std::move(rule), [change = std::move(change), elements, type] {
            Program p = copy_program(elements, type);
            change(p);
            return p;
          }};
}
Broken passed(std::string what, std::string rule, std::function<void(Program&)> change, int64_t elements = 1024,
              Element type = Element::kI8) {
  return {std::move(what), std::move(rule), [change = std::move(change), elements, type] {
            Program p = passed_program(elements, type);
            change(p);
            return p;
          }};
}

std::vector<Broken> broken_structure() {
  return {
      array("old name", "device-known", [](Program& p) { p.device = "npu1_4col"; }),
      array("space in a name", "name-form", [](Program& p) { p.fifos[0].name = "a in"; }),
      array("name taken twice", "name-unique", [](Program& p) { p.fifos[1].name = "a_in0"; }),
      array("fifo named as a kernel", "name-unique", [](Program& p) { p.fifos[1].name = "multiply"; }),
      array("fifth column", "tile-in-device", [](Program& p) { p.fifos[0].producer.column = 4; }),
      array("seventh row", "tile-in-device", [](Program& p) { p.cores[0].tile.row = 6; }),
      array("too narrow a partition", "tile-in-device", [](Program& p) { p.device = "npu1_2col"; }),
      array("link of nothing", "index-in-range", [](Program& p) { p.links[0].inputs[0] = 99; }),
      array("transfer of nothing", "index-in-range", [](Program& p) { transfer_of(p, 0).argument = -1; }),
      array("empty extent", "block-size", [](Program& p) { p.fifos[0].block.shape = {0}; }),
      array("overflowing extents", "block-size",
            [](Program& p) { p.arguments[0].block.shape = {int64_t{1} << 32, int64_t{1} << 32}; }),
      array("negative stride", "pattern-size", [](Program& p) { transfer_of(p, 0).pattern[0].stride = -1; }),
      array("overflowing pattern", "pattern-size",
            [](Program& p) { p.fifos[4].to_stream = {{int64_t{1} << 40, int64_t{1} << 40}}; }),
      array("depth 0", "count-range", [](Program& p) { p.fifos[0].depth = 0; }),
      array("acquire 0", "count-range", [](Program& p) { std::get<Acquire>(along_of(p).body[0].action).count = 0; }),
      array("40 loops", "step-nesting",
            [](Program& p) {
              Step step{Call{.kernel = "clear", .operands = {{.kind = Operand::Kind::kBuffer, .id = 0}}}};
              for (int i = 0; i < 40; ++i) step = Step{Loop{.count = {.value = 1}, .body = {step}}};
              p.cores[0].body.insert(p.cores[0].body.begin(), step);
            }),
      array("six buffers", "argument-count",
            [](Program& p) {
              for (const char* name : {"x", "y", "z"}) p.arguments.push_back({.name = name, .block = {.shape = {4}}});
            }),
      copy("no consumer", "fifo-tiles",
           [](Program& p) { p.fifos.push_back({.name = "idle", .producer = {0, 0}, .block = {.shape = {64}}}); }),
      copy("consumer twice", "fifo-tiles", [](Program& p) { p.fifos[0].consumers.push_back(p.fifos[0].consumers[0]); }),
      copy("interface tile to interface tile", "fifo-kinds",
           [](Program& p) {
             p.device = "npu1_2col";
             p.fifos.push_back(
                 {.name = "aside", .producer = {0, 0}, .consumers = {{.tile = {1, 0}}}, .block = p.fifos[0].block});
           }),
      array("buffer in a memory tile", "core-tile",
            [](Program& p) { add_buffer(p, "far", {0, 1}, {.shape = {64}}, ""); }),
      array("two programs", "core-unique",
            [](Program& p) { p.cores.push_back({.tile = p.cores[0].tile, .stack_bytes = 64}); }),
      copy("two sets of parameters", "core-unique",
           [](Program& p) {
             p.parameters = {{.name = "one", .tile = {0, 2}, .words = 16},
                             {.name = "two", .tile = {0, 2}, .words = 16}};
           }),
      copy("stream to a tile without core", "fifo-core",
           [](Program& p) {
             p.fifos.push_back(
                 {.name = "lost", .producer = {0, 0}, .consumers = {{.tile = {0, 3}}}, .block = {.shape = {64}}});
           }),
  };
}

std::vector<Broken> broken_links() {
  return {
      array("two and two", "link-form", [](Program& p) { p.links.push_back({}); }),
      array("slices overlap", "link-slices", [](Program& p) { p.links[2].offsets[1] = 1000; }),
      array("slices too short", "link-slices",
            [](Program& p) {
              p.fifos[c_out(0)].block.shape[1] = 33;
              p.fifos[c_out(0)].to_stream.clear();
              transfer_of(p, 2).pattern = {{kBlocks * 4 * 33 * 32, 1}};
              p.arguments[2].block.shape[3] = 33;
            }),
      array("different depths", "link-depth", [](Program& p) { p.fifos[a_row(0)].depth = 1; }),
      array("linked twice", "link-once", [](Program& p) { p.links.push_back(p.links[0]); }),
      array("not linked", "link-missing", [](Program& p) { p.links.erase(p.links.begin()); }),
      passed("link at a core", "link-tile",
             [](Program& p) {
               p.fifos.push_back(
                   {.name = "x2", .producer = {0, 0}, .consumers = {{.tile = {0, 2}}}, .block = p.fifos[0].block});
               p.fifos.push_back(
                   {.name = "y2", .producer = {0, 2}, .consumers = {{.tile = {0, 3}}}, .block = p.fifos[0].block});
               p.cores.push_back({.tile = {0, 3}});
               p.links.push_back({.inputs = {4}, .outputs = {5}});
             }),
      passed("link converts", "link-type", [](Program& p) { p.fifos[2].block.type = Element::kU8; }),
      copy("core repeats", "repeat-place",
           [](Program& p) {
             p.fifos[1].repeat = 2;
             std::get<Loop>(p.cores[0].body[0].action).body[0] = {Acquire{.fifo = 0}};
           }),
  };
}

std::vector<Broken> broken_memory() {
  return {
      {"three bytes", "object-words", [] { return relay_program(1022); }},
      array("40-byte buffer", "memory-alignment",
            [](Program& p) { add_buffer(p, "odd", {0, 2}, {.shape = {40}}, ""); }),
      array("4 parameters", "memory-alignment", [](Program& p) { p.parameters[0].words = 4; }),
      array("64 KiB buffer", "core-memory", [](Program& p) { add_buffer(p, "big", {0, 2}, {.shape = {65536}}, ""); }),
      {"deep memory tile", "memory-tile-memory",
       [] {
         Program p = relay_program(64 * 1024);
         p.fifos[0].consumers[0].depth = p.fifos[1].depth = 12;
         return p;
       }},
      array("stack below the kernels'", "stack-size", [](Program& p) { p.cores[3].stack_bytes = 256; }),
      array("stack over 16 KiB", "stack-size", [](Program& p) { p.cores[3].stack_bytes = 16384 + 64; }),
      array("too many kernels", "text-size",
            [](Program& p) {
              forever_of(p).body.push_back(
                  {Call{.kernel = "huge", .operands = {{.kind = Operand::Kind::kBuffer, .id = 0}}}});
            }),
      copy("nine streams of a core", "lock-count",
           [](Program& p) {
             // Neighbours share memory: no channels, but two locks each.
             p.cores.push_back({.tile = {0, 3}});
             for (int i = 0; i < 7; ++i) {
               p.fifos.push_back({.name = "next" + std::to_string(i),
                                  .producer = {0, 2},
                                  .depth = 1,
                                  .consumers = {{.tile = {0, 3}, .depth = 1}},
                                  .block = {.shape = {64}}});
             }
           }),
      passed("64 repeats of one", "lock-value",
             [](Program& p) {
               p.fifos[0].consumers[0].depth = p.fifos[2].depth = 1;
               p.fifos[2].repeat = 64;
               std::get<Loop>(p.cores[0].body[0].action).count.value = 256;
               p.arguments[1].block.shape = {256, 1024};
               transfer_of(p, 1).pattern = {};
             }),
      copy("third input", "channels",
           [](Program& p) {
             for (const char* name : {"second", "third"}) {
               p.fifos.push_back(
                   {.name = name, .producer = {0, 0}, .consumers = {{.tile = {0, 2}}}, .block = {.shape = {64}}});
             }
             p.device = "npu1_2col";
             p.fifos.back().producer = {1, 0};
           }),
      copy("17 deep", "descriptors", [](Program& p) { p.fifos[0].consumers[0].depth = 15; }),
      passed("25 deep", "descriptors", [](Program& p) { p.fifos[0].consumers[0].depth = p.fifos[2].depth = 25; }),
      {"128 Ki words", "descriptor-length", [] { return relay_program(524'288); }},
      copy("neighbours of two depths", "shared-depth",
           [](Program& p) {
             p.cores.push_back({.tile = {0, 3}});
             p.fifos.push_back({.name = "next",
                                .producer = {0, 2},
                                .consumers = {{.tile = {0, 3}, .depth = 3}},
                                .block = {.shape = {64}}});
           }),
      array("no such table", "table-known",
            [](Program& p) { add_buffer(p, "extra", {0, 2}, {.shape = {64}}, "sine"); }),
      array("table of another size", "table-known",
            [](Program& p) { add_buffer(p, "extra", {0, 2}, {.shape = {64}}, "gelu"); }),
  };
}

std::vector<Broken> broken_patterns() {
  const auto in = [](Program& p) -> Pattern& { return p.fifos[2].to_stream; };
  const auto at_core = [](Program& p) -> Pattern& { return p.fifos[2].consumers[0].from_stream; };
  return {
      copy("pattern at the interface", "pattern-end", [](Program& p) { p.fifos[0].to_stream = {{2, 512}, {512, 1}}; }),
      array("unequal slices", "pattern-slices",
            [](Program& p) {
              // The slices of column 0 become 1024, 1024, 512 and 1536 elements: still 4096 in all.
              for (auto& [row, size] : std::map<int, int64_t>{{2, 16}, {3, 48}}) {
                p.fifos[static_cast<size_t>(c_core(0, row))].block.shape[0] = size;
              }
              p.links[2].offsets[3] = 2560;
              for (int row : {2, 3}) call_of(forever_of(p, core_at(0, row)).body[3]).kernel = "none";
              for (int row : {2, 3})
                forever_of(p, core_at(0, row)).body.erase(forever_of(p, core_at(0, row)).body.begin() + 3);
            }),
      passed("five levels", "pattern-dims",
             [in](Program& p) { in(p) = {{2, 512}, {2, 256}, {2, 128}, {2, 64}, {64, 1}}; }),
      passed("four levels at a core", "pattern-dims",
             [at_core](Program& p) { at_core(p) = {{2, 512}, {2, 256}, {2, 128}, {128, 1}}; }),
      passed("half an object", "pattern-product", [in](Program& p) { in(p) = {{8, 64}, {64, 1}}; }),
      passed("beyond the object", "pattern-bounds", [in](Program& p) { in(p) = {{16, 68}, {64, 1}}; }),
      passed("stride 0", "pattern-stride", [in](Program& p) { in(p) = {{2, 0}, {512, 1}}; }),
      passed(
          "520 elements", "pattern-wrap", [in](Program& p) { in(p) = {{2, 520}, {520, 1}}; }, 1040, Element::kI32),
      passed(
          "256 words at a core", "pattern-wrap", [at_core](Program& p) { at_core(p) = {{4, 256}, {256, 1}}; }, 1024,
          Element::kI32),
      passed("two bytes together", "pattern-granularity", [in](Program& p) { in(p) = {{64, 2}, {8, 128}, {2, 1}}; }),
      passed(
          "16-bit elements apart", "pattern-granularity", [in](Program& p) { in(p) = {{2, 1}, {512, 2}}; }, 1024,
          Element::kBf16),
      passed("placed twice", "pattern-overlap", [at_core](Program& p) { at_core(p) = {{2, 4}, {128, 4}, {4, 1}}; }),
  };
}

std::vector<Broken> broken_streams() {
  return {{"five streams from the north", "stream-vertical", crowded_program},
          {"21 streams to the east", "stream-lateral", wide_program}};
}

std::vector<Broken> broken_sequence() {
  return {
      passed("transfer to a core's stream", "transfer-fifo",
             [](Program& p) { p.sequence.insert(p.sequence.begin(), Transfer{.fifo = 2, .argument = 0}); }),
      copy("reads an output", "transfer-argument", [](Program& p) { p.arguments[0].access = Access::kWrite; }),
      copy("other type", "transfer-argument", [](Program& p) { p.arguments[0].block.type = Element::kU8; }),
      copy("behind the argument", "transfer-bounds",
           [](Program& p) {
             transfer_of(p, 0).offset = 4;
             transfer_of(p, 0).pattern = {{4096, 1}};
           }),
      copy("huge offset", "transfer-bounds",
           [](Program& p) {
             transfer_of(p, 0).offset = INT64_MAX - 3;
             transfer_of(p, 0).pattern = {{4096, 1}};
           }),
      copy("part of an object", "transfer-objects", [](Program& p) { transfer_of(p, 0).pattern = {{4000, 1}}; }),
      copy("odd offset", "transfer-granularity",
           [](Program& p) {
             transfer_of(p, 0).offset = 2;
             transfer_of(p, 0).pattern = {{3072, 1}};
             p.sequence.insert(p.sequence.begin(), Transfer{.fifo = 0, .argument = 0, .pattern = {{1024, 1}}});
           }),
      copy("1024 rows", "transfer-limits",
           [](Program& p) {
             p.arguments[0].block.shape = {2 * 4096};
             transfer_of(p, 0).pattern = {{1024, 8}, {4, 1}};
           }),
      copy("65 rounds with a stride", "transfer-limits",
           [](Program& p) {
             p.arguments[0].block.shape = {65 * 2048};
             transfer_of(p, 0).pattern = {{65, 2048}, {1, 0}, {4, 256}, {256, 1}};
             p.arguments[1].block.shape = {65 * 1024};
             std::get<Loop>(p.cores[0].body[0].action).count.value = 65;
           }),
      copy("still inner level", "transfer-limits",
           [](Program& p) { transfer_of(p, 0).pattern = {{2, 1024}, {2, 0}, {1024, 1}}; }),
      copy("output over output", "transfer-overlap",
           [](Program& p) { transfer_of(p, 1).pattern = {{4, 512}, {1024, 1}}; }),
      copy("wait without token", "wait-token", [](Program& p) { p.sequence.emplace_back(Wait{.fifo = 1}); }),
      copy("token that nobody takes", "token-waited", [](Program& p) { transfer_of(p, 0).token = true; }),
      copy("output not waited for", "token-waited",
           [](Program& p) {
             transfer_of(p, 1).token = false;
             p.sequence.pop_back();
           }),
      array("nine at once", "live-transfers",
            [](Program& p) {
              // All in quarters on three channels: A and B of column 0 in four each, C in two with one wait at the end.
              std::vector<SequenceStep> steps;
              for (const SequenceStep& step : p.sequence) {
                const Transfer* transfer = std::get_if<Transfer>(&step);
                const bool split = transfer != nullptr && (transfer->fifo == a_in(0) || transfer->fifo == b_in(0));
                if (!split) {
                  steps.push_back(step);
                  continue;
                }
                constexpr int64_t kTile = kEdge * kEdge;
                for (const auto& [first, count] : {std::pair{0, 1}, {1, 1}, {2, 2}, {4, 2}}) {
                  Transfer part = *transfer;
                  part.offset += first * kTile;
                  part.pattern[0].size = count;
                  steps.emplace_back(part);
                }
              }
              p.sequence = steps;
            }),
      copy("five in a queue", "queue-depth",
           [](Program& p) {
             p.arguments[0].block.shape = {5 * 1024};
             p.arguments[1].block.shape = {5 * 1024};
             std::get<Loop>(p.cores[0].body[0].action).count.value = 5;
             p.sequence.erase(p.sequence.begin());
             for (int i = 0; i < 5; ++i) {
               p.sequence.insert(p.sequence.begin() + i,
                                 Transfer{.fifo = 0, .argument = 0, .offset = i * 1024, .pattern = {{1024, 1}}});
             }
           }),
      array("17th word", "parameter-index", [](Program& p) { std::get<WriteParameter>(p.sequence[0]).index = 16; }),
      array("never handed over", "hand-over", [](Program& p) { p.sequence.erase(p.sequence.begin() + 1); }),
      array("handed to a deaf core", "hand-over",
            [](Program& p) {
              p.cores[0].body.erase(p.cores[0].body.begin());
              Loop& forever = std::get<Loop>(p.cores[0].body[0].action);
              std::get<Loop>(forever.body[2].action).count = {.value = kSteps};
              call_of(forever.body[3]).operands[3].scalar = {.value = kSteps};
            }),
      array("handed over twice at once", "parameter-rewrite",
            [](Program& p) { p.sequence.insert(p.sequence.begin() + 2, HandOver{.parameters = 0}); }),
  };
}

std::vector<Broken> broken_cores() {
  return {
      array("another row's A", "core-end",
            [](Program& p) {
              forever_of(p).body.push_back({Acquire{.fifo = a_row(1)}});
              forever_of(p).body.push_back({Release{.fifo = a_row(1)}});
            }),
      array("three of two", "acquire-depth",
            [](Program& p) { std::get<Acquire>(forever_of(p).body[0].action).count = 3; }),
      array("no rounds", "loop-count",
            [](Program& p) {
              p.cores[0].body.insert(p.cores[0].body.begin(), {Loop{.count = {.value = 0}, .body = {}}});
            }),
      array("behind the endless loop", "loop-count",
            [](Program& p) { p.cores[0].body.push_back({AwaitParameters{}}); }),
      array("counter of the outside", "scalar-range",
            [](Program& p) {
              call_of(forever_of(p).body[3]).operands[3].scalar = {.kind = Scalar::Kind::kLoopCounter, .value = 1};
            }),
      array("parameter that is not there", "scalar-range", [](Program& p) { along_of(p).count.value = 16; }),
      array("phase that is not there", "scalar-range",
            [](Program& p) { p.cores[0].body.insert(p.cores[0].body.begin(), {Choose{.phases = {}}}); }),
      array("no such kernel", "kernel-known", [](Program& p) { call_of(along_of(p).body[2]).kernel = "divide"; }),
      array("operand missing", "kernel-operands", [](Program& p) { call_of(along_of(p).body[2]).operands.pop_back(); }),
      array("number for a block", "kernel-operands", [](Program& p) { call_of(along_of(p).body[2]).operands[0] = {}; }),
      array("too small a block", "operand-block",
            [](Program& p) {
              add_buffer(p, "small", {0, 2}, {.type = Element::kI32, .shape = {64}}, "");
              call_of(forever_of(p).body[1]).operands[0].id = static_cast<int>(p.buffers.size()) - 1;
            }),
      array("block of another type", "operand-block", [](Program& p) { p.buffers[0].block.type = Element::kF32; }),
      array("writes to its input", "operand-access",
            [](Program& p) {
              Call& finish = call_of(forever_of(p).body[3]);
              Step step{finish};
              call_of(step).operands[1].id = a_row(0);
              along_of(p).body.insert(along_of(p).body.begin() + 3, step);
            }),
      array("another buffer for a table", "operand-table", [](Program& p) { p.buffers[1].table.clear(); }),
      array("buffer to the east", "buffer-reach",
            [](Program& p) { call_of(along_of(p).body[2]).operands[2].id = 2 * core_at(1, 0); }),
      array("parameters not awaited", "parameter-awaited",
            [](Program& p) {
              Step clear{
                  Loop{.count = {.kind = Scalar::Kind::kParameter, .value = 0},
                       .body = {{Call{.kernel = "clear", .operands = {{.kind = Operand::Kind::kBuffer, .id = 0}}}}}}};
              p.cores[0].body.insert(p.cores[0].body.begin(), clear);
            }),
      array("release missing", "balance", [](Program& p) { along_of(p).body.pop_back(); }),
      array("release twice", "balance", [](Program& p) { along_of(p).body.push_back({Release{.fifo = a_row(0)}}); }),
      array("used after release", "operand-held",
            [](Program& p) { std::swap(forever_of(p).body[3], forever_of(p).body[4]); }),
      array("second object of one", "operand-held",
            [](Program& p) { call_of(along_of(p).body[2]).operands[0].index = 1; }),
  };
}

std::vector<Broken> broken_flow() {
  return {
      array("one core wants more", "flow-hang", [](Program& p) { std::get<WriteParameter>(p.sequence[0]).value = 4; }),
      array("wait before the input", "flow-hang",
            [](Program& p) {
              const SequenceStep wait = p.sequence[p.sequence.size() - 4];
              p.sequence.erase(p.sequence.end() - 4);
              for (size_t i = 0; i < p.sequence.size(); ++i) {
                const Transfer* transfer = std::get_if<Transfer>(&p.sequence[i]);
                if (transfer != nullptr && transfer->fifo == c_out(0)) {
                  p.sequence.insert(p.sequence.begin() + static_cast<std::ptrdiff_t>(i) + 1, wait);
                  return;
                }
              }
            }),
      copy("more in than out", "flow-leftover",
           [](Program& p) {
             p.arguments[1].block.shape = {3, 1024};
             std::get<Loop>(p.cores[0].body[0].action).count = {.value = 4};
           }),
      copy("core wants a fifth", "flow-leftover",
           [](Program& p) { std::get<Loop>(p.cores[0].body[0].action).count.value = 5; }),
      array("phase 2 of 2", "flow-choice",
            [](Program& p) {
              Choose choose{.selector = {.kind = Scalar::Kind::kParameter, .value = 1}, .phases = {{}, {}}};
              p.cores[0].body.insert(p.cores[0].body.begin() + 1, {choose});
              p.sequence.insert(p.sequence.begin(), WriteParameter{.parameters = 0, .index = 1, .value = 2});
            }),
      copy("a long way", "flow-length",
           [](Program& p) {
             for (HostArgument& argument : p.arguments) argument.block.shape = {int64_t{1} << 30};
             for (Fifo& fifo : p.fifos) fifo.block.shape = {64};
             std::get<Loop>(p.cores[0].body[0].action).count.value = 1 << 24;
             std::vector<Step> once = std::get<Loop>(p.cores[0].body[0].action).body;
             std::vector<Step>& body = std::get<Loop>(p.cores[0].body[0].action).body;
             for (int i = 0; i < 3; ++i) body.insert(body.end(), once.begin(), once.end());
           }),
  };
}

std::vector<Broken> all_broken() {
  std::vector<Broken> all;
  for (const auto& list : {broken_structure(), broken_links(), broken_memory(), broken_patterns(), broken_streams(),
                           broken_sequence(), broken_cores(), broken_flow()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

TEST(Verify, LegalProgramsPass) {
  const KernelLookup kernels = array_kernels();
  EXPECT_EQ(all_of(verify(array_program(), kernels)), "");
  EXPECT_EQ(all_of(verify(copy_program(), kernels)), "");
  EXPECT_EQ(all_of(verify(passed_program(), kernels)), "");
  EXPECT_EQ(all_of(verify(relay_program(1024), kernels)), "");
  EXPECT_TRUE(verified(array_program(), kernels));
}

TEST(Verify, FunctionsThatKernelsShareCountOnce) {
  Program program = array_program();
  for (const char* kernel : {"near", "far"}) {
    forever_of(program).body.push_back(
        {Call{.kernel = kernel, .operands = {{.kind = Operand::Kind::kBuffer, .id = 0}}}});
  }
  const std::vector<Violation> found = verify(program, array_kernels());
  EXPECT_TRUE(found.empty()) << all_of(found);
}

TEST(Verify, EveryBreakTripsItsRule) {
  const KernelLookup kernels = array_kernels();
  for (const Broken& broken : all_broken()) {
    const std::vector<Violation> found = verify(broken.make(), kernels);
    EXPECT_EQ(names_of(found), std::set<std::string>{broken.rule}) << broken.what << "\n" << all_of(found);
    for (const Violation& violation : found) {
      EXPECT_FALSE(violation.where.empty() || violation.message.empty() || violation.remedy.empty())
          << to_string(violation);
    }
  }
}

TEST(Verify, EveryRuleIsTripped) {
  std::set<std::string> tripped;
  for (const Broken& broken : all_broken()) tripped.insert(broken.rule);
  std::set<std::string> known;
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(known.emplace(rule.name).second) << rule.name << " stands in the table twice";
    EXPECT_TRUE(tripped.contains(std::string(rule.name))) << "nothing trips " << rule.name;
    EXPECT_FALSE(rule.what.empty() || rule.source.empty()) << rule.name;
  }
  EXPECT_GE(all_broken().size(), 25U);
}

TEST(Verify, TellsTheRuleAndHowManyMore) {
  Program p = array_program();
  p.fifos[0].name = "1";
  p.fifos[1].name = "2";
  const auto judged = verified(p, array_kernels());
  ASSERT_FALSE(judged);
  EXPECT_NE(judged.error().message.find("name-form"), std::string::npos);
  EXPECT_NE(judged.error().message.find("and 1 more"), std::string::npos);
}

}  // namespace
}  // namespace skald::npu
