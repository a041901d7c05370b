#include "model/random_checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/tensor_list.h"

namespace skald::model {
namespace {

Shape shape_in(const Dims& dims, std::string_view name) {
  for (const NamedShape& t : tensor_list(dims)) {
    if (t.name == name) return t.shape;
  }
  ADD_FAILURE() << name;
  return {};
}

struct Literal {
  const char* name;
  int64_t index;
  float value;
};

// Computed by the header's formula in numpy float32.
constexpr Literal kLiterals[] = {{"encoder.blocks.0.attn_ln.weight", 0, 0x1.da51p-1F},
                                 {"encoder.ln_post.weight", 383, 0x1.08be08p+0F},
                                 {"decoder.ln.weight", 7, 0x1.eacbd8p-1F},
                                 {"encoder.conv1.bias", 0, -0x1.ffb89ap-5F},
                                 {"decoder.blocks.3.mlp_ln.bias", 5, 0x1.a6ca9ap-5F},
                                 {"decoder.token_embedding.weight", 51865 * 384 - 1, -0x1.c7ed9ap-7F},
                                 {"decoder.positional_embedding", 384, 0x1.673666p-11F},
                                 {"encoder.conv1.weight", 239, 0x1.82c8f6p-4F},
                                 {"encoder.blocks.1.mlp.2.weight", 1000, -0x1.cb5a54p-9F},
                                 {"decoder.blocks.2.cross_attn.key.weight", 2, -0x1.3495e2p-4F}};

TEST(RandomCheckpoint, HasTheFormulasValues) {
  const Dims dims = named_dims("tiny").value();
  const auto checkpoint = make_random_checkpoint(dims).value();
  for (const Literal& literal : kLiterals) {
    const auto view = checkpoint->tensor(literal.name, shape_in(dims, literal.name));
    ASSERT_TRUE(view) << to_string(view.error());
    ASSERT_EQ(DType::kF32, view->dtype);
    EXPECT_EQ(literal.value, static_cast<const float*>(view->data)[literal.index]) << literal.name;
  }
}

TEST(RandomCheckpoint, KeepsATensorWhereItIs) {
  const Dims dims = named_dims("mini.en").value();
  const auto checkpoint = make_random_checkpoint(dims).value();
  const Shape bias{dims.audio_state};
  const void* first = checkpoint->tensor("encoder.conv1.bias", bias)->data;
  ASSERT_TRUE(checkpoint->tensor("encoder.conv2.weight", {dims.audio_state, dims.audio_state, 3}));
  EXPECT_EQ(first, checkpoint->tensor("encoder.conv1.bias", bias)->data);
}

TEST(RandomCheckpoint, RefusesUnknownTensorsAndShapes) {
  const auto checkpoint = make_random_checkpoint(named_dims("mini.en").value()).value();
  EXPECT_EQ(ErrorCode::kBadModel, checkpoint->tensor("encoder.blocks.0.attn.key.bias", {256}).error().code);
  EXPECT_EQ(ErrorCode::kBadModel, checkpoint->tensor("encoder.conv1.bias", {255}).error().code);
  Dims bad = named_dims("mini.en").value();
  bad.text_heads = 3;
  EXPECT_EQ(ErrorCode::kBadModel, make_random_checkpoint(bad).error().code);
}

TEST(RandomCheckpoint, CountsThePublishedParameters) {
  struct Count {
    const char* name;
    int64_t parameters;  // whisper.model.Whisper(dims).parameters(), where the encoder's positions are not among them
  };
  for (const Count& c : {Count{"tiny", 37184640}, {"tiny.en", 37184256}, {"base", 71825920}, {"small", 240582912}}) {
    const Dims dims = named_dims(c.name).value();
    const auto checkpoint = make_random_checkpoint(dims).value();
    EXPECT_EQ(c.parameters + int64_t{dims.audio_ctx} * dims.audio_state, checkpoint->parameters()) << c.name;
  }
}

TEST(NamedDims, AreValid) {
  for (const std::string_view name : dims_names()) {
    const auto dims = named_dims(name);
    ASSERT_TRUE(dims) << name;
    EXPECT_TRUE(validate(*dims, "dims")) << name;
    EXPECT_EQ(64, dims->head_width()) << name;
  }
  EXPECT_EQ(ErrorCode::kNotFound, named_dims("huge").error().code);
  EXPECT_EQ(2, named_dims("distil-large-v3")->text_layers);
  EXPECT_EQ(128, named_dims("turbo")->mel_bands);
  EXPECT_EQ(51866, named_dims("large-v3")->vocab);
}

TEST(Sinusoids, AreTheReferences) {
  std::vector<float> s(size_t{1500} * 384);
  fill_sinusoids(1500, 384, s);
  struct Point {
    size_t t, k;
    float value;  // whisper.model.sinusoids(1500, 384)
  };
  for (const Point& p : {Point{0, 0, 0.0F},
                         {1, 0, 0x1.aed548p-1F},
                         {1499, 1, 0x1.ad1876p-1F},
                         {1499, 100, -0x1.eb543cp-2F},
                         {733, 191, 0x1.2bf7ccp-4F},
                         {1499, 192, -0x1.cab5bp-1F},
                         {1000, 300, 0x1.60edbep-1F}}) {
    // exp() of the reference may be one unit in the last place off: 2^-24 of a rate below 1, times t.
    const double tolerance = static_cast<double>(p.t) * 0x1p-24 + 0x1p-24;
    EXPECT_NEAR(p.value, s[p.t * 384 + p.k], tolerance) << p.t << ' ' << p.k;
  }
}

}  // namespace
}  // namespace skald::model
