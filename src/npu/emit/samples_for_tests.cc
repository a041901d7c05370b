#include "npu/emit/samples_for_tests.h"

#include <array>
#include <cstdint>

namespace skald::npu::samples {
namespace {

Scalar constant(int32_t value) {
  return {.kind = Scalar::Kind::kConstant, .value = value};
}
Scalar word(int32_t index) {
  return {.kind = Scalar::Kind::kParameter, .value = index};
}
Operand object(int fifo, int index = 0) {
  return {.kind = Operand::Kind::kObject, .id = fifo, .index = index};
}
Operand buffer(int id) {
  return {.kind = Operand::Kind::kBuffer, .id = id};
}
Operand number(Scalar scalar) {
  return {.kind = Operand::Kind::kScalar, .scalar = scalar};
}
Step acquire(int fifo, int count = 1) {
  return {Acquire{.fifo = fifo, .count = count}};
}
Step release(int fifo, int count = 1) {
  return {Release{.fifo = fifo, .count = count}};
}
Step call(std::string kernel, std::vector<Operand> operands) {
  return {Call{.kernel = std::move(kernel), .operands = std::move(operands)}};
}
Step loop(Scalar count, std::vector<Step> body) {
  return {Loop{.count = count, .body = std::move(body)}};
}
Step for_ever(std::vector<Step> body) {
  return loop(constant(-1), std::move(body));
}

/// Member by member: GCC 12 takes the members of a braced Buffer for uninitialised.
void add_buffer(Program& program, const char* name, Tile tile, const Block& block, const char* table) {
  Buffer& added = program.buffers.emplace_back();
  added.name = name;
  added.tile = tile;
  added.block = block;
  added.table = table;
}

/// A core's share of a matmul: two steps along K for each C.
std::vector<Step> matmul_body(int a, int b, int c) {
  return {for_ever({acquire(c), call("zero", {object(c)}),
                    loop(constant(2), {acquire(a), acquire(b), call("matmul", {object(a), object(b), object(c)}),
                                       release(a), release(b)}),
                    release(c)})};
}

}  // namespace

Program one_tile() {
  const Block a{Element::kBf16, {64, 64}};
  const Block b{Element::kBf16, {64, 32}};
  const Block c{Element::kF32, {64, 32}};
  const Tile shim{0, 0};
  const Tile memory{0, 1};
  const Tile core{0, 2};
  Program program{.name = "one_tile", .device = "npu1_1col"};
  program.arguments = {{"a", {Element::kBf16, {128, 128}}, Access::kRead},
                       {"b", {Element::kBf16, {128, 64}}, Access::kRead},
                       {"c", {Element::kF32, {128, 64}}, Access::kWrite}};
  program.fifos = {{.name = "a_in", .producer = shim, .consumers = {{.tile = memory}}, .block = a},
                   {.name = "a_core",
                    .producer = memory,
                    .to_stream = {{16, 256}, {8, 8}, {4, 64}, {8, 1}},
                    .consumers = {{.tile = core}},
                    .block = a},
                   {.name = "b_in", .producer = shim, .consumers = {{.tile = memory}}, .block = b},
                   {.name = "b_core",
                    .producer = memory,
                    .to_stream = {{8, 256}, {8, 4}, {8, 32}, {4, 1}},
                    .consumers = {{.tile = core}},
                    .block = b},
                   {.name = "c_core", .producer = core, .consumers = {{.tile = memory}}, .block = c},
                   {.name = "c_out",
                    .producer = memory,
                    .to_stream = {{16, 128}, {4, 4}, {8, 16}, {4, 1}},
                    .consumers = {{.tile = shim}},
                    .block = c}};
  program.links = {{{0}, {1}, {}}, {{2}, {3}, {}}, {{4}, {5}, {}}};
  program.cores = {{.tile = core, .stack_bytes = 0xD00, .body = matmul_body(1, 3, 4)}};
  for (int row = 0; row < 2; ++row) {
    program.sequence.push_back(
        Transfer{.fifo = 0, .argument = 0, .offset = row * 64 * 128, .pattern = {{2, 0}, {2, 64}, {64, 128}, {64, 1}}});
    program.sequence.push_back(
        Transfer{.fifo = 2, .argument = 1, .pattern = {{2, 32}, {2, 64 * 64}, {64, 64}, {32, 1}}});
    program.sequence.push_back(Transfer{
        .fifo = 5, .argument = 2, .offset = row * 64 * 64, .pattern = {{2, 32}, {64, 64}, {32, 1}}, .token = true});
  }
  program.sequence.push_back(Wait{.fifo = 5});
  program.sequence.push_back(Wait{.fifo = 5});
  return program;
}

Program whole_array() {
  constexpr int kSide = 4;
  const Block in{Element::kI8, {64, 64}};
  const Block out{Element::kI32, {64, 64}};
  Program program{.name = "whole_array", .device = "npu1"};
  program.arguments = {{"a", {Element::kI8, {256, 128}}, Access::kRead},
                       {"b", {Element::kI8, {128, 256}}, Access::kRead},
                       {"c", {Element::kI32, {256, 256}}, Access::kWrite}};
  const auto add = [&](Fifo fifo) {
    program.fifos.push_back(std::move(fifo));
    return static_cast<int>(program.fifos.size()) - 1;
  };
  std::array<int, kSide> a{};
  std::array<int, kSide> b{};
  std::array<Core, size_t{kSide} * kSide> cores;
  for (int i = 0; i < kSide; ++i) {
    const Tile memory{i, 1};
    const std::string n = std::to_string(i);
    std::vector<Consumer> row;
    std::vector<Consumer> column;
    for (int j = 0; j < kSide; ++j) {
      row.push_back({.tile = {j, 2 + i}});
      column.push_back({.tile = {i, 2 + j}});
    }
    const int a_in = add({.name = "a_in_" + n, .producer = {i, 0}, .consumers = {{.tile = memory}}, .block = in});
    a[static_cast<size_t>(i)] = add({.name = "a_row_" + n,
                                     .producer = memory,
                                     .to_stream = {{16, 256}, {8, 8}, {4, 64}, {8, 1}},
                                     .consumers = row,
                                     .block = in});
    const int b_in = add({.name = "b_in_" + n, .producer = {i, 0}, .consumers = {{.tile = memory}}, .block = in});
    b[static_cast<size_t>(i)] = add({.name = "b_column_" + n,
                                     .producer = memory,
                                     .to_stream = {{8, 512}, {8, 8}, {8, 64}, {8, 1}},
                                     .consumers = column,
                                     .block = in});
    program.links.push_back({{a_in}, {a[static_cast<size_t>(i)]}, {}});
    program.links.push_back({{b_in}, {b[static_cast<size_t>(i)]}, {}});
  }
  for (int column = 0; column < kSide; ++column) {
    const Tile memory{column, 1};
    const std::string n = std::to_string(column);
    Link join;
    for (int row = 0; row < kSide; ++row) {
      const Tile tile{column, 2 + row};
      const int c = add({.name = "c_" + n + "_" + std::to_string(row),
                         .producer = tile,
                         .depth = 1,
                         .consumers = {{.tile = memory}},
                         .block = out});
      join.inputs.push_back(c);
      join.offsets.push_back(int64_t{row} * 64 * 64);
      program.cores.push_back({.tile = tile,
                               .stack_bytes = 0x800,
                               .body = matmul_body(a[static_cast<size_t>(row)], b[static_cast<size_t>(column)], c)});
    }
    // A pattern of a join's output is that of each of its slices.
    join.outputs = {add({.name = "c_out_" + n,
                         .producer = memory,
                         .to_stream = {{16, 256}, {4, 8}, {8, 32}, {8, 1}},
                         .consumers = {{.tile = {column, 0}}},
                         .block = {Element::kI32, {256, 64}}})};
    program.links.push_back(join);
    program.sequence.push_back(Transfer{.fifo = join.outputs[0],
                                        .argument = 2,
                                        .offset = int64_t{column} * 64,
                                        .pattern = {{256, 256}, {64, 1}},
                                        .token = true});
  }
  for (int i = 0; i < kSide; ++i) {
    program.sequence.push_back(Transfer{
        .fifo = 4 * i, .argument = 0, .offset = int64_t{i} * 64 * 128, .pattern = {{2, 64}, {64, 128}, {64, 1}}});
    program.sequence.push_back(Transfer{
        .fifo = 4 * i + 2, .argument = 1, .offset = int64_t{i} * 64, .pattern = {{2, 64 * 256}, {64, 256}, {64, 1}}});
  }
  for (int column = 0; column < kSide; ++column) {
    program.sequence.push_back(Wait{.fifo = program.links[size_t{2} * kSide + static_cast<size_t>(column)].outputs[0]});
  }
  return program;
}

Program phases() {
  const Tile shim{0, 0};
  const Tile core{0, 2};
  Program program{.name = "phases", .device = "npu1_1col"};
  program.arguments = {{"from", {Element::kI16, {1024}}, Access::kRead},
                       {"to", {Element::kI16, {1024}}, Access::kWrite}};
  program.fifos = {
      {.name = "x", .producer = shim, .consumers = {{.tile = core, .depth = 3}}, .block = {Element::kI16, {128}}},
      {.name = "y", .producer = core, .depth = 2, .consumers = {{.tile = shim}}, .block = {Element::kI16, {128}}}};
  add_buffer(program, "lookup", core, {Element::kU8, {64}}, "some_table");
  add_buffer(program, "scratch", core, {Element::kI32, {32}}, "");
  program.parameters = {{"choice", core, 16}};
  // Word 0: phase; 1: rounds; 2: the scalar.
  const std::vector<Step> copy = {
      loop(word(1), {acquire(0), acquire(1), call("look_up", {object(0), buffer(0), object(1), number(word(2))}),
                     release(0), release(1)})};
  const std::vector<Step> window = {
      acquire(0),
      loop(word(1), {acquire(0, 2), acquire(1),
                     call("neighbours", {object(0, 0), object(0, 1), buffer(1), object(1),
                                         number({.kind = Scalar::Kind::kLoopCounter, .value = 0})}),
                     release(0), release(1)}),
      release(0)};
  program.cores = {
      {.tile = core,
       .body = {for_ever({{AwaitParameters{}}, {Choose{.selector = word(0), .phases = {copy, window}}}})}}};
  const auto run = [&](int phase, int rounds, int64_t offset) {
    program.sequence.insert(program.sequence.end(),
                            {WriteParameter{.index = 0, .value = phase}, WriteParameter{.index = 1, .value = rounds},
                             WriteParameter{.index = 2, .value = -7}, HandOver{}});
    const int64_t inputs = phase == 0 ? rounds : rounds + 1;
    program.sequence.insert(
        program.sequence.end(),
        {Transfer{.fifo = 0, .argument = 0, .offset = offset, .pattern = {{inputs * 128, 1}}},
         Transfer{.fifo = 1, .argument = 1, .offset = offset, .pattern = {{rounds * 128, 1}}, .token = true},
         Wait{.fifo = 1}});
  };
  run(0, 4, 0);
  run(1, 3, 512);
  return program;
}

Program repeated() {
  const Tile memory{1, 1};
  const Tile first{1, 2};
  const Tile second{1, 3};
  const Block half{Element::kBf16, {256}};
  Program program{.name = "repeated", .device = "npu1_2col"};
  program.arguments = {{"from", {Element::kBf16, {512}}, Access::kRead},
                       {"weights", {Element::kBf16, {256}}, Access::kRead},
                       {"to", {Element::kBf16, {768}}, Access::kWrite}};
  program.fifos = {
      {.name = "x_in", .producer = {1, 0}, .consumers = {{.tile = memory}}, .block = {Element::kBf16, {512}}},
      {.name = "x_first", .producer = memory, .consumers = {{.tile = first}}, .block = half, .repeat = 3},
      {.name = "x_second", .producer = memory, .consumers = {{.tile = second}}, .block = half, .repeat = 3},
      {.name = "w", .producer = {0, 0}, .consumers = {{.tile = first, .depth = 1}}, .block = half},
      {.name = "between", .producer = first, .consumers = {{.tile = second}}, .block = half},
      {.name = "y", .producer = second, .consumers = {{.tile = {0, 0}}}, .block = half}};
  program.links = {{{0}, {1, 2}, {0, 256}}};
  // Three rounds on rings of two: only a count at run time knows which object is next.
  program.cores = {
      {.tile = first,
       .body = {for_ever({acquire(3),
                          loop(constant(3), {acquire(1), acquire(4), call("scale", {object(1), object(3), object(4)}),
                                             release(1), release(4)}),
                          release(3)})}},
      {.tile = second,
       .body = {for_ever({acquire(2), acquire(4), acquire(5), call("add", {object(2), object(4), object(5)}),
                          release(2), release(4), release(5)})}}};
  program.sequence = {Transfer{.fifo = 3, .argument = 1}, Transfer{.fifo = 0, .argument = 0},
                      Transfer{.fifo = 5, .argument = 2, .token = true}, Wait{.fifo = 5}};
  return program;
}

Program both_ends() {
  const Tile core{0, 2};
  const Tile other{0, 4};
  Program program{.name = "both_ends", .device = "npu1_1col"};
  program.arguments = {{"from", {Element::kI32, {1024}}, Access::kRead},
                       {"to", {Element::kI32, {3072}}, Access::kWrite}};
  const Block block{Element::kI32, {16, 64}};
  program.fifos = {{.name = "x", .producer = {0, 0}, .consumers = {{.tile = core}}, .block = block},
                   {.name = "turned",
                    .producer = core,
                    .to_stream = {{64, 1}, {16, 64}},
                    .consumers = {{.tile = other, .from_stream = {{8, 8}, {16, 64}, {8, 1}}}},
                    .block = block},
                   {.name = "y", .producer = other, .depth = 1, .consumers = {{.tile = {0, 0}}}, .block = block}};
  program.cores = {
      {.tile = core,
       .body = {for_ever({acquire(0), acquire(1), call("copy", {object(0), object(1)}), release(0), release(1)})}},
      {.tile = other,
       .body = {for_ever({acquire(1), acquire(2), call("copy", {object(1), object(2)}), release(1), release(2)})}}};
  program.sequence = {Transfer{.fifo = 0, .argument = 0, .pattern = {{3, 0}, {16, 64}, {64, 1}}},
                      Transfer{.fifo = 2, .argument = 1, .pattern = {{3072, 1}}, .token = true}, Wait{.fifo = 2}};
  return program;
}

std::vector<Sample> all() {
  std::vector<Sample> samples;
  for (Program program : {one_tile(), whole_array(), phases(), repeated(), both_ends()}) {
    std::string name = program.name;
    samples.push_back({.name = std::move(name), .program = std::move(program)});
  }
  return samples;
}

const EmitLookups& lookups() {
  static constexpr std::array<std::byte, 64> kTable = {std::byte{0}, std::byte{1}, std::byte{0x7F}, std::byte{0xFE}};
  static const EmitLookups lookups = {.kernel = [](std::string_view kernel) -> Result<KernelCode> {
                                        return KernelCode{.symbol = std::string(kernel),
                                                          .source = std::string(kernel) + "_code.cc"};
                                      },
                                      .table = [](std::string_view table) -> Result<std::span<const std::byte>> {
                                        if (table == "some_table") return kTable;
                                        return fail(ErrorCode::kNotFound, std::string(table), "is no table");
                                      }};
  return lookups;
}

}  // namespace skald::npu::samples
