// Row-wise and element-wise operators on the simulated array: each object as its kernel alone makes it.

#include "npu/plan/rowwise.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "npu/kernels/catalogue.h"
#include "npu/program/blocks.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"

namespace skald::npu::plan {
namespace {

using Bytes = std::vector<std::byte>;

constexpr Spread kSpreads[] = {{.rows = 1, .columns = 1}, {.rows = 4, .columns = 1}, {.rows = 4, .columns = 4}};

/// Numbers of a type, small ones where they are bfloat16.
Bytes random_bytes(const Block& block, std::mt19937& generator) {
  Bytes bytes(static_cast<size_t>(bytes_of(block)));
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<uint8_t>(generator());
    // Sign and upper exponent bits of bfloat16: 2^-3 to 2^1.
    bytes[i] = std::byte{block.type == Element::kBf16 && i % 2 == 1 ? static_cast<uint8_t>(0x3E + byte % 2) : byte};
  }
  return bytes;
}

/// What the calls make of one object.
Bytes alone(const Streamed& streamed, Bytes input, Bytes constant) {
  struct alignas(64) Memory {
    std::byte bytes[16384];
  };
  std::vector<Memory> buffers(streamed.buffers.size() + 3);
  const auto at = [&](size_t i) { return static_cast<std::byte*>(buffers[i].bytes); };
  for (size_t i = 0; i < streamed.buffers.size(); ++i) {
    if (streamed.buffers[i].table.empty()) continue;
    const auto table = find_table(streamed.buffers[i].table)->contents();
    std::memcpy(at(i + 3), table.data(), table.size());
  }
  std::memcpy(at(0), input.data(), input.size());
  std::memcpy(at(1), constant.data(), constant.size());
  for (const StreamedCall& call : streamed.calls) {
    std::vector<std::byte*> pointers;
    std::vector<int32_t> numbers;
    for (const StreamedOperand& operand : call.operands) {
      switch (operand.kind) {
        case StreamedOperand::Kind::kInput: pointers.push_back(at(0)); break;
        case StreamedOperand::Kind::kConstant: pointers.push_back(at(1)); break;
        case StreamedOperand::Kind::kOutput: pointers.push_back(at(2)); break;
        case StreamedOperand::Kind::kBuffer: pointers.push_back(at(static_cast<size_t>(operand.value) + 3)); break;
        case StreamedOperand::Kind::kNumber: numbers.push_back(operand.value); break;
      }
    }
    find_kernel(call.kernel)->run(pointers, numbers);
  }
  return {at(2), at(2) + bytes_of(streamed.output)};
}

/// Object `object` of the argument, its parts one after the other.
Bytes object_of(const Streamed& streamed, const Bytes& x, int64_t object) {
  const int64_t part = bytes_of(streamed.input) / streamed.parts;
  const int64_t apart = std::ssize(x) / streamed.parts;
  Bytes bytes;
  for (int64_t i = 0; i < streamed.parts; ++i) {
    const auto from = x.begin() + i * apart + object * part;
    bytes.insert(bytes.end(), from, from + part);
  }
  return bytes;
}

void expect_each_as_alone(const Streamed& streamed) {
  for (const Spread& spread : kSpreads) {
    const auto program = plan_streamed(streamed, spread, "npu1");
    ASSERT_TRUE(program) << to_string(program.error());
    for (const Violation& violation : verify(*program, catalogue_lookup())) ADD_FAILURE() << to_string(violation);
    std::mt19937 generator(1);
    std::vector<Bytes> buffers;
    for (const HostArgument& argument : program->arguments) buffers.push_back(random_bytes(argument.block, generator));
    const std::vector<std::span<std::byte>> arguments(buffers.begin(), buffers.end());
    const auto simulation = sim::Simulation::load(*program, sim::catalogue_kernels(), {});
    ASSERT_TRUE(simulation) << to_string(simulation.error());
    const Bytes x = buffers[0];
    const auto report = (*simulation)->launch(arguments);
    ASSERT_TRUE(report) << to_string(report.error());
    const int64_t size = bytes_of(streamed.output);
    for (int64_t i = 0; i < streamed_objects(streamed, spread); ++i) {
      const auto from = buffers.back().begin() + i * size;
      const Bytes constant = streamed.constant.shape.empty() ? Bytes() : buffers[1];
      ASSERT_EQ(Bytes(from, from + size), alone(streamed, object_of(streamed, x, i), constant)) << streamed.name << i;
    }
  }
}

TEST(PlanRowwise, EveryKernel) {
  for (const int64_t columns : {100, 256, 500, 1024, 1500}) {
    expect_each_as_alone(stream_rows("softmax_bf16", 50, columns).value());
  }
  for (const int64_t columns : {64, 256, 384, 512, 768, 1024, 1280}) {
    expect_each_as_alone(stream_rows("layer_norm_bf16", 50, columns).value());
  }
  for (const char* kernel : {"gelu_i8_512", "gelu_i8_2048", "gelu_bf16_2048", "add_bf16_2048"}) {
    expect_each_as_alone(stream_kernel(kernel, 20).value());
  }
  expect_each_as_alone(stream_kernel("add_i8_2048", 20, {9000, 12000, 14}).value());
  expect_each_as_alone(stream_kernel("requantise_i32_i8_2048", 20, {16, 250, 9}).value());
  expect_each_as_alone(stream_kernel("quantise_bf16_i8_2048", 20, {13, 9000, 20}).value());
  expect_each_as_alone(stream_kernel("dequantise_i8_bf16_2048", 20, {9001, 18}).value());
}

TEST(PlanRowwise, Chain) {
  const Streamed normal = stream_rows("layer_norm_bf16", 60, 512).value();
  const Streamed weights = stream_rows("softmax_bf16", 60, 512).value();
  const Streamed gelu = stream_kernel("gelu_bf16_2048", normal.objects).value();
  expect_each_as_alone(chain("chain", {normal, weights, gelu}).value());
  EXPECT_EQ(chain("two constants", {normal, normal}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(chain("types", {gelu, stream_kernel("gelu_i8_2048", normal.objects).value()}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(chain("nothing", {}).error().code, ErrorCode::kInvalidArgument);
}

TEST(PlanRowwise, Refuses) {
  EXPECT_EQ(stream_kernel("gelu", 1).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(stream_kernel("gelu_i8_512", 1, {1}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(stream_kernel("mel_i8_80", 1, {0, 0, 0}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(stream_rows("softmax_bf16", 1, 1537).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(stream_rows("layer_norm_bf16", 1, 0).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(pad_rows(Bytes(10), 2, 4, 8, 100).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(pad_rows(Bytes(16), 2, 4, 8, 16).error().code, ErrorCode::kInvalidArgument);
  const Bytes padded = pad_rows(Bytes(16, std::byte{1}), 2, 4, 8, 40).value();
  EXPECT_EQ(padded[7], std::byte{1});
  EXPECT_EQ(padded[8], std::byte{0});
  EXPECT_EQ(padded[16], std::byte{1});
  EXPECT_EQ(padded[39], std::byte{0});
}

}  // namespace
}  // namespace skald::npu::plan
