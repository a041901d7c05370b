// The CPU wing, under every instruction set that this processor has.

#include "base/aligned_buffer.h"
#include "cpu/cpu_model.h"
#include "cpu/kernels/families.h"
#include "tests/conformance/allocation_counter.h"
#include "tests/conformance/conformance.h"

namespace skald::conformance {
namespace {

/// Both factors of a product are rounded to 127 steps of the largest of their row: uniform errors of step / sqrt(12)
/// each, of values whose root mean square is largest / sqrt(3).
constexpr double kInt8Error = 1.41421356 * 1.73205081 / (127 * 3.46410162);

/// The same of weights rounded to sixteen steps over twice the largest of their block; the other factor's error is
/// small beside it.
constexpr double kInt4Error = 1.01 * 1.73205081 / (8 * 3.46410162);

/// A factor in bfloat16 has a uniform error within 2^-8 of its size: 2^-8 / sqrt(3), root mean square; there are two.
constexpr double kBf16Error = 1.41421356 * 0x1p-8 / 1.73205081;

double product_error(cpu::ComputeType compute) {
  switch (compute) {
    case cpu::ComputeType::kFloat32: return 0;
    case cpu::ComputeType::kBfloat16: return kBf16Error;
    case cpu::ComputeType::kInt8: return kInt8Error;
    case cpu::ComputeType::kInt4: return kInt4Error;
  }
  return 0;
}

Backend cpu_backend(Isa isa, cpu::ComputeType compute) {
  Backend backend;
  backend.name = std::string("Cpu") + to_string(isa) + to_string(compute);
  backend.product_error = product_error(compute);
  backend.device = "cpu";
  backend.isa = to_string(isa);
  backend.make_encoder = [isa, compute](const model::Checkpoint& checkpoint, ThreadPool& pool) {
    return cpu::make_encoder(checkpoint, {.pool = &pool, .isa = isa, .compute = compute});
  };
  backend.make_decoder = [isa, compute](const model::Checkpoint& checkpoint, const model::TokenClasses& tokens,
                                        int slots, int windows, ThreadPool& pool) {
    return cpu::make_decoder(checkpoint, tokens, slots, windows, {.pool = &pool, .isa = isa, .compute = compute});
  };
  return backend;
}

std::vector<Backend> cpu_backends() {
  std::vector<Backend> backends;
  for (const Isa isa : kIsas) {
    if (!runs(isa)) continue;
    // A family that has a weaker one's products is that one.
    const auto has = [isa](auto kernel) { return cpu::implementer(isa, kernel) == isa; };
    if (has(&cpu::Kernels::gemm_f32)) backends.push_back(cpu_backend(isa, cpu::ComputeType::kFloat32));
    if (has(&cpu::Kernels::gemm_bf16)) backends.push_back(cpu_backend(isa, cpu::ComputeType::kBfloat16));
    if (has(&cpu::Kernels::gemm_i8)) backends.push_back(cpu_backend(isa, cpu::ComputeType::kInt8));
  }
  return backends;
}

/// int4 is for decoders.
std::vector<Backend> cpu_decoder_backends() {
  std::vector<Backend> backends = cpu_backends();
  for (const Isa isa : kIsas) {
    if (!runs(isa) || cpu::implementer(isa, &cpu::Kernels::gemm_i8i4) != isa) continue;
    backends.push_back(cpu_backend(isa, cpu::ComputeType::kInt4));
  }
  return backends;
}

INSTANTIATE_TEST_SUITE_P(Cpu, EncoderConformance, testing::ValuesIn(cpu_backends()), name_of);
INSTANTIATE_TEST_SUITE_P(Cpu, DecoderConformance, testing::ValuesIn(cpu_decoder_backends()), name_of);

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
