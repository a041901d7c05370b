#pragma once
// The options, each listed once. for_each_field visits every field with its name, default, range and help: the
// command line, JSON and the docs come from it. Names and defaults are openai/whisper's command line.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "skald/error.h"

namespace skald {

/// Names, bounds and help of one option, as a visitor of for_each_field sees it.
struct Field {
  const char* name = "";  ///< snake_case; the command line shows it with hyphens and accepts both
  const char* help = "";  ///< one sentence, without a full stop
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  const char* metavar = "";  ///< "PATH", "N", ... for the help text
};

/// For visitors of for_each_field: whether a field of type T can be none, and its type when it is not.
template <class T>
struct OptionalOf {
  using Value = T;
  static constexpr bool kMayBeNone = false;
};
template <class T>
struct OptionalOf<std::optional<T>> {
  using Value = T;
  static constexpr bool kMayBeNone = true;
};

/// How a model is opened.
struct LoadOptions {
  std::string model = "mini.en";         ///< a name, a directory or a file
  std::optional<std::string> model_dir;  ///< where names are looked for first
  std::string device = "auto";           ///< "auto", "cpu", "npu", "npu-sim"
  /// "auto" (int8 where the processor has vectors), "float32", "bfloat16", "int8", "int4" (int8 but for the decoder's
  /// weights)
  std::string compute_type = "auto";
  int threads = 0;                  ///< 0: one per core this process may use
  bool npu_decoder = false;         ///< the NPU decodes too, in bfloat16; else the CPU does
  std::optional<double> npu_watts;  ///< of a simulated NPU at work, for its report; none: no energy is told

  template <class Visitor>
  void for_each_field(Visitor&& visit);
};

/// How one recording is transcribed.
struct TranscribeOptions {
  std::string task = "transcribe";      ///< or "translate" (into English)
  std::optional<std::string> language;  ///< code or English name; none: detected
  double temperature = 0;
  std::optional<double> temperature_increment_on_fallback = 0.2;  ///< none: no fallback
  std::optional<int> best_of = 5;                                 ///< samples when temperature > 0
  std::optional<int> beam_size = 5;                               ///< when temperature is 0; none: greedy
  std::optional<double> patience;                                 ///< beam search patience; none: 1
  std::optional<double> length_penalty;                           ///< alpha; none: mean log-probability
  std::string suppress_tokens = "-1";                             ///< comma-separated ids; -1: non-speech symbols
  bool suppress_blank = true;
  std::optional<std::string> initial_prompt;
  bool carry_initial_prompt = false;
  std::optional<std::string> prefix;
  bool condition_on_previous_text = true;
  std::optional<double> compression_ratio_threshold = 2.4;
  std::optional<double> logprob_threshold = -1.0;
  std::optional<double> no_speech_threshold = 0.6;
  bool without_timestamps = false;
  std::optional<double> max_initial_timestamp = 1.0;             ///< seconds
  std::optional<int> sample_len;                                 ///< tokens a window; none: half the text context
  int seed = 0;                                                  ///< of the samples at temperature > 0
  bool word_timestamps = false;                                  ///< words with their times
  std::string prepend_punctuations = "\"'“¿([{-";                ///< belong to the word after them
  std::string append_punctuations = "\"'.。,，!！?？:：”)]}、";  ///< belong to the word before them
  std::optional<double> hallucination_silence_threshold;         ///< seconds; needs word_timestamps
  std::string clip_timestamps = "0";                             ///< start,end,start,end,... in seconds
  std::optional<std::string> hotwords;                           ///< words to expect, before every window's prompt
  bool suppress_numerals = false;                                ///< numbers as words
  std::optional<int> max_repeats;             ///< of a phrase in a row; none: 6 when batched, 0 (any) when sequential
  bool multilingual = false;                  ///< the language of each window by itself
  int language_detection_segments = 1;        ///< windows that may be listened to for the recording's language
  double language_detection_threshold = 0.5;  ///< so probable that no further window is
  std::string long_form = "auto";             ///< "sequential", "batched"
  int batch_size = 8;                         ///< windows decoded together, batched
  bool vad_filter = false;                    ///< sequential: leave out what is not speech
  double vad_threshold = 0.5;                 ///< probability from which on it is speech
  int vad_min_speech_duration_ms = 100;       ///< shorter speech is none
  int vad_min_silence_duration_ms = 500;      ///< shorter silence is part of the speech around it
  int vad_speech_pad_ms = 200;                ///< kept on either side of speech

  template <class Visitor>
  void for_each_field(Visitor&& visit);

 private:
  template <class Visitor>
  void for_each_recording_field(Visitor& visit);
};

template <class Visitor>
void LoadOptions::for_each_field(Visitor&& visit) {
  visit(Field{.name = "model",
              .help = "model name, directory (Hugging Face, CTranslate2) or file (.pt, ggml)",
              .metavar = "NAME|PATH"},
        model);
  visit(Field{.name = "model_dir", .help = "directory that names of models are looked for in first", .metavar = "DIR"},
        model_dir);
  visit(
      Field{.name = "device",
            .help =
                "where to run: auto, cpu, npu (the encoder on this machine's NPU, after skald npu build), npu-sim (the "
                "encoder on a simulated NPU: slow)",
            .metavar = "NAME"},
      device);
  visit(Field{.name = "compute_type",
              .help = "precision of weights and arithmetic: auto (int8 where the processor has vectors), float32, "
                      "bfloat16, int8, int4 (int8, with weights of four bits in the decoder: faster steps, less exact)",
              .metavar = "TYPE"},
        compute_type);
  visit(Field{.name = "threads", .help = "CPU threads (0: all cores)", .min = 0, .max = 1024, .metavar = "N"}, threads);
  visit(
      Field{.name = "npu_decoder",
            .help = "npu-sim: decode on the NPU too, in bfloat16 (usually slower than the CPU: skald npu bench says)"},
      npu_decoder);
  visit(Field{.name = "npu_watts",
              .help = "npu-sim: watts of the NPU at work, for the energy in its report",
              .min = 0,
              .max = 1000,
              .metavar = "W"},
        npu_watts);
}

template <class Visitor>
void TranscribeOptions::for_each_field(Visitor&& visit) {
  visit(Field{.name = "task", .help = "transcribe, or translate into English", .metavar = "TASK"}, task);
  visit(Field{.name = "language", .help = "spoken language, code or English name (none: detect)", .metavar = "LANG"},
        language);
  visit(Field{.name = "temperature", .help = "sampling temperature", .min = 0, .max = 10, .metavar = "T"}, temperature);
  visit(Field{.name = "temperature_increment_on_fallback",
              .help = "step of the ladder that is climbed when a window fails (none: no fallback)",
              .min = 1e-3,
              .max = 10,
              .metavar = "T"},
        temperature_increment_on_fallback);
  visit(Field{.name = "best_of",
              .help = "samples drawn when the temperature is not zero",
              .min = 1,
              .max = 64,
              .metavar = "N"},
        best_of);
  visit(Field{.name = "beam_size",
              .help = "beams when the temperature is zero (none: greedy)",
              .min = 1,
              .max = 64,
              .metavar = "N"},
        beam_size);
  visit(Field{.name = "patience", .help = "beam search patience (none: 1)", .min = 1e-3, .max = 64, .metavar = "X"},
        patience);
  visit(Field{.name = "length_penalty",
              .help = "exponent of the length penalty (none: mean log-probability)",
              .min = 0,
              .max = 1,
              .metavar = "ALPHA"},
        length_penalty);
  visit(Field{.name = "suppress_tokens",
              .help = "comma-separated ids never sampled (-1: non-speech symbols)",
              .metavar = "IDS"},
        suppress_tokens);
  visit(Field{.name = "suppress_blank", .help = "no blank at the start of a window"}, suppress_blank);
  visit(Field{.name = "initial_prompt", .help = "text given as a prompt to the first window", .metavar = "TEXT"},
        initial_prompt);
  visit(Field{.name = "carry_initial_prompt", .help = "give the initial prompt to every window"}, carry_initial_prompt);
  visit(Field{.name = "prefix", .help = "text every window starts with", .metavar = "TEXT"}, prefix);
  visit(Field{.name = "condition_on_previous_text", .help = "give a window the text of the one before as a prompt"},
        condition_on_previous_text);
  visit(Field{.name = "compression_ratio_threshold",
              .help = "a window fails when its text compresses better than this",
              .min = 0,
              .metavar = "X"},
        compression_ratio_threshold);
  visit(
      Field{
          .name = "logprob_threshold", .help = "a window fails when its mean log-probability is lower", .metavar = "X"},
      logprob_threshold);
  visit(Field{.name = "no_speech_threshold",
              .help = "a failed window is silence when <|nospeech|> is likelier than this",
              .metavar = "P"},
        no_speech_threshold);
  visit(Field{.name = "without_timestamps", .help = "sample text without timestamps"}, without_timestamps);
  visit(Field{.name = "max_initial_timestamp",
              .help = "latest first timestamp of a window, seconds",
              .min = 0,
              .max = 30,
              .metavar = "S"},
        max_initial_timestamp);
  visit(Field{.name = "sample_len", .help = "most tokens sampled a window", .min = 1, .max = 448, .metavar = "N"},
        sample_len);
  visit(
      Field{.name = "seed", .help = "seed of the samples drawn at a temperature above zero", .min = 0, .metavar = "N"},
      seed);
  visit(Field{.name = "word_timestamps", .help = "find when each word is said"}, word_timestamps);
  visit(Field{.name = "prepend_punctuations",
              .help = "with word timestamps: marks that belong to the word after them",
              .metavar = "MARKS"},
        prepend_punctuations);
  visit(Field{.name = "append_punctuations",
              .help = "with word timestamps: marks that belong to the word before them",
              .metavar = "MARKS"},
        append_punctuations);
  visit(Field{.name = "hallucination_silence_threshold",
              .help = "with word timestamps: skip silence longer than this, in seconds, around what was most likely "
                      "never said",
              .min = 0,
              .metavar = "S"},
        hallucination_silence_threshold);
  visit(Field{.name = "clip_timestamps",
              .help = "parts to transcribe: start,end,start,end,... in seconds; the last end is that of the file",
              .metavar = "TIMES"},
        clip_timestamps);
  for_each_recording_field(visit);
}

/// Of those that say how a recording is cut into windows, and what is known of all of it.
template <class Visitor>
void TranscribeOptions::for_each_recording_field(Visitor& visit) {
  visit(Field{.name = "hotwords",
              .help = "words and names to expect, as text that stands before every window",
              .metavar = "TEXT"},
        hotwords);
  visit(Field{.name = "suppress_numerals", .help = "write numbers as words, without digits and signs for them"},
        suppress_numerals);
  visit(Field{.name = "max_repeats",
              .help = "end a window's text when a phrase stands there this many times in a row; 0 for never "
                      "(unless told: 6 when batched, 0 when sequential, as the reference)",
              .min = 0,
              .max = 100,
              .metavar = "N"},
        max_repeats);
  visit(Field{.name = "multilingual", .help = "find the language of each window by itself"}, multilingual);
  visit(Field{.name = "language_detection_segments",
              .help = "windows of 30 s that may be listened to for the language of the recording",
              .min = 1,
              .max = 100,
              .metavar = "N"},
        language_detection_segments);
  visit(Field{.name = "language_detection_threshold",
              .help = "a language of this probability is the recording's: no further window is listened to for it",
              .min = 0,
              .max = 1,
              .metavar = "P"},
        language_detection_threshold);
  visit(Field{.name = "long_form",
              .help =
                  "how recordings are cut into windows: one after the other as the reference does (sequential), speech "
                  "packed into windows that are decoded together (batched), or auto",
              .metavar = "MODE"},
        long_form);
  visit(
      Field{.name = "batch_size", .help = "windows decoded together when batched", .min = 1, .max = 64, .metavar = "N"},
      batch_size);
  visit(Field{.name = "vad_filter", .help = "sequential: leave out what is not speech"}, vad_filter);
  visit(Field{.name = "vad_threshold",
              .help = "probability from which on sound is speech",
              .min = 0,
              .max = 1,
              .metavar = "P"},
        vad_threshold);
  visit(Field{.name = "vad_min_speech_duration_ms",
              .help = "shorter speech is none",
              .min = 0,
              .max = 60000,
              .metavar = "MS"},
        vad_min_speech_duration_ms);
  visit(Field{.name = "vad_min_silence_duration_ms",
              .help = "shorter silence is part of the speech around it",
              .min = 0,
              .max = 60000,
              .metavar = "MS"},
        vad_min_silence_duration_ms);
  visit(Field{.name = "vad_speech_pad_ms",
              .help = "kept on either side of speech",
              .min = 0,
              .max = 10000,
              .metavar = "MS"},
        vad_speech_pad_ms);
}

/// Checks ranges (from for_each_field) and combinations. `where` of the error is the option's name with hyphens.
Result<void> validate(const LoadOptions& options);
Result<void> validate(const TranscribeOptions& options);

}  // namespace skald
