#pragma once
// What a transcription returns: plain data, owned by the caller.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "skald/error.h"

namespace skald {

/// One word of a segment (openai/whisper timing.py).
struct Word {
  std::string word;        ///< with the blank before it, and punctuation
  double start = 0;        ///< seconds from the start of the file, of two decimals
  double end = 0;          ///< seconds from the start of the file, of two decimals
  double probability = 0;  ///< mean over its tokens
};

/// One token of a segment. What only the search for words finds is none without word_timestamps, and for timestamps.
struct Token {
  int32_t id = 0;
  std::string text;                   ///< its bytes: maybe a part of a character; "<|...|>" of special tokens
  std::optional<double> start;        ///< seconds from the start of the file, where the alignment has it
  std::optional<double> end;          ///< where the next token begins
  std::optional<double> probability;  ///< after the tokens before it, among text tokens
};

/// Seconds of a recording.
struct Span {
  double start = 0;
  double end = 0;
};

/// What became of every second: the three sum up to the recording's length (to 0.01 s).
struct Coverage {
  double speech_with_text = 0;     ///< within 0.3 s of a word, or inside a segment where words have no times
  double speech_without_text = 0;  ///< somebody speaks, and no text says what
  double silence = 0;              ///< nobody speaks
  std::vector<Span> missed;        ///< speech without text of half a second or more
};

/// One piece of text with its times. Field for field the reference's segment (openai/whisper transcribe.py).
struct Segment {
  int id = 0;                    ///< from 0, in order of appearance
  int64_t seek = 0;              ///< first frame (10 ms) of the window it was decoded in
  double start = 0;              ///< seconds from the start of the file
  double end = 0;                ///< seconds from the start of the file
  std::string text;              ///< UTF-8, usually with a leading blank
  std::vector<int32_t> tokens;   ///< text and timestamp tokens
  double temperature = 0;        ///< the rung of the fallback ladder that was accepted
  double avg_logprob = 0;        ///< sum of token log-probabilities / (tokens + 1), natural logarithm
  double compression_ratio = 0;  ///< UTF-8 bytes / zlib-compressed bytes
  double no_speech_prob = 0;     ///< probability of <|nospeech|> at the start-of-transcript position
  std::vector<Word> words;       ///< with word_timestamps
  std::string language;          ///< code; with multilingual
  std::vector<Token> details;    ///< of `tokens`, one for one
};

/// Phases of an encoder's window that are the same but for the layer.
struct NpuPhase {
  std::string name;   ///< "conv1", "fc1", ...
  int64_t times = 0;  ///< in a window
  double ms = 0;      ///< of all of them
};

/// One window on the array, predicted under one assumption about clock and host memory; and with it the transcription.
struct NpuForecast {
  double clock_ghz = 0;
  double ddr_gb_s = 0;     ///< host memory, reads and writes together
  double window_ms = 0;    ///< of the array
  double utilisation = 0;  ///< the model's multiply-accumulates over the peak of their types, by window_ms
  double busy = 0;         ///< share of window_ms in which any core is inside a kernel
  std::vector<NpuPhase> phases;
  double npu_seconds = 0;         ///< of all launches, the host's part included
  double realtime = 0;            ///< seconds of audio a second: NPU and CPU one after the other
  double realtime_pipelined = 0;  ///< at the same time, each slowed by the other's use of the memory
  double joules = 0;              ///< of the NPU; 0 where its watts are not known
};

/// What a simulated NPU did, and what a real one would take.
struct NpuReport {
  int64_t contexts = 0;  ///< hardware contexts opened
  int64_t launches = 0;
  int64_t bytes_to_device = 0;  ///< copied by the host, weights included
  int64_t bytes_from_device = 0;
  int64_t ddr_read_bytes = 0;  ///< by the array, a window
  int64_t ddr_write_bytes = 0;
  int64_t macs = 0;                  ///< multiply-accumulates of the model, a window
  int64_t kernel_macs = 0;           ///< as kernels counted them, padding included
  double launch_ms = 0;              ///< of the host, assumed
  double cpu_seconds = 0;            ///< measured: audio, log-mel, decoding
  double step_ms = 0;                ///< decoder: of a launch on the array, simulated, on average
  double decoding_seconds = 0;       ///< encoder: of the NPU, simulated, where it decodes too
  std::optional<double> watts = {};  ///< of the NPU at work, as given
  std::vector<NpuForecast> forecasts;
};

/// What one stage ran on.
struct DeviceReport {
  std::string stage;         ///< "encoder", "decoder", ...
  std::string device;        ///< "cpu", "npu", "npu-sim"
  std::string isa;           ///< "scalar", "avx2", "avx512"
  std::string compute_type;  ///< "float32", "bfloat16", "int8", "int4"
  int threads = 0;
  double seconds = 0;        ///< wall time spent in it
  int64_t calls = 0;         ///< batches (encoder) or steps (decoder)
  int64_t weight_bytes = 0;  ///< packed weights
  std::string note = {};     ///< why it ran there, where that is not what was asked for
  std::optional<NpuReport> npu = {};
};

/// Sizes of the model that heard it (openai/whisper model.py, ModelDimensions).
struct ModelSizes {
  bool multilingual = false;
  int vocabulary = 0;
  int mel_bands = 0;
  int audio_context = 0;
  int audio_width = 0;
  int audio_heads = 0;
  int audio_layers = 0;
  int text_context = 0;
  int text_width = 0;
  int text_heads = 0;
  int text_layers = 0;
};

/// Wall seconds of the parts of one transcription.
struct Timings {
  double load = 0;   ///< opening the model (0 when it was already open)
  double audio = 0;  ///< decoding audio, both passes
  double mel = 0;    ///< log-mel
  double encode = 0;
  double decode = 0;
  double total = 0;  ///< the whole file, without load
};

/// One accept/reject decision of the temperature ladder.
struct Attempt {
  int64_t seek = 0;  ///< first frame of the window
  double temperature = 0;
  double avg_logprob = 0;
  double compression_ratio = 0;
  double no_speech_prob = 0;
  bool accepted = false;
};

struct Transcript {
  std::string text;                 ///< all segments' text joined
  std::string language;             ///< code, "en"
  double language_probability = 1;  ///< 1 when it was given
  std::string task;                 ///< "transcribe" or "translate"
  double duration = 0;              ///< seconds of audio
  std::vector<Segment> segments;
  bool has_words = false;             ///< segments have their words: word_timestamps was asked
  std::string long_form;              ///< how it was cut into windows: "sequential" or "batched"
  std::optional<Coverage> coverage;   ///< none: it was cancelled before its audio was read
  std::vector<Attempt> attempts;      ///< every rung tried, in order
  std::string model;                  ///< name or path as given
  ModelSizes sizes;                   ///< of that model
  std::vector<DeviceReport> devices;  ///< what ran where, at what precision
  Timings timings;
  bool complete = true;        ///< false: cancelled or failed; the segments are what was finished
  std::optional<Error> error;  ///< why it is not complete
};

}  // namespace skald
