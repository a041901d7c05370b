// Ranges and combinations of the options; for_each_field holds the ranges.

#include "skald/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "audio/pcm_stream.h"
#include "base/result.h"
#include "engine/clips.h"
#include "engine/npu_device.h"
#include "skald/live.h"
#include "text/languages.h"

namespace skald {
namespace {

std::string hyphenated(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '_', '-');
  return out;
}

/// Visitor: finds the first number outside its field's range.
class RangeCheck {
 public:
  template <class T>
  void operator()(const Field& field, const T& value) {
    if constexpr (OptionalOf<T>::kMayBeNone) {
      if (value) (*this)(field, *value);
    } else if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      const auto number = static_cast<double>(value);
      // NaN is in no range.
      if (result_ && !(number >= field.min && number <= field.max)) result_ = refuse(field, fmt::format("{}", value));
    }
  }
  Result<void> result() const { return result_; }

 private:
  static std::unexpected<Error> refuse(const Field& field, const std::string& value) {
    const bool from = field.min > -std::numeric_limits<double>::infinity();
    const bool to = field.max < std::numeric_limits<double>::infinity();
    std::string remedy = "give a number";
    if (from && to) remedy = fmt::format("give a number from {} to {}", field.min, field.max);
    if (from && !to) remedy = fmt::format("give a number of at least {}", field.min);
    if (!from && to) remedy = fmt::format("give a number of at most {}", field.max);
    return fail(ErrorCode::kInvalidArgument, hyphenated(field.name), value + " is out of range", remedy);
  }
  Result<void> result_;
};

struct Refusal {
  std::string_view name;
  const char* reason;
};

constexpr const char* kNoGpu = "Skald runs on the processor; it has no code for graphics cards";
constexpr auto kRefusedDevices = std::to_array<Refusal>({{"cuda", kNoGpu},
                                                         {"gpu", kNoGpu},
                                                         {"mps", kNoGpu},
                                                         {"rocm", kNoGpu},
                                                         {"hip", kNoGpu},
                                                         {"vulkan", kNoGpu},
                                                         {"xpu", kNoGpu}});

constexpr const char* kNoInteger = "weights are int8 and the rest float32 where they are integers: int8";
constexpr const char* kNoHalf =
    "there are no kernels of float16; weights in it are read and turned to what is asked for";
constexpr auto kRefusedTypes = std::to_array<Refusal>(
    {{"int8_float16", kNoInteger}, {"int8_bfloat16", kNoInteger}, {"int16", kNoInteger}, {"float16", kNoHalf}});

/// `value` must be one of `known`; one of `refused` is kUnsupported with its reason.
Result<void> check_choice(const char* option, const std::string& value, std::span<const std::string_view> known,
                          std::span<const Refusal> refused) {
  if (std::ranges::find(known, value) != known.end()) return {};
  const std::string remedy = fmt::format("use {}", fmt::join(known, " or "));
  const auto refusal = std::ranges::find(refused, value, &Refusal::name);
  if (refusal == refused.end()) {
    return fail(ErrorCode::kInvalidArgument, option, "unknown value '" + value + "'", remedy);
  }
  return fail(ErrorCode::kUnsupported, option, "'" + value + "' is not possible: " + refusal->reason, remedy);
}

constexpr auto kDevices = std::to_array<std::string_view>({"auto", "cpu", "npu", "npu-sim"});
constexpr auto kTypes = std::to_array<std::string_view>({"auto", "float32", "bfloat16", "int8", "int4"});
constexpr auto kLongForms = std::to_array<std::string_view>({"auto", "sequential", "batched"});
constexpr auto kTasks = std::to_array<std::string_view>({"transcribe", "translate"});

}  // namespace

Result<void> validate(const LoadOptions& options) {
  RangeCheck check;
  LoadOptions copy = options;  // for_each_field hands out mutable references
  copy.for_each_field(check);
  SKALD_CHECK(check.result());
  if (options.model.empty()) {
    return fail(ErrorCode::kInvalidArgument, "model", "is empty", "give a model's name or its directory");
  }
  SKALD_CHECK(check_choice("device", options.device, kDevices, kRefusedDevices));
  if (options.device == "npu") SKALD_CHECK(engine::check_npu());
  if (options.npu_decoder && options.device != "npu-sim") {
    return fail(ErrorCode::kUnsupported, "npu-decoder",
                "the decoder runs on a simulated NPU alone: no steps are built for a real one",
                "leave it out (the CPU decodes), or set device to npu-sim");
  }
  return check_choice("compute-type", options.compute_type, kTypes, kRefusedTypes);
}

Result<void> validate(const TranscribeOptions& options) {
  RangeCheck check;
  TranscribeOptions copy = options;
  copy.for_each_field(check);
  SKALD_CHECK(check.result());
  SKALD_CHECK(check_choice("task", options.task, kTasks, {}));
  if (options.language) {
    if (auto code = text::language_code(*options.language); !code) {
      Error error = std::move(code).error();
      error.where = "language";
      return std::unexpected(std::move(error));
    }
  }
  if (options.language && options.multilingual) {
    return fail(ErrorCode::kInvalidArgument, "multilingual", "the language is given already",
                "leave language out to find that of each window, or leave multilingual out");
  }
  if (options.patience && !options.beam_size) {
    return fail(ErrorCode::kInvalidArgument, "patience", "has no meaning without beam search",
                "set beam-size too, or leave patience out");
  }
  if (options.length_penalty && !options.beam_size && !options.best_of) {
    return fail(ErrorCode::kInvalidArgument, "length-penalty", "has no meaning with a single hypothesis",
                "set beam-size or best-of too, or leave length-penalty out");
  }
  if (options.carry_initial_prompt && !options.initial_prompt) {
    return fail(ErrorCode::kInvalidArgument, "carry-initial-prompt", "there is no initial prompt to carry",
                "set initial-prompt too, or leave carry-initial-prompt out");
  }
  if (options.hallucination_silence_threshold && !options.word_timestamps) {
    return fail(ErrorCode::kInvalidArgument, "hallucination-silence-threshold", "judges words, and none are looked for",
                "set word-timestamps too, or leave hallucination-silence-threshold out");
  }
  SKALD_CHECK(check_choice("long-form", options.long_form, kLongForms, {}));
  if (options.hallucination_silence_threshold && options.long_form == "batched") {
    return fail(ErrorCode::kInvalidArgument, "hallucination-silence-threshold",
                "looks at one window after the other, and batched windows have no silence to skip",
                "leave hallucination-silence-threshold out, or set long-form to sequential");
  }
  if (auto clips = engine::parse_clips(options.clip_timestamps, 0); !clips) {
    return std::unexpected(std::move(clips).error());
  }
  return {};
}

Result<void> validate(const LiveOptions& options) {
  RangeCheck check;
  LiveOptions copy = options;
  copy.for_each_field(check);
  SKALD_CHECK(check.result());
  return check_choice("format", options.format, audio::pcm_formats(), {});
}

}  // namespace skald
