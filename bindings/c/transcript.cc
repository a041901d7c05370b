#include <cstring>
#include <utility>

#include "support.h"

namespace skald::c {
namespace {

/// The element of a list that an index names.
template <class T>
Result<const T*> element(const std::vector<T>& list, size_t index) {
  if (index < list.size()) return &list[index];
  return fail(ErrorCode::kInvalidArgument, "index", "there are only " + std::to_string(list.size()),
              "the struct that holds their number says how many");
}

Result<SubtitleOptions> subtitles_of(const skald_subtitle_options* given) {
  const auto read = take_in(given);
  if (!read) return std::unexpected(read.error());
  SubtitleOptions options;
  const auto set = [](std::optional<int>& option, int32_t value, const char* name) -> Result<void> {
    if (value < 0) return fail(ErrorCode::kInvalidArgument, name, "is negative", "give at least 1, or 0 for none");
    if (value > 0) option = value;
    return {};
  };
  if (auto done = set(options.max_line_width, read->max_line_width, "max_line_width"); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = set(options.max_line_count, read->max_line_count, "max_line_count"); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = set(options.max_words_per_line, read->max_words_per_line, "max_words_per_line"); !done) {
    return std::unexpected(done.error());
  }
  options.highlight_words = read->highlight_words;
  return options;
}

}  // namespace
}  // namespace skald::c

using namespace skald::c;  // NOLINT(google-build-using-namespace): the functions below are C's
using skald::Result;

void skald_transcript_free(skald_transcript* transcript) {
  delete transcript;
}

skald_code skald_transcript_read(const skald_transcript* transcript, skald_transcript_info* out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(transcript, "transcript"); !given) return given;
    const skald::Transcript& t = transcript->transcript;
    const skald::Coverage coverage = t.coverage.value_or(skald::Coverage{});
    return hand_out({.size = 0,
                     .text = t.text.c_str(),
                     .language = t.language.c_str(),
                     .language_probability = t.language_probability,
                     .task = t.task.c_str(),
                     .duration = t.duration,
                     .model = t.model.c_str(),
                     .has_words = t.has_words,
                     .complete = t.complete,
                     .segments = t.segments.size(),
                     .attempts = t.attempts.size(),
                     .devices = t.devices.size(),
                     .load_seconds = t.timings.load,
                     .audio_seconds = t.timings.audio,
                     .mel_seconds = t.timings.mel,
                     .encode_seconds = t.timings.encode,
                     .decode_seconds = t.timings.decode,
                     .total_seconds = t.timings.total,
                     .long_form = t.long_form.c_str(),
                     .speech_with_text = coverage.speech_with_text,
                     .speech_without_text = coverage.speech_without_text,
                     .silence = coverage.silence},
                    out);
  });
}

const skald_error* skald_transcript_error(const skald_transcript* transcript) {
  return transcript == nullptr ? nullptr : transcript->error.get();
}

const skald_segment* skald_transcript_segment(const skald_transcript* transcript, size_t index) {
  if (transcript == nullptr || index >= transcript->transcript.segments.size()) return nullptr;
  return to_c(transcript->transcript.segments[index]);
}

skald_code skald_segment_read(const skald_segment* segment, skald_segment_info* out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(segment, "segment"); !given) return given;
    const skald::Segment& s = from_c(*segment);
    return hand_out({.size = 0,
                     .id = s.id,
                     .seek = s.seek,
                     .start = s.start,
                     .end = s.end,
                     .text = s.text.c_str(),
                     .tokens = s.tokens.data(),
                     .token_count = s.tokens.size(),
                     .temperature = s.temperature,
                     .avg_logprob = s.avg_logprob,
                     .compression_ratio = s.compression_ratio,
                     .no_speech_prob = s.no_speech_prob,
                     .words = s.words.size()},
                    out);
  });
}

skald_code skald_segment_word(const skald_segment* segment, size_t index, skald_word_info* out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(segment, "segment"); !given) return given;
    const auto word = element(from_c(*segment).words, index);
    if (!word) return std::unexpected(word.error());
    return hand_out(to_c(**word), out);
  });
}

skald_code skald_transcript_device(const skald_transcript* transcript, size_t index, skald_device_info* out,
                                   skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(transcript, "transcript"); !given) return given;
    const auto device = element(transcript->transcript.devices, index);
    if (!device) return std::unexpected(device.error());
    const skald::DeviceReport& d = **device;
    return hand_out({.size = 0,
                     .stage = d.stage.c_str(),
                     .device = d.device.c_str(),
                     .isa = d.isa.c_str(),
                     .compute_type = d.compute_type.c_str(),
                     .threads = d.threads,
                     .seconds = d.seconds,
                     .calls = d.calls,
                     .weight_bytes = d.weight_bytes},
                    out);
  });
}

skald_code skald_transcript_attempt(const skald_transcript* transcript, size_t index, skald_attempt_info* out,
                                    skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(transcript, "transcript"); !given) return given;
    const auto attempt = element(transcript->transcript.attempts, index);
    if (!attempt) return std::unexpected(attempt.error());
    const skald::Attempt& a = **attempt;
    return hand_out({.size = 0,
                     .seek = a.seek,
                     .temperature = a.temperature,
                     .avg_logprob = a.avg_logprob,
                     .compression_ratio = a.compression_ratio,
                     .no_speech_prob = a.no_speech_prob,
                     .accepted = a.accepted},
                    out);
  });
}

const char* skald_output_format(size_t index) {
  const auto formats = skald::output_formats();
  return index < formats.size() ? formats[index].data() : nullptr;  // literals
}

skald_code skald_transcript_render(const skald_transcript* transcript, const char* format,
                                   const skald_subtitle_options* subtitles, char** out, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(out, "out"); !given) return given;
    *out = nullptr;
    if (auto given = not_null(transcript, "transcript"); !given) return given;
    if (auto given = not_null(format, "format"); !given) return given;
    const auto options = subtitles_of(subtitles);
    if (!options) return std::unexpected(options.error());
    const auto text = skald::render(transcript->transcript, format, *options);
    if (!text) return std::unexpected(text.error());
    *out = new char[text->size() + 1];
    std::memcpy(*out, text->c_str(), text->size() + 1);
    return {};
  });
}

void skald_text_free(char* text) {  // NOLINT(readability-non-const-parameter): it ends here
  delete[] text;
}

skald_code skald_transcript_save(const skald_transcript* transcript, const char* format, const char* path,
                                 const skald_subtitle_options* subtitles, skald_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (auto given = not_null(transcript, "transcript"); !given) return given;
    if (auto given = not_null(format, "format"); !given) return given;
    if (auto given = not_null(path, "path"); !given) return given;
    const auto options = subtitles_of(subtitles);
    if (!options) return std::unexpected(options.error());
    return skald::save(transcript->transcript, format, path, *options);
  });
}
