#include "npu/suite/encoder_ladder.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "npu/plan/attention.h"
#include "npu/plan/encoder.h"
#include "npu/plan/operators.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/encoder_search.h"
#include "npu/suite/ladder_rungs.h"
#include "npu/suite/predict.h"

namespace skald::npu::suite {
namespace {

constexpr int64_t kLayers = 6;
constexpr int64_t kHeads = 8;
constexpr int64_t kModelWidth = 512;
constexpr int64_t kHidden = 2048;
constexpr int64_t kBands = 80;

/// An operator, as `skald npu plan` has it, and how often it is done.
struct Done {
  std::string_view name;
  std::vector<int64_t> sizes;
  int64_t times;
  const char* finish = "auto";
};

/// Products alone, of queries and keys, of weights and values too.
std::vector<Done> products(int64_t s, const char* finish) {
  return {{"conv", {2 * s, kBands, kModelWidth}, 1, finish},
          {"conv", {2 * s, kModelWidth, kModelWidth, 2}, 1, finish},
          {"matmul", {s, kModelWidth, 3 * kModelWidth}, kLayers},
          {"matmul", {s, plan::kAttentionBlock, s}, kLayers * kHeads},
          {"matmul", {s, s, plan::kAttentionBlock}, kLayers * kHeads},
          {"matmul", {s, kModelWidth, kModelWidth}, kLayers},
          {"matmul", {s, kModelWidth, kHidden}, kLayers, finish},
          {"matmul", {s, kHidden, kModelWidth}, kLayers}};
}

/// What is done to rows between them.
std::vector<Done> between(int64_t s) {
  return {{"add", {s, kModelWidth}, 1 + 2 * kLayers},
          {"layer_norm", {s, kModelWidth}, 1 + 2 * kLayers},
          {"softmax", {kHeads * s, s}, kLayers},
          {"gelu", {2 * s, kModelWidth}, 1},
          {"gelu", {s, kModelWidth}, 1},
          {"gelu", {s, kHidden}, kLayers}};
}

/// Each with GELU in its product, attention as one.
std::vector<Done> fused(int64_t s) {
  std::vector<Done> all = products(s, "gelu");
  std::erase_if(all, [](const Done& done) { return done.times == kLayers * kHeads; });
  all.push_back({"attention", {kHeads, s}, kLayers});
  for (Done& done : between(s)) {
    if (done.name == "add" || done.name == "layer_norm") all.push_back(std::move(done));
  }
  return all;
}

class Climber {
 public:
  Climber(int64_t positions, const sim::TimeModel& time)
      : positions_(positions),
        time_(time),
        whole_{.positions = positions, .width = kModelWidth, .heads = kHeads, .hidden = kHidden, .layers = kLayers} {}

  Result<Ladder> run() {
    SKALD_TRY(whole_, best_encoder(whole_));
    Ladder ladder{.what = "the encoder of Whisper base, " + std::to_string(positions_) + " positions, bf16"};
    const std::vector<Done> apart = products(positions_, "bias");
    SKALD_TRY(Rung rows, rung("a row of LayerNorm, softmax, GELU, residual; a product", apart));
    SKALD_CHECK(add_rows(rows));
    SKALD_TRY(Rung operations, rung("an operation", apart));
    for (const Done& done : between(positions_)) SKALD_CHECK(add(operations, done, {}));
    SKALD_TRY(Rung hybrid, rung("a product; rows on the CPU", apart));
    hybrid.host_ms = host_ms();
    SKALD_TRY(Rung joined, rung("an operation, GELU in products, attention fused", fused(positions_)));
    SKALD_TRY(Rung layers, a_layer());
    SKALD_TRY(Rung all, everything());
    for (Rung* rung : {&rows, &operations, &hybrid, &joined, &layers, &all}) ladder.rungs.push_back(std::move(*rung));
    return ladder;
  }

 private:
  Result<void> add(Rung& rung, const Done& done, const plan::Spread& spread) const {
    SKALD_TRY(const plan::PlannedOperator planned, plan::plan_operator({.name = std::string(done.name),
                                                                        .sizes = done.sizes,
                                                                        .type = "bf16",
                                                                        .finish = done.finish,
                                                                        .spread = spread},
                                                                       std::string(kNpu1.name)));
    const double before = rung.array_ms;
    SKALD_CHECK(add_launches(rung, planned.program, done.times, time_));
    const double more = rung.array_ms - before;
    if (done.name == "softmax") rung.softmax_ms += more;
    if (done.name == "gelu") rung.gelu_ms += more;
    if (done.name == "layer_norm") rung.norm_ms += more;
    return {};
  }

  Result<Rung> rung(const char* what, const std::vector<Done>& all) const {
    Rung made{.what = what};
    for (const Done& done : all) SKALD_CHECK(add(made, done, {}));
    return made;
  }

  /// Each row by itself, on one core.
  Result<void> add_rows(Rung& rung) const {
    for (Done done : between(positions_)) {
      done.times *= std::exchange(done.sizes[0], 1);
      SKALD_CHECK(add(rung, done, {.rows = 1, .columns = 1}));
    }
    return {};
  }

  /// The CPU reads and writes each row once, as fast as host memory is beside an array at work: it cannot be faster.
  double host_ms() const {
    double bytes = 0;
    for (const Done& done : between(positions_)) {
      const int64_t reads = done.name == "add" ? 2 : 1;
      bytes += 2.0 * static_cast<double>((reads + 1) * done.sizes[0] * done.sizes[1] * done.times);
    }
    return bytes / (kNpu1.host_memory.sustained_high_gb_s * kNpu1.host_memory.cpu_beside_npu) * 1e-6;
  }

  /// Softmax and GELU are inside other phases there.
  Result<void> add_norms(Rung& rung) const {
    SKALD_TRY(const auto phases, predict_phases(whole_, time_));
    for (const PhasePrediction& phase : phases) {
      if (phase.name.ends_with("norm")) rung.norm_ms += phase.ms * static_cast<double>(phase.times);
    }
    return {};
  }

  Result<Rung> a_layer() const {
    Rung made{.what = "a layer; stem and last norm three more"};
    const std::string device(kNpu1.name);
    SKALD_TRY(const plan::EncoderLayout layout, plan::encoder_layout(whole_));
    for (const size_t phase : {size_t{0}, size_t{1}, layout.phases.size() - 1}) {
      SKALD_TRY(const Program program, plan::plan_encoder_phase(whole_, phase, device));
      SKALD_CHECK(add_launches(made, program, 1, time_));
    }
    plan::EncoderProblem one = whole_;
    one.layers = 1;
    one.whole = false;
    SKALD_TRY(const Program layer, plan::plan_encoder(one, {}, device));
    SKALD_CHECK(add_launches(made, layer, kLayers, time_));
    SKALD_CHECK(add_norms(made));
    return made;
  }

  Result<Rung> everything() const {
    Rung made{.what = "all of it"};
    SKALD_TRY(const Program program, plan::plan_encoder(whole_, {}, std::string(kNpu1.name)));
    SKALD_CHECK(add_launches(made, program, 1, time_));
    SKALD_CHECK(add_norms(made));
    return made;
  }

  int64_t positions_;
  const sim::TimeModel& time_;
  plan::EncoderProblem whole_;
};

}  // namespace

Result<Ladder> encoder_ladder(int64_t positions, const sim::TimeModel& time) {
  return Climber(positions, time).run();
}

}  // namespace skald::npu::suite
