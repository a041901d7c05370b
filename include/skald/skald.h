#ifndef SKALD_SKALD_H
#define SKALD_SKALD_H
/* The C API: open a model once, transcribe recordings with it. C11 or later, and what can call C.

   Errors: a call that can fail returns a skald_code, SKALD_OK being 0. Its last argument may be NULL; otherwise what it
   points to is set to NULL, or on failure to an error that the caller frees. Nothing throws, prints or aborts.

   Objects: what a call hands out is freed by the function that its comment names; all of those take NULL. What is const
   and comes from an object belongs to that object.

   Structs: the first member is the size, which the caller sets: `skald_segment_info info = {.size = sizeof info};`. A
   library that knows fewer members leaves the others 0; one that knows more writes no further than the size. A size
   smaller than the struct's first version, or larger than 4096, is SKALD_INVALID_ARGUMENT. In structs that the caller
   fills, members that the library does not know must be 0, else SKALD_UNSUPPORTED.

   Texts: UTF-8, ended by 0. File names are bytes, as the system has them.

   Threads: an object is used by one thread at a time, but for a cancel handle, and an engine, whose second caller waits
   for the first. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SKALD_API __attribute__((visibility("default")))
#else
#define SKALD_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(modernize-use-using, readability-identifier-naming): C */

/* ---- errors ---------------------------------------------------------------------------------------------------- */

typedef enum skald_code {
  SKALD_OK = 0,
  SKALD_INVALID_ARGUMENT = 1, /* an option or argument is out of its range or contradicts another */
  SKALD_NOT_FOUND = 2,        /* a file, model or device that was named does not exist */
  SKALD_PERMISSION = 3,       /* it exists but may not be read or written */
  SKALD_BAD_AUDIO = 4,        /* the audio cannot be decoded */
  SKALD_BAD_MODEL = 5,        /* the checkpoint is damaged, incomplete or not a Whisper model */
  SKALD_UNSUPPORTED = 6,      /* valid, but this build, model or machine cannot do it */
  SKALD_OUT_OF_MEMORY = 7,    /* an allocation failed */
  SKALD_IO = 8,               /* reading or writing failed half-way (disk full, closed pipe ...) */
  SKALD_CANCELLED = 9,        /* the caller asked to stop */
  SKALD_INTERNAL = 10         /* a broken invariant: a defect of Skald */
} skald_code;

typedef struct skald_error skald_error;

/* Of NULL: SKALD_OK, and empty texts. */
SKALD_API skald_code skald_error_code(const skald_error* error);
SKALD_API const char* skald_error_where(const skald_error* error);  /* file, tensor or option */
SKALD_API const char* skald_error_what(const skald_error* error);   /* what was wrong */
SKALD_API const char* skald_error_hint(const skald_error* error);   /* what to do; may be empty */
SKALD_API const char* skald_error_string(const skald_error* error); /* "where: what (hint)" */
SKALD_API void skald_error_free(skald_error* error);

/* "invalid argument", "not found", ...; "unknown" for other numbers. */
SKALD_API const char* skald_code_name(skald_code code);

/* "MAJOR.MINOR.PATCH" of the library. */
SKALD_API const char* skald_version(void);

/* ---- options --------------------------------------------------------------------------------------------------- */

/* All options, of loading ("model", "device", "compute_type", "threads", ...) and of transcribing ("language",
   "beam_size", "word_timestamps", ...), at their defaults. They have the names of the command line's options, with
   underscores or hyphens; skald_option_at() lists them. */
typedef struct skald_options skald_options;

SKALD_API skald_options* skald_options_new(void); /* NULL: no memory. Free with skald_options_free() */
/* The same at the defaults of listening, greedy and without fallback: see skald_live_open(). */
SKALD_API skald_options* skald_options_new_live(void);
SKALD_API void skald_options_free(skald_options* options);

/* Each sets one option. SKALD_NOT_FOUND: no such option; SKALD_INVALID_ARGUMENT: it is of another type. A whole number
   may be given for a decimal one. Ranges are checked when the options are used. */
SKALD_API skald_code skald_options_set_string(skald_options* options, const char* name, const char* value,
                                              skald_error** error);
SKALD_API skald_code skald_options_set_int(skald_options* options, const char* name, int64_t value,
                                           skald_error** error);
SKALD_API skald_code skald_options_set_double(skald_options* options, const char* name, double value,
                                              skald_error** error);
SKALD_API skald_code skald_options_set_bool(skald_options* options, const char* name, bool value, skald_error** error);
/* To "none", for options that can be absent. */
SKALD_API skald_code skald_options_set_none(skald_options* options, const char* name, skald_error** error);

typedef enum skald_option_type {
  SKALD_OPTION_STRING = 0,
  SKALD_OPTION_INT = 1,
  SKALD_OPTION_DOUBLE = 2,
  SKALD_OPTION_BOOL = 3
} skald_option_type;

typedef struct skald_option_info {
  size_t size;
  const char* name; /* with underscores */
  const char* help; /* one sentence, without a full stop */
  skald_option_type type;
  bool may_be_none;
  bool of_loading; /* read by skald_engine_load(); otherwise by the calls that transcribe */
  double min;      /* of numbers; -INFINITY: no bound */
  double max;      /* INFINITY: no bound */
} skald_option_info;

SKALD_API size_t skald_option_count(void);
SKALD_API skald_code skald_option_at(size_t index, skald_option_info* out, skald_error** error);

/* ---- engine ---------------------------------------------------------------------------------------------------- */

/* One model on its devices. */
typedef struct skald_engine skald_engine;

/* Opens the model that `options` name; NULL: the defaults. Free with skald_engine_free(). */
SKALD_API skald_code skald_engine_load(const skald_options* options, skald_engine** out, skald_error** error);
SKALD_API void skald_engine_free(skald_engine* engine);

typedef struct skald_model_info {
  size_t size;
  const char* name; /* as given */
  const char* path; /* directory or file it was read from */
  bool multilingual;
  int32_t languages; /* 0 for an English-only model */
  int32_t mel_bands;
  int32_t width;
  int32_t encoder_layers;
  int32_t decoder_layers;
  int32_t vocabulary;
  int64_t parameters;
  const char* device;
  const char* isa;
  const char* compute_type;
  int32_t threads;
  double load_seconds;
} skald_model_info;

SKALD_API skald_code skald_engine_info(const skald_engine* engine, skald_model_info* out, skald_error** error);

/* Whether this model can do what the options ask, as a call that transcribes would find out. */
SKALD_API skald_code skald_engine_check(const skald_engine* engine, const skald_options* options, skald_error** error);

/* ---- transcribing ---------------------------------------------------------------------------------------------- */

/* A wish to stop, which other threads and signal handlers can express. */
typedef struct skald_cancel skald_cancel;

SKALD_API skald_cancel* skald_cancel_new(void); /* NULL: no memory. Free with skald_cancel_free(), after the calls */
SKALD_API void skald_cancel_request(skald_cancel* cancel);
SKALD_API void skald_cancel_reset(skald_cancel* cancel);
SKALD_API void skald_cancel_free(skald_cancel* cancel);

/* A piece of text with its times; see skald_segment_read(). */
typedef struct skald_segment skald_segment;

/* Called on the thread that transcribes; any may be NULL. What they are given is valid until they return. They must
   return (no longjmp, no exception). */
typedef struct skald_callbacks {
  size_t size;
  void* user; /* handed to each */
  /* Once a file, before its first segment. */
  void (*on_language)(void* user, const char* code, double probability);
  void (*on_segment)(void* user, const skald_segment* segment);
  /* Seconds of audio done, seconds in all. */
  void (*on_progress)(void* user, double done, double total);
  const skald_cancel* cancel; /* looked at between the steps of decoding */
} skald_callbacks;

typedef struct skald_transcript skald_transcript;

/* Transcribes one file, "-" being standard input. `options` and `callbacks` may be NULL. A run that was cancelled, or
   that failed after its first window, is SKALD_OK with a transcript of what was finished: see skald_transcript_error().
   Free with skald_transcript_free(). */
SKALD_API skald_code skald_transcribe_file(skald_engine* engine, const char* path, const skald_options* options,
                                           const skald_callbacks* callbacks, skald_transcript** out,
                                           skald_error** error);

/* The same for samples of 16 kHz, mono, in [-1, 1], which are not copied. */
SKALD_API skald_code skald_transcribe_samples(skald_engine* engine, const float* samples, size_t count,
                                              const skald_options* options, const skald_callbacks* callbacks,
                                              skald_transcript** out, skald_error** error);

/* ---- transcript ------------------------------------------------------------------------------------------------ */

SKALD_API void skald_transcript_free(skald_transcript* transcript);

typedef struct skald_transcript_info {
  size_t size;
  const char* text;     /* of all segments, joined */
  const char* language; /* code, "en" */
  double language_probability;
  const char* task;
  double duration; /* seconds of audio */
  const char* model;
  bool has_words; /* word_timestamps was asked */
  bool complete;  /* false: cancelled or failed; the segments are what was finished */
  size_t segments;
  size_t attempts;
  size_t devices;
  double load_seconds; /* opening the model; 0 when another transcript has it */
  double audio_seconds;
  double mel_seconds;
  double encode_seconds;
  double decode_seconds;
  double total_seconds;    /* without load */
  const char* long_form;   /* how it was cut into windows: "sequential" or "batched"; "" before that was known */
  double speech_with_text; /* seconds; these three sum up to the duration, or to 0 when the audio was not read */
  double speech_without_text;
  double silence;
} skald_transcript_info;

SKALD_API skald_code skald_transcript_read(const skald_transcript* transcript, skald_transcript_info* out,
                                           skald_error** error);

/* Why it is not complete; NULL when it is. Belongs to the transcript. */
SKALD_API const skald_error* skald_transcript_error(const skald_transcript* transcript);

/* NULL when there is no such segment. Belongs to the transcript. */
SKALD_API const skald_segment* skald_transcript_segment(const skald_transcript* transcript, size_t index);

typedef struct skald_segment_info {
  size_t size;
  int32_t id;
  int64_t seek; /* first frame (10 ms) of the window it was decoded in */
  double start; /* seconds from the start of the file */
  double end;
  const char* text;      /* usually with a leading blank */
  const int32_t* tokens; /* of text and timestamps */
  size_t token_count;
  double temperature;
  double avg_logprob;
  double compression_ratio;
  double no_speech_prob;
  size_t words;
} skald_segment_info;

SKALD_API skald_code skald_segment_read(const skald_segment* segment, skald_segment_info* out, skald_error** error);

typedef struct skald_word_info {
  size_t size;
  const char* word; /* with the blank before it, and punctuation */
  double start;     /* seconds from the start of the file */
  double end;
  double probability;
} skald_word_info;

SKALD_API skald_code skald_segment_word(const skald_segment* segment, size_t index, skald_word_info* out,
                                        skald_error** error);

/* What one stage ran on. */
typedef struct skald_device_info {
  size_t size;
  const char* stage;  /* "encoder", "decoder" */
  const char* device; /* "cpu" */
  const char* isa;
  const char* compute_type;
  int32_t threads;
  double seconds;
  int64_t calls;
  int64_t weight_bytes;
} skald_device_info;

SKALD_API skald_code skald_transcript_device(const skald_transcript* transcript, size_t index, skald_device_info* out,
                                             skald_error** error);

/* One decision of the ladder of temperatures. */
typedef struct skald_attempt_info {
  size_t size;
  int64_t seek;
  double temperature;
  double avg_logprob;
  double compression_ratio;
  double no_speech_prob;
  bool accepted;
} skald_attempt_info;

SKALD_API skald_code skald_transcript_attempt(const skald_transcript* transcript, size_t index, skald_attempt_info* out,
                                              skald_error** error);

/* ---- output ---------------------------------------------------------------------------------------------------- */

/* How srt and vtt show words; 0 is "not set" in all members. */
typedef struct skald_subtitle_options {
  size_t size;
  int32_t max_line_width;
  int32_t max_line_count;
  int32_t max_words_per_line;
  bool highlight_words;
} skald_subtitle_options;

/* "txt", "srt", ...; NULL after the last. */
SKALD_API const char* skald_output_format(size_t index);

/* The whole content of a file of one format. `subtitles` may be NULL. Free with skald_text_free(). */
SKALD_API skald_code skald_transcript_render(const skald_transcript* transcript, const char* format,
                                             const skald_subtitle_options* subtitles, char** out, skald_error** error);
SKALD_API void skald_text_free(char* text);

/* Writes that to a file: complete, or not there at all. */
SKALD_API skald_code skald_transcript_save(const skald_transcript* transcript, const char* format, const char* path,
                                           const skald_subtitle_options* subtitles, skald_error** error);

/* ---- listening ------------------------------------------------------------------------------------------------- */

/* One stream of audio that is transcribed as it comes. */
typedef struct skald_live skald_live;

/* What the audio is, and how often it is listened to; 0 and NULL are the defaults in all members. */
typedef struct skald_live_options {
  size_t size;
  const char* format; /* of bytes: "u8", "s16le" (the default), "s32le", "f32le", channels interleaved */
  int32_t rate;       /* of bytes: samples a second; 16000 */
  int32_t channels;   /* of bytes: their mean is heard; 1 */
  double step;        /* seconds of new audio before it is listened to again; 0.5 */
  double length;      /* seconds of audio that are listened to at most; 15 */
  bool keep_context;  /* a step is given the stable text before its audio */
} skald_live_options;

/* What is known after a step; see skald_live_text_read(). */
typedef struct skald_live_text skald_live_text;

/* As skald_callbacks: called on the thread that feeds; any may be NULL. */
typedef struct skald_live_callbacks {
  size_t size;
  void* user; /* handed to each */
  void (*on_text)(void* user, const skald_live_text* text);
  const skald_cancel* cancel; /* looked at between the steps of decoding; freed after the skald_live */
} skald_live_callbacks;

/* The engine is freed after it. `options`, `live` and `callbacks` may be NULL; of `options`, words are always timed,
   nothing is clipped or conditioned on. Free with skald_live_free(). */
SKALD_API skald_code skald_live_open(skald_engine* engine, const skald_options* options, const skald_live_options* live,
                                     const skald_live_callbacks* callbacks, skald_live** out, skald_error** error);
SKALD_API void skald_live_free(skald_live* live);

/* Takes audio of any amount, and listens to it when there is a step's worth; calls on_text before it returns. Samples
   are of 16 kHz, mono, in [-1, 1]; bytes as skald_live_options say, cut anywhere. SKALD_CANCELLED: as long as that is
   requested. SKALD_INVALID_ARGUMENT: after skald_live_finish() too. */
SKALD_API skald_code skald_live_feed_samples(skald_live* live, const float* samples, size_t count, skald_error** error);
SKALD_API skald_code skald_live_feed_bytes(skald_live* live, const void* bytes, size_t count, skald_error** error);

/* The audio ends here: what is still provisional becomes stable. Fails as what feeds. */
SKALD_API skald_code skald_live_finish(skald_live* live, skald_error** error);

typedef struct skald_live_text_info {
  size_t size;
  double heard;            /* seconds of audio that this is about */
  const char* stable;      /* words that will not change any more, joined; each is told once, in order */
  const char* provisional; /* what is heard after them so far; the next text replaces it */
  size_t stable_words;
  size_t provisional_words;
} skald_live_text_info;

SKALD_API skald_code skald_live_text_read(const skald_live_text* text, skald_live_text_info* out, skald_error** error);

/* The words, first the stable, then the provisional ones; times in seconds from the first sample. */
SKALD_API skald_code skald_live_text_word(const skald_live_text* text, size_t index, skald_word_info* out,
                                          skald_error** error);

/* NOLINTEND(modernize-use-using, readability-identifier-naming) */

#ifdef __cplusplus
}
#endif

#endif
