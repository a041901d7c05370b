// Small Programs whose values and times can be worked out by hand.

#include "npu/sim/simulation.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

namespace skald::npu::sim {
namespace {

constexpr Tile kInterface{0, 0};
constexpr Tile kMemory{0, 1};
constexpr Tile kCore{0, 2};
constexpr int64_t kWords = 64;  // of an object
constexpr int64_t kKernelCycles = 500;

Operand object(int fifo, int index = 0) {
  return {.kind = Operand::Kind::kObject, .id = fifo, .index = index};
}
Operand number(Scalar scalar) {
  return {.kind = Operand::Kind::kScalar, .scalar = scalar};
}
Scalar constant(int32_t value) {
  return {.value = value};
}
Block words(int64_t count) {
  return {.type = Element::kI32, .shape = {count}};
}
Step step(auto action) {
  return Step{std::move(action)};
}

/// "add": out[i] = in[i] + number; "sum": out[i] = in[i] + in2[i]; "pairs": out[i] = in[2 i] - 1000 in[2 i + 1].
Result<Kernel> test_kernel(std::string_view name) {
  Kernel kernel;
  kernel.cycles = [](std::span<const int32_t>) { return kKernelCycles; };
  kernel.macs = 7;
  if (name == "add") {
    kernel.run = [](std::span<std::byte* const> memory, std::span<const int32_t> numbers) {
      for (int64_t i = 0; i < kWords; ++i) {
        reinterpret_cast<int32_t*>(memory[1])[i] = reinterpret_cast<const int32_t*>(memory[0])[i] + numbers[0];
      }
    };
    return kernel;
  }
  if (name == "sum") {
    kernel.run = [](std::span<std::byte* const> memory, std::span<const int32_t> /*numbers*/) {
      for (int64_t i = 0; i < kWords; ++i) {
        reinterpret_cast<int32_t*>(memory[2])[i] =
            reinterpret_cast<const int32_t*>(memory[0])[i] + reinterpret_cast<const int32_t*>(memory[1])[i];
      }
    };
    return kernel;
  }
  if (name == "pairs") {
    kernel.run = [](std::span<std::byte* const> memory, std::span<const int32_t> /*numbers*/) {
      const auto* in = reinterpret_cast<const int32_t*>(memory[0]);
      for (int64_t i = 0; i < kWords; ++i) {
        reinterpret_cast<int32_t*>(memory[1])[i] = in[2 * i] - 1000 * in[2 * i + 1];
      }
    };
    return kernel;
  }
  return fail(ErrorCode::kNotFound, std::string(name), "is no kernel");
}

const int32_t kTable[kWords] = {1, 2, 3};

Kernels test_kernels() {
  return {.kernel = test_kernel, .table = [](std::string_view name) -> Result<std::span<const std::byte>> {
            if (name == "ones") return std::as_bytes(std::span(kTable));
            return fail(ErrorCode::kNotFound, std::string(name), "is no table");
          }};
}

/// Host -> core -> host, `objects` of them, each with `addend` added, by a program that runs for ever.
Program pass(int64_t objects, int32_t addend) {
  Program p{.name = "pass", .device = "npu1_1col"};
  p.arguments = {{.name = "in", .block = words(objects * kWords), .access = Access::kRead},
                 {.name = "out", .block = words(objects * kWords), .access = Access::kWrite}};
  p.fifos = {{.name = "a", .producer = kInterface, .consumers = {{.tile = kCore}}, .block = words(kWords)},
             {.name = "c", .producer = kCore, .consumers = {{.tile = kInterface}}, .block = words(kWords)}};
  Loop loop{.count = constant(-1), .body = {}};
  loop.body = {step(Acquire{.fifo = 0}), step(Acquire{.fifo = 1}),
               step(Call{.kernel = "add", .operands = {object(0), object(1), number(constant(addend))}}),
               step(Release{.fifo = 0}), step(Release{.fifo = 1})};
  p.cores = {{.tile = kCore, .body = {step(loop)}}};
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 1, .argument = 1, .token = true}, Wait{.fifo = 1}};
  return p;
}

std::vector<int32_t> counting(size_t n) {
  std::vector<int32_t> values(n);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

struct Ran {
  Report report;
  std::vector<std::vector<int32_t>> buffers;
};

Result<Ran> run(const Program& program, std::vector<std::vector<int32_t>> buffers, Options options = {}) {
  const Kernels kernels = test_kernels();
  SKALD_TRY(const auto simulation, Simulation::load(program, kernels, std::move(options)));
  std::vector<std::span<std::byte>> arguments;
  arguments.reserve(buffers.size());
  for (auto& buffer : buffers) arguments.push_back(std::as_writable_bytes(std::span(buffer)));
  SKALD_TRY(Report report, simulation->launch(arguments));
  return Ran{std::move(report), std::move(buffers)};
}

TEST(Simulation, ObjectsPassThroughACore) {
  const auto ran = run(pass(5, 100), {counting(5 * kWords), std::vector<int32_t>(5 * kWords)});
  ASSERT_TRUE(ran) << to_string(ran.error());
  for (size_t i = 0; i < 5 * kWords; ++i) EXPECT_EQ(ran->buffers[0][i] + 100, ran->buffers[1][i]);
  EXPECT_EQ(5, ran->report.kernels.at("add").calls);
  EXPECT_EQ(5 * 7, ran->report.macs);
  EXPECT_EQ(5 * kWords * 4, ran->report.ddr_read_bytes);
  EXPECT_EQ(5 * kWords * 4, ran->report.ddr_write_bytes);
  EXPECT_EQ(2, ran->report.pushes);
}

/// The pipe is bound by its slowest stage: with a kernel longer than the objects' streams, one more object costs a call
/// and its locks.
TEST(Simulation, TheKernelIsTheBound) {
  const auto few = run(pass(20, 1), {counting(20 * kWords), std::vector<int32_t>(20 * kWords)});
  const auto many = run(pass(40, 1), {counting(40 * kWords), std::vector<int32_t>(40 * kWords)});
  ASSERT_TRUE(few && many);
  const TimeModel time;
  const double each = kKernelCycles + time.kernel_call + 4 * time.core_lock;
  EXPECT_NEAR(20 * each, many->report.cycles - few->report.cycles, 20);
  EXPECT_NEAR(40 * kKernelCycles, many->report.cores[0].busy, 1e-6);
}

TEST(Simulation, TimeOnlyTakesAsLong) {
  const auto values = run(pass(9, 1), {counting(9 * kWords), std::vector<int32_t>(9 * kWords)});
  const auto time_only = run(pass(9, 1), {{}, {}}, {.values = false});
  ASSERT_TRUE(values && time_only);
  EXPECT_EQ(values->report.cycles, time_only->report.cycles);
}

TEST(Simulation, ASecondLaunchGoesOn) {
  const Program program = pass(3, 1);
  const Kernels kernels = test_kernels();
  const auto simulation = Simulation::load(program, kernels, {}).value();
  for (int launch = 0; launch < 3; ++launch) {
    auto in = counting(3 * kWords);
    for (int32_t& value : in) value += launch * 1000;
    std::vector<int32_t> out(in.size());
    const std::vector<std::span<std::byte>> arguments{std::as_writable_bytes(std::span(in)),
                                                      std::as_writable_bytes(std::span(out))};
    const auto report = simulation->launch(arguments);
    ASSERT_TRUE(report) << to_string(report.error());
    EXPECT_EQ(3, report->kernels.at("add").calls);
    for (size_t i = 0; i < in.size(); ++i) EXPECT_EQ(in[i] + 1, out[i]);
  }
}

/// Through a memory tile: distribute to two cores, join what they make, with an order changed on the way in.
Program split(int32_t repeat) {
  Program p{.name = "split", .device = "npu1_1col"};
  p.arguments = {{.name = "in", .block = words(2 * kWords), .access = Access::kRead},
                 {.name = "out", .block = words(2 * kWords * repeat), .access = Access::kWrite}};
  const Tile second{0, 3};
  p.fifos = {
      {.name = "in", .producer = kInterface, .consumers = {{.tile = kMemory}}, .block = words(2 * kWords)},
      {.name = "in0", .producer = kMemory, .consumers = {{.tile = kCore}}, .block = words(kWords), .repeat = repeat},
      {.name = "in1",
       .producer = kMemory,
       .to_stream = {{2, 1}, {kWords / 2, 2}},  // even words, then odd ones
       .consumers = {{.tile = second}},
       .block = words(kWords),
       .repeat = repeat},
      {.name = "out0", .producer = kCore, .consumers = {{.tile = kMemory}}, .block = words(kWords)},
      {.name = "out1", .producer = second, .consumers = {{.tile = kMemory}}, .block = words(kWords)},
      {.name = "out", .producer = kMemory, .consumers = {{.tile = kInterface}}, .block = words(2 * kWords)}};
  p.links = {{.inputs = {0}, .outputs = {1, 2}, .offsets = {0, kWords}},
             {.inputs = {3, 4}, .outputs = {5}, .offsets = {0, kWords}}};
  for (int i = 0; i < 2; ++i) {
    Loop loop{.count = constant(repeat), .body = {}};
    loop.body = {step(Acquire{.fifo = 1 + i}), step(Acquire{.fifo = 3 + i}),
                 step(Call{.kernel = "add",
                           .operands = {object(1 + i), object(3 + i),
                                        number({.kind = Scalar::Kind::kLoopCounter, .value = 0})}}),
                 step(Release{.fifo = 1 + i}), step(Release{.fifo = 3 + i})};
    p.cores.push_back({.tile = i == 0 ? kCore : second, .body = {step(loop)}});
  }
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 5, .argument = 1, .token = true}, Wait{.fifo = 5}};
  return p;
}

TEST(Simulation, DistributePermuteRepeatJoin) {
  constexpr int kRepeat = 3;
  const auto ran = run(split(kRepeat), {counting(2 * kWords), std::vector<int32_t>(2 * kWords * kRepeat)});
  ASSERT_TRUE(ran) << to_string(ran.error());
  for (int r = 0; r < kRepeat; ++r) {
    for (int i = 0; i < kWords; ++i) {
      const auto& out = ran->buffers[1];
      const auto at = static_cast<size_t>(r * 2 * kWords + i);
      EXPECT_EQ(1 + i + r, out[at]);
      const int64_t from = i < kWords / 2 ? 2 * i : 2 * (i - kWords / 2) + 1;
      EXPECT_EQ(static_cast<int32_t>(1 + kWords + from + r), out[at + kWords]);
    }
  }
}

/// What two cores made is joined in the memory tile and goes on to a third, which puts the two side by side as it
/// comes.
TEST(Simulation, APatternOfAJoinedObjectGoesOverAllOfIt) {
  constexpr int kObjects = 3;
  Program p = split(1);
  const Tile third{0, 4};
  p.arguments = {{.name = "in", .block = words(2 * kWords * kObjects), .access = Access::kRead},
                 {.name = "out", .block = words(kWords * kObjects), .access = Access::kWrite}};
  p.fifos[5].consumers = {{.tile = third, .from_stream = {{2, 1}, {kWords, 2}}}};
  p.fifos.push_back({.name = "pairs", .producer = third, .consumers = {{.tile = kInterface}}, .block = words(kWords)});
  Loop loop{.count = constant(-1), .body = {}};
  loop.body = {step(Acquire{.fifo = 5}), step(Acquire{.fifo = 6}),
               step(Call{.kernel = "pairs", .operands = {object(5), object(6)}}), step(Release{.fifo = 5}),
               step(Release{.fifo = 6})};
  for (Core& core : p.cores) core.body = {step(Loop{.count = constant(-1), .body = core.body})};
  p.cores.push_back({.tile = third, .body = {step(loop)}});
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 6, .argument = 1, .token = true}, Wait{.fifo = 6}};
  const auto ran = run(p, {counting(2 * kWords * kObjects), std::vector<int32_t>(kWords * kObjects)});
  ASSERT_TRUE(ran) << to_string(ran.error());
  const auto twisted = [](int64_t i) { return i < kWords / 2 ? 2 * i : 2 * (i - kWords / 2) + 1; };
  for (int64_t object = 0; object < kObjects; ++object) {
    for (int64_t i = 0; i < kWords; ++i) {
      const int64_t first = 1 + object * 2 * kWords + i;
      const int64_t second = 1 + object * 2 * kWords + kWords + twisted(i);
      EXPECT_EQ(first - 1000 * second, ran->buffers[1][static_cast<size_t>(object * kWords + i)]);
    }
  }
}

TEST(Simulation, BroadcastWaitsForTheSlowest) {
  constexpr int64_t kObjects = 40;
  constexpr size_t kAll = kObjects * kWords;
  Program p = pass(kObjects, 0);
  const Tile east{1, 2};
  p.fifos[0].consumers.push_back({.tile = east});
  p.fifos.push_back({.name = "d", .producer = east, .consumers = {{.tile = {1, 0}}}, .block = words(kWords)});
  p.arguments.push_back({.name = "out2", .block = words(kObjects * kWords), .access = Access::kWrite});
  Loop loop{.count = constant(-1), .body = {}};
  const auto add = step(Call{.kernel = "add", .operands = {object(0), object(2), number(constant(5))}});
  loop.body = {step(Acquire{.fifo = 0}), step(Acquire{.fifo = 2}), add, add,
               step(Release{.fifo = 0}), step(Release{.fifo = 2})};
  p.cores.push_back({.tile = east, .body = {step(loop)}});
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 1, .argument = 1, .token = true},
                Transfer{.fifo = 2, .argument = 2, .token = true}, Wait{.fifo = 1}, Wait{.fifo = 2}};
  const auto ran = run(p, {counting(kAll), std::vector<int32_t>(kAll), std::vector<int32_t>(kAll)});
  ASSERT_TRUE(ran) << to_string(ran.error());
  for (size_t i = 0; i < kAll; ++i) EXPECT_EQ(ran->buffers[0][i] + 5, ran->buffers[2][i]);
  EXPECT_GE(ran->report.cycles, kObjects * 2 * kKernelCycles);
  EXPECT_GT(ran->report.cores[0].waiting, ran->report.cores[1].waiting);
}

TEST(Simulation, NeighboursShareMemory) {
  Program p = pass(3, 10);
  const Tile north{0, 3};
  p.fifos[1].consumers[0].tile = north;
  p.fifos.push_back({.name = "e", .producer = north, .consumers = {{.tile = kInterface}}, .block = words(kWords)});
  Loop loop{.count = constant(3), .body = {}};
  loop.body = {step(Acquire{.fifo = 1}), step(Acquire{.fifo = 2}),
               step(Call{.kernel = "add", .operands = {object(1), object(2), number(constant(1))}}),
               step(Release{.fifo = 1}), step(Release{.fifo = 2})};
  p.cores.push_back({.tile = north, .body = {step(loop)}});
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 2, .argument = 1, .token = true}, Wait{.fifo = 2}};
  const auto ran = run(p, {counting(3 * kWords), std::vector<int32_t>(3 * kWords)});
  ASSERT_TRUE(ran) << to_string(ran.error());
  for (size_t i = 0; i < 3 * kWords; ++i) EXPECT_EQ(ran->buffers[0][i] + 11, ran->buffers[1][i]);
  EXPECT_EQ(2U, ran->report.streams.size());  // the third goes through shared memory
}

/// Phases by parameter, a table, a buffer and two held objects at once.
TEST(Simulation, ParametersChoosePhases) {
  Program p = pass(4, 0);
  p.parameters = {{.name = "what", .tile = kCore, .words = 2}};
  p.buffers = {{.name = "ones", .tile = kCore, .block = words(kWords), .table = "ones"}};
  const Scalar phase{.kind = Scalar::Kind::kParameter, .value = 0};
  const Scalar addend{.kind = Scalar::Kind::kParameter, .value = 1};
  Choose choose{.selector = phase, .phases = {}};
  choose.phases = {{step(Acquire{.fifo = 0}), step(Acquire{.fifo = 1}),
                    step(Call{.kernel = "add", .operands = {object(0), object(1), number(addend)}}),
                    step(Release{.fifo = 0}), step(Release{.fifo = 1})},
                   {step(Acquire{.fifo = 0, .count = 2}), step(Acquire{.fifo = 1}),
                    step(Call{.kernel = "sum", .operands = {object(0), object(0, 1), object(1)}}),
                    step(Release{.fifo = 0, .count = 1}), step(Release{.fifo = 1}), step(Acquire{.fifo = 1}),
                    step(Call{.kernel = "sum", .operands = {object(0), {.kind = Operand::Kind::kBuffer}, object(1)}}),
                    step(Release{.fifo = 0}), step(Release{.fifo = 1})}};
  Loop loop{.count = constant(-1), .body = {}};
  loop.body = {step(AwaitParameters{}), step(choose)};
  p.cores[0].body = {step(loop)};
  p.sequence = {Transfer{.fifo = 0, .argument = 0}, Transfer{.fifo = 1, .argument = 1, .token = true}};
  const auto phase_of = [&](int32_t which, int32_t add) {
    p.sequence.emplace_back(WriteParameter{.index = 0, .value = which});
    p.sequence.emplace_back(WriteParameter{.index = 1, .value = add});
    p.sequence.emplace_back(HandOver{});
  };
  phase_of(1, 0);
  // The core has taken the parameters when its objects are there; the sequence cannot see that, so it waits for output.
  p.sequence[1] = Transfer{.fifo = 1, .argument = 1, .pattern = {{2 * kWords, 1}}, .token = true};
  p.sequence.emplace_back(Wait{.fifo = 1});
  phase_of(0, 7);
  p.sequence.emplace_back(
      Transfer{.fifo = 1, .argument = 1, .offset = 2 * kWords, .pattern = {{kWords, 1}}, .token = true});
  p.sequence.emplace_back(Wait{.fifo = 1});
  phase_of(0, 9);
  p.sequence.emplace_back(
      Transfer{.fifo = 1, .argument = 1, .offset = 3 * kWords, .pattern = {{kWords, 1}}, .token = true});
  p.sequence.emplace_back(Wait{.fifo = 1});
  const auto ran = run(p, {counting(4 * kWords), std::vector<int32_t>(4 * kWords)});
  ASSERT_TRUE(ran) << to_string(ran.error());
  const auto& in = ran->buffers[0];
  const auto& out = ran->buffers[1];
  for (size_t i = 0; i < kWords; ++i) {
    EXPECT_EQ(in[i] + in[kWords + i], out[i]);
    EXPECT_EQ(in[kWords + i] + kTable[i], out[kWords + i]);
    EXPECT_EQ(in[2 * kWords + i] + 7, out[2 * kWords + i]);
    EXPECT_EQ(in[3 * kWords + i] + 9, out[3 * kWords + i]);
  }
}

TEST(Simulation, ADeadlockNamesWhoWaits) {
  Program p = pass(2, 0);
  p.sequence.erase(p.sequence.begin());  // nothing is ever sent
  const auto ran = run(p, {counting(2 * kWords), std::vector<int32_t>(2 * kWords)});
  ASSERT_FALSE(ran);
  EXPECT_NE(std::string::npos, ran.error().message.find("deadlock")) << ran.error().message;
  EXPECT_NE(std::string::npos, ran.error().message.find("core (0,2) waits to acquire 1 filled of a"))
      << ran.error().message;
  EXPECT_NE(std::string::npos, ran.error().message.find("waits for a transfer of c")) << ran.error().message;
}

TEST(Simulation, WrongProgramsAreNamed) {
  Program too_many = pass(1, 0);
  std::get<Loop>(too_many.cores[0].body[0].action).body[3] = step(Release{.fifo = 0, .count = 2});
  const auto released = run(too_many, {counting(kWords), std::vector<int32_t>(kWords)});
  ASSERT_FALSE(released);
  EXPECT_NE(std::string::npos, released.error().message.find("releases more"));

  Program large = pass(1, 0);
  large.fifos[0].block = words(16 * 1024);
  const auto loaded = run(large, {counting(kWords), std::vector<int32_t>(kWords)});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(ErrorCode::kUnsupported, loaded.error().code);

  const auto sizes = run(pass(1, 0), {counting(3), std::vector<int32_t>(kWords)});
  ASSERT_FALSE(sizes);
  EXPECT_EQ("pass, argument in", sizes.error().where);
}

TEST(Simulation, TimelineHoldsEveryCall) {
  const auto ran = run(pass(6, 0), {counting(6 * kWords), std::vector<int32_t>(6 * kWords)}, {.timeline = true});
  ASSERT_TRUE(ran);
  int calls = 0;
  for (const Bar& bar : ran->report.timeline) calls += bar.name == "add" ? 1 : 0;
  EXPECT_EQ(6, calls);
  const std::string trace = to_chrome_trace(ran->report);
  EXPECT_NE(std::string::npos, trace.find("\"traceEvents\""));
  EXPECT_NE(std::string::npos, trace.find("core (0,2)"));
}

}  // namespace
}  // namespace skald::npu::sim
