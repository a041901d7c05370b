#include "decode/rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "decode/loops.h"

namespace skald::decode {
namespace {

constexpr int kWordBits = 64;

void set_bit(std::span<uint64_t> mask, int32_t token) {
  mask[static_cast<size_t>(token) / kWordBits] |= uint64_t{1} << (static_cast<unsigned>(token) % kWordBits);
}

/// Sets the bits of [begin, end).
void set_range(std::span<uint64_t> mask, int32_t begin, int32_t end) {
  if (begin >= end) return;
  const auto first = static_cast<size_t>(begin) / kWordBits;
  const auto last = static_cast<size_t>(end - 1) / kWordBits;
  const uint64_t head = ~uint64_t{0} << (static_cast<unsigned>(begin) % kWordBits);
  const uint64_t tail = ~uint64_t{0} >> (kWordBits - 1 - static_cast<unsigned>(end - 1) % kWordBits);
  if (first == last) {
    mask[first] |= head & tail;
    return;
  }
  mask[first] |= head;
  std::fill(mask.begin() + static_cast<std::ptrdiff_t>(first) + 1, mask.begin() + static_cast<std::ptrdiff_t>(last),
            ~uint64_t{0});
  mask[last] |= tail;
}

/// log(exp(a) + exp(b)); -infinity stands for nothing.
double log_add_exp(double a, double b) {
  const double high = std::max(a, b);
  if (std::isinf(high)) return high;
  return high + std::log1p(std::exp(std::min(a, b) - high));
}

bool is_sum(float log_sum_exp) {
  return !std::isnan(log_sum_exp) && log_sum_exp != std::numeric_limits<float>::infinity();
}

}  // namespace

Rules::Rules(const Settings& settings, const text::Tokenizer& tokenizer)
    : settings_(settings),
      vocab_(vocabulary_size(tokenizer)),
      end_of_text_(tokenizer.special().end_of_text),
      timestamp_begin_(tokenizer.special().timestamp_begin),
      base_((static_cast<size_t>(vocab_) + kWordBits - 1) / kWordBits) {
  if (settings.suppress_blank) {
    blank_ = tokenizer.encode(" ");
    blank_.push_back(end_of_text_);
  }
  for (const int32_t token : settings.suppress) set_bit(base_, token);
  if (settings.timestamps) set_bit(base_, tokenizer.special().no_timestamps);
}

void Rules::mask(std::span<const int32_t> sampled, std::span<uint64_t> mask) const {
  std::ranges::copy(base_, mask.begin());
  if (sampled.empty()) {
    for (const int32_t token : blank_) set_bit(mask, token);
  }
  if (settings_.timestamps) mask_timestamps(sampled, mask);
  if (without_loop(sampled, timestamp_begin_, settings_.max_repeats) < sampled.size()) {
    std::ranges::fill(mask, ~uint64_t{0});
    mask[static_cast<size_t>(end_of_text_) / kWordBits] &=
        ~(uint64_t{1} << (static_cast<unsigned>(end_of_text_) % kWordBits));
  }
}

void Rules::mask_timestamps(std::span<const int32_t> sampled, std::span<uint64_t> mask) const {
  const auto is_timestamp = [&](int32_t token) { return token >= timestamp_begin_; };
  const size_t n = sampled.size();
  if (n == 0) {
    set_range(mask, 0, timestamp_begin_);
    if (settings_.max_initial_timestamp) {
      set_range(mask, std::min(timestamp_begin_ + *settings_.max_initial_timestamp + 1, vocab_), vocab_);
    }
    return;
  }
  const bool last = is_timestamp(sampled[n - 1]);
  const bool penultimate = n < 2 || is_timestamp(sampled[n - 2]);
  if (last && penultimate) set_range(mask, timestamp_begin_, vocab_);  // a pair is complete: text or the end
  if (last && !penultimate) set_range(mask, 0, end_of_text_);          // half a pair: its other half or the end

  const auto latest = std::find_if(sampled.rbegin(), sampled.rend(), is_timestamp);
  if (latest == sampled.rend()) return;
  // Never backwards; and only the second half of a pair may repeat a time, so that segments are not empty.
  const int32_t earliest = last && !penultimate ? *latest : *latest + 1;
  set_range(mask, timestamp_begin_, earliest);
}

Result<void> Rules::filter(const model::StepOut& out, size_t candidates, Distribution& next) const {
  if (!is_sum(out.text.log_sum_exp) || !is_sum(out.timestamps.log_sum_exp)) {
    return fail(ErrorCode::kBadModel, "decoder", "the logits are not finite numbers",
                "the checkpoint is damaged or its values overflow the compute type: try --compute-type float32");
  }
  std::span<const model::Candidate> text = out.text.top;
  std::span<const model::Candidate> timestamps = out.timestamps.top;
  const float max_text = text.empty() ? -std::numeric_limits<float>::infinity() : text[0].logit;
  const bool only_timestamps = settings_.timestamps && out.timestamps.log_sum_exp > max_text;
  if (only_timestamps) text = {};
  next.first_allowed = only_timestamps ? timestamp_begin_ : 0;
  next.log_sum_exp =
      only_timestamps ? out.timestamps.log_sum_exp : log_add_exp(out.text.log_sum_exp, out.timestamps.log_sum_exp);
  next.best.clear();
  while (next.best.size() < candidates && !(text.empty() && timestamps.empty())) {
    const bool take_text = timestamps.empty() || (!text.empty() && text[0].logit >= timestamps[0].logit);
    auto& from = take_text ? text : timestamps;
    if (!std::isfinite(from[0].logit)) break;  // the better of the two: nothing but suppressed ones is left
    next.best.push_back({from[0].token, static_cast<float>(from[0].logit - next.log_sum_exp)});
    from = from.subspan(1);
  }
  return {};
}

}  // namespace skald::decode
