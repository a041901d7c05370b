#include "npu/suite/encoder_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "npu/program/verify.h"
#include "npu/spec/device_spec.h"
#include "npu/suite/lookups.h"

namespace skald::npu {
namespace {

using plan::EncoderChoices;
using plan::EncoderPhase;
using plan::EncoderProblem;

struct Alternative {
  const char* name;
  void (*choose)(EncoderChoices& choices);
};

/// One thing to choose. `all`: it concerns all kinds of phases.
struct Choice {
  const char* name;
  const char* concerns;
  bool all;
  EncoderPhase::Kind kind;
  std::vector<Alternative> alternatives;
};

/// What is searched: all combinations. The first alternative of each is legal for every encoder.
const std::vector<Choice>& choices() {
  static const std::vector<Choice> kChoices{
      {"heads on columns of cores",
       "attention",
       false,
       EncoderPhase::Kind::kAttention,
       {{"four heads at once", [](EncoderChoices& c) { c.deal_heads = false; }},
        {"dealt one by one", [](EncoderChoices& c) { c.deal_heads = true; }}}},
      {"tiles of 128 columns on columns of cores",
       "products",
       false,
       EncoderPhase::Kind::kProduct,
       {{"padded to 512", [](EncoderChoices& c) { c.skip_columns = false; }},
        {"padding passed by", [](EncoderChoices& c) { c.skip_columns = true; }}}},
      {"rows of a core at once",
       "norms",
       false,
       EncoderPhase::Kind::kNorm,
       {{"16, or 8 of wide rows", [](EncoderChoices& c) { c.norm_strips = 0; }},
        {"8", [](EncoderChoices& c) { c.norm_strips = 2; }},
        {"32", [](EncoderChoices& c) { c.norm_strips = 8; }}}},
      {"objects held by a memory tile",
       "all phases",
       true,
       EncoderPhase::Kind::kProduct,
       {{"4", [](EncoderChoices& c) { c.depth = 4; }},
        {"6", [](EncoderChoices& c) { c.depth = 6; }},
        {"8", [](EncoderChoices& c) { c.depth = 8; }}}},
  };
  return kChoices;
}

struct Cost {
  double cycles = 0;
  Bounds bounds{};
  std::string why_not{};
};

void add(Cost& sum, const Cost& one, int64_t times) {
  const auto count = static_cast<double>(times);
  sum.cycles += count * one.cycles;
  sum.bounds.compute += count * one.bounds.compute;
  sum.bounds.stream += count * one.bounds.stream;
  sum.bounds.ddr += count * one.bounds.ddr;
  sum.bounds.controller += count * one.bounds.controller;
  if (sum.why_not.empty()) sum.why_not = one.why_not;
}

class Searcher {
 public:
  Searcher(const EncoderProblem& problem, const sim::TimeModel& time) : problem_(problem), time_(time) {}

  Result<EncoderSearch> run() {
    problem_.choices = {};
    SKALD_TRY(const plan::EncoderLayout layout, plan::encoder_layout(problem_));
    kinds_ = phase_kinds(layout);
    known_.resize(kinds_.size());
    std::optional<EncoderSearch> best;
    const Choice& overall = choices().back();
    EncoderDecision depth{.name = overall.name, .concerns = overall.concerns};
    for (const Alternative& alternative : overall.alternatives) {
      EncoderProblem problem = problem_;
      alternative.choose(problem.choices);
      SKALD_TRY(EncoderSearch found, best_of(problem));
      Cost all;
      for (const EncoderDecision& decision : found.decisions) {
        const EncoderAlternative& one = decision.alternatives[decision.chosen];
        add(all, {.cycles = one.ms * cycles_a_ms(), .bounds = one.bounds, .why_not = one.why_not}, 1);
      }
      depth.alternatives.push_back(shown(alternative.name, found.problem.choices, all));
      const bool better = all.why_not.empty() && (!best || found.ms < best->ms);
      if (!better) continue;
      depth.chosen = depth.alternatives.size() - 1;
      best = std::move(found);
    }
    if (!best)
      return fail(ErrorCode::kUnsupported, "the encoder", "has no legal layout: " + depth.alternatives[0].why_not);
    best->decisions.push_back(std::move(depth));
    SKALD_CHECK(add_phases(*best));
    best->simulated = simulated_;
    return *std::move(best);
  }

 private:
  double cycles_a_ms() const { return time_.clock_ghz * 1e6; }

  EncoderAlternative shown(const char* name, const EncoderChoices& choices, const Cost& cost) const {
    return {.name = name,
            .choices = choices,
            .ms = cost.cycles / cycles_a_ms(),
            .bounds = cost.bounds,
            .why_not = cost.why_not};
  }

  /// Each kind of phase as it was simulated.
  Result<void> add_phases(EncoderSearch& search) {
    for (size_t i = 0; i < kinds_.size(); ++i) {
      SKALD_TRY(Program program, plan::plan_encoder_phase(search.problem, kinds_[i].first, std::string(kNpu1.name)));
      SKALD_TRY(const Cost cost, cost_of(std::move(program), known_[i]));
      search.phases.push_back({.name = kinds_[i].name,
                               .times = kinds_[i].times,
                               .macs = kinds_[i].macs,
                               .ms = cost.cycles / cycles_a_ms(),
                               .bounds = cost.bounds});
    }
    return {};
  }

  /// What is the best of each choice that concerns some kinds of phases.
  Result<EncoderSearch> best_of(const EncoderProblem& problem) {
    EncoderSearch search{.problem = problem};
    for (const Choice& choice : choices()) {
      if (choice.all) continue;
      EncoderDecision decision{.name = choice.name, .concerns = choice.concerns};
      for (const Alternative& alternative : choice.alternatives) {
        EncoderProblem tried = problem;
        alternative.choose(tried.choices);
        SKALD_TRY(const Cost cost, cost_of(tried, choice.kind));
        decision.alternatives.push_back(shown(alternative.name, tried.choices, cost));
        const EncoderAlternative& chosen = decision.alternatives[decision.chosen];
        const bool better =
            cost.why_not.empty() && (!chosen.why_not.empty() || decision.alternatives.back().ms < chosen.ms);
        if (better) decision.chosen = decision.alternatives.size() - 1;
      }
      choice.alternatives[decision.chosen].choose(search.problem.choices);
      search.ms += decision.alternatives[decision.chosen].ms;
      search.decisions.push_back(std::move(decision));
    }
    return search;
  }

  /// Of all phases of a kind.
  Result<Cost> cost_of(const EncoderProblem& problem, EncoderPhase::Kind of) {
    Cost sum;
    for (size_t i = 0; i < kinds_.size(); ++i) {
      if (kinds_[i].kind != of) continue;
      auto program = plan::plan_encoder_phase(problem, kinds_[i].first, std::string(kNpu1.name));
      if (!program) {
        if (program.error().code != ErrorCode::kUnsupported) return std::unexpected(std::move(program).error());
        sum.why_not = program.error().message;
        return sum;
      }
      SKALD_TRY(const Cost cost, cost_of(*std::move(program), known_[i]));
      add(sum, cost, kinds_[i].times);
    }
    return sum;
  }

  /// Of a phase; the same Program is simulated once.
  Result<Cost> cost_of(Program program, std::vector<std::pair<Program, Cost>>& known) {
    const auto found = std::ranges::find(known, program, &std::pair<Program, Cost>::first);
    if (found != known.end()) return found->second;
    Cost cost;
    const std::vector<Violation> violations = verify(program, catalogue_lookup());
    if (!violations.empty()) {
      cost.why_not = std::string(violations.front().rule) + ", " + violations.front().message;
    } else {
      SKALD_TRY(const sim::Report report, costs_of(program, time_));
      ++simulated_;
      cost.cycles = report.cycles;
      cost.bounds = bounds_of(report);
    }
    known.emplace_back(std::move(program), cost);
    return cost;
  }

  EncoderProblem problem_;
  const sim::TimeModel& time_;
  std::vector<PhaseKind> kinds_;
  std::vector<std::vector<std::pair<Program, Cost>>> known_;  // by kind
  int simulated_ = 0;
};

std::string row_of(const std::string& name, double ms, const Bounds& bounds, double cycles_a_ms) {
  return fmt::format("  {:<28} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>10.3f}  {}\n", name, ms,
                     bounds.compute / cycles_a_ms, bounds.stream / cycles_a_ms, bounds.ddr / cycles_a_ms,
                     bounds.controller / cycles_a_ms, bounds.largest());
}

/// Which of the bounds differ, and by how much.
std::string differences(const Bounds& chosen, const Bounds& other, double cycles_a_ms) {
  std::string text;
  const std::array<std::pair<const char*, double>, 4> all{{{"compute", other.compute - chosen.compute},
                                                           {"stream", other.stream - chosen.stream},
                                                           {"DDR", other.ddr - chosen.ddr},
                                                           {"controller", other.controller - chosen.controller}}};
  for (const auto& [name, cycles] : all) {
    const double ms = cycles / cycles_a_ms;
    if (std::abs(ms) < 0.0005) continue;
    text += fmt::format("{}{} {:.3f} ms {}", text.empty() ? "" : ", ", name, std::abs(ms), ms > 0 ? "less" : "more");
  }
  return text.empty() ? "bounds are the same" : text;
}

std::string reason(const EncoderDecision& decision, double cycles_a_ms) {
  const size_t next = decision.next();
  if (next == decision.alternatives.size()) return "  no other legal one makes a difference for this encoder\n";
  const EncoderAlternative& chosen = decision.alternatives[decision.chosen];
  const EncoderAlternative& other = decision.alternatives[next];
  return fmt::format("  why: {:.3f} ms less than \"{}\": {}\n", other.ms - chosen.ms, other.name,
                     differences(chosen.bounds, other.bounds, cycles_a_ms));
}

}  // namespace

size_t EncoderDecision::next() const {
  size_t best = alternatives.size();
  for (size_t i = 0; i < alternatives.size(); ++i) {
    const bool differs = alternatives[i].why_not.empty() && alternatives[i].ms > alternatives[chosen].ms;
    if (differs && (best == alternatives.size() || alternatives[i].ms < alternatives[best].ms)) best = i;
  }
  return best;
}

Result<EncoderSearch> search_encoder(const EncoderProblem& problem, const sim::TimeModel& time) {
  return Searcher(problem, time).run();
}

sim::TimeModel planned_time() {
  sim::TimeModel time;
  time.ddr_gb_s = kPlannedDdrGbS;
  return time;
}

Result<EncoderProblem> best_encoder(const EncoderProblem& problem) {
  SKALD_TRY(EncoderSearch search, search_encoder(problem, planned_time()));
  return std::move(search).problem;
}

std::string explain_search(const EncoderSearch& search, const sim::TimeModel& time) {
  const double cycles_a_ms = time.clock_ghz * 1e6;
  int64_t combinations = 1;
  for (const EncoderDecision& decision : search.decisions) combinations *= std::ssize(decision.alternatives);
  std::string text =
      fmt::format("{} layouts searched by {} simulated phases, {:.3f} GHz, {:.1f} GB/s; * is chosen, {:.3f} ms\n",
                  combinations, search.simulated, time.clock_ghz, time.ddr_gb_s, search.ms);
  text += fmt::format("{:<30} {:>9} {:>9} {:>9} {:>9} {:>10}  {}\n", "alternatives, ms", "time", "compute", "stream",
                      "DDR", "controller", "bound by");
  for (const EncoderDecision& decision : search.decisions) {
    text += decision.name + " (" + decision.concerns + ")\n";
    for (size_t i = 0; i < decision.alternatives.size(); ++i) {
      const EncoderAlternative& one = decision.alternatives[i];
      const std::string name = (i == decision.chosen ? "* " : "  ") + one.name;
      text += one.why_not.empty() ? row_of(name, one.ms, one.bounds, cycles_a_ms)
                                  : fmt::format("  {:<28} refused: {}\n", name, one.why_not);
    }
    text += reason(decision, cycles_a_ms);
  }
  return text;
}

}  // namespace skald::npu
