#include "skald/live.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support.h"

// NOLINTBEGIN(readability-identifier-naming)
struct skald_live {
  skald::Live live;
};

struct skald_live_text {
  const skald::LiveText& text;
  std::string stable;
  std::string provisional;
};
// NOLINTEND(readability-identifier-naming)

namespace skald::c {
namespace {

std::string joined(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text += word.word;
  return text;
}

LiveOptions live_options_of(const skald_live_options& given) {
  LiveOptions options;
  if (given.format != nullptr) options.format = given.format;
  if (given.rate != 0) options.rate = given.rate;
  if (given.channels != 0) options.channels = given.channels;
  if (given.step != 0) options.step = given.step;
  if (given.length != 0) options.length = given.length;
  options.keep_context = given.keep_context;
  return options;
}

Live::OnText on_text_of(const skald_live_callbacks& given) {
  if (given.on_text == nullptr) return {};
  return [given](const LiveText& text) {
    const skald_live_text told{.text = text, .stable = joined(text.stable), .provisional = joined(text.provisional)};
    given.on_text(given.user, &told);
  };
}

Result<void> open(skald_engine* engine, const skald_options* options, const skald_live_options* given_live,
                  const skald_live_callbacks* given_callbacks, skald_live** out) {
  if (auto given = not_null(out, "out"); !given) return given;
  *out = nullptr;
  if (auto given = not_null(engine, "engine"); !given) return given;
  const auto live = take_in(given_live);
  if (!live) return std::unexpected(live.error());
  const auto callbacks = take_in(given_callbacks);
  if (!callbacks) return std::unexpected(callbacks.error());
  auto opened = Live::open(engine->engine, options == nullptr ? Live::usual_options() : options->transcribe,
                           live_options_of(*live), on_text_of(*callbacks),
                           callbacks->cancel == nullptr ? nullptr : &callbacks->cancel->requested);
  if (!opened) return std::unexpected(std::move(opened).error());
  *out = new skald_live{*std::move(opened)};
  return {};
}

/// Hands samples or bytes on. `name` is the argument's.
template <class T>
Result<void> feed(skald_live* live, const T* audio, size_t count, const char* name) {
  if (auto given = not_null(live, "live"); !given) return given;
  if (count > 0) {
    if (auto given = not_null(audio, name); !given) return given;
  }
  return live->live.feed(std::span(audio, count));
}

}  // namespace
}  // namespace skald::c

using namespace skald::c;  // NOLINT(google-build-using-namespace): the functions below are C's
using skald::Result;

skald_code skald_live_open(skald_engine* engine, const skald_options* options, const skald_live_options* live,
                           const skald_live_callbacks* callbacks, skald_live** out, skald_error** error) {
  return guarded(error, [&] { return open(engine, options, live, callbacks, out); });
}

void skald_live_free(skald_live* live) {
  delete live;
}

skald_code skald_live_feed_samples(skald_live* live, const float* samples, size_t count, skald_error** error) {
  return guarded(error, [&] { return feed(live, samples, count, "samples"); });
}

skald_code skald_live_feed_bytes(skald_live* live, const void* bytes, size_t count, skald_error** error) {
  return guarded(error, [&] { return feed(live, static_cast<const std::byte*>(bytes), count, "bytes"); });
}

skald_code skald_live_finish(skald_live* live, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(live, "live"); !given) return given;
    return live->live.finish();
  });
}

skald_code skald_live_text_read(const skald_live_text* text, skald_live_text_info* out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(text, "text"); !given) return given;
    return hand_out({.size = 0,
                     .heard = text->text.heard,
                     .stable = text->stable.c_str(),
                     .provisional = text->provisional.c_str(),
                     .stable_words = text->text.stable.size(),
                     .provisional_words = text->text.provisional.size()},
                    out);
  });
}

skald_code skald_live_text_word(const skald_live_text* text, size_t index, skald_word_info* out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(text, "text"); !given) return given;
    const auto& [stable, provisional, heard] = text->text;
    if (index < stable.size()) return hand_out(to_c(stable[index]), out);
    const size_t behind = index - stable.size();
    if (behind < provisional.size()) return hand_out(to_c(provisional[behind]), out);
    return skald::fail(skald::ErrorCode::kInvalidArgument, "index",
                       "there are only " + std::to_string(stable.size() + provisional.size()),
                       "skald_live_text_read() says how many");
  });
}
