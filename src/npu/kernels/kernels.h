#pragma once
// Prototypes of all kernels, for bindings.cc; the build (values, counts) is that of the including source.

#include "kernel.h"
#include "rowwise_shapes.h"
#include "shapes.h"

SKALD_KERNELS_BEGIN

#define SKALD_DECLARE_I8(m, k, n)                                                              \
  void matmul_i8_##m##x##k##x##n(const std::int8_t* a, const std::int8_t* b, std::int32_t* c); \
  void matmul_i8_##m##x##k##x##n##_first(const std::int8_t* a, const std::int8_t* b, std::int32_t* c);
SKALD_MATMUL_I8_SHAPES(SKALD_DECLARE_I8)

#define SKALD_DECLARE_BF16(m, k, n)                                                 \
  void matmul_bf16_##m##x##k##x##n(const bfloat16* a, const bfloat16* b, float* c); \
  void matmul_bf16_##m##x##k##x##n##_first(const bfloat16* a, const bfloat16* b, float* c);
SKALD_MATMUL_BF16_SHAPES(SKALD_DECLARE_BF16)

#define SKALD_DECLARE_I16(m, k, n)                                                                \
  void matmul_i16_##m##x##k##x##n(const std::int16_t* a, const std::int16_t* b, std::int32_t* c); \
  void matmul_i16_##m##x##k##x##n##_first(const std::int16_t* a, const std::int16_t* b, std::int32_t* c);
SKALD_MATMUL_I16_SHAPES(SKALD_DECLARE_I16)

#define SKALD_DECLARE_FINISH_I8(m, n)                                                                                 \
  void requantise_i8_##m##x##n(const std::int32_t* c, const std::int8_t* parameters, std::int8_t* y,                  \
                               std::int32_t slice, std::int32_t down, std::int32_t shift);                            \
  void requantise_add_i8_##m##x##n(const std::int32_t* c, const std::int8_t* parameters, const std::int8_t* residual, \
                                   std::int8_t* y, std::int32_t slice, std::int32_t down, std::int32_t shift,         \
                                   std::int32_t residual_factor);                                                     \
  void requantise_gelu_i8_##m##x##n(const std::int32_t* c, const std::int8_t* parameters, const std::int8_t* ab,      \
                                    const std::int8_t* cd, std::int8_t* y, std::int32_t slice, std::int32_t down,     \
                                    std::int32_t shift);
SKALD_FINISH_SHAPES(SKALD_DECLARE_FINISH_I8)

void requantise_lookup_i8_64x128(const std::int32_t* c, const std::int8_t* parameters, std::int8_t* y,
                                 std::int32_t slice, std::int32_t down, std::int32_t shift);

#define SKALD_DECLARE_FINISH_BF16(m, n)                                                                       \
  void finish_bf16_##m##x##n(const float* c, const bfloat16* bias, bfloat16* y, std::int32_t slice);          \
  void finish_add_bf16_##m##x##n(const float* c, const bfloat16* bias, const bfloat16* residual, bfloat16* y, \
                                 std::int32_t slice);                                                         \
  void finish_gelu_bf16_##m##x##n(const float* c, const bfloat16* bias, bfloat16* y, std::int32_t slice);
SKALD_FINISH_SHAPES(SKALD_DECLARE_FINISH_BF16)

#define SKALD_DECLARE_SOFTMAX(rows, width) \
  void softmax_bf16_##rows##x##width(const bfloat16* x, bfloat16* y, std::int32_t count);
SKALD_SOFTMAX_SHAPES(SKALD_DECLARE_SOFTMAX)

#define SKALD_DECLARE_LAYER_NORM(rows, width) \
  void layer_norm_bf16_##rows##x##width(const bfloat16* x, const bfloat16* weights, bfloat16* y, std::int32_t count);
SKALD_LAYER_NORM_SHAPES(SKALD_DECLARE_LAYER_NORM)

void layer_norm_i8_256(const std::int8_t* xgb, std::int8_t* y, std::int32_t shift);

void gelu_i8_512(const std::int8_t* x, const std::int8_t* table_ab, const std::int8_t* table_cd, std::int8_t* y);
void gelu_i8_2048(const std::int8_t* x, const std::int8_t* table_ab, const std::int8_t* table_cd, std::int8_t* y);
void gelu_bf16_2048(const bfloat16* x, bfloat16* y);

void add_bf16_2048(const bfloat16* terms, bfloat16* y);
void add_i8_2048(const std::int8_t* terms, std::int8_t* y, std::int32_t factor_a, std::int32_t factor_b,
                 std::int32_t shift);
void requantise_i32_i8_2048(const std::int32_t* x, std::int8_t* y, std::int32_t down, std::int32_t factor,
                            std::int32_t shift);
void quantise_bf16_i8_2048(const bfloat16* x, std::int8_t* y, std::int32_t up, std::int32_t factor, std::int32_t shift);
void dequantise_i8_bf16_2048(const std::int8_t* x, bfloat16* y, std::int32_t factor, std::int32_t shift);

#define SKALD_DECLARE_EMBED(width) \
  void embed_bf16_##width(const bfloat16* token, const bfloat16* position, bfloat16* y);
SKALD_EMBED_WIDTHS(SKALD_DECLARE_EMBED)

void exp_bf16_1024(const bfloat16* x, bfloat16* y);
void log2_bf16_1024(const bfloat16* x, bfloat16* y);
void reciprocal_bf16_1024(const bfloat16* x, bfloat16* y);
void inverse_sqrt_bf16_1024(const bfloat16* x, bfloat16* y);
void tanh_bf16_1024(const bfloat16* x, const float* table_ab, const float* table_cd, bfloat16* y);

#define SKALD_DECLARE_ATTENTION_I8(n)                                                                            \
  void attention_scores_i8_##n(const std::int8_t* qkv, std::int16_t* h);                                         \
  void attention_weights_i8_##n(const std::int16_t* h, const std::int8_t* table_ab, const std::int8_t* table_cd, \
                                std::int8_t* w, std::int32_t* sums, std::int32_t factor, std::int32_t shift);    \
  void attention_shares_i8_##n(const std::int32_t* sums, std::int32_t* shares);                                  \
  void attention_outputs_i8_##n(const std::int8_t* qkv, const std::int8_t* w, const std::int32_t* shares,        \
                                std::int8_t* y);
SKALD_ATTENTION_I8_SIZES(SKALD_DECLARE_ATTENTION_I8)

void attention_begin_bf16_64(float* offset, float* sum, float* o);
void attention_queries_bf16_64(const bfloat16* q, bfloat16* factor, std::int32_t slice);
void attention_mask_bf16_64(float* scores, const std::int32_t* lanes, std::int32_t first, std::int32_t causal,
                            std::int32_t group_step, std::int32_t group, std::int32_t block);
void attention_mask_bf16_32(float* scores, const std::int32_t* lanes, std::int32_t first, std::int32_t causal,
                            std::int32_t group_step, std::int32_t group, std::int32_t block, std::int32_t groups);
void attention_weights_bf16_64(float* scores, float* offset, bfloat16* factor, float* sum);
void attention_weights_bf16_32(float* scores, float* offset, bfloat16* factor, float* sum, std::int32_t groups);
void attention_values_bf16_64(const bfloat16* v, const float* scores, const bfloat16* factor, float* o);
void attention_turn_bf16_32(const bfloat16* v, const bfloat16* factor, float* scores, float* o, std::int32_t groups);
void attention_take_bf16_64(const bfloat16* q, bfloat16* factor, std::int32_t half);
void attention_give_bf16_64(const float* o, const float* sum, bfloat16* y, std::int32_t slice);
void attention_give_i8_64(const float* o, const float* sum, std::int8_t* y, std::int32_t half, std::int32_t up,
                          std::int32_t factor, std::int32_t shift);
void attention_finish_bf16_64(const float* o, const float* sum, bfloat16* y, std::int32_t slice);

void dequantise_panels_64x128(const std::int32_t* c, const std::int8_t* parameters, bfloat16* y, std::int32_t pair,
                              std::int32_t half, std::int32_t down, std::int32_t shift);
void finish_panels_64x128(const float* c, const bfloat16* bias, bfloat16* y, std::int32_t pair, std::int32_t half);
void finish_gelu_panels_64x128(const float* c, const bfloat16* bias, bfloat16* y, std::int32_t pair, std::int32_t half);
void add_panels_1024(const bfloat16* terms, bfloat16* y, std::int32_t half);
void give_sums_64x128(const float* c, float* y, std::int32_t strip);

void take_panels_2048(const bfloat16* x, bfloat16* rows, std::int32_t index);
void norm_panels(bfloat16* rows, std::int32_t panels, std::int32_t strips, std::int32_t inverse);
void give_panels_bf16(const bfloat16* rows, const bfloat16* weights, bfloat16* y, std::int32_t index,
                      std::int32_t panels, std::int32_t strips);
void give_panels_i8(const bfloat16* rows, const bfloat16* weights, std::int8_t* y, std::int32_t index,
                    std::int32_t panels, std::int32_t strips);

#define SKALD_DECLARE_UNPACK_I4(k, n) void unpack_i4_##k##x##n(const std::int8_t* packed, std::int8_t* weights);
SKALD_UNPACK_I4_SHAPES(SKALD_DECLARE_UNPACK_I4)

void matmul_scalar_bf16_64x64x64(const bfloat16* a, const bfloat16* b, float* c);

void scale_scalar_i32(const std::int32_t* a, std::int32_t* c, std::int32_t factor, std::int32_t count);
void scale_scalar_i16(const std::int16_t* a, std::int16_t* c, std::int32_t factor, std::int32_t count);
void scale_i16(const std::int16_t* a, std::int16_t* c, std::int32_t factor, std::int32_t count);
void scale_i16_plain(const std::int16_t* a, std::int16_t* c, std::int32_t factor, std::int32_t count);
void scale_i32(const std::int32_t* a, std::int32_t* c, std::int32_t factor, std::int32_t count);
void scale_i32_plain(const std::int32_t* a, std::int32_t* c, std::int32_t factor, std::int32_t count);
void saxpy_bf16(const bfloat16* x, const bfloat16* y, bfloat16* z, std::int32_t count);
void stock_i16_64x64x32(const std::int16_t* a, const std::int16_t* b, std::int16_t* c);
void stock_bf16_64x64x64(const bfloat16* a, const bfloat16* b, float* c);

#define SKALD_DECLARE_MEL(bands)                                                                                  \
  void mel_bf16_##bands(const std::int16_t* pcm, const std::int16_t* high, const std::int8_t* low,                \
                        const std::int16_t* turns, const bfloat16* filters, const std::int32_t* starts,           \
                        std::int32_t* waves, std::int32_t* spectrum, float* power, bfloat16* tiles, bfloat16* y,  \
                        std::int32_t floor);                                                                      \
  void mel_i8_##bands(const std::int16_t* pcm, const std::int16_t* high, const std::int8_t* low,                  \
                      const std::int16_t* turns, const bfloat16* filters, const std::int32_t* starts,             \
                      std::int32_t* waves, std::int32_t* spectrum, float* power, bfloat16* tiles, std::int8_t* y, \
                      std::int32_t floor, std::int32_t factor, std::int32_t shift);
SKALD_DECLARE_MEL(80)
SKALD_DECLARE_MEL(128)

void topk_bf16_4096(const bfloat16* logits, std::int32_t* list);
void topk_f32_4096(const float* logits, std::int32_t* list);
#define SKALD_DECLARE_BEAM_STEP(lists) \
  void beam_step_##lists(const std::int32_t* candidates, const std::int32_t* beams, float* totals, std::int32_t* best);
SKALD_DECLARE_BEAM_STEP(16)
SKALD_DECLARE_BEAM_STEP(80)
SKALD_DECLARE_BEAM_STEP(112)

void product_i8_64x64x128(const std::int8_t* a, const std::int8_t* b, const std::int32_t* zeros, std::int32_t* c,
                          std::int32_t first);
void product_bf16_64x32x128(const bfloat16* a, const bfloat16* b, const float* zeros, float* c, std::int32_t first);
void product_keys_bf16_32(const bfloat16* keys, const bfloat16* queries, const float* zeros, float* scores,
                          std::int32_t first, std::int32_t groups);
void product_values_bf16_32(const float* scores, const float* zeros, float* o, std::int32_t groups);

SKALD_KERNELS_END
