#pragma once
// A whole-array matrix multiplication, small: A enters each column and is broadcast along a row of cores, B enters each
// column and is broadcast along it, C of a column's cores is joined (npu.md 5.1). Legal.

#include "npu/program/kernel_info.h"
#include "npu/program/program.h"

namespace skald::npu {

inline constexpr int kColumns = 4;
inline constexpr int kRows = 4;
inline constexpr int kSteps = 3;      ///< along K
inline constexpr int kBlocks = 2;     ///< of C for each core
inline constexpr int64_t kEdge = 32;  ///< of a tile

// Places in the vectors of the Program.
constexpr int a_in(int column) {
  return column;
}
constexpr int a_row(int row) {
  return 4 + row;
}
constexpr int b_in(int column) {
  return 8 + column;
}
constexpr int b_column(int column) {
  return 12 + column;
}
constexpr int c_out(int column) {
  return 16 + column;
}
constexpr int c_core(int column, int row) {
  return 20 + 4 * column + row;
}
constexpr int core_at(int column, int row) {
  return 4 * column + row;
}

inline void add_buffer(Program& p, const std::string& name, Tile tile, const Block& block, const std::string& table) {
  Buffer& buffer = p.buffers.emplace_back();
  buffer.name = name;
  buffer.tile = tile;
  buffer.block = block;
  buffer.table = table;
}

inline Program array_program() {
  Program p{.name = "array", .device = "npu1"};
  const Block tile{.type = Element::kI8, .shape = {kEdge, kEdge}};
  const Block joined{.type = Element::kI8, .shape = {kRows, kEdge, kEdge}};
  p.arguments = {{.name = "a", .block = {.type = Element::kI8, .shape = {kRows, kBlocks * kSteps, kEdge, kEdge}}},
                 {.name = "b", .block = {.type = Element::kI8, .shape = {kColumns, kBlocks * kSteps, kEdge, kEdge}}},
                 {.name = "c",
                  .block = {.type = Element::kI8, .shape = {kColumns, kBlocks, kRows, kEdge, kEdge}},
                  .access = Access::kWrite}};
  const auto numbered = [](const char* name, int i) { return name + std::to_string(i); };
  const Pattern blocked = {{8, 128}, {4, 8}, {4, 32}, {8, 1}};  // 4 x 8 blocks
  for (int i = 0; i < 4; ++i) {
    p.fifos.push_back(
        {.name = numbered("a_in", i), .producer = {i, 0}, .consumers = {{.tile = {i, 1}}}, .block = tile});
  }
  for (int i = 0; i < 4; ++i) {
    Fifo row{.name = numbered("a_row", i), .producer = {i, 1}, .to_stream = blocked, .block = tile};
    for (int column = 0; column < kColumns; ++column) row.consumers.push_back({.tile = {column, 2 + i}});
    p.fifos.push_back(row);
  }
  for (int i = 0; i < 4; ++i) {
    p.fifos.push_back(
        {.name = numbered("b_in", i), .producer = {i, 0}, .consumers = {{.tile = {i, 1}}}, .block = tile});
  }
  for (int i = 0; i < 4; ++i) {
    Fifo down{.name = numbered("b_column", i), .producer = {i, 1}, .block = tile};
    for (int row = 0; row < kRows; ++row) down.consumers.push_back({.tile = {i, 2 + row}});
    p.fifos.push_back(down);
  }
  for (int i = 0; i < 4; ++i) {
    p.fifos.push_back({.name = numbered("c_out", i),
                       .producer = {i, 1},
                       .to_stream = blocked,  // of each slice
                       .consumers = {{.tile = {i, 0}}},
                       .block = joined});
  }
  for (int column = 0; column < kColumns; ++column) {
    Link join{.outputs = {c_out(column)}};
    for (int row = 0; row < kRows; ++row) {
      join.inputs.push_back(static_cast<int>(p.fifos.size()));
      join.offsets.push_back(row * kEdge * kEdge);
      p.fifos.push_back({.name = numbered("c", 4 * column + row),
                         .producer = {column, 2 + row},
                         .consumers = {{.tile = {column, 1}}},
                         .block = tile});
    }
    p.links.push_back({.inputs = {a_in(column)}, .outputs = {a_row(column)}, .offsets = {0}});
    p.links.push_back({.inputs = {b_in(column)}, .outputs = {b_column(column)}});
    p.links.push_back(join);
  }
  for (int column = 0; column < kColumns; ++column) {
    for (int row = 0; row < kRows; ++row) {
      const Tile at{column, 2 + row};
      const int index = core_at(column, row);
      add_buffer(p, numbered("sums", index), at, {.type = Element::kI32, .shape = {kEdge, kEdge}}, "");
      add_buffer(p, numbered("curve", index), at, {.type = Element::kI8, .shape = {256}}, "gelu");
      p.parameters.push_back({.name = numbered("given", index), .tile = at, .words = 16});
      const auto object = [](int fifo) { return Operand{.kind = Operand::Kind::kObject, .id = fifo}; };
      const Operand sums{.kind = Operand::Kind::kBuffer, .id = 2 * index};
      const Operand curve{.kind = Operand::Kind::kBuffer, .id = 2 * index + 1};
      const Operand steps{.scalar = {.kind = Scalar::Kind::kParameter, .value = 0}};
      const int a = a_row(row);
      const int b = b_column(column);
      const int c = c_core(column, row);
      Loop along{.count = steps.scalar,
                 .body = {{Acquire{.fifo = a}},
                          {Acquire{.fifo = b}},
                          {Call{.kernel = "multiply", .operands = {object(a), object(b), sums}}},
                          {Release{.fifo = a}},
                          {Release{.fifo = b}}}};
      Loop forever{.count = {.value = -1},
                   .body = {{Acquire{.fifo = c}},
                            {Call{.kernel = "clear", .operands = {sums}}},
                            {along},
                            {Call{.kernel = "finish", .operands = {sums, object(c), curve, steps}}},
                            {Release{.fifo = c}}}};
      p.cores.push_back({.tile = at, .stack_bytes = 1024, .body = {{AwaitParameters{}}, {forever}}});
      p.sequence.emplace_back(WriteParameter{.parameters = index, .index = 0, .value = kSteps});
      p.sequence.emplace_back(HandOver{.parameters = index});
    }
  }
  constexpr int64_t kTile = kEdge * kEdge;
  for (int column = 0; column < kColumns; ++column) {
    const int64_t from = column * kBlocks * kSteps * kTile;
    const Pattern all = {{kBlocks * kSteps, kTile}, {4, 256}, {256, 1}};
    p.sequence.emplace_back(Transfer{.fifo = a_in(column), .argument = 0, .offset = from, .pattern = all});
    p.sequence.emplace_back(Transfer{.fifo = b_in(column), .argument = 1, .offset = from, .pattern = all});
    p.sequence.emplace_back(Transfer{.fifo = c_out(column),
                                     .argument = 2,
                                     .offset = column * kBlocks * kRows * kTile,
                                     .pattern = {{kBlocks * kRows * kTile, 1}},
                                     .token = true});
  }
  for (int column = 0; column < kColumns; ++column) p.sequence.emplace_back(Wait{.fifo = c_out(column)});
  return p;
}

/// Made-up kernels of that Program, and one that is far too large.
inline KernelLookup array_kernels() {
  constexpr int64_t kTile = kEdge * kEdge;
  const std::vector<KernelInfo> kernels = {
      {.name = "multiply",
       .blocks = {{.name = "a", .type = Element::kI8, .elements = kTile},
                  {.name = "b", .type = Element::kI8, .elements = kTile},
                  {.name = "c", .type = Element::kI32, .elements = kTile, .access = Access::kReadWrite}},
       .text_bytes = 3000,
       .stack_bytes = 256},
      {.name = "clear",
       .blocks = {{.name = "c", .type = Element::kI32, .elements = kTile, .access = Access::kWrite}},
       .text_bytes = 200},
      {.name = "finish",
       .blocks = {{.name = "sums", .type = Element::kI32, .elements = kTile},
                  {.name = "c", .type = Element::kI8, .elements = kTile, .access = Access::kWrite},
                  {.name = "curve", .type = Element::kI8, .elements = 256, .table = "gelu"}},
       .scalars = 1,
       .text_bytes = 2000,
       .data_bytes = 64,
       .stack_bytes = 512},
      {.name = "huge",
       .blocks = {{.name = "c", .type = Element::kI32, .elements = kTile, .access = Access::kWrite}},
       .text_bytes = 12'000},
      {.name = "near",
       .blocks = {{.name = "c", .type = Element::kI32, .elements = kTile, .access = Access::kWrite}},
       .text_bytes = 6000,
       .called = {{.name = "both", .text_bytes = 5900}}},
      {.name = "far",
       .blocks = {{.name = "c", .type = Element::kI32, .elements = kTile, .access = Access::kWrite}},
       .text_bytes = 6000,
       .called = {{.name = "both", .text_bytes = 5900}}}};
  return {.kernel = [kernels](std::string_view name) -> std::optional<KernelInfo> {
            for (const KernelInfo& kernel : kernels) {
              if (kernel.name == name) return kernel;
            }
            return std::nullopt;
          },
          .table = [](std::string_view name) -> std::optional<int64_t> {
            if (name == "gelu") return 256;
            return std::nullopt;
          }};
}

}  // namespace skald::npu
