#include "model/dims.h"

#include <gtest/gtest.h>

#include <string_view>

#include "model/alignment_heads.h"
#include "model/random_checkpoint.h"

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

TEST(AlignmentHeads, OfThePublishedModels) {
  size_t known = 0;
  for (const std::string_view name : dims_names()) {
    const Dims dims = named_dims(name).value();
    const auto heads = published_alignment_heads(dims);
    known += heads.empty() ? 0 : 1;
    for (const auto& [layer, head] : heads) {
      EXPECT_LT(layer, dims.text_layers) << name;
      EXPECT_LT(head, dims.text_heads) << name;
    }
  }
  EXPECT_GE(known, 11U);
  EXPECT_EQ((std::pair{3, 3}), published_alignment_heads(named_dims("base.en").value()).front());
  EXPECT_EQ(6U, published_alignment_heads(named_dims("turbo").value()).size());
  EXPECT_TRUE(published_alignment_heads(named_dims("mini.en").value()).empty());
  EXPECT_TRUE(published_alignment_heads(named_dims("distil-large-v3").value()).empty());
}

}  // namespace
}  // namespace skald::model
