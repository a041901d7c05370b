#include "model/hf_config.h"

#include <gtest/gtest.h>

#include <string>

#include "model/test_support.h"

namespace skald::model {
namespace {

/// kSmallConfig with one piece of text replaced.
std::string config_with(const std::string& from, const std::string& to) {
  std::string text(kSmallConfig);
  const size_t at = text.find(from);
  EXPECT_NE(std::string::npos, at) << from;
  return text.replace(at, from.size(), to);
}

TEST(HfConfig, ReadsEverySize) {
  const auto config = parse_hf_config(kSmallConfig, "config.json");
  ASSERT_TRUE(config) << to_string(config.error());
  const Dims& d = config->dims;
  const Dims e = small_dims();
  EXPECT_EQ(e.mel_bands, d.mel_bands);
  EXPECT_EQ(e.audio_ctx, d.audio_ctx);
  EXPECT_EQ(e.audio_state, d.audio_state);
  EXPECT_EQ(e.audio_heads, d.audio_heads);
  EXPECT_EQ(e.audio_layers, d.audio_layers);
  EXPECT_EQ(e.audio_ffn, d.audio_ffn);
  EXPECT_EQ(e.text_ctx, d.text_ctx);
  EXPECT_EQ(e.text_state, d.text_state);
  EXPECT_EQ(e.text_heads, d.text_heads);
  EXPECT_EQ(e.text_layers, d.text_layers);
  EXPECT_EQ(e.text_ffn, d.text_ffn);
  EXPECT_EQ(e.vocab, d.vocab);
  EXPECT_EQ((std::vector<int32_t>{3, 4}), config->suppress_tokens);
  EXPECT_TRUE(config->tied_embeddings);
}

TEST(HfConfig, ContextsAndBandsHaveWhispersDefaults) {
  const auto config = parse_hf_config(
      config_with(R"("num_mel_bins": 8, "max_source_positions": 6, "max_target_positions": 5,)", ""), "config.json");
  ASSERT_TRUE(config) << to_string(config.error());
  EXPECT_EQ(80, config->dims.mel_bands);
  EXPECT_EQ(1500, config->dims.audio_ctx);
  EXPECT_EQ(448, config->dims.text_ctx);
}

struct BadConfig {
  const char* name;
  std::string text;
  ErrorCode code;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const BadConfig& bad) {
  return out << bad.name;
}

class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigs, SayWhatIsWrong) {
  const auto config = parse_hf_config(GetParam().text, "config.json");
  ASSERT_FALSE(config);
  EXPECT_EQ(GetParam().code, config.error().code);
  EXPECT_EQ("config.json", config.error().where);
  EXPECT_NE(std::string::npos, config.error().message.find(GetParam().message)) << config.error().message;
  EXPECT_FALSE(config.error().remedy.empty());
}

constexpr ErrorCode kBad = ErrorCode::kBadModel;

INSTANTIATE_TEST_SUITE_P(
    HfConfig, BadConfigs,
    testing::Values(
        BadConfig{"empty", "", kBad, "not valid JSON"}, BadConfig{"text", "hello", kBad, "not valid JSON"},
        BadConfig{"list", "[1]", kBad, "not a JSON object"}, BadConfig{"nothing", "{}", kBad, "'model_type'"},
        BadConfig{"bert", R"({"model_type": "bert"})", kBad, "'bert' model"},
        BadConfig{"type_is_number", R"({"model_type": 3})", kBad, "'model_type'"},
        BadConfig{"no_width", config_with(R"("d_model": 4,)", ""), kBad, "lacks 'd_model'"},
        BadConfig{"null_width", config_with(R"("d_model": 4,)", R"("d_model": null,)"), kBad, "lacks 'd_model'"},
        BadConfig{"text_width", config_with(R"("d_model": 4,)", R"("d_model": "4",)"), kBad, "not a whole number"},
        BadConfig{"fraction", config_with(R"("d_model": 4,)", R"("d_model": 4.5,)"), kBad, "not a whole number"},
        BadConfig{"beyond_int", config_with(R"("d_model": 4,)", R"("d_model": 4294967300,)"), kBad, "whole number"},
        BadConfig{"negative", config_with(R"("d_model": 4,)", R"("d_model": -4,)"), kBad, "not in 1 to"},
        BadConfig{"enormous", config_with(R"("vocab_size": 11)", R"("vocab_size": 2000000000)"), kBad, "not in 1 to"},
        BadConfig{"no_layers", config_with(R"("decoder_layers": 1)", R"("decoder_layers": 0)"), kBad, "decoder layers"},
        BadConfig{"odd_heads", config_with(R"("encoder_attention_heads": 2)", R"("encoder_attention_heads": 3)"), kBad,
                  "divided by 3"},
        BadConfig{"twice", config_with(R"("d_model": 4,)", R"("d_model": 4, "d_model": 8,)"), kBad, "'d_model' twice"},
        BadConfig{"suppress_is_text", config_with("[3, 4]", R"("x")"), kBad, "suppress_tokens"},
        BadConfig{"suppress_holds_text", config_with("[3, 4]", R"(["x"])"), kBad, "suppress_tokens"},
        BadConfig{"tied_is_text", config_with("[3, 4]", R"([], "tie_word_embeddings": "yes")"), kBad, "tie_word"},
        BadConfig{"relu", config_with("[3, 4]", R"([], "activation_function": "relu")"), ErrorCode::kUnsupported,
                  "gelu"},
        BadConfig{"scaled", config_with("[3, 4]", R"([], "scale_embedding": true)"), ErrorCode::kUnsupported,
                  "scaled"}),
    [](const testing::TestParamInfo<BadConfig>& test) { return test.param.name; });

TEST(HfGeneration, ReadsHeadsAndTokens) {
  const auto g = parse_hf_generation(R"({"alignment_heads": [[0, 1], [0, 0]], "suppress_tokens": [1, 10]})",
                                     small_dims(), "generation_config.json");
  ASSERT_TRUE(g) << to_string(g.error());
  EXPECT_EQ((std::vector<std::pair<int, int>>{{0, 1}, {0, 0}}), g->alignment_heads);
  EXPECT_EQ((std::vector<int32_t>{1, 10}), g->suppress_tokens);
}

TEST(HfGeneration, DropsWhatTheModelLacks) {
  const auto g =
      parse_hf_generation(R"({"alignment_heads": [[7, 0], [0, 1], [0, 2], [-1, 0]], "suppress_tokens": [11, -1, 2]})",
                          small_dims(), "generation_config.json");
  ASSERT_TRUE(g) << to_string(g.error());
  EXPECT_EQ((std::vector<std::pair<int, int>>{{0, 1}}), g->alignment_heads);
  EXPECT_EQ(std::vector<int32_t>{2}, g->suppress_tokens);
}

TEST(HfGeneration, AbsentAndNullMeanEmpty) {
  for (const char* text : {"{}", R"({"alignment_heads": null, "suppress_tokens": null})"}) {
    const auto g = parse_hf_generation(text, small_dims(), "generation_config.json");
    ASSERT_TRUE(g) << to_string(g.error());
    EXPECT_TRUE(g->alignment_heads.empty());
    EXPECT_TRUE(g->suppress_tokens.empty());
  }
}

TEST(HfGeneration, RefusesWhatIsNoListOfHeads) {
  for (const char* heads : {"3", "{}", "[3]", "[[1]]", "[[0, 0, 0]]", R"([["0", 0]])", "[[0, 4294967296]]"}) {
    const auto g = parse_hf_generation(std::string(R"({"alignment_heads": )") + heads + "}", small_dims(), "g.json");
    ASSERT_FALSE(g) << heads;
    EXPECT_EQ(ErrorCode::kBadModel, g.error().code);
  }
}

TEST(HfIndex, ReadsTheMap) {
  const auto map = parse_hf_index(R"({"metadata": {"total_size": 3}, "weight_map": {"a": "1.st", "b": "2.st"}})", "i");
  ASSERT_TRUE(map) << to_string(map.error());
  EXPECT_EQ((std::map<std::string, std::string>{{"a", "1.st"}, {"b", "2.st"}}), *map);
}

TEST(HfIndex, RefusesNamesOutsideTheDirectory) {
  for (const char* file : {R"("../x")", R"("/etc/x")", R"("a/b")", R"("..")", R"("")", R"("a\u0000b")", "3", "null"}) {
    const auto map = parse_hf_index(std::string(R"({"weight_map": {"a": )") + file + "}}", "i");
    ASSERT_FALSE(map) << file;
    EXPECT_EQ(ErrorCode::kBadModel, map.error().code);
  }
  for (const char* text : {"{}", R"({"weight_map": {}})", R"({"weight_map": []})"}) {
    EXPECT_FALSE(parse_hf_index(text, "i")) << text;
  }
}

}  // namespace
}  // namespace skald::model
