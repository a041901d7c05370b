#include <algorithm>

#include "npu/plan/conv.h"
#include "npu/plan/encoder.h"
#include "npu/plan/encoder_streams.h"
#include "npu/plan/pieces.h"

namespace skald::npu::plan {
namespace {

int64_t norm_strips_of(const EncoderProblem& problem) {
  if (problem.choices.norm_strips > 0) return problem.choices.norm_strips;
  return usual_norm_strips(problem.width);
}

/// Whether rows come in whole objects, fit a core, and are dealt to all cores without a rest.
bool norm_fits(const EncoderProblem& problem) {
  const int64_t strips = norm_strips_of(problem);
  const int64_t group = strips * kCell;
  const int64_t bytes = problem.width / 32 * group;
  const int64_t all = round_up(problem.positions, kRowsOfBlock) / 4;
  return bytes <= kWorkBytes && bytes % kObjectOfA == 0 && kObjectOfC % group == 0 &&
         all % (strips * kArray * kArray) == 0;
}

/// Hands out places in an argument, and lists the phases.
class Layouter {
 public:
  explicit Layouter(const EncoderProblem& problem) : problem_(problem) {}

  EncoderLayout run() {
    EncoderLayout& l = layout_;
    l.rows = round_up(problem_.positions, kRowsOfBlock);
    l.strips = l.rows / 4;
    l.stem_rows = kConvTaps * l.rows;
    l.stem_depth = round_up(kConvTaps * problem_.mel_bands + 2, 32);
    l.norm_strips = norm_strips_of(problem_);
    // A product writes whole blocks of columns, attention whole groups of four heads.
    const int64_t wide = round_up(problem_.width, kColumnsOfBlock);
    l.x = work(wide * 2);
    normed_ = work(wide * activation());
    qkv_ = work(round_up(3 * problem_.width, kColumnsOfBlock) * 2 + 4 * kHeadWidth * 2);
    mixed_ = work(wide * activation());
    hidden_ = work(round_up(problem_.hidden, kColumnsOfBlock) * activation());
    if (problem_.whole) add_stem();
    for (int64_t layer = 0; layer < problem_.layers; ++layer) add_layer("layer " + std::to_string(layer) + " ");
    if (problem_.whole) {
      l.states_bytes = l.rows * problem_.width * 2;
      EncoderPhase& last = add_norm("final norm", false);
      last.to_argument = kStates;
      last.to = 0;
    }
    return std::move(l);
  }

 private:
  bool int8() const { return problem_.precision == EncoderPrecision::kInt8; }
  int64_t activation() const { return int8() ? 1 : 2; }

  /// Room for rows of `bytes` in the work argument.
  int64_t work(int64_t bytes) { return std::exchange(layout_.work_bytes, layout_.work_bytes + layout_.rows * bytes); }

  int64_t weights(int64_t bytes) { return std::exchange(layout_.weight_bytes, layout_.weight_bytes + bytes); }

  EncoderPhase& add(EncoderPhase phase) { return layout_.phases.emplace_back(std::move(phase)); }

  /// (rows of the layout, k) times (k, n), from work to work.
  EncoderPhase& add_product(const std::string& name, bool int8, int64_t k, int64_t n) {
    const int64_t unit = problem_.choices.skip_columns ? kColumnsOfTile : kColumnsOfBlock;
    EncoderPhase phase{.name = name, .int8 = int8, .m = layout_.rows, .k = k, .n = round_up(n, unit)};
    phase.from_argument = phase.to_argument = phase.terms_argument = kWork;
    phase.from_strips = phase.to_strips = layout_.strips;
    phase.weight_bytes = phase.n / kColumnsOfTile * (k / depth_of(int8) + 1) * kObjectOfB;
    phase.weights = weights(phase.weight_bytes);
    phase.macs = problem_.positions * k * n;
    return add(std::move(phase));
  }

  EncoderPhase& add_norm(const std::string& name, bool to_int8) {
    EncoderPhase phase{.kind = EncoderPhase::Kind::kNorm, .name = name, .int8 = to_int8, .m = layout_.rows};
    phase.n = problem_.width;
    phase.from_argument = phase.to_argument = kWork;
    phase.from = layout_.x;
    phase.to = normed_;
    phase.from_strips = phase.to_strips = layout_.strips;
    phase.weight_bytes = kObjectOfB;
    phase.weights = weights(kObjectOfB);
    return add(std::move(phase));
  }

  void add_stem() {
    EncoderLayout& l = layout_;
    l.frames_bytes = l.stem_rows * l.stem_depth * 2;
    const int64_t frames = work(kConvTaps * round_up(problem_.width, kColumnsOfBlock) * 2);
    EncoderPhase& first = add_product("conv1", false, l.stem_depth, problem_.width);
    first.gelu = true;
    first.m = l.stem_rows;
    first.from_argument = kFrames;
    first.from_strips = l.stem_rows / 4;
    first.to = frames;
    first.to_strips = l.stem_rows / 4;
    // The first convolution's results are used three times, and made as often: macs are those of the model.
    first.macs = 2 * problem_.positions * kConvTaps * problem_.mel_bands * problem_.width;
    EncoderPhase& second = add_product("conv2", false, kConvTaps * problem_.width, problem_.width);
    second.gelu = true;
    second.residual = true;
    second.from = frames;  // a panel's three stretches of rows, for the three taps, one after the other
    second.to = l.x;
    second.terms_argument = kWeights;
    second.terms = weights(l.rows * round_up(problem_.width, kColumnsOfBlock) * 2);
  }

  void add_layer(const std::string& name) {
    const bool is_int8 = int8();
    add_norm(name + "attention norm", is_int8);
    EncoderPhase& qkv = add_product(name + "qkv", is_int8, problem_.width, 3 * problem_.width);
    qkv.from = normed_;
    qkv.to = qkv_;
    EncoderPhase attention{.kind = EncoderPhase::Kind::kAttention, .name = name + "attention", .int8 = is_int8};
    attention.m = layout_.rows;
    attention.n = problem_.width;
    attention.from = qkv_;
    attention.to = mixed_;
    attention.from_argument = attention.to_argument = kWork;
    attention.from_strips = attention.to_strips = layout_.strips;
    attention.macs = 2 * problem_.positions * problem_.positions * problem_.width;
    add(std::move(attention));
    add_residual(name + "out", mixed_, problem_.width);
    add_norm(name + "mlp norm", is_int8);
    EncoderPhase& up = add_product(name + "fc1", is_int8, problem_.width, problem_.hidden);
    up.gelu = true;
    up.from = normed_;
    up.to = hidden_;
    add_residual(name + "fc2", hidden_, problem_.hidden);
  }

  void add_residual(const std::string& name, int64_t from, int64_t k) {
    EncoderPhase& phase = add_product(name, int8(), k, problem_.width);
    phase.residual = true;
    phase.from = from;
    phase.to = phase.terms = layout_.x;
  }

  const EncoderProblem& problem_;
  EncoderLayout layout_;
  int64_t normed_ = 0;
  int64_t qkv_ = 0;
  int64_t mixed_ = 0;
  int64_t hidden_ = 0;
};

}  // namespace

Result<EncoderLayout> encoder_layout(const EncoderProblem& problem) {
  const std::string where = "encoder of width " + std::to_string(problem.width);
  if (problem.positions < 1 || problem.mel_bands < 1 || problem.layers < 1 || problem.heads < 1) {
    return fail(ErrorCode::kInvalidArgument, where, "has an empty side", "give at least a position, a band, a layer");
  }
  if (problem.width != problem.heads * kHeadWidth) {
    return fail(ErrorCode::kUnsupported, where, "has heads that are not 64 wide", "use a Whisper model");
  }
  if (problem.width % 128 != 0 || problem.width > kWidestRow || problem.hidden % kColumnsOfBlock != 0) {
    return fail(ErrorCode::kUnsupported, where, "has no layout: widths are multiples of 128 up to 1280",
                "use a Whisper model");
  }
  if (!norm_fits(problem)) {
    return fail(ErrorCode::kUnsupported, where,
                "has no norm of " + std::to_string(4 * norm_strips_of(problem)) + " rows at once",
                "leave the choice to the planner");
  }
  return Layouter(problem).run();
}

}  // namespace skald::npu::plan
