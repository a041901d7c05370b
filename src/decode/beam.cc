#include "decode/beam.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace skald::decode {

BeamSearch::BeamSearch(const BeamParams& params, SlotHandle start) : params_(params) {
  running_.push_back({.slot = std::move(start), .sampled = {}, .sum_logprob = 0});
}

Result<void> BeamSearch::advance(std::span<const Distribution> next) {
  std::vector<Extension> saved;
  for (const Extension& extension : rank_extensions(next)) {
    if (extension.token == params_.end_of_text) {
      if (std::cmp_less(finished_.size(), params_.max_candidates)) {
        finished_.push_back({running_[extension.source].sampled, extension.sum_logprob});
      }
      continue;
    }
    saved.push_back(extension);
    if (std::cmp_equal(saved.size(), params_.beam_size)) break;
  }
  if (saved.empty() && finished_.empty()) return nothing_to_sample();
  ++steps_;
  over_ =
      saved.empty() || std::cmp_greater_equal(finished_.size(), params_.max_candidates) || steps_ >= params_.max_tokens;
  return follow(saved);
}

/// All extensions, best sum first; equals stay in the order of hypotheses and their candidates.
std::vector<BeamSearch::Extension> BeamSearch::rank_extensions(std::span<const Distribution> next) const {
  std::vector<Extension> all;
  all.reserve(running_.size() * candidates());
  for (size_t i = 0; i < running_.size(); ++i) {
    for (const Scored& candidate : next[i].best) {
      all.push_back({all.size(), i, candidate.token, running_[i].sum_logprob + candidate.logprob});
    }
  }
  std::ranges::sort(all, [](const Extension& a, const Extension& b) {
    return a.sum_logprob != b.sum_logprob ? a.sum_logprob > b.sum_logprob : a.place < b.place;
  });
  return all;
}

/// Makes `saved` the running hypotheses. Slots nobody follows are closed before any is forked, and the last follower of
/// a slot takes it over, so that there are never more than beam_size.
Result<void> BeamSearch::follow(std::span<const Extension> saved) {
  std::vector<int> followers(running_.size());
  if (!over_) {
    for (const Extension& extension : saved) ++followers[extension.source];
  }
  for (size_t i = 0; i < running_.size(); ++i) {
    if (followers[i] == 0) running_[i].slot.close();
  }
  std::vector<Hypothesis> following;
  following.reserve(saved.size());
  for (const Extension& extension : saved) {
    Hypothesis& source = running_[extension.source];
    Hypothesis hypothesis{.slot = {}, .sampled = source.sampled, .sum_logprob = extension.sum_logprob};
    hypothesis.sampled.push_back(extension.token);
    if (!over_ && --followers[extension.source] > 0) {
      SKALD_TRY(hypothesis.slot, source.slot.fork());
    } else {
      hypothesis.slot = std::move(source.slot);
    }
    following.push_back(std::move(hypothesis));
  }
  running_ = std::move(following);
  return {};
}

std::vector<Sequence> BeamSearch::finish() {
  if (std::cmp_less(finished_.size(), params_.beam_size)) {
    std::vector<size_t> order(running_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    // The reference walks numpy.argsort() backwards: of equal sums the later hypothesis comes first.
    std::ranges::sort(order, std::ranges::greater{}, [&](size_t i) { return std::pair(running_[i].sum_logprob, i); });
    for (const size_t i : order) {
      finished_.push_back({std::move(running_[i].sampled), running_[i].sum_logprob});
      if (std::cmp_equal(finished_.size(), params_.beam_size)) break;
    }
  }
  return std::move(finished_);
}

}  // namespace skald::decode
