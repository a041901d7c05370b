// Turns kernels into calls with spans; compiled once for values and once for counts.

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "kernels.h"
#include "npu/kernels/binding.h"

SKALD_KERNELS_BEGIN
namespace {

template <typename... Arguments>
constexpr int count_pointers(void (*)(Arguments...)) {
  return (static_cast<int>(std::is_pointer_v<Arguments>) + ... + 0);
}

template <typename... Arguments>
constexpr int count_arguments(void (*)(Arguments...)) {
  return static_cast<int>(sizeof...(Arguments));
}

/// The argument at `index`: pointers come first, in order.
template <typename Argument>
Argument argument(std::span<std::byte* const> memory, std::span<const std::int32_t> numbers, std::size_t index) {
  if constexpr (std::is_pointer_v<Argument>) {
    return reinterpret_cast<Argument>(memory[index]);
  } else {
    return numbers[index - memory.size()];
  }
}

template <typename... Arguments, std::size_t... kIndices>
void invoke(void (*function)(Arguments...), std::span<std::byte* const> memory, std::span<const std::int32_t> numbers,
            std::index_sequence<kIndices...> /*indices*/) {
  function(argument<Arguments>(memory, numbers, kIndices)...);
}

template <auto kFunction>
void call(std::span<std::byte* const> memory, std::span<const std::int32_t> numbers) {
  invoke(kFunction, memory, numbers, std::make_index_sequence<static_cast<std::size_t>(count_arguments(kFunction))>());
}

template <auto kFunction>
constexpr KernelBinding bind(std::string_view symbol) {
  return {symbol, &call<kFunction>, count_pointers(kFunction), count_arguments(kFunction) - count_pointers(kFunction)};
}

#define SKALD_BIND(symbol) bind<&symbol>(#symbol)

constexpr auto kBindings = std::to_array<KernelBinding>({
    SKALD_BIND(matmul_i8_16x16x16),
    SKALD_BIND(matmul_i8_16x16x16_first),
    SKALD_BIND(matmul_i8_32x32x32),
    SKALD_BIND(matmul_i8_32x32x32_first),
    SKALD_BIND(matmul_i8_64x64x64),
    SKALD_BIND(matmul_i8_64x64x64_first),
    SKALD_BIND(matmul_i8_64x64x128),
    SKALD_BIND(matmul_i8_64x64x128_first),
    SKALD_BIND(matmul_bf16_16x16x16),
    SKALD_BIND(matmul_bf16_16x16x16_first),
    SKALD_BIND(matmul_bf16_32x32x32),
    SKALD_BIND(matmul_bf16_32x32x32_first),
    SKALD_BIND(matmul_bf16_64x64x64),
    SKALD_BIND(matmul_bf16_64x64x64_first),
    SKALD_BIND(matmul_bf16_64x32x96),
    SKALD_BIND(matmul_bf16_64x32x96_first),
    SKALD_BIND(matmul_bf16_64x32x128),
    SKALD_BIND(matmul_bf16_64x32x128_first),
    SKALD_BIND(requantise_i8_16x16),
    SKALD_BIND(requantise_i8_32x32),
    SKALD_BIND(requantise_i8_64x64),
    SKALD_BIND(requantise_i8_64x128),
    SKALD_BIND(requantise_add_i8_16x16),
    SKALD_BIND(requantise_add_i8_32x32),
    SKALD_BIND(requantise_add_i8_64x64),
    SKALD_BIND(requantise_add_i8_64x128),
    SKALD_BIND(finish_bf16_16x16),
    SKALD_BIND(finish_bf16_32x32),
    SKALD_BIND(finish_bf16_64x64),
    SKALD_BIND(finish_bf16_64x96),
    SKALD_BIND(finish_bf16_64x128),
    SKALD_BIND(finish_add_bf16_16x16),
    SKALD_BIND(finish_add_bf16_32x32),
    SKALD_BIND(finish_add_bf16_64x64),
    SKALD_BIND(finish_add_bf16_64x96),
    SKALD_BIND(finish_add_bf16_64x128),
    SKALD_BIND(matmul_scalar_bf16_64x64x64),
    SKALD_BIND(scale_scalar_i32),
    SKALD_BIND(scale_scalar_i16),
    SKALD_BIND(scale_i16),
    SKALD_BIND(scale_i16_plain),
    SKALD_BIND(scale_i32),
    SKALD_BIND(scale_i32_plain),
    SKALD_BIND(saxpy_bf16),
    SKALD_BIND(stock_i16_64x64x32),
    SKALD_BIND(stock_bf16_64x64x64),
});

}  // namespace

std::span<const KernelBinding> bindings() {
  return kBindings;
}

SKALD_KERNELS_END
