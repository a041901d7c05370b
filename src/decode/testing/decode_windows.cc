#include "decode/testing/decode_windows.h"

#include <algorithm>

#include "decode/window_set.h"

namespace skald::decode::testing {

Result<std::vector<WindowResult>> decode_windows(model::Decoder& decoder, const text::Tokenizer& tokenizer,
                                                 const Settings& settings, std::span<const Task> tasks,
                                                 const std::atomic<bool>* cancel) {
  const Rules rules(settings, tokenizer);
  WindowSet set(decoder, tokenizer);
  std::vector<WindowSet::Id> ids;
  for (const Task& task : tasks) {
    SKALD_TRY(const WindowSet::Id id, set.enter(rules, task));
    ids.push_back(id);
  }
  while (!std::ranges::all_of(ids, [&](WindowSet::Id id) { return set.ended(id); })) {
    if (cancel != nullptr && cancel->load()) return fail(ErrorCode::kCancelled, "decoding", "cancelled");
    set.step();
  }
  std::vector<WindowResult> results;
  for (const WindowSet::Id id : ids) {
    SKALD_TRY(WindowResult result, set.result(id));
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace skald::decode::testing
