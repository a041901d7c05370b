// Streamed operators on the simulated array, with kernels of the catalogue whose results are plain arithmetic.

#include "npu/plan/streamed.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "npu/plan/launch_for_tests.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"

namespace skald::npu::plan {
namespace {

using Kind = StreamedOperand::Kind;

constexpr int64_t kElements = 1024;  // of an object: what scale_i32 takes

/// y = factor x, and y = second (first x) by way of a buffer.
Streamed scale(int64_t objects, int32_t factor) {
  return {.name = "scale",
          .input = {Element::kI32, {kElements}},
          .output = {Element::kI32, {kElements}},
          .calls = {{"scale_i32", {{Kind::kInput}, {Kind::kOutput}, {Kind::kNumber, factor}, {Kind::kNumber, 1024}}}},
          .objects = objects};
}

Streamed scale_twice(int64_t objects) {
  Streamed streamed = scale(objects, 3);
  streamed.buffers = {{.name = "between", .block = {Element::kI32, {kElements}}}};
  streamed.calls = {{"scale_i32", {{Kind::kInput}, {Kind::kBuffer, 0}, {Kind::kNumber, 3}, {Kind::kNumber, 1024}}},
                    {"scale_i32", {{Kind::kBuffer, 0}, {Kind::kOutput}, {Kind::kNumber, -5}, {Kind::kNumber, 1024}}}};
  return streamed;
}

std::span<std::byte> bytes(auto& values) {
  return std::as_writable_bytes(std::span(values));
}

std::vector<int32_t> counted(int64_t count) {
  std::vector<int32_t> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), -1000);
  return values;
}

const std::vector<Spread>& spreads() {
  static const std::vector<Spread> kAll{
      {.rows = 1, .columns = 1}, {.rows = 4, .columns = 1}, {.rows = 2, .columns = 3}, {.rows = 4, .columns = 4}};
  return kAll;
}

TEST(PlanStreamed, EveryObjectPassesOneCore) {
  for (const Spread& spread : spreads()) {
    for (const Streamed& streamed : {scale(37, 7), scale_twice(37)}) {
      const auto program = plan_streamed(streamed, spread, "npu1");
      ASSERT_TRUE(program) << to_string(program.error());
      const int64_t objects = streamed_objects(streamed, spread);
      EXPECT_GE(objects, 37);
      EXPECT_LT(objects, 37 + spread.rows * spread.columns);
      std::vector<int32_t> x = counted(objects * kElements);
      std::vector<int32_t> y(x.size());
      const auto report = launch(*program, {bytes(x), bytes(y)});
      ASSERT_TRUE(report) << to_string(report.error());
      const int32_t factor = streamed.buffers.empty() ? 7 : -15;
      for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i], factor * x[i]) << i;
      EXPECT_EQ(report->pushes, 2 * spread.columns);
      for (const sim::CoreReport& core : report->cores) {
        EXPECT_EQ(core.calls, objects / spread.rows / spread.columns * static_cast<int64_t>(streamed.calls.size()));
      }
    }
  }
}

TEST(PlanStreamed, PartsComeFromStackedArrays) {
  // The kernel reads all of the object: the sum of both parts is not needed to see them in their places.
  for (const Spread& spread : spreads()) {
    Streamed streamed = scale(40, 1);
    streamed.parts = 2;
    const auto program = plan_streamed(streamed, spread, "npu1");
    ASSERT_TRUE(program) << to_string(program.error());
    const int64_t objects = streamed_objects(streamed, spread);
    std::vector<int32_t> x = counted(objects * kElements);
    std::vector<int32_t> y(x.size());
    const auto report = launch(*program, {bytes(x), bytes(y)});
    ASSERT_TRUE(report) << to_string(report.error());
    const int64_t part = kElements / 2;
    for (int64_t object = 0; object < objects; ++object) {
      for (int64_t i = 0; i < kElements; ++i) {
        const int64_t from = i / part * objects * part + object * part + i % part;
        ASSERT_EQ(y[static_cast<size_t>(object * kElements + i)], x[static_cast<size_t>(from)]) << object << " " << i;
      }
    }
  }
}

TEST(PlanStreamed, ConstantsComeOnceALaunch) {
  Streamed streamed{
      .name = "saxpy",
      .input = {Element::kBf16, {4096}},
      .constant = {Element::kBf16, {4096}},
      .output = {Element::kBf16, {4096}},
      .calls = {{"saxpy_bf16", {{Kind::kInput}, {Kind::kConstant}, {Kind::kOutput}, {Kind::kNumber, 4096}}}},
      .objects = 24};
  const Spread spread;
  const auto program = plan_streamed(streamed, spread, "npu1");
  ASSERT_TRUE(program) << to_string(program.error());
  std::vector<uint16_t> x(static_cast<size_t>(streamed_objects(streamed, spread) * 4096), 0x3F80);  // 1
  std::vector<uint16_t> constant(4096, 0x4000);                                                     // 2
  std::vector<uint16_t> y(x.size());
  const auto report = launch(*program, {bytes(x), bytes(constant), bytes(y)});
  ASSERT_TRUE(report) << to_string(report.error());
  for (const uint16_t one : y) ASSERT_EQ(one, 0x40A0);  // 3 * 1 + 2
  for (const sim::StreamReport& stream : report->streams) {
    if (stream.name.starts_with("constant")) {
      EXPECT_EQ(stream.objects, 1) << stream.name;
    }
  }
}

TEST(PlanStreamed, SecondLaunchGoesOnFromTheFirst) {
  const Streamed streamed = scale(64, 2);
  const auto program = plan_streamed(streamed, {}, "npu1");
  ASSERT_TRUE(program) << to_string(program.error());
  auto simulation = sim::Simulation::load(*program, sim::catalogue_kernels(), {});
  ASSERT_TRUE(simulation) << to_string(simulation.error());
  for (const int32_t start : {1, 100}) {
    std::vector<int32_t> x(64 * kElements, start);
    std::vector<int32_t> y(x.size());
    ASSERT_TRUE((*simulation)->launch(std::vector<std::span<std::byte>>{bytes(x), bytes(y)}));
    for (const int32_t one : y) ASSERT_EQ(one, 2 * start);
  }
}

TEST(PlanStreamed, Refuses) {
  EXPECT_EQ(plan_streamed(scale(0, 1), {}, "npu1").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(plan_streamed(scale(1, 1), {.rows = 0}, "npu1").error().code, ErrorCode::kInvalidArgument);
  Streamed odd = scale(4, 1);
  odd.parts = 3;
  EXPECT_EQ(plan_streamed(odd, {}, "npu1").error().code, ErrorCode::kInvalidArgument);
  Streamed large = scale(4, 1);
  large.buffers = {{.name = "scratch", .block = {Element::kI8, {60000}}}};
  EXPECT_EQ(plan_streamed(large, {}, "npu1").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace skald::npu::plan
