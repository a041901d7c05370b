#include "model/dims.h"

#include <gtest/gtest.h>

#include <string>

#include "model/test_support.h"

namespace skald::model {
namespace {

TEST(Dims, SmallOnesAreValid) {
  EXPECT_TRUE(validate(small_dims(), "dims"));
}

TEST(Dims, EveryExtentHasLimits) {
  for (int Dims::* extent : {&Dims::mel_bands, &Dims::audio_ctx, &Dims::audio_state, &Dims::audio_heads,
                             &Dims::audio_layers, &Dims::audio_ffn, &Dims::text_ctx, &Dims::text_state,
                             &Dims::text_heads, &Dims::text_layers, &Dims::text_ffn, &Dims::vocab}) {
    for (const int value : {0, -1, 1 << 30}) {
      Dims dims = small_dims();
      dims.*extent = value;
      const auto valid = validate(dims, "here");
      ASSERT_FALSE(valid);
      EXPECT_EQ(ErrorCode::kBadModel, valid.error().code);
      EXPECT_EQ("here", valid.error().where);
    }
  }
}

TEST(Dims, WidthsAgreeWithEachOtherAndWithTheHeads) {
  Dims dims = small_dims();
  dims.text_state = 8;
  EXPECT_FALSE(validate(dims, "differ"));
  dims = small_dims();
  dims.text_heads = 3;
  EXPECT_FALSE(validate(dims, "heads"));
  dims = small_dims();
  dims.audio_state = dims.text_state = 5;
  dims.audio_heads = dims.text_heads = 5;
  EXPECT_FALSE(validate(dims, "odd"));
  dims.audio_state = dims.text_state = 2;
  dims.audio_heads = dims.text_heads = 1;
  EXPECT_FALSE(validate(dims, "narrow"));
}

}  // namespace
}  // namespace skald::model
