#pragma once
// Tiles that products exist for, as lists for macros: X(m, k, n) is C (m x n) += A (m x k) B (k x n); X(m, n) what
// follows it; X(k, n) what goes before it. All are whole blocks of matmul.h: 16 rows; 16 columns.
//
// A core gets A and B by streams of 4 bytes a cycle: multiplying takes n / 64 of the time that A takes and m / 64 of
// B's, so n of 96 or 128 leaves room. 64 x 64 x 32 and 32 x 64 x 64 are tiles of published designs.
// 16 x 128 x 64 is the second product of a feed-forward block (plan/feed_forward.h).

#define SKALD_MATMUL_I8_SHAPES(X) \
  X(16, 16, 16) X(32, 32, 32) X(64, 64, 64) X(64, 64, 128) X(64, 64, 96) X(64, 64, 32) X(32, 64, 64) X(16, 128, 64)

#define SKALD_MATMUL_BF16_SHAPES(X) \
  X(16, 16, 16) X(32, 32, 32) X(64, 64, 64) X(64, 32, 96) X(64, 32, 128) X(64, 64, 32) X(32, 64, 64)

#define SKALD_MATMUL_I16_SHAPES(X) X(32, 32, 32) X(64, 64, 64) X(64, 64, 32)

/// Positions that int8 attention of one head exists for.
#define SKALD_ATTENTION_I8_SIZES(X) X(48) X(64)

/// Keys of a block of bfloat16 attention; 32 where a core also has memory for products (plan/encoder.h).
#define SKALD_ATTENTION_BF16_KEYS(X) X(64) X(32)

#define SKALD_FINISH_SHAPES(X) X(16, 16) X(32, 32) X(64, 64) X(64, 128) X(64, 96) X(64, 32) X(32, 64) X(16, 64)

#define SKALD_UNPACK_I4_SHAPES(X) X(32, 32) X(64, 64) X(64, 128)
