#pragma once
// Objects of row-wise kernels as lists for macros: X(rows, width), whole rows of `width` columns, of which a call's
// number says how many hold anything; those of 512 columns are 2048 numbers as element-wise kernels take them, for
// chains. Widths are those of Whisper's states and what its 1500 frames are padded to.

#define SKALD_SOFTMAX_SHAPES(X) X(32, 128) X(16, 256) X(4, 512) X(4, 1024) X(4, 1536)

#define SKALD_LAYER_NORM_SHAPES(X) X(8, 256) X(8, 384) X(4, 512) X(4, 768) X(4, 1024) X(4, 1280)

/// One row.
#define SKALD_EMBED_WIDTHS(X) X(256) X(384) X(512) X(768) X(1024) X(1280)
