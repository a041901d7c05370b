// The NPU wing's decoder on the simulated array.

#include "npu/decoder/npu_decoder.h"
#include "tests/conformance/conformance.h"

namespace skald::conformance {
namespace {

/// Factors of a product are rounded to bfloat16, and so is what leaves it: a uniform error within 2^-8 of the size of
/// each, 2^-8 / sqrt(3) root mean square, three times.
constexpr double kBf16Error = 0x1p-8;

Backend npu_backend() {
  Backend backend;
  backend.name = "NpuSim";
  backend.device = "npu-sim";
  backend.product_error = kBf16Error;
  backend.any_shape = false;
  backend.threads = 1;
  backend.make_decoder = [](const model::Checkpoint& checkpoint, const model::TokenClasses& tokens, int slots,
                            int windows,
                            ThreadPool&) { return npu::make_simulated_decoder(checkpoint, tokens, slots, windows); };
  backend.skips = {{"AllocatesNothingOnceWarm", "every launch is planned and simulated anew"}};
  return backend;
}

INSTANTIATE_TEST_SUITE_P(Npu, DecoderConformance, testing::Values(npu_backend()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EncoderConformance);

}  // namespace
}  // namespace skald::conformance
