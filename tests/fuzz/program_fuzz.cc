// Feeds the parser of Program texts. What it accepts must survive being printed and parsed again, and be judged without
// harm; what it refuses must say where.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "npu/program/text.h"
#include "npu/program/verify.h"

namespace {

/// Kernels of any name, so that calls are looked at.
skald::npu::KernelLookup any_kernel() {
  using skald::npu::KernelInfo;
  return {.kernel = [](std::string_view name) -> std::optional<KernelInfo> {
            return KernelInfo{.name = std::string(name), .blocks = {{.name = "x", .elements = 1024}}};
          },
          .table = [](std::string_view) -> std::optional<int64_t> { return 256; }};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto program = skald::npu::parse(text);
  if (!program) {
    if (program.error().message.empty() || !program.error().where.starts_with("line ")) std::abort();
    return 0;
  }
  const std::string printed = skald::npu::print(*program);
  const auto again = skald::npu::parse(printed);
  if (!again || *again != *program || skald::npu::print(*again) != printed) std::abort();
  for (const skald::npu::Violation& violation : skald::npu::verify(*program, any_kernel())) {
    if (violation.rule.empty() || violation.message.empty()) std::abort();
  }
  return 0;
}
