#include "decode/greedy.h"

#include <utility>

namespace skald::decode {
namespace {

// Members of a group are at most 64 (options.h): the low bits of the attempt's key are theirs.
constexpr uint64_t kMembersPerAttempt = uint64_t{1} << 16U;

}  // namespace

GreedySearch::GreedySearch(const GreedyParams& params, SlotHandle start)
    : params_(params), sequences_(static_cast<size_t>(params.group)) {
  for (uint64_t i = 0; i < sequences_.size(); ++i) {
    random_.emplace_back(params.seed, params.window, params.attempt * kMembersPerAttempt + i);
  }
  running_.push_back({.slot = std::move(start), .sampled = {}, .sum_logprob = 0});
  members_.push_back(0);
}

Result<void> GreedySearch::advance(std::span<const Distribution> next) {
  if (running_.front().sampled.empty()) return branch(next.front());
  size_t kept = 0;
  for (size_t i = 0; i < running_.size(); ++i) {
    if (params_.temperature > 0) categorical_.assign(next[i], params_.temperature);
    SKALD_TRY(const Scored token, pick(next[i], members_[i]));
    if (!append(running_[i], token, members_[i])) continue;
    if (kept != i) running_[kept] = std::move(running_[i]);
    members_[kept] = members_[i];
    ++kept;
  }
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(kept), running_.end());
  members_.resize(kept);
  return {};
}

/// The first step: every member samples from the one distribution; those that go on get a slot each.
Result<void> GreedySearch::branch(const Distribution& next) {
  SlotHandle slot = std::move(running_.front().slot);
  running_.clear();
  members_.clear();
  if (params_.temperature > 0) categorical_.assign(next, params_.temperature);
  for (size_t member = 0; member < sequences_.size(); ++member) {
    SKALD_TRY(const Scored token, pick(next, member));
    Hypothesis hypothesis;
    if (!append(hypothesis, token, member)) continue;
    running_.push_back(std::move(hypothesis));
    members_.push_back(member);
  }
  for (size_t i = 1; i < running_.size(); ++i) {
    SKALD_TRY(running_[i].slot, slot.fork());
  }
  if (!running_.empty()) running_.front().slot = std::move(slot);
  return {};
}

Result<Scored> GreedySearch::pick(const Distribution& next, size_t member) {
  if (params_.temperature <= 0) {
    if (next.best.empty()) return nothing_to_sample();
    return next.best.front();
  }
  if (!categorical_.possible()) return nothing_to_sample();
  const int32_t token = categorical_.draw(random_[member].uniform());
  const auto logit = static_cast<double>(next.logits[static_cast<size_t>(token)]);
  return Scored{token, static_cast<float>(logit - next.log_sum_exp)};
}

/// Whether the hypothesis goes on; if not, its sequence is stored and its slot closed.
bool GreedySearch::append(Hypothesis& hypothesis, const Scored& token, size_t member) {
  hypothesis.sum_logprob += token.logprob;
  const bool ended = token.token == params_.end_of_text;
  if (!ended) hypothesis.sampled.push_back(token.token);
  if (!ended && std::cmp_less(hypothesis.sampled.size(), params_.max_tokens)) return true;
  sequences_[member] = {std::move(hypothesis.sampled), hypothesis.sum_logprob};
  hypothesis.slot.close();
  return false;
}

}  // namespace skald::decode
