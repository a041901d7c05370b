// The products of the encoder's resident program (plan/encoder.h): one kernel a type for a sum's first step and the
// later ones, and in bfloat16 for attention's two products besides, as program memory is short. `first`: sums begin
// with `zeros`, read again and again, instead of what C holds.

#include "matmul.h"

namespace {

using MmulI8 = aie::mmul<4, 8, 8, int8, int8, acc32>;
using MmulBf16 = aie::mmul<4, 8, 4, bfloat16, bfloat16, accfloat>;

/// What is multiplied, in native factors and results, with `blocks` of C's rows (four each) by `across` of its columns.
struct Shape {
  int blocks;
  int across;
  int columns;  ///< of C, native results from a row of them to the next
  int a_row;    ///< from a row of A to the next
  int a_block;  ///< from a block's rows to the next one's
  int b_depth;  ///< from a depth of B to the next
};

/// Blocks of the upper and of the lower half of C take turns: a block is loaded while the one before is stored, and
/// when a bank ends in the middle of C (place_arguments), these do not meet.
template <typename Mmul, typename In, typename Sum, int kDepth, int kAcross>
SKALD_NOINLINE void multiply_shape(const Shape& shape, const In* __restrict a, const In* __restrict b,
                                   const Sum* __restrict zeros, Sum* __restrict c, bool first) {
  SKALD_CALLED;
  SKALD_PIPELINED_LOOP(at, shape.blocks * shape.across, 2) {
    const int down = at % 2 * (shape.blocks / 2) + at / 2 / shape.across;
    const int column = at / 2 % shape.across * kAcross;
    Sum* sums = c + (4 * down * shape.columns + column) * static_cast<int>(Mmul::size_C);
    multiply_block<Mmul, In, Sum, kDepth, 4, kAcross, false>(
        {.a = a + down * shape.a_block * static_cast<int>(Mmul::size_A),
         .a_row = shape.a_row,
         .b = b + column * static_cast<int>(Mmul::size_B),
         .b_depth = shape.b_depth,
         .from = first ? zeros : sums,
         .from_row = first ? 0 : shape.columns,
         .from_column = first ? 0 : 1,
         .c = sums,
         .c_row = shape.columns});
  }
}

inline void multiply_bf16(const Shape& shape, const bfloat16* a, const bfloat16* b, const float* zeros, float* c,
                          std::int32_t first) {
  multiply_shape<MmulBf16, bfloat16, float, 4, 4>(shape, a, b, zeros, c, first != 0);
}

}  // namespace

SKALD_KERNELS_BEGIN

void product_i8_64x64x128(const std::int8_t* a, const std::int8_t* b, const std::int32_t* zeros, std::int32_t* c,
                          std::int32_t first) {
  constexpr Shape kTile{.blocks = 4, .across = 8, .columns = 16, .a_row = 8, .a_block = 32, .b_depth = 16};
  multiply_shape<MmulI8, std::int8_t, std::int32_t, 8, 2>(kTile, a, b, zeros, c, first != 0);
}

void product_bf16_64x32x128(const bfloat16* a, const bfloat16* b, const float* zeros, float* c, std::int32_t first) {
  multiply_bf16({.blocks = 4, .across = 8, .columns = 32, .a_row = 4, .a_block = 16, .b_depth = 32}, a, b, zeros, c,
                first);
}

/// S (32 keys x 64 queries) += K (blocks 4 x 8) Q^T (blocks 8 x 4), over a half of the depth: A and B begin there. Of
/// the first `groups` of four queries: a multiple of four.
void product_keys_bf16_32(const bfloat16* keys, const bfloat16* queries, const float* zeros, float* scores,
                          std::int32_t first, std::int32_t groups) {
  multiply_bf16({.blocks = 2, .across = groups / 4, .columns = 16, .a_row = 8, .a_block = 32, .b_depth = 16}, keys,
                queries, zeros, scores, first);
}

/// O (64 dimensions x 64 queries) += V^T P, which lie in turns of 1 KiB of the same 8 KiB: weights as
/// attention_weights leaves them, values as attention_turn does. Groups as above.
void product_values_bf16_32(const float* scores, const float* zeros, float* o, std::int32_t groups) {
  const auto* weights = reinterpret_cast<const bfloat16*>(scores);
  multiply_bf16({.blocks = 4, .across = groups / 4, .columns = 16, .a_row = 4, .a_block = 32, .b_depth = 32},
                weights + 512, weights, zeros, o, 0);
}

SKALD_KERNELS_END
