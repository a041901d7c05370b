/* The C API over mini.en, in C: what it hands out, what it refuses.
     c_test SOURCE_FOLDER */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "skald/skald.h"

static int failures = 0;
static const char* root;

#define EXPECT(condition)                                                      \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

#define EXPECT_STR(want, got)                                                                                 \
  do {                                                                                                        \
    const char* got_ = (got);                                                                                 \
    if (got_ == NULL || strcmp((want), got_) != 0) {                                                          \
      fprintf(stderr, "%s:%d: \"%s\", not \"%s\"\n", __FILE__, __LINE__, got_ == NULL ? "NULL" : got_, want); \
      ++failures;                                                                                             \
    }                                                                                                         \
  } while (0)

/* A call that must fail: with this code, an error of this code, and `where`. */
#define EXPECT_FAILS(want, place, call)                                             \
  do {                                                                              \
    skald_error* failure = NULL;                                                    \
    EXPECT((call) == (want));                                                       \
    EXPECT(skald_error_code(failure) == (want));                                    \
    EXPECT_STR(place, skald_error_where(failure));                                  \
    EXPECT(skald_error_what(failure)[0] != 0);                                      \
    EXPECT(strstr(skald_error_string(failure), skald_error_what(failure)) != NULL); \
    skald_error_free(failure);                                                      \
  } while (0)

static char* in_root(const char* name) {
  const size_t size = strlen(root) + strlen(name) + 2;
  char* path = malloc(size);
  if (path == NULL) abort();
  (void)snprintf(path, size, "%s/%s", root, name);
  return path;
}

/* Samples of a WAV file of 16 kHz, mono, 16 bits with a header of 44 bytes, as those of samples/ are. */
static float* wav_samples(const char* path, size_t* count) {
  FILE* file = fopen(path, "rb");
  unsigned char header[44];
  if (file == NULL || fread(header, 1, sizeof header, file) != sizeof header) abort();
  size_t room = 1 << 16;
  float* samples = malloc(room * sizeof *samples);
  unsigned char bytes[2];
  *count = 0;
  while (samples != NULL && fread(bytes, 1, 2, file) == 2) {
    if (*count == room) samples = realloc(samples, (room *= 2) * sizeof *samples);
    if (samples == NULL) break;
    const int value = bytes[0] | bytes[1] << 8;
    samples[(*count)++] = (float)(value < 32768 ? value : value - 65536) / 32768.0F;
  }
  (void)fclose(file);
  return samples;
}

static void test_errors(void) {
  EXPECT(skald_error_code(NULL) == SKALD_OK);
  EXPECT_STR("", skald_error_string(NULL));
  skald_error_free(NULL);
  EXPECT_STR("ok", skald_code_name(SKALD_OK));
  EXPECT_STR("invalid argument", skald_code_name(SKALD_INVALID_ARGUMENT));
  EXPECT_STR("internal error", skald_code_name(SKALD_INTERNAL));
  EXPECT_STR("unknown", skald_code_name((skald_code)77));
  EXPECT(strchr(skald_version(), '.') != NULL);
  /* An error may be left to itself. */
  EXPECT(skald_engine_load(NULL, NULL, NULL) == SKALD_INVALID_ARGUMENT);
}

static void test_options(void) {
  skald_options* options = skald_options_new();
  EXPECT(options != NULL);
  skald_error* error = NULL;
  EXPECT(skald_options_set_string(options, "language", "en", &error) == SKALD_OK && error == NULL);
  EXPECT(skald_options_set_none(options, "language", NULL) == SKALD_OK);
  EXPECT(skald_options_set_int(options, "beam-size", 3, NULL) == SKALD_OK);
  EXPECT(skald_options_set_int(options, "temperature", 1, NULL) == SKALD_OK);
  EXPECT(skald_options_set_double(options, "temperature", 0.5, NULL) == SKALD_OK);
  EXPECT(skald_options_set_bool(options, "word_timestamps", true, NULL) == SKALD_OK);
  EXPECT_FAILS(SKALD_NOT_FOUND, "no_such", skald_options_set_int(options, "no_such", 3, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "beam_size", skald_options_set_double(options, "beam_size", 3.5, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "beam_size", skald_options_set_int(options, "beam_size", INT64_MAX, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "beam_size", skald_options_set_string(options, "beam_size", "3", &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "temperature", skald_options_set_none(options, "temperature", &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "word_timestamps",
               skald_options_set_int(options, "word_timestamps", 1, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "value", skald_options_set_string(options, "language", NULL, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "name", skald_options_set_bool(options, NULL, true, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "options", skald_options_set_bool(NULL, "word_timestamps", true, &failure));
  skald_options_free(options);
  skald_options_free(NULL);
}

static void test_option_list(void) {
  EXPECT(skald_option_count() > 20);
  bool beam_size = false;
  bool model = false;
  for (size_t i = 0; i < skald_option_count(); ++i) {
    skald_option_info info = {.size = sizeof info};
    EXPECT(skald_option_at(i, &info, NULL) == SKALD_OK);
    EXPECT(info.name[0] != 0 && info.help[0] != 0);
    if (strcmp(info.name, "beam_size") == 0) {
      beam_size = info.type == SKALD_OPTION_INT && info.may_be_none && !info.of_loading && info.min == 1;
    }
    if (strcmp(info.name, "model") == 0) {
      model = info.type == SKALD_OPTION_STRING && !info.may_be_none && info.of_loading && info.max == (double)INFINITY;
    }
  }
  EXPECT(beam_size && model);
  skald_option_info info = {.size = sizeof info};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "index", skald_option_at(skald_option_count(), &info, &failure));
}

/* Structs of other sizes than this header's. */
static void test_sizes(void) {
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "out", skald_option_at(0, NULL, &failure));
  skald_option_info unset = {0};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "size", skald_option_at(0, &unset, &failure));
  unset.size = sizeof unset - 1;
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "size", skald_option_at(0, &unset, &failure));
  unset.size = 4097;
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "size", skald_option_at(0, &unset, &failure));
  EXPECT(unset.name == NULL);
  struct {
    skald_option_info known;
    int64_t later;
    int64_t behind;
  } longer = {.known = {.size = sizeof longer.known + sizeof longer.later}, .later = 7, .behind = 7};
  EXPECT(skald_option_at(0, &longer.known, NULL) == SKALD_OK);
  EXPECT(longer.known.name != NULL && longer.later == 0 && longer.behind == 7);
}

static void test_nulls(skald_engine* engine) {
  skald_transcript* transcript = NULL;
  skald_model_info model = {.size = sizeof model};
  skald_transcript_info info = {.size = sizeof info};
  skald_segment_info segment = {.size = sizeof segment};
  skald_word_info word = {.size = sizeof word};
  skald_device_info device = {.size = sizeof device};
  skald_attempt_info attempt = {.size = sizeof attempt};
  char* text = NULL;
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "out", skald_engine_load(NULL, NULL, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "engine", skald_engine_info(NULL, &model, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "engine", skald_engine_check(NULL, NULL, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "engine", skald_transcribe_file(NULL, "a", NULL, NULL, &transcript, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "path", skald_transcribe_file(engine, NULL, NULL, NULL, &transcript, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "out", skald_transcribe_file(engine, "a", NULL, NULL, NULL, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "samples",
               skald_transcribe_samples(engine, NULL, 1, NULL, NULL, &transcript, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "transcript", skald_transcript_read(NULL, &info, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "segment", skald_segment_read(NULL, &segment, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "segment", skald_segment_word(NULL, 0, &word, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "transcript", skald_transcript_device(NULL, 0, &device, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "transcript", skald_transcript_attempt(NULL, 0, &attempt, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "transcript", skald_transcript_render(NULL, "srt", NULL, &text, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "transcript", skald_transcript_save(NULL, "srt", "a", NULL, &failure));
  EXPECT(skald_transcript_segment(NULL, 0) == NULL);
  EXPECT(skald_transcript_error(NULL) == NULL);
  EXPECT(transcript == NULL && text == NULL);
  skald_engine_free(NULL);
  skald_transcript_free(NULL);
  skald_cancel_free(NULL);
  skald_cancel_request(NULL);
  skald_cancel_reset(NULL);
  skald_text_free(NULL);
}

static void test_failures(skald_engine* engine) {
  skald_transcript* transcript = NULL;
  EXPECT_FAILS(SKALD_NOT_FOUND, "/no/such.wav",
               skald_transcribe_file(engine, "/no/such.wav", NULL, NULL, &transcript, &failure));
  EXPECT(transcript == NULL);
  skald_options* options = skald_options_new();
  EXPECT(skald_options_set_string(options, "task", "translate", NULL) == SKALD_OK);
  skald_error* error = NULL;
  EXPECT(skald_engine_check(engine, options, &error) == SKALD_UNSUPPORTED); /* an English-only model */
  EXPECT(skald_error_hint(error)[0] != 0);
  skald_error_free(error);
  skald_engine* other = NULL;
  EXPECT(skald_options_set_string(options, "model", "/no/such/model", NULL) == SKALD_OK);
  EXPECT(skald_engine_load(options, &other, NULL) == SKALD_NOT_FOUND && other == NULL);
  EXPECT(skald_options_set_int(options, "threads", -1, NULL) == SKALD_OK);
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "threads", skald_engine_load(options, &other, &failure));
  skald_options_free(options);
}

struct heard {
  char order[64];
  char text[256];
  double total;
  skald_cancel* cancel_at_segment;
};

static void note(struct heard* heard, const char* letter) {
  strncat(heard->order, letter, sizeof heard->order - strlen(heard->order) - 1);
}

static void hear_language(void* user, const char* code, double probability) {
  note(user, strcmp(code, "en") == 0 && probability > 0 ? "L" : "?");
}

static void hear_segment(void* user, const skald_segment* segment) {
  struct heard* heard = user;
  skald_segment_info info = {.size = sizeof info};
  EXPECT(skald_segment_read(segment, &info, NULL) == SKALD_OK);
  strncat(heard->text, info.text, sizeof heard->text - strlen(heard->text) - 1);
  note(heard, "S");
  skald_cancel_request(heard->cancel_at_segment);
}

static void hear_progress(void* user, double done, double total) {
  struct heard* heard = user;
  heard->total = total;
  note(heard, done < total ? "p" : "P");
}

static void test_transcript(skald_engine* engine, const char* path) {
  skald_options* options = skald_options_new();
  EXPECT(skald_options_set_bool(options, "word_timestamps", true, NULL) == SKALD_OK);
  struct heard heard = {.total = 0};
  const skald_callbacks callbacks = {sizeof callbacks, &heard, hear_language, hear_segment, hear_progress, NULL};
  skald_transcript* transcript = NULL;
  skald_error* error = NULL;
  EXPECT(skald_transcribe_file(engine, path, options, &callbacks, &transcript, &error) == SKALD_OK);
  EXPECT_STR("", skald_error_string(error));
  EXPECT_STR("LpSP", heard.order);
  EXPECT_STR(" Good morning, how are you today?", heard.text);

  skald_transcript_info info = {.size = sizeof info};
  EXPECT(skald_transcript_read(transcript, &info, NULL) == SKALD_OK);
  EXPECT_STR(" Good morning, how are you today?", info.text);
  EXPECT_STR("en", info.language);
  EXPECT_STR("transcribe", info.task);
  EXPECT(info.complete && info.has_words && info.segments == 1 && info.devices == 2 && info.attempts >= 1);
  EXPECT(info.duration > 2 && fabs(info.duration - heard.total) <= 0.01);
  EXPECT(info.total_seconds >= info.encode_seconds + info.decode_seconds);
  EXPECT(skald_transcript_error(transcript) == NULL);

  const skald_segment* segment = skald_transcript_segment(transcript, 0);
  skald_segment_info s = {.size = sizeof s};
  EXPECT(skald_segment_read(segment, &s, NULL) == SKALD_OK);
  EXPECT(s.id == 0 && s.seek == 0 && s.end > s.start && s.end <= info.duration);
  EXPECT(s.token_count > 6 && s.tokens[0] >= 50256 && s.words == 6); /* first a timestamp */
  EXPECT(s.avg_logprob < 0 && s.compression_ratio > 0 && s.no_speech_prob < 1);
  EXPECT(skald_transcript_segment(transcript, 1) == NULL);

  char joined[256] = "";
  double last = 0;
  for (size_t i = 0; i < s.words; ++i) {
    skald_word_info w = {.size = sizeof w};
    EXPECT(skald_segment_word(segment, i, &w, NULL) == SKALD_OK);
    EXPECT(w.start >= last && w.end >= w.start && w.probability > 0 && w.probability <= 1);
    last = w.end;
    strncat(joined, w.word, sizeof joined - strlen(joined) - 1);
  }
  EXPECT_STR(s.text, joined);
  skald_word_info none = {.size = sizeof none};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "index", skald_segment_word(segment, s.words, &none, &failure));

  skald_device_info device = {.size = sizeof device};
  EXPECT(skald_transcript_device(transcript, 1, &device, NULL) == SKALD_OK);
  EXPECT_STR("decoder", device.stage);
  EXPECT_STR("cpu", device.device);
  EXPECT(device.calls > 1 && device.threads >= 1 && device.weight_bytes > 1000000 && device.seconds > 0);
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "index", skald_transcript_device(transcript, 2, &device, &failure));
  skald_attempt_info attempt = {.size = sizeof attempt};
  EXPECT(skald_transcript_attempt(transcript, info.attempts - 1, &attempt, NULL) == SKALD_OK);
  EXPECT(attempt.accepted && attempt.temperature == s.temperature && attempt.avg_logprob == s.avg_logprob);
  skald_transcript_free(transcript);
  skald_options_free(options);
}

static void test_samples_and_output(skald_engine* engine, const char* path) {
  size_t count = 0;
  float* samples = wav_samples(path, &count);
  skald_transcript* transcript = NULL;
  EXPECT(skald_transcribe_samples(engine, samples, count, NULL, NULL, &transcript, NULL) == SKALD_OK);
  free(samples);
  char* text = NULL;
  EXPECT(skald_transcript_render(transcript, "srt", NULL, &text, NULL) == SKALD_OK);
  EXPECT(text != NULL && strncmp(text, "1\n00:00:00,000 --> 00:00:0", 26) == 0);
  EXPECT(text != NULL && strstr(text, "\nGood morning, how are you today?\n\n") != NULL);
  skald_text_free(text);
  bool srt = false;
  for (size_t i = 0; skald_output_format(i) != NULL; ++i) srt = srt || strcmp(skald_output_format(i), "srt") == 0;
  EXPECT(srt);
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "output-format",
               skald_transcript_render(transcript, "docx", NULL, &text, &failure));
  skald_subtitle_options subtitles = {.size = sizeof subtitles, .max_line_width = -1};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "max_line_width",
               skald_transcript_render(transcript, "srt", &subtitles, &text, &failure));
  struct {
    skald_subtitle_options known;
    int64_t later;
  } longer = {.known = {.size = sizeof longer}, .later = 1};
  EXPECT_FAILS(SKALD_UNSUPPORTED, "size", skald_transcript_render(transcript, "srt", &longer.known, &text, &failure));
  longer.later = 0;
  EXPECT(skald_transcript_render(transcript, "srt", &longer.known, &text, NULL) == SKALD_OK);
  skald_text_free(text);
  EXPECT(skald_transcript_save(transcript, "txt", "c_test_output.txt", NULL, NULL) == SKALD_OK);
  char line[64] = "";
  FILE* file = fopen("c_test_output.txt", "r");
  EXPECT(file != NULL && fgets(line, sizeof line, file) != NULL);
  EXPECT_STR("Good morning, how are you today?\n", line);
  if (file != NULL) (void)fclose(file);
  EXPECT(remove("c_test_output.txt") == 0);
  EXPECT(skald_transcript_save(transcript, "txt", "/no/such/folder/a.txt", NULL, NULL) == SKALD_NOT_FOUND);
  skald_transcript_free(transcript);

  EXPECT(skald_transcribe_samples(engine, NULL, 0, NULL, NULL, &transcript, NULL) == SKALD_OK);
  skald_transcript_info info = {.size = sizeof info};
  EXPECT(skald_transcript_read(transcript, &info, NULL) == SKALD_OK);
  EXPECT(info.complete && info.segments == 0 && info.duration == 0);
  skald_transcript_free(transcript);
}

static void test_cancel(skald_engine* engine, const char* path) {
  size_t count = 0;
  float* samples = wav_samples(path, &count);
  const size_t apart = 31 * 16000;  // too far for one window
  const size_t two_windows = apart + count;
  samples = realloc(samples, two_windows * sizeof *samples);
  if (samples == NULL) abort();
  for (size_t i = count; i < apart; ++i) samples[i] = 0;
  for (size_t i = 0; i < count; ++i) samples[apart + i] = samples[i];
  skald_cancel* cancel = skald_cancel_new();
  struct heard heard = {.cancel_at_segment = cancel};
  const skald_callbacks callbacks = {
      .size = sizeof callbacks, .user = &heard, .on_segment = hear_segment, .cancel = cancel};
  skald_transcript* transcript = NULL;
  EXPECT(skald_transcribe_samples(engine, samples, two_windows, NULL, &callbacks, &transcript, NULL) == SKALD_OK);
  skald_transcript_info info = {.size = sizeof info};
  EXPECT(skald_transcript_read(transcript, &info, NULL) == SKALD_OK);
  EXPECT(!info.complete && info.segments >= 1);
  EXPECT(skald_error_code(skald_transcript_error(transcript)) == SKALD_CANCELLED);
  skald_transcript_free(transcript);

  skald_cancel_reset(cancel);
  heard.cancel_at_segment = NULL;
  EXPECT(skald_transcribe_samples(engine, samples, count, NULL, &callbacks, &transcript, NULL) == SKALD_OK);
  EXPECT(skald_transcript_error(transcript) == NULL);
  skald_transcript_free(transcript);
  skald_cancel_free(cancel);
  free(samples);
}

struct listened {
  char stable[512];
  char provisional[512]; /* of the last text */
  double heard;
  double last; /* end of the last stable word */
  int texts;
  skald_cancel* cancel;
};

static void hear_text(void* user, const skald_live_text* text) {
  struct listened* listened = user;
  skald_live_text_info info = {.size = sizeof info};
  EXPECT(skald_live_text_read(text, &info, NULL) == SKALD_OK);
  char words[512] = "";
  for (size_t i = 0; i < info.stable_words + info.provisional_words; ++i) {
    if (i == info.stable_words) {
      EXPECT_STR(info.stable, words);
      words[0] = 0;
    }
    skald_word_info word = {.size = sizeof word};
    EXPECT(skald_live_text_word(text, i, &word, NULL) == SKALD_OK);
    EXPECT(word.end >= word.start && word.end <= info.heard && word.probability > 0);
    if (i < info.stable_words) {
      EXPECT(word.end >= listened->last);
      listened->last = word.end;
    }
    strncat(words, word.word, sizeof words - strlen(words) - 1);
  }
  EXPECT_STR(info.provisional_words > 0 ? info.provisional : info.stable, words);
  skald_word_info none = {.size = sizeof none};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "index",
               skald_live_text_word(text, info.stable_words + info.provisional_words, &none, &failure));
  strncat(listened->stable, info.stable, sizeof listened->stable - strlen(listened->stable) - 1);
  (void)snprintf(listened->provisional, sizeof listened->provisional, "%s", info.provisional);
  EXPECT(info.heard > listened->heard);
  listened->heard = info.heard;
  ++listened->texts;
  skald_cancel_request(listened->cancel);
}

/* As bytes that are cut within samples, and as samples. */
static void test_live(skald_engine* engine, const char* path) {
  size_t count = 0;
  float* samples = wav_samples(path, &count);
  unsigned char* bytes = malloc(2 * count);
  if (bytes == NULL) abort();
  for (size_t i = 0; i < count; ++i) {
    const int value = (int)(samples[i] * 32768.0F);
    bytes[2 * i] = (unsigned char)(value & 255);
    bytes[2 * i + 1] = (unsigned char)(value >> 8 & 255);
  }
  skald_options* options = skald_options_new_live();
  EXPECT(skald_options_set_string(options, "language", "en", NULL) == SKALD_OK);
  const skald_live_options often = {.size = sizeof often, .step = 0.5};
  for (int as_bytes = 0; as_bytes < 2; ++as_bytes) {
    struct listened listened = {.texts = 0};
    const skald_live_callbacks callbacks = {.size = sizeof callbacks, .user = &listened, .on_text = hear_text};
    skald_live* live = NULL;
    skald_error* error = NULL;
    EXPECT(skald_live_open(engine, options, &often, &callbacks, &live, &error) == SKALD_OK);
    EXPECT_STR("", skald_error_string(error));
    const size_t all = as_bytes ? 2 * count : count;
    const size_t most = as_bytes ? 8001 : 4000; /* 0.25 s */
    for (size_t fed = 0; fed < all; fed += most) {
      const size_t piece = all - fed < most ? all - fed : most;
      EXPECT((as_bytes ? skald_live_feed_bytes(live, bytes + fed, piece, NULL)
                       : skald_live_feed_samples(live, samples + fed, piece, NULL)) == SKALD_OK);
    }
    EXPECT(listened.texts >= 4); /* 2.1 s */
    EXPECT(skald_live_finish(live, NULL) == SKALD_OK);
    EXPECT_STR(" Good morning, how are you today?", listened.stable);
    EXPECT_STR("", listened.provisional);
    EXPECT(fabs(listened.heard - (double)count / 16000) < 1e-4);
    EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "audio", skald_live_feed_bytes(live, bytes, 2, &failure));
    EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "audio", skald_live_finish(live, &failure));
    skald_live_free(live);
  }
  skald_options_free(options);
  free(samples);
  free(bytes);
}

static void test_live_cancel(skald_engine* engine, const char* path) {
  size_t count = 0;
  float* samples = wav_samples(path, &count);
  struct listened listened = {.cancel = skald_cancel_new()};
  const skald_live_callbacks callbacks = {
      .size = sizeof callbacks, .user = &listened, .on_text = hear_text, .cancel = listened.cancel};
  skald_live* live = NULL;
  EXPECT(skald_live_open(engine, NULL, NULL, &callbacks, &live, NULL) == SKALD_OK);
  EXPECT(skald_live_feed_samples(live, samples, 8000, NULL) == SKALD_OK);
  EXPECT(listened.texts == 1); /* by which it is cancelled */
  EXPECT(skald_live_feed_samples(live, samples + 8000, 8000, NULL) == SKALD_CANCELLED);
  EXPECT(skald_live_finish(live, NULL) == SKALD_CANCELLED);
  skald_cancel_reset(listened.cancel);
  EXPECT(skald_live_feed_samples(live, samples + 8000, 8000, NULL) == SKALD_OK);
  EXPECT(listened.texts == 2);
  skald_live_free(live); /* without an end */
  skald_cancel_free(listened.cancel);
  free(samples);
}

static void test_live_refusals(skald_engine* engine) {
  skald_live* live = NULL;
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "engine", skald_live_open(NULL, NULL, NULL, NULL, &live, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "out", skald_live_open(engine, NULL, NULL, NULL, NULL, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "live", skald_live_feed_bytes(NULL, "", 1, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "live", skald_live_feed_samples(NULL, NULL, 0, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "live", skald_live_finish(NULL, &failure));
  skald_live_text_info info = {.size = sizeof info};
  skald_word_info word = {.size = sizeof word};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "text", skald_live_text_read(NULL, &info, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "text", skald_live_text_word(NULL, 0, &word, &failure));
  skald_live_free(NULL);
  skald_live_options audio = {.size = sizeof audio, .format = "mp3"};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "format", skald_live_open(engine, NULL, &audio, NULL, &live, &failure));
  audio.format = "f32le";
  audio.channels = -1;
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "channels", skald_live_open(engine, NULL, &audio, NULL, &live, &failure));
  audio.size = 1;
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "size", skald_live_open(engine, NULL, &audio, NULL, &live, &failure));
  const skald_live_callbacks unset = {.size = 0};
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "size", skald_live_open(engine, NULL, NULL, &unset, &live, &failure));
  skald_options* options = skald_options_new_live();
  EXPECT(skald_options_set_string(options, "task", "translate", NULL) == SKALD_OK);
  EXPECT_FAILS(SKALD_UNSUPPORTED, "task", skald_live_open(engine, options, NULL, NULL, &live, &failure));
  skald_options_free(options);
  EXPECT(live == NULL);
  EXPECT(skald_live_open(engine, NULL, NULL, NULL, &live, NULL) == SKALD_OK);
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "samples", skald_live_feed_samples(live, NULL, 1, &failure));
  EXPECT_FAILS(SKALD_INVALID_ARGUMENT, "bytes", skald_live_feed_bytes(live, NULL, 1, &failure));
  EXPECT(skald_live_feed_bytes(live, NULL, 0, NULL) == SKALD_OK);
  EXPECT(skald_live_finish(live, NULL) == SKALD_OK); /* nobody listens */
  skald_live_free(live);
}

int main(int argc, char** argv) {
  if (argc != 2) {
    (void)fprintf(stderr, "usage: c_test SOURCE_FOLDER\n");
    return 2;
  }
  root = argv[1];
  test_errors();
  test_options();
  test_option_list();
  test_sizes();

  char* model = in_root("models/mini.en");
  char* hello = in_root("samples/hello.wav");
  skald_options* options = skald_options_new();
  skald_engine* engine = NULL;
  skald_error* error = NULL;
  EXPECT(skald_options_set_string(options, "model", model, NULL) == SKALD_OK);
  EXPECT(skald_engine_load(options, &engine, &error) == SKALD_OK);
  EXPECT_STR("", skald_error_string(error));
  skald_options_free(options);
  if (engine != NULL) {
    skald_model_info info = {.size = sizeof info};
    EXPECT(skald_engine_info(engine, &info, NULL) == SKALD_OK);
    EXPECT_STR(model, info.path);
    EXPECT(!info.multilingual && info.width == 256 && info.vocabulary == 51864 && info.load_seconds > 0);
    test_nulls(engine);
    test_failures(engine);
    test_transcript(engine, hello);
    test_samples_and_output(engine, hello);
    test_cancel(engine, hello);
    test_live(engine, hello);
    test_live_cancel(engine, hello);
    test_live_refusals(engine);
  }
  skald_engine_free(engine);
  free(model);
  free(hello);
  if (failures == 0) (void)printf("the C API does as it says\n");
  return failures == 0 ? 0 : 1;
}
