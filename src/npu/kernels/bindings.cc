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
#define SKALD_BIND_PAIR(symbol) SKALD_BIND(symbol), SKALD_BIND(symbol##_first),
#define SKALD_BIND_I8(m, k, n) SKALD_BIND_PAIR(matmul_i8_##m##x##k##x##n)
#define SKALD_BIND_BF16(m, k, n) SKALD_BIND_PAIR(matmul_bf16_##m##x##k##x##n)
#define SKALD_BIND_I16(m, k, n) SKALD_BIND_PAIR(matmul_i16_##m##x##k##x##n)
#define SKALD_BIND_UNPACK_I4(k, n) SKALD_BIND(unpack_i4_##k##x##n),
#define SKALD_BIND_FINISH(m, n)                                                    \
  SKALD_BIND(requantise_i8_##m##x##n), SKALD_BIND(requantise_add_i8_##m##x##n),    \
      SKALD_BIND(requantise_gelu_i8_##m##x##n), SKALD_BIND(finish_bf16_##m##x##n), \
      SKALD_BIND(finish_add_bf16_##m##x##n), SKALD_BIND(finish_gelu_bf16_##m##x##n),
#define SKALD_BIND_SOFTMAX(rows, width) SKALD_BIND(softmax_bf16_##rows##x##width),
#define SKALD_BIND_EMBED(width) SKALD_BIND(embed_bf16_##width),
#define SKALD_BIND_LAYER_NORM(rows, width) SKALD_BIND(layer_norm_bf16_##rows##x##width),

#define SKALD_BIND_ATTENTION_BF16(keys) \
  SKALD_BIND(attention_mask_bf16_##keys), SKALD_BIND(attention_weights_bf16_##keys),
#define SKALD_BIND_ATTENTION_I8(n)                                                                                \
  SKALD_BIND(attention_scores_i8_##n), SKALD_BIND(attention_weights_i8_##n), SKALD_BIND(attention_shares_i8_##n), \
      SKALD_BIND(attention_outputs_i8_##n),

constexpr auto kBindings = std::to_array<KernelBinding>({
    SKALD_MATMUL_I8_SHAPES(SKALD_BIND_I8) SKALD_MATMUL_BF16_SHAPES(SKALD_BIND_BF16)
        SKALD_MATMUL_I16_SHAPES(SKALD_BIND_I16) SKALD_FINISH_SHAPES(SKALD_BIND_FINISH)
            SKALD_SOFTMAX_SHAPES(SKALD_BIND_SOFTMAX) SKALD_LAYER_NORM_SHAPES(SKALD_BIND_LAYER_NORM)
                SKALD_EMBED_WIDTHS(SKALD_BIND_EMBED) SKALD_ATTENTION_I8_SIZES(SKALD_BIND_ATTENTION_I8)
                    SKALD_UNPACK_I4_SHAPES(SKALD_BIND_UNPACK_I4) SKALD_BIND(matmul_scalar_bf16_64x64x64),
    SKALD_BIND(layer_norm_i8_256),
    SKALD_BIND(gelu_i8_512),
    SKALD_BIND(gelu_i8_2048),
    SKALD_BIND(gelu_bf16_2048),
    SKALD_BIND(add_bf16_2048),
    SKALD_BIND(add_i8_2048),
    SKALD_BIND(requantise_i32_i8_2048),
    SKALD_BIND(quantise_bf16_i8_2048),
    SKALD_BIND(dequantise_i8_bf16_2048),
    SKALD_BIND(attention_begin_bf16_64),
    SKALD_BIND(attention_queries_bf16_64),
    SKALD_ATTENTION_BF16_KEYS(SKALD_BIND_ATTENTION_BF16) SKALD_BIND(attention_take_bf16_64),
    SKALD_BIND(attention_values_bf16_64),
    SKALD_BIND(attention_turn_bf16_32),
    SKALD_BIND(product_i8_64x64x128),
    SKALD_BIND(product_bf16_64x32x128),
    SKALD_BIND(product_keys_bf16_32),
    SKALD_BIND(product_values_bf16_32),
    SKALD_BIND(attention_give_bf16_64),
    SKALD_BIND(attention_give_i8_64),
    SKALD_BIND(requantise_lookup_i8_64x128),
    SKALD_BIND(dequantise_panels_64x128),
    SKALD_BIND(finish_panels_64x128),
    SKALD_BIND(finish_gelu_panels_64x128),
    SKALD_BIND(add_panels_1024),
    SKALD_BIND(give_sums_64x128),
    SKALD_BIND(take_panels_2048),
    SKALD_BIND(norm_panels),
    SKALD_BIND(give_panels_bf16),
    SKALD_BIND(give_panels_i8),
    SKALD_BIND(attention_finish_bf16_64),
    SKALD_BIND(exp_bf16_1024),
    SKALD_BIND(log2_bf16_1024),
    SKALD_BIND(reciprocal_bf16_1024),
    SKALD_BIND(inverse_sqrt_bf16_1024),
    SKALD_BIND(tanh_bf16_1024),
    SKALD_BIND(scale_scalar_i32),
    SKALD_BIND(scale_scalar_i16),
    SKALD_BIND(scale_i16),
    SKALD_BIND(scale_i16_plain),
    SKALD_BIND(scale_i32),
    SKALD_BIND(scale_i32_plain),
    SKALD_BIND(saxpy_bf16),
    SKALD_BIND(stock_i16_64x64x32),
    SKALD_BIND(stock_bf16_64x64x64),
    SKALD_BIND(topk_bf16_4096),
    SKALD_BIND(topk_f32_4096),
    SKALD_BIND(beam_step_16),
    SKALD_BIND(beam_step_80),
    SKALD_BIND(beam_step_112),
    SKALD_BIND(mel_bf16_80),
    SKALD_BIND(mel_i8_80),
    SKALD_BIND(mel_bf16_128),
    SKALD_BIND(mel_i8_128),
});

}  // namespace

std::span<const KernelBinding> bindings() {
  return kBindings;
}

SKALD_KERNELS_END
