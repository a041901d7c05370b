#include "npu/plan/operators.h"

#include <gtest/gtest.h>

#include <sstream>

#include "npu/program/text.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/suite/lookups.h"
#include "npu/suite/predict.h"

namespace skald::npu::plan {
namespace {

std::vector<int64_t> numbers(std::string_view text) {
  std::istringstream words{std::string(text)};
  return {std::istream_iterator<int64_t>(words), {}};
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream all{std::string(text)};
  return {std::istream_iterator<std::string>(all), {}};
}

/// The operator's example, of a type; attention of int8 has its own sizes.
OperatorRequest example(const Operator& the, const std::string& type) {
  OperatorRequest request{.name = std::string(the.name), .sizes = numbers(the.example), .type = type};
  if (the.name == "attention" && type == "i8") request.sizes = {8, 64};
  return request;
}

bool on_the_whole_array_only(std::string_view name) {
  return name == "feed_forward" || name == "embedding" || name == "encoder";
}

void expect_legal(const OperatorRequest& request) {
  const std::string what = request.name + " " + request.type + " on " + std::to_string(request.spread.rows) + " x " +
                           std::to_string(request.spread.columns);
  const auto planned = plan_operator(request, "npu1");
  ASSERT_TRUE(planned) << what << ": " << to_string(planned.error());
  const auto legal = verified(planned->program, catalogue_lookup());
  EXPECT_TRUE(legal) << what << ": " << to_string(legal.error());
  EXPECT_GT(planned->amount, 0) << what;
  EXPECT_EQ(planned->macs > 0, planned->macs_a_cycle > 0) << what;
  EXPECT_FALSE(planned->layout.empty()) << what;
}

TEST(Operators, EveryExampleIsLegalOnTheArrayAColumnAndACore) {
  for (const Operator& one : operators()) {
    for (const std::string& type : words(one.types)) {
      OperatorRequest request = example(one, type);
      expect_legal(request);
      if (on_the_whole_array_only(one.name)) continue;
      request.spread = {.rows = 4, .columns = 1};
      expect_legal(request);
      request.spread = {.rows = 1, .columns = 1};
      expect_legal(request);
    }
  }
}

/// The simulator counts what the operator takes, and its padding.
TEST(Operators, ProductsCountTheirMultiplies) {
  for (const Operator& one : operators()) {
    const auto planned = plan_operator(example(one, words(one.types).front()), "npu1");
    ASSERT_TRUE(planned) << one.name;
    if (planned->macs == 0) continue;
    const auto prediction = predict(*planned, {});
    ASSERT_TRUE(prediction) << one.name << ": " << to_string(prediction.error());
    EXPECT_GE(prediction->report.macs, planned->macs) << one.name;
    EXPECT_LE(prediction->report.macs, 2 * planned->macs) << one.name;
    EXPECT_GT(prediction->share_of_peak, 0.1) << one.name;
    EXPECT_LT(prediction->share_of_peak, 1) << one.name;
  }
}

TEST(Operators, MoreCoresAreFaster) {
  const auto milliseconds = [](Spread spread) {
    const auto planned = plan_operator({.name = "softmax", .sizes = {1500, 1500}, .spread = spread}, "npu1");
    return predict(planned.value(), {}).value().array_ms;
  };
  const double core = milliseconds({.rows = 1, .columns = 1});
  const double column = milliseconds({.rows = 4, .columns = 1});
  EXPECT_GT(core, 2 * column);  // whose four share a stream
  EXPECT_GT(column, 2 * milliseconds({}));
}

TEST(Operators, OptionalSizesAndCausal) {
  const auto cycles = [](const OperatorRequest& request) {
    return predict(plan_operator(request, "npu1").value(), {}).value().report.cycles;
  };
  const OperatorRequest self{.name = "attention", .sizes = {8, 512}};
  OperatorRequest causal = self;
  causal.causal = true;
  EXPECT_TRUE(
      predict(plan_operator(causal, "npu1").value(), {}).value().report.kernels.contains("attention_mask_bf16_64"));
  EXPECT_EQ(cycles(self), cycles({.name = "attention", .sizes = {8, 512, 512}}));
  EXPECT_LT(cycles({.name = "mel", .sizes = {3000}}), cycles({.name = "mel", .sizes = {3000, 128}}));
  EXPECT_GT(cycles({.name = "conv", .sizes = {3000, 80, 512}}), cycles({.name = "conv", .sizes = {3000, 80, 512, 2}}));
}

TEST(Operators, EncodersHaveTheNamesOfModels) {
  const auto named = plan_operator({.name = "base"}, "npu1");
  ASSERT_TRUE(named) << to_string(named.error());
  EXPECT_EQ(named->program, plan_operator({.name = "encoder", .sizes = {512, 6}}, "npu1")->program);
  ASSERT_TRUE(named->encoder);
  EXPECT_EQ(named->encoder->precision, EncoderPrecision::kInt8);
}

TEST(Operators, Refusals) {
  struct Row {
    OperatorRequest request;
    const char* where;
    const char* text;
  };
  const std::vector<Row> rows{
      {{.name = "softmin", .sizes = {8, 8}}, "'softmin'", "no operator"},
      {{.name = "matmul", .sizes = {8, 8}}, "matmul", "M K N"},
      {{.name = "softmax", .sizes = {8, 8, 8}}, "softmax", "ROWS COLUMNS"},
      {{.name = "softmax", .sizes = {8, 0}}, "softmax", "whole numbers from 1"},
      {{.name = "softmax", .sizes = {8, 1'000'001}}, "softmax", "whole numbers from 1"},
      {{.name = "softmax", .sizes = {8, 5000}}, "softmax_bf16", "no kernel takes rows of 5000"},
      {{.name = "gelu", .sizes = {1'000'000, 1'000'000}}, "gelu", "more work"},
      {{.name = "topk", .sizes = {1'000'000, 1'000'000}}, "topk", "more work"},
      {{.name = "matmul", .sizes = {1'000'000, 1'000'000, 1'000'000}}, "matmul", "more work"},
      {{.name = "attention", .sizes = {1'000'000, 1'000'000}}, "attention", "more work"},
      {{.name = "attention", .sizes = {1'000'000, 1, 1}}, "attention", "more work"},
      {{.name = "feed_forward", .sizes = {1'000'000, 1'000'000, 1'000'000}}, "feed_forward", "more work"},
      {{.name = "embedding", .sizes = {5000, 512}}, "embedding", "more work"},
      {{.name = "base", .sizes = {1500}}, "'base'", "no operator"},
      {{.name = "encoder", .sizes = {1280, 100}}, "encoder", "more work"},
      {{.name = "encoder", .sizes = {500, 2}}, "encoder", "not 64 wide"},
      {{.name = "embedding", .sizes = {8, 500}}, "embedding", "500"},
      {{.name = "softmax", .sizes = {8, 8}, .type = "i8"}, "--type", "no type of softmax"},
      {{.name = "matmul", .sizes = {8, 8, 8}, .type = "i8 bf16"}, "--type", "no type of matmul"},
      {{.name = "matmul", .sizes = {8, 8, 8}, .type = ""}, "--type", "no type of matmul"},
      {{.name = "matmul", .sizes = {8, 8, 8}, .finish = "bias"}, "--finish", "does not follow a product of i8"},
      {{.name = "matmul", .sizes = {8, 8, 8}, .type = "i16", .finish = "gelu"}, "--finish", "of i16"},
      {{.name = "softmax", .sizes = {8, 8}, .finish = "gelu"}, "--finish", "matmul and conv"},
      {{.name = "softmax", .sizes = {8, 8}, .tile = MatmulShape{8, 8, 8}}, "--tile", "matmul and conv"},
      {{.name = "softmax", .sizes = {8, 8}, .causal = true}, "--causal", "of attention"},
      {{.name = "softmax", .sizes = {8, 8}, .spread = {.rows = 5}}, "--rows", "4 x 4"},
      {{.name = "embedding", .sizes = {8, 512}, .spread = {.columns = 1}}, "embedding", "whole array"},
      {{.name = "conv", .sizes = {3000, 80, 512, 3}}, "conv", "strides are 1 or 2"},
      {{.name = "attention", .sizes = {8, 100}, .type = "i8"}, "int8 attention", "100 positions"},
      {{.name = "attention", .sizes = {8, 64, 48}, .type = "i8"}, "attention", "48 or 64"},
      {{.name = "mel", .sizes = {3000, 81}}, "", "81"},
  };
  for (const Row& row : rows) {
    const auto planned = plan_operator(row.request, "npu1");
    ASSERT_FALSE(planned) << row.request.name << ": " << row.text;
    const std::string text = to_string(planned.error());
    EXPECT_NE(std::string::npos, text.find(row.where)) << text;
    EXPECT_NE(std::string::npos, text.find(row.text)) << text;
  }
}

}  // namespace
}  // namespace skald::npu::plan
