#include "npu/plan/operators.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/random_checkpoint.h"
#include "npu/plan/attention.h"
#include "npu/plan/attention_i8.h"
#include "npu/plan/conv.h"
#include "npu/plan/embedding.h"
#include "npu/plan/feed_forward.h"
#include "npu/plan/matmul.h"
#include "npu/plan/mel.h"
#include "npu/plan/pieces.h"
#include "npu/plan/rowwise.h"
#include "npu/plan/topk.h"
#include "npu/program/blocks.h"
#include "npu/spec/device_spec.h"

namespace skald::npu::plan {
namespace {

constexpr int64_t kMostSize = 1'000'000;     // no size of Whisper has seven digits
constexpr double kMostEncoderMacs = 0x1p41;  // twice large-v3's
constexpr double kMostMacs = 0x1p38;         // 20 times the largest product of large-v3
constexpr double kMostNumbers = 0x1p28;      // 14 times the weights of one of its attentions, 8 x 1500 x 1500
constexpr int64_t kWidth = kAttentionBlock;  // of a head
constexpr RequantiseShifts kShifts{.down = 5, .shift = 14};  // where 2,048 products of int8 fit

std::unexpected<Error> wrong(const std::string& where, std::string message, std::string remedy) {
  return fail(ErrorCode::kInvalidArgument, where, std::move(message), std::move(remedy));
}

/// A request that is in order: sizes that were left out are zeros, the type is one of the operator's.
struct Asked {
  const OperatorRequest& request;
  std::array<int64_t, 4> sizes{};
  std::string type{};
  std::string device{};
  const ChooseEncoder& choose;

  bool is(const char* name) const { return type == name; }
};

Result<void> check_work(const Asked& asked, double work, double most) {
  if (work <= most) return {};
  return wrong(asked.request.name, "is more work than one launch is planned for", "split it: give smaller sizes");
}

Result<void> check_whole_array(const Asked& asked) {
  const Spread& spread = asked.request.spread;
  if (spread.rows == kNpu1.geometry.compute_rows() && spread.columns == kNpu1.geometry.columns) return {};
  return wrong(asked.request.name, "is laid on the whole array only", "leave --rows and --columns out");
}

int cores_of(const Spread& spread) {
  return spread.rows * spread.columns;
}

// ---- Products.

/// The tile that does best on the larger products of a Whisper encoder.
MatmulShape usual_tile(Element type) {
  if (type == Element::kI16) return {64, 64, 64};
  return type == Element::kI8 ? MatmulShape{64, 64, 128} : MatmulShape{64, 32, 128};
}

Result<Finish> finish_of(const Asked& asked, Element type) {
  struct Row {
    const char* name;
    Finish finish;
  };
  const char* const usual = type == Element::kI8 ? "requantise" : "bias";
  const std::array<Row, 3> rows{{{"none", Finish::kNone},
                                 {usual, type == Element::kI8 ? Finish::kRequantise : Finish::kBias},
                                 {"gelu", Finish::kGelu}}};
  const size_t known = type == Element::kI16 ? 1 : rows.size();
  if (asked.request.finish == "auto") return rows[known > 1 ? 1 : 0].finish;
  for (size_t i = 0; i < known; ++i) {
    if (asked.request.finish == rows[i].name) return rows[i].finish;
  }
  return wrong("--finish", "'" + asked.request.finish + "' does not follow a product of " + asked.type,
               known > 1 ? "use none, " + std::string(usual) + " or gelu" : "use none");
}

Result<PlannedOperator> plan_product(const Asked& asked, MatmulProblem problem) {
  SKALD_CHECK(check_work(
      asked, static_cast<double>(problem.m) * static_cast<double>(problem.k) * static_cast<double>(problem.n),
      kMostMacs));
  SKALD_TRY(problem.finish, finish_of(asked, problem.type));
  problem.down = kShifts.down;
  problem.shift = kShifts.shift;
  const MatmulTiling tiling{.tile = asked.request.tile.value_or(usual_tile(problem.type)),
                            .rows = asked.request.spread.rows,
                            .columns = asked.request.spread.columns};
  SKALD_TRY(const MatmulLayout layout, matmul_layout(problem, tiling));
  PlannedOperator planned{.macs = problem.m * problem.k * problem.n,
                          .macs_a_cycle = static_cast<double>(kNpu1.core.macs(problem.type)),
                          .amount = problem.m,
                          .unit = "rows"};
  SKALD_TRY(planned.program, plan_matmul(problem, tiling, asked.device));
  planned.layout = std::to_string(layout.m) + " x " + std::to_string(layout.k) + " x " + std::to_string(layout.n) +
                   "; " + std::to_string(layout.row_blocks) + " blocks of rows, " +
                   std::to_string(layout.column_blocks) + " of columns, " + std::to_string(layout.depth) +
                   " tiles deep";
  return planned;
}

Element product_type(const Asked& asked) {
  if (asked.is("bf16")) return Element::kBf16;
  return asked.is("i16") ? Element::kI16 : Element::kI8;
}

Result<PlannedOperator> matmul(const Asked& asked) {
  return plan_product(asked, {.m = asked.sizes[0],
                              .k = asked.sizes[1],
                              .n = asked.sizes[2],
                              .type = product_type(asked),
                              .weights_i4 = asked.is("i8xi4")});
}

Result<PlannedOperator> conv(const Asked& asked) {
  const ConvProblem problem{.frames = asked.sizes[0],
                            .channels = asked.sizes[1],
                            .outputs = asked.sizes[2],
                            .stride = std::max<int64_t>(asked.sizes[3], 1),
                            .type = product_type(asked)};
  if (problem.stride > 2) return wrong(asked.request.name, "strides are 1 or 2", "give the one that the layer has");
  SKALD_TRY(PlannedOperator planned, plan_product(asked, conv_product(problem)));
  planned.unit = "frames";
  return planned;
}

Result<PlannedOperator> feed_forward(const Asked& asked) {
  const auto [rows, width, hidden, unused] = asked.sizes;
  SKALD_CHECK(check_whole_array(asked));
  SKALD_CHECK(check_work(asked, 2.0 * static_cast<double>(rows) * static_cast<double>(width * hidden), kMostMacs));
  const FeedForwardProblem problem{
      .rows = rows, .inputs = width, .hidden = hidden, .outputs = width, .first = kShifts, .second = kShifts};
  SKALD_TRY(const FeedForwardLayout layout, feed_forward_layout(problem));
  PlannedOperator planned{
      .macs = 2 * rows * width * hidden,
      .macs_a_cycle = kNpu1.core.macs_i8,
      .amount = rows,
      .unit = "rows",
      .layout = std::to_string(layout.rows) + " rows, " + std::to_string(layout.rounds) + " times 32 of a column"};
  SKALD_TRY(planned.program, plan_feed_forward(problem, asked.device));
  return planned;
}

// ---- Attention.

Result<PlannedOperator> attention(const Asked& asked) {
  const int64_t heads = asked.sizes[0];
  const int64_t queries = asked.sizes[1];
  const int64_t keys = asked.sizes[2] == 0 ? queries : asked.sizes[2];
  const double products = 2.0 * static_cast<double>(kWidth) * static_cast<double>(heads);
  SKALD_CHECK(
      check_work(asked, products * static_cast<double>(round_up(queries, kWidth) * round_up(keys, kWidth)), kMostMacs));
  PlannedOperator planned{.macs = 2 * heads * queries * keys * kWidth, .amount = queries, .unit = "tokens"};
  const Spread& spread = asked.request.spread;
  if (asked.is("i8")) {
    if (asked.request.causal || keys != queries) {
      return wrong(asked.request.name, "of i8 sees all of its 48 or 64 positions", "use --type bf16");
    }
    SKALD_TRY(const Streamed streamed, attention_i8({.heads = heads, .positions = queries, .score_scale = 0.001}));
    planned.macs_a_cycle = kNpu1.core.macs_i8;
    planned.layout = std::to_string(streamed_objects(streamed, spread)) + " heads";
    SKALD_TRY(planned.program, plan_streamed(streamed, spread, asked.device));
    return planned;
  }
  const int64_t width = heads * kWidth;
  const AttentionProblem problem{.heads = heads,
                                 .queries = queries,
                                 .keys = keys,
                                 .causal = asked.request.causal,
                                 .query_width = width,
                                 .key_width = 2 * width,
                                 .value_first = width};
  SKALD_TRY(const AttentionLayout layout, attention_layout(problem, spread));
  planned.macs_a_cycle = kNpu1.core.macs_bf16;
  planned.layout = std::to_string(layout.queries) + " queries, " + std::to_string(layout.keys) + " keys; " +
                   std::to_string(layout.items) + " work items";
  SKALD_TRY(planned.program, plan_attention(problem, spread, asked.device));
  return planned;
}

// ---- Objects that cores take in turn.

Result<PlannedOperator> streamed_operator(const Asked& asked, const Result<Streamed>& streamed, int64_t amount,
                                          const char* unit) {
  if (!streamed) return std::unexpected(streamed.error());
  const int64_t objects = streamed_objects(*streamed, asked.request.spread);
  PlannedOperator planned{
      .amount = amount,
      .unit = unit,
      .layout = std::to_string(objects) + " objects of " + std::to_string(elements_of(streamed->input)) + " numbers"};
  SKALD_TRY(planned.program, plan_streamed(*streamed, asked.request.spread, asked.device));
  return planned;
}

Result<PlannedOperator> rows(const Asked& asked, const std::string& family) {
  const int64_t count = asked.sizes[0] * asked.sizes[1];
  SKALD_CHECK(check_work(asked, static_cast<double>(count), kMostNumbers));
  return streamed_operator(asked, stream_rows(family, asked.sizes[0], asked.sizes[1]), count, "elements");
}

/// `numbers`: of the kernel; any, time does not depend on them.
Result<PlannedOperator> elements(const Asked& asked, const std::string& kernel, const std::vector<int32_t>& numbers) {
  const int64_t count = asked.sizes[0] * asked.sizes[1];
  SKALD_CHECK(check_work(asked, static_cast<double>(count), kMostNumbers));
  return streamed_operator(asked, stream_elements(kernel, count, numbers), count, "elements");
}

Result<PlannedOperator> softmax(const Asked& asked) {
  return rows(asked, "softmax_bf16");
}

Result<PlannedOperator> layer_norm(const Asked& asked) {
  return rows(asked, "layer_norm_bf16");
}

Result<PlannedOperator> gelu(const Asked& asked) {
  return elements(asked, "gelu_" + asked.type + "_2048", {});
}

Result<PlannedOperator> add(const Asked& asked) {
  return asked.is("i8") ? elements(asked, "add_i8_2048", {1 << 14, 1 << 14, 14}) : elements(asked, "add_bf16_2048", {});
}

Result<PlannedOperator> requantise(const Asked& asked) {
  if (asked.is("i32")) return elements(asked, "requantise_i32_i8_2048", {kShifts.down, 250, kShifts.shift});
  if (asked.is("bf16")) return elements(asked, "quantise_bf16_i8_2048", {11, 1 << 14, 21});
  return elements(asked, "dequantise_i8_bf16_2048", {1 << 14, 18});
}

// ---- The ends of the model.

Result<PlannedOperator> mel(const Asked& asked) {
  const MelProblem problem{.frames = asked.sizes[0],
                           .bands = asked.sizes[1] == 0 ? 80 : static_cast<int>(asked.sizes[1]),
                           .type = asked.is("i8") ? Element::kI8 : Element::kBf16};
  PlannedOperator planned{.amount = problem.frames,
                          .unit = "frames",
                          .layout = std::to_string(round_up(problem.frames, 16LL * cores_of(asked.request.spread))) +
                                    " frames, 16 at a time"};
  SKALD_TRY(planned.program, plan_mel(problem, asked.request.spread, asked.device));
  return planned;
}

Result<PlannedOperator> embedding(const Asked& asked) {
  constexpr int64_t kMostRows = 4096;  // of a launch that is written for each of them
  const int64_t count = asked.sizes[0];
  SKALD_CHECK(check_whole_array(asked));
  SKALD_CHECK(check_work(asked, static_cast<double>(count), static_cast<double>(kMostRows)));
  const EmbeddingProblem problem{.vocabulary = asked.sizes[2] == 0 ? 51865 : asked.sizes[2],
                                 .positions = std::max<int64_t>(count, 448),
                                 .width = asked.sizes[1]};
  std::vector<EmbeddedToken> tokens;
  tokens.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    tokens.push_back({.token = static_cast<int32_t>(i % problem.vocabulary), .position = static_cast<int32_t>(i)});
  }
  PlannedOperator planned{.amount = count, .unit = "tokens", .layout = "two transfers a row"};
  SKALD_TRY(planned.program, plan_embedding(problem, tokens, asked.device));
  return planned;
}

Result<PlannedOperator> topk(const Asked& asked) {
  const TopkProblem problem{
      .rows = asked.sizes[0], .logits = asked.sizes[1], .type = asked.is("f32") ? Element::kF32 : Element::kBf16};
  const double count = static_cast<double>(problem.rows) * static_cast<double>(problem.lists_of_row() * 4096);
  SKALD_CHECK(check_work(asked, count, kMostNumbers));
  PlannedOperator planned{.amount = problem.rows * problem.logits,
                          .unit = "logits",
                          .layout = std::to_string(problem.lists_of_row()) + " lists a row"};
  SKALD_TRY(planned.program, plan_topk(problem, asked.request.spread, asked.device));
  return planned;
}

// ---- A whole encoder.

Result<PlannedOperator> laid_out(const EncoderProblem& problem, const std::string& device) {
  SKALD_TRY(const EncoderLayout layout, encoder_layout(problem));
  PlannedOperator planned{.amount = 1, .unit = "windows", .encoder = problem};
  double cycles = 0;  // of one core that is always busy
  for (const EncoderPhase& phase : layout.phases) {
    const bool int8 = phase.int8 && phase.kind == EncoderPhase::Kind::kProduct;
    planned.macs += phase.macs;
    cycles += static_cast<double>(phase.macs) / (int8 ? kNpu1.core.macs_i8 : kNpu1.core.macs_bf16);
  }
  planned.macs_a_cycle = static_cast<double>(planned.macs) / cycles;
  planned.layout = std::to_string(layout.rows) + " positions, " + std::to_string(layout.phases.size()) + " phases, " +
                   std::to_string(layout.weight_bytes) + " bytes of weights";
  SKALD_TRY(planned.program, plan_encoder(problem, {}, device));
  return planned;
}

/// Every Whisper model has heads of 64 and four times as many hidden numbers.
Result<PlannedOperator> encoder(const Asked& asked) {
  const auto [width, layers, positions, bands] = asked.sizes;
  SKALD_CHECK(check_whole_array(asked));
  EncoderProblem problem{.positions = positions == 0 ? 1500 : positions,
                         .mel_bands = bands == 0 ? 80 : bands,
                         .width = width,
                         .heads = width / kWidth,
                         .hidden = 4 * width,
                         .layers = layers,
                         .precision = asked.is("i8") ? EncoderPrecision::kInt8 : EncoderPrecision::kBf16};
  // Before anything is laid out: a layer's products, and its attention.
  const auto d = static_cast<double>(width);
  const auto n = static_cast<double>(problem.positions);
  SKALD_CHECK(check_work(asked, static_cast<double>(layers) * (12 * n * d * d + 2 * n * n * d), kMostEncoderMacs));
  if (asked.choose) {
    SKALD_TRY(problem, asked.choose(problem));
  }
  return laid_out(problem, asked.device);
}

// ---- The table.

struct Row {
  Operator shown;
  bool product = false;  // has a tile and a finish
  Result<PlannedOperator> (*plan)(const Asked& asked) = nullptr;
};

constexpr std::array<Row, 13> kOperatorRows{{
    {{"matmul", "M K N", "i8 i8xi4 i16 bf16", "C (M, N) = A (M, K) B (K, N)", "1500 512 2048"}, true, matmul},
    {{"conv", "FRAMES CHANNELS OUTPUTS [STRIDE]", "bf16 i8", "a convolution of the stem, three frames wide",
      "3000 80 512"},
     true,
     conv},
    {{"encoder", "WIDTH LAYERS [POSITIONS] [BANDS]", "i8 bf16",
      "a whole encoder, one launch; or a model's name alone: mini.en, tiny, base, small", "512 6"},
     false,
     encoder},
    {{"feed_forward", "ROWS WIDTH HIDDEN", "i8", "GELU(X W1) W2, one launch", "1500 512 2048"}, false, feed_forward},
    {{"attention", "HEADS QUERIES [KEYS]", "bf16 i8", "softmax(Q K^T / 8) V, heads of 64", "8 1500"}, false, attention},
    {{"softmax", "ROWS COLUMNS", "bf16", "of every row", "1500 1500"}, false, softmax},
    {{"layer_norm", "ROWS COLUMNS", "bf16", "of every row", "1500 512"}, false, layer_norm},
    {{"gelu", "ROWS COLUMNS", "bf16 i8", "of every number", "1500 2048"}, false, gelu},
    {{"add", "ROWS COLUMNS", "bf16 i8", "of two arrays", "1500 512"}, false, add},
    {{"requantise", "ROWS COLUMNS", "i32 bf16 i8", "i32 or bf16 to i8, or i8 to bf16", "1500 512"}, false, requantise},
    {{"mel", "FRAMES [BANDS]", "bf16 i8", "log-mel of int16 samples", "3000 80"}, false, mel},
    {{"embedding", "ROWS WIDTH [VOCABULARY]", "bf16", "of tokens and their positions", "8 512"}, false, embedding},
    {{"topk", "ROWS LOGITS", "bf16 f32", "the 8 best of every 4,096 logits", "5 51865"}, false, topk},
}};

/// Sizes that an operator takes at least and at most.
std::pair<size_t, size_t> size_counts(const Operator& the) {
  const auto spaces = static_cast<size_t>(std::ranges::count(the.sizes, ' '));
  return {spaces + 1 - static_cast<size_t>(std::ranges::count(the.sizes, '[')), spaces + 1};
}

/// The type asked for, one of the words of the operator's.
Result<std::string> type_of(const Operator& the, const std::string& asked) {
  const std::string types = std::string(the.types) + " ";
  if (asked == "auto") return types.substr(0, types.find(' '));
  const bool known = !asked.empty() && asked.find(' ') == std::string::npos &&
                     (" " + types).find(" " + asked + " ") != std::string::npos;
  if (known) return asked;
  return wrong("--type", "'" + asked + "' is no type of " + std::string(the.name),
               "use one of: " + std::string(the.types));
}

Result<void> check_options(const Row& row, const OperatorRequest& request) {
  if (!row.product && request.tile) return wrong("--tile", "is of matmul and conv", "leave it out");
  if (!row.product && request.finish != "auto") return wrong("--finish", "is of matmul and conv", "leave it out");
  if (request.causal && request.name != "attention") return wrong("--causal", "is of attention", "leave it out");
  const Spread& spread = request.spread;
  if (spread.rows < 1 || spread.rows > kNpu1.geometry.compute_rows() || spread.columns < 1 ||
      spread.columns > kNpu1.geometry.columns) {
    return wrong("--rows, --columns", "the array has 4 x 4 cores", "give 1 to 4 of each");
  }
  return {};
}

}  // namespace

std::span<const Operator> operators() {
  static const auto shown = [] {
    std::array<Operator, kOperatorRows.size()> all{};
    std::ranges::transform(kOperatorRows, all.begin(), &Row::shown);
    return all;
  }();
  return shown;
}

Result<PlannedOperator> plan_operator(const OperatorRequest& request, const std::string& device,
                                      const ChooseEncoder& choose) {
  if (const auto dims = model::named_dims(request.name); dims && request.sizes.empty()) {
    OperatorRequest by_size = request;
    by_size.name = "encoder";
    by_size.sizes = {dims->audio_state, dims->audio_layers, dims->audio_ctx, dims->mel_bands};
    return plan_operator(by_size, device, choose);
  }
  const auto* const row = std::ranges::find(kOperatorRows, request.name, [](const Row& one) { return one.shown.name; });
  if (row == kOperatorRows.end()) {
    std::string names;
    for (const Row& one : kOperatorRows) names += (names.empty() ? "" : ", ") + std::string(one.shown.name);
    return wrong("'" + request.name + "'", "is no operator", "use one of: " + names);
  }
  const auto [least, most] = size_counts(row->shown);
  if (request.sizes.size() < least || request.sizes.size() > most) {
    return wrong(request.name, "takes " + std::string(row->shown.sizes),
                 "for example: " + request.name + " " + std::string(row->shown.example));
  }
  Asked asked{.request = request, .device = device, .choose = choose};
  for (size_t i = 0; i < request.sizes.size(); ++i) {
    if (request.sizes[i] < 1 || request.sizes[i] > kMostSize) {
      return wrong(request.name, "its sizes are whole numbers from 1 to a million",
                   "for example: " + request.name + " " + std::string(row->shown.example));
    }
    asked.sizes[i] = request.sizes[i];
  }
  SKALD_CHECK(check_options(*row, request));
  SKALD_TRY(asked.type, type_of(row->shown, request.type));
  SKALD_TRY(PlannedOperator planned, row->plan(asked));
  planned.cores = cores_of(request.spread);
  return planned;
}

}  // namespace skald::npu::plan
