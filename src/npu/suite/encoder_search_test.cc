// The planner's search: the best of its candidates, all of which are legal or refused with a reason, always the same,
// and explained.

#include "npu/suite/encoder_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/random_checkpoint.h"
#include "npu/plan/encoder_streams.h"
#include "npu/program/verify.h"
#include "npu/sim/catalogue_kernels.h"
#include "npu/sim/simulation.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

using plan::EncoderChoices;
using plan::EncoderPrecision;
using plan::EncoderProblem;

/// Widths and heads that leave something over in every choice, and two blocks of rows.
EncoderProblem small_problem(EncoderPrecision precision) {
  return {.positions = 300, .width = 384, .heads = 6, .hidden = 1536, .layers = 2, .precision = precision};
}

EncoderProblem with(const EncoderProblem& problem, const EncoderChoices& choices) {
  EncoderProblem made = problem;
  made.choices = choices;
  return made;
}

/// Each phase by itself, by the tools that the search does not go through; negative: not legal.
double ms_of(const EncoderProblem& problem) {
  const auto layout = plan::encoder_layout(problem);
  if (!layout) return -1;
  for (size_t i = 0; i < layout->phases.size(); ++i) {
    const auto program = plan::plan_encoder_phase(problem, i, "npu1");
    if (!program || !verify(*program, catalogue_lookup()).empty()) return -1;
  }
  const auto phases = predict_phases(problem, planned_time());
  double ms = 0;
  for (const PhasePrediction& phase : *phases) ms += phase.ms * static_cast<double>(phase.times);
  return ms;
}

TEST(EncoderSearch, FindsTheBestOfAllCombinations) {
  for (const EncoderPrecision precision : {EncoderPrecision::kInt8, EncoderPrecision::kBf16}) {
    const EncoderProblem problem = small_problem(precision);
    const auto search = search_encoder(problem, planned_time());
    ASSERT_TRUE(search) << to_string(search.error());
    double best = -1;
    int legal = 0;
    for (const bool deal : {false, true}) {
      for (const bool skip : {false, true}) {
        for (const int64_t strips : {0, 2, 8}) {
          for (const int depth : {4, 6, 8}) {
            const double ms =
                ms_of(with(problem, {.deal_heads = deal, .skip_columns = skip, .norm_strips = strips, .depth = depth}));
            if (ms < 0) continue;
            ++legal;
            best = best < 0 ? ms : std::min(best, ms);
          }
        }
      }
    }
    EXPECT_EQ(2 * 2 * 2 * 2, legal);  // 384 columns allow no 8 rows of a norm
    EXPECT_NEAR(best, search->ms, 1e-9);
    EXPECT_NEAR(best, ms_of(search->problem), 1e-9);
  }
}

/// What it chose makes a difference where there is something to choose, and none elsewhere.
TEST(EncoderSearch, ChoosesByTheModel) {
  for (const char* name : {"tiny", "mini.en"}) {
    const model::Dims dims = model::named_dims(name).value();
    const EncoderProblem problem{.mel_bands = dims.mel_bands,
                                 .width = dims.audio_state,
                                 .heads = dims.audio_heads,
                                 .hidden = dims.audio_ffn,
                                 .layers = dims.audio_layers,
                                 .precision = EncoderPrecision::kInt8};
    const auto search = search_encoder(problem, planned_time());
    ASSERT_TRUE(search) << to_string(search.error());
    EXPECT_EQ(dims.audio_heads % 4 != 0, search->problem.choices.deal_heads) << name;
    EXPECT_EQ(dims.audio_state % 512 != 0, search->problem.choices.skip_columns) << name;
    EXPECT_LT(search->ms, ms_of(problem)) << name;
  }
}

/// Every candidate keeps all rules, as a whole, or says which it breaks; so does the one that is chosen.
TEST(EncoderSearch, CandidatesAreLegalOrRefused) {
  EncoderProblem problem = small_problem(EncoderPrecision::kInt8);
  const auto search = search_encoder(problem, planned_time());
  ASSERT_TRUE(search) << to_string(search.error());
  int refused = 0;
  for (const EncoderDecision& decision : search->decisions) {
    ASSERT_LT(decision.chosen, decision.alternatives.size());
    for (const EncoderAlternative& one : decision.alternatives) {
      const auto program = plan::plan_encoder(with(problem, one.choices), {}, "npu1");
      const bool legal = program && verify(*program, catalogue_lookup()).empty();
      EXPECT_EQ(legal, one.why_not.empty()) << decision.name << ", " << one.name << ": " << one.why_not;
      refused += legal ? 0 : 1;
      const bool faster = legal && one.ms < decision.alternatives[decision.chosen].ms;
      EXPECT_FALSE(faster) << decision.name << ", " << one.name;
    }
    EXPECT_TRUE(decision.alternatives[decision.chosen].why_not.empty()) << decision.name;
  }
  EXPECT_EQ(2, refused);  // norms of 8 rows, 8 objects at a memory tile
  const auto chosen = plan::plan_encoder(search->problem, {}, "npu1");
  ASSERT_TRUE(chosen) << to_string(chosen.error());
  EXPECT_TRUE(verify(*chosen, catalogue_lookup()).empty());
}

TEST(EncoderSearch, IsDeterministic) {
  const EncoderProblem problem = small_problem(EncoderPrecision::kInt8);
  const auto once = search_encoder(problem, planned_time()).value();
  // Choices that a problem brings along do not matter.
  const auto again =
      search_encoder(with(problem, {.deal_heads = true, .skip_columns = true, .depth = 6}), planned_time()).value();
  EXPECT_EQ(once.problem.choices, again.problem.choices);
  EXPECT_EQ(once.ms, again.ms);
  EXPECT_EQ(explain_search(once, planned_time()), explain_search(again, planned_time()));
  EXPECT_EQ(once.problem.choices, best_encoder(problem).value().choices);
}

TEST(EncoderSearch, IsExplained) {
  const auto search = search_encoder(small_problem(EncoderPrecision::kInt8), planned_time()).value();
  const std::string text = explain_search(search, planned_time());
  for (const EncoderDecision& decision : search.decisions) {
    EXPECT_NE(std::string::npos, text.find(decision.name + " (" + decision.concerns + ")\n"));
    for (size_t i = 0; i < decision.alternatives.size(); ++i) {
      const EncoderAlternative& one = decision.alternatives[i];
      const std::string row = (i == decision.chosen ? "  * " : "    ") + one.name + " ";
      EXPECT_NE(std::string::npos, text.find(row)) << row;
      const std::string reason = one.why_not.empty() ? "" : "refused: " + one.why_not;
      EXPECT_NE(std::string::npos, text.find(reason)) << reason;
    }
  }
  for (const char* part : {"36 layouts", "1.028 GHz", "18.0 GB/s", "compute", "stream", "DDR", "controller", "bound by",
                           "why: ", "less than \"four heads at once\": compute "}) {
    EXPECT_NE(std::string::npos, text.find(part)) << part;
  }
  const EncoderProblem even{.positions = 300, .width = 512, .heads = 8, .hidden = 2048, .layers = 1};
  EXPECT_NE(std::string::npos, explain_search(search_encoder(even, planned_time()).value(), planned_time())
                                   .find("no other legal one makes a difference"));
}

TEST(EncoderSearch, RefusesWhatHasNoLayout) {
  EXPECT_EQ(ErrorCode::kUnsupported,
            search_encoder({.width = 100, .heads = 2, .hidden = 512, .layers = 1}, planned_time()).error().code);
  EncoderProblem problem = small_problem(EncoderPrecision::kBf16);
  problem.choices.norm_strips = 2;
  const auto refused = plan::encoder_layout(problem);
  ASSERT_FALSE(refused);
  EXPECT_EQ(ErrorCode::kUnsupported, refused.error().code);
}

/// Calls `visit` with each cell of 256 bytes that a transfer goes over. Pre: it goes over whole ones.
template <class Visit>
void for_each_cell(const Pattern& pattern, int64_t offset, const Visit& visit, size_t level = 0) {
  if (level + 1 == pattern.size()) {
    for (int64_t at = 0; at < pattern[level].size; at += plan::kCell) visit((offset + at) / plan::kCell);
    return;
  }
  for (int64_t i = 0; i < (pattern[level].stride == 0 ? 1 : pattern[level].size); ++i) {
    for_each_cell(pattern, offset + i * pattern[level].stride, visit, level + 1);
  }
}

/// Transfers of the sequence that read what one before them writes that was not waited for.
int early_reads(const Program& program) {
  int found = 0;
  std::map<int64_t, int> unfinished;                     // cells of the work argument
  std::map<int, std::deque<std::vector<int64_t>>> open;  // by stream
  for (const SequenceStep& step : program.sequence) {
    if (const Wait* wait = std::get_if<Wait>(&step); wait != nullptr && !open[wait->fifo].empty()) {
      for (const int64_t cell : open[wait->fifo].front()) --unfinished[cell];
      open[wait->fifo].pop_front();
    }
    const Transfer* transfer = std::get_if<Transfer>(&step);
    if (transfer == nullptr || transfer->argument != plan::kWork) continue;
    std::vector<int64_t> cells;
    for_each_cell(transfer->pattern, transfer->offset, [&](int64_t cell) { cells.push_back(cell); });
    if (program.fifos[static_cast<size_t>(transfer->fifo)].producer.row == 0) {
      found += std::ranges::any_of(cells, [&](int64_t cell) { return unfinished[cell] > 0; }) ? 1 : 0;
    } else {
      for (const int64_t cell : cells) ++unfinished[cell];
      open[transfer->fifo].push_back(std::move(cells));
    }
  }
  return found;
}

/// A phase's first rows are on their way before the phase before has ended; never too early, nor with too many other
/// transfers.
TEST(EncoderSearch, NothingIsReadBeforeItIsWritten) {
  for (const int64_t positions : {10, 300, 600, 1500}) {
    for (const int64_t heads : {2, 6, 10}) {
      const EncoderProblem problem{.positions = positions,
                                   .width = 64 * heads,
                                   .heads = heads,
                                   .hidden = 512,
                                   .layers = 1,
                                   .precision = EncoderPrecision::kInt8};
      for (const bool deal : {false, true}) {
        for (const int64_t strips : {0, 8}) {
          const auto program = plan::plan_encoder(
              with(problem, {.deal_heads = deal, .skip_columns = deal, .norm_strips = strips}), {}, "npu1");
          if (!program) continue;  // sizes that do not allow the norm
          EXPECT_TRUE(verified(*program, catalogue_lookup())) << positions << ", " << heads << ", " << deal;
          EXPECT_EQ(0, early_reads(*program)) << positions << ", " << heads << ", " << deal << ", " << strips;
        }
      }
    }
  }
  // The check sees what is too early: the first read without any wait before it.
  Program program = plan::plan_encoder(small_problem(EncoderPrecision::kInt8), {}, "npu1").value();
  std::erase_if(program.sequence, [](const SequenceStep& step) { return std::holds_alternative<Wait>(step); });
  EXPECT_GT(early_reads(program), 0);
}

/// Tiles, rounds: who does what when columns or heads are no multiple of four.
TEST(EncoderSearch, WorkIsDealtWithoutARest) {
  EXPECT_EQ((std::array<int64_t, 4>{3, 2, 2, 2}),
            (std::array<int64_t, 4>{plan::tiles_of(1152, 0), plan::tiles_of(1152, 1), plan::tiles_of(1152, 2),
                                    plan::tiles_of(1152, 3)}));
  EXPECT_EQ(0, plan::tiles_of(384, 3));
  EncoderProblem problem{.heads = 6};
  EXPECT_EQ(12, plan::attention_rounds(problem, 1536));
  problem.choices.deal_heads = true;
  EXPECT_EQ(9, plan::attention_rounds(problem, 1536));
  problem.heads = 2;
  EXPECT_EQ(1, plan::attention_rounds(problem, 256));
}

}  // namespace
}  // namespace skald::npu
