// The CPU wing, under every instruction set that this processor has.

#include "base/aligned_buffer.h"
#include "cpu/cpu_model.h"
#include "tests/conformance/allocation_counter.h"
#include "tests/conformance/conformance.h"

namespace skald::conformance {
namespace {

Backend cpu_backend(Isa isa) {
  Backend backend;
  backend.name = std::string("Cpu") + to_string(isa);
  backend.device = "cpu";
  backend.isa = to_string(isa);
  backend.make_encoder = [isa](const model::Checkpoint& checkpoint, ThreadPool& pool) {
    return cpu::make_encoder(checkpoint, {.pool = &pool, .isa = isa});
  };
  backend.make_decoder = [isa](const model::Checkpoint& checkpoint, const model::TokenClasses& tokens, int slots,
                               int windows, ThreadPool& pool) {
    return cpu::make_decoder(checkpoint, tokens, slots, windows, {.pool = &pool, .isa = isa});
  };
  return backend;
}

std::vector<Backend> cpu_backends() {
  std::vector<Backend> backends;
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    if (isa <= best_isa()) backends.push_back(cpu_backend(isa));
  }
  return backends;
}

INSTANTIATE_TEST_SUITE_P(Cpu, EncoderConformance, testing::ValuesIn(cpu_backends()), name_of);
INSTANTIATE_TEST_SUITE_P(Cpu, DecoderConformance, testing::ValuesIn(cpu_backends()), name_of);

TEST(AllocationCounter, SeesEveryWay) {
  const AllocationCounter counter;
  const auto before = counter.count();
  const std::vector<int> by_new(10);
  const AlignedBuffer<float> by_aligned_alloc(10);
  ThreadPool pool(2);  // on whatever thread
  EXPECT_GE(counter.count() - before, 3) << by_new.size() << by_aligned_alloc.size();
}

}  // namespace
}  // namespace skald::conformance
