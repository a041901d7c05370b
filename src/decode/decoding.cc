#include "decode/decoding.h"

#include <algorithm>
#include <new>

#include "decode/batch.h"
#include "decode/rules.h"
#include "decode/window_run.h"

namespace skald::decode {
namespace {

Result<void> run_all(model::Decoder& decoder, std::vector<WindowRun>& runs, StepBatch& batch,
                     const std::atomic<bool>* cancel) {
  const auto asked_to_stop = [&] { return cancel != nullptr && cancel->load(std::memory_order_relaxed); };
  for (;;) {
    StepSize size;
    for (const WindowRun& run : runs) run.count(size);
    if (size.rows == 0) return {};
    if (asked_to_stop()) return fail(ErrorCode::kCancelled, "decoding", "cancelled");
    batch.begin(size);
    for (WindowRun& run : runs) run.gather(batch);
    SKALD_CHECK(decoder.step(batch.in(), batch.out()));
    for (WindowRun& run : runs) SKALD_CHECK(run.consume(batch));
  }
}

Result<std::vector<WindowResult>> decode_all(const Context& context, std::span<const Task> tasks,
                                             const std::atomic<bool>* cancel) {
  std::vector<WindowRun> runs;
  runs.reserve(tasks.size());
  for (const Task& task : tasks) SKALD_CHECK(runs.emplace_back(context, task).start());
  StepBatch batch(static_cast<size_t>(context.rules.vocab()), context.rules.mask_words());
  SKALD_CHECK(run_all(context.decoder, runs, batch, cancel));
  std::vector<WindowResult> results;
  results.reserve(runs.size());
  for (WindowRun& run : runs) results.push_back(run.take_result());
  return results;
}

}  // namespace

Result<std::vector<WindowResult>> decode_windows(model::Decoder& decoder, const text::Tokenizer& tokenizer,
                                                 const Settings& settings, std::span<const Task> tasks,
                                                 const std::atomic<bool>* cancel) {
  try {
    const Rules rules(settings, tokenizer);
    return decode_all({.decoder = decoder, .tokenizer = tokenizer, .settings = settings, .rules = rules}, tasks,
                      cancel);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "decoding", "out of memory",
                "choose fewer beams or samples, or close other programs");
  }
}

int slots_needed(const Settings& settings, int windows) {
  int group = 1;
  for (const double temperature : settings.temperatures) {
    group = std::max(group, temperature > 0 ? settings.best_of : settings.beam_size.value_or(1));
  }
  const int root = settings.temperatures.size() > 1 ? 1 : 0;  // kept for the rungs to come
  return windows * (group + root);
}

}  // namespace skald::decode
