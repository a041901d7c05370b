#include "skald/options.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace skald {
namespace {

std::string where_of(const TranscribeOptions& options) {
  const auto result = validate(options);
  if (result) return "valid";
  EXPECT_FALSE(result.error().message.empty());
  EXPECT_FALSE(result.error().remedy.empty());
  return result.error().where;
}

TEST(ValidateTranscribe, DefaultsAreValid) {
  EXPECT_EQ("valid", where_of({}));
}

TEST(ValidateTranscribe, RangesComeFromTheFields) {
  EXPECT_EQ("beam-size", where_of({.beam_size = 0}));
  EXPECT_EQ("beam-size", where_of({.beam_size = 65}));
  EXPECT_EQ("valid", where_of({.beam_size = 64}));
  EXPECT_EQ("best-of", where_of({.best_of = 0}));
  EXPECT_EQ("temperature", where_of({.temperature = -0.1}));
  EXPECT_EQ("temperature", where_of({.temperature = std::numeric_limits<double>::quiet_NaN()}));
  EXPECT_EQ("length-penalty", where_of({.length_penalty = 1.5}));
  EXPECT_EQ("max-initial-timestamp", where_of({.max_initial_timestamp = 31.0}));
  EXPECT_EQ("temperature-increment-on-fallback", where_of({.temperature_increment_on_fallback = 0.0}));
  EXPECT_EQ("sample-len", where_of({.sample_len = 0}));
  EXPECT_EQ("seed", where_of({.seed = -1}));
}

TEST(ValidateTranscribe, AbsentValuesAreInRange) {
  TranscribeOptions options;
  options.temperature_increment_on_fallback.reset();
  options.best_of.reset();
  options.beam_size.reset();
  options.compression_ratio_threshold.reset();
  options.logprob_threshold.reset();
  options.no_speech_threshold.reset();
  options.max_initial_timestamp.reset();
  EXPECT_EQ("valid", where_of(options));
}

TEST(ValidateTranscribe, TaskAndLanguage) {
  EXPECT_EQ("task", where_of({.task = "summarise"}));
  EXPECT_EQ("valid", where_of({.task = "translate"}));
  EXPECT_EQ("language", where_of({.language = "klingon"}));
  EXPECT_EQ("language", where_of({.language = ""}));
  EXPECT_EQ("valid", where_of({.language = "German"}));
  EXPECT_EQ("valid", where_of({.language = "castilian"}));
}

TEST(ValidateTranscribe, Contradictions) {
  EXPECT_EQ("patience", where_of({.beam_size = std::nullopt, .patience = 2.0}));
  EXPECT_EQ("valid", where_of({.patience = 2.0}));
  EXPECT_EQ("length-penalty", where_of({.best_of = std::nullopt, .beam_size = std::nullopt, .length_penalty = 0.5}));
  EXPECT_EQ("carry-initial-prompt", where_of({.carry_initial_prompt = true}));
  EXPECT_EQ("valid", where_of({.initial_prompt = "Hello", .carry_initial_prompt = true}));
}

TEST(ValidateLoad, DeviceAndType) {
  EXPECT_TRUE(validate(LoadOptions{}));
  EXPECT_TRUE(validate(LoadOptions{.device = "cpu", .compute_type = "float32", .threads = 3}));
  EXPECT_TRUE(validate(LoadOptions{.compute_type = "int8"}));
  EXPECT_TRUE(validate(LoadOptions{.compute_type = "bfloat16"}));
  EXPECT_TRUE(validate(LoadOptions{.compute_type = "int4"}));
  EXPECT_TRUE(validate(LoadOptions{.device = "npu-sim"}));
  EXPECT_TRUE(validate(LoadOptions{.device = "npu-sim", .npu_decoder = true}));
  for (const char* device : {"auto", "cpu"}) {
    const auto result = validate(LoadOptions{.device = device, .npu_decoder = true});
    ASSERT_FALSE(result) << device;
    EXPECT_EQ("npu-decoder", result.error().where);
  }
  if (const auto npu = validate(LoadOptions{.device = "npu"}); !npu) {  // a machine without one
    EXPECT_EQ("device", npu.error().where);
    EXPECT_NE(std::string::npos, npu.error().message.find("skald npu info")) << npu.error().message;
  }
  for (const char* device : {"cuda", "vulkan"}) {
    const auto result = validate(LoadOptions{.device = device});
    ASSERT_FALSE(result) << device;
    EXPECT_EQ(ErrorCode::kUnsupported, result.error().code);
    EXPECT_EQ("device", result.error().where);
  }
  for (const char* type : {"int8_float16", "int8_bfloat16", "float16"}) {
    const auto result = validate(LoadOptions{.compute_type = type});
    ASSERT_FALSE(result) << type;
    EXPECT_EQ(ErrorCode::kUnsupported, result.error().code);
    EXPECT_EQ("compute-type", result.error().where);
  }
  EXPECT_EQ(ErrorCode::kInvalidArgument, validate(LoadOptions{.device = "tpu9"}).error().code);
  EXPECT_EQ(ErrorCode::kInvalidArgument, validate(LoadOptions{.compute_type = "float7"}).error().code);
  EXPECT_EQ("threads", validate(LoadOptions{.threads = -1}).error().where);
  EXPECT_EQ("model", validate(LoadOptions{.model = ""}).error().where);
}

TEST(ForEachField, EveryOptionHasNameAndHelp) {
  int fields = 0;
  const auto visit = [&](const Field& field, auto&) {
    ++fields;
    EXPECT_FALSE(std::string(field.name).empty());
    EXPECT_FALSE(std::string(field.help).empty());
    EXPECT_LE(field.min, field.max);
  };
  LoadOptions load;
  load.for_each_field(visit);
  EXPECT_EQ(7, fields);
  TranscribeOptions transcribe;
  transcribe.for_each_field(visit);
  EXPECT_EQ(7 + 39, fields);
}

}  // namespace
}  // namespace skald
