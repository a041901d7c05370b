#include "text/writers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <new>
#include <nlohmann/json.hpp>
#include <vector>

#include "text/json_full.h"
#include "text/subtitles.h"
#include "text/unicode.h"

namespace skald::text {
namespace {

using Json = nlohmann::ordered_json;

std::string padded(int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

std::string without_tabs(std::string_view text) {
  std::string out(text);
  std::ranges::replace(out, '\t', ' ');
  return out;
}

std::string on_one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out;
}

std::string write_txt(const Transcript& transcript, const SubtitleOptions& /*options*/) {
  std::string out;
  for (const Segment& segment : transcript.segments) out.append(strip(segment.text)).append("\n");
  return out;
}

/// "start --> end\ntext\n\n": a cue of both subtitle formats.
std::string to_text(const Cue& cue) {
  return cue.start + " --> " + cue.end + "\n" + cue.text + "\n\n";
}

std::string write_srt(const Transcript& transcript, const SubtitleOptions& options) {
  const auto format = [](double seconds) { return format_timestamp(seconds, true, ','); };
  std::string out;
  int number = 0;
  for (const Cue& cue : make_cues(transcript, options, format)) {
    out.append(std::to_string(++number)).append("\n").append(to_text(cue));
  }
  return out;
}

std::string write_vtt(const Transcript& transcript, const SubtitleOptions& options) {
  const auto format = [](double seconds) { return format_timestamp(seconds); };
  std::string out = "WEBVTT\n\n";
  for (const Cue& cue : make_cues(transcript, options, format)) out.append(to_text(cue));
  return out;
}

std::string write_tsv(const Transcript& transcript, const SubtitleOptions& /*options*/) {
  std::string out = "start\tend\ttext\n";
  for (const Segment& segment : transcript.segments) {
    out.append(std::to_string(milliseconds(segment.start))).append("\t");
    out.append(std::to_string(milliseconds(segment.end))).append("\t");
    out.append(without_tabs(strip(segment.text))).append("\n");
  }
  return out;
}

/// Lyrics as whisper.cpp writes them (cli.cpp, output_lrc): minutes go on past 59, and a line is one.
std::string write_lrc(const Transcript& transcript, const SubtitleOptions& /*options*/) {
  constexpr int64_t kMinute = 6000;  // hundredths
  std::string out = "[by:skald]\n";
  for (const Segment& segment : transcript.segments) {
    const int64_t hundredths = std::max<int64_t>(milliseconds(segment.start), 0) / 10;
    out.append("[").append(padded(hundredths / kMinute, 2)).append(":");
    out.append(padded(hundredths % kMinute / 100, 2)).append(".").append(padded(hundredths % 100, 2)).append("]");
    out.append(on_one_line(segment.text)).append("\n");
  }
  return out;
}

/// As whisper.cpp writes it (cli.cpp, output_csv): milliseconds, the text with its leading blank in quotes, and quotes
/// in it doubled.
std::string write_csv(const Transcript& transcript, const SubtitleOptions& /*options*/) {
  std::string out = "start,end,text\n";
  for (const Segment& segment : transcript.segments) {
    out.append(std::to_string(milliseconds(segment.start))).append(",");
    out.append(std::to_string(milliseconds(segment.end))).append(",\"");
    for (const char c : segment.text) out.append(c == '"' ? "\"\"" : std::string_view(&c, 1));
    out.append("\"\n");
  }
  return out;
}

Json to_json(const Word& word) {
  return {{"word", word.word}, {"start", word.start}, {"end", word.end}, {"probability", word.probability}};
}

Json to_json(const Segment& segment, bool has_words) {
  Json json = {{"id", segment.id},
               {"seek", segment.seek},
               {"start", segment.start},
               {"end", segment.end},
               {"text", segment.text},
               {"tokens", segment.tokens},
               {"temperature", segment.temperature},
               {"avg_logprob", segment.avg_logprob},
               {"compression_ratio", segment.compression_ratio},
               {"no_speech_prob", segment.no_speech_prob}};
  if (!segment.language.empty()) json["language"] = segment.language;
  if (!has_words) return json;
  json["words"] = Json::array();
  for (const Word& word : segment.words) json["words"].push_back(to_json(word));
  return json;
}

Json to_json(const std::vector<Segment>& segments, bool has_words) {
  Json list = Json::array();
  for (const Segment& segment : segments) list.push_back(to_json(segment, has_words));
  return list;
}

Json to_json(const NpuForecast& forecast, bool joules) {
  Json phases = Json::array();
  for (const NpuPhase& phase : forecast.phases) {
    phases.push_back({{"name", phase.name}, {"times", phase.times}, {"ms", phase.ms}});
  }
  Json json = {{"clock_ghz", forecast.clock_ghz}, {"ddr_gb_s", forecast.ddr_gb_s},
               {"window_ms", forecast.window_ms}, {"utilisation", forecast.utilisation},
               {"busy", forecast.busy},           {"npu_seconds", forecast.npu_seconds},
               {"realtime", forecast.realtime},   {"realtime_pipelined", forecast.realtime_pipelined},
               {"phases", std::move(phases)}};
  if (joules) json["joules"] = forecast.joules;
  return json;
}

Json to_json(const NpuReport& report) {
  Json forecasts = Json::array();
  for (const NpuForecast& forecast : report.forecasts) forecasts.push_back(to_json(forecast, report.watts.has_value()));
  return {{"contexts", report.contexts},
          {"launches", report.launches},
          {"bytes_to_device", report.bytes_to_device},
          {"bytes_from_device", report.bytes_from_device},
          {"ddr_read_bytes", report.ddr_read_bytes},
          {"ddr_write_bytes", report.ddr_write_bytes},
          {"macs", report.macs},
          {"kernel_macs", report.kernel_macs},
          {"launch_ms", report.launch_ms},
          {"cpu_seconds", report.cpu_seconds},
          {"step_ms", report.step_ms},
          {"decoding_seconds", report.decoding_seconds},
          {"forecasts", std::move(forecasts)}};
}

Json to_json(const DeviceReport& report) {
  Json json = {{"stage", report.stage},     {"device", report.device},
               {"isa", report.isa},         {"compute_type", report.compute_type},
               {"threads", report.threads}, {"seconds", report.seconds},
               {"calls", report.calls},     {"weight_bytes", report.weight_bytes}};
  if (!report.note.empty()) json["note"] = report.note;
  if (report.npu) json["npu"] = to_json(*report.npu);
  return json;
}

Json to_json(const Timings& timings) {
  return {{"load", timings.load},     {"audio", timings.audio},   {"mel", timings.mel},
          {"encode", timings.encode}, {"decode", timings.decode}, {"total", timings.total}};
}

Json to_json(const Attempt& attempt) {
  return {{"seek", attempt.seek},
          {"temperature", attempt.temperature},
          {"avg_logprob", attempt.avg_logprob},
          {"compression_ratio", attempt.compression_ratio},
          {"no_speech_prob", attempt.no_speech_prob},
          {"accepted", attempt.accepted}};
}

Json to_json(const Coverage& coverage) {
  Json missed = Json::array();
  for (const Span& span : coverage.missed) missed.push_back({{"start", span.start}, {"end", span.end}});
  return {{"speech_with_text", coverage.speech_with_text},
          {"speech_without_text", coverage.speech_without_text},
          {"silence", coverage.silence},
          {"missed", std::move(missed)}};
}

Json to_json(const Error& error) {
  return {
      {"code", to_string(error.code)}, {"where", error.where}, {"message", error.message}, {"remedy", error.remedy}};
}

template <class Item>
Json to_json(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(to_json(item));
  return list;
}

/// The distinct values of a field over the stages, in order: "cpu", or "npu+cpu".
std::string joined(const std::vector<DeviceReport>& reports, std::string DeviceReport::* field) {
  std::vector<std::string> values;
  for (const DeviceReport& report : reports) {
    if (std::ranges::find(values, report.*field) == values.end()) values.push_back(report.*field);
  }
  std::string out;
  for (const std::string& value : values) out.append(out.empty() ? "" : "+").append(value);
  return out;
}

std::string write_json(const Transcript& transcript, const SubtitleOptions& /*options*/) {
  Json json = {{"text", transcript.text},
               {"segments", to_json(transcript.segments, transcript.has_words)},
               {"language", transcript.language},
               {"language_probability", transcript.language_probability},
               {"task", transcript.task},
               {"duration", transcript.duration},
               {"model", transcript.model},
               {"device", joined(transcript.devices, &DeviceReport::device)},
               {"compute_type", joined(transcript.devices, &DeviceReport::compute_type)},
               {"devices", to_json(transcript.devices)},
               {"timings", to_json(transcript.timings)},
               {"long_form", transcript.long_form},
               {"attempts", to_json(transcript.attempts)},
               {"complete", transcript.complete}};
  if (transcript.coverage) json["coverage"] = to_json(*transcript.coverage);
  if (transcript.error) json["error"] = to_json(*transcript.error);
  // One line of ASCII, as Python's json.dump writes it; NaN and infinities become null, broken UTF-8 U+FFFD.
  return json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

struct Format {
  std::string_view name;
  std::string_view extension;
  std::string (*write)(const Transcript& transcript, const SubtitleOptions& options);
};

/// The reference's five first, in its order.
constexpr auto kFormats = std::to_array<Format>({{"txt", "txt", write_txt},
                                                 {"srt", "srt", write_srt},
                                                 {"vtt", "vtt", write_vtt},
                                                 {"tsv", "tsv", write_tsv},
                                                 {"json", "json", write_json},
                                                 {"lrc", "lrc", write_lrc},
                                                 {"csv", "csv", write_csv},
                                                 {"json-full", "full.json", write_json_full}});

constexpr auto kNames = [] {
  std::array<std::string_view, kFormats.size()> names{};
  std::ranges::transform(kFormats, names.begin(), &Format::name);
  return names;
}();

std::string list_of_names() {
  std::string list;
  for (const std::string_view name : kNames) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

}  // namespace

int64_t milliseconds(double seconds) {
  constexpr double kLargest = 1e15;  // 30,000 years: keeps the conversion defined
  const double rounded = std::nearbyint(seconds * 1000.0);
  return std::isnan(rounded) ? 0 : static_cast<int64_t>(std::clamp(rounded, -kLargest, kLargest));
}

std::string format_timestamp(double seconds, bool always_hours, char mark) {
  constexpr int64_t kHour = 3'600'000;
  constexpr int64_t kMinute = 60'000;
  constexpr int64_t kSecond = 1'000;
  const int64_t total = std::max<int64_t>(milliseconds(seconds), 0);
  const int64_t hours = total / kHour;
  const std::string lead = always_hours || hours > 0 ? padded(hours, 2) + ":" : "";
  return lead + padded(total % kHour / kMinute, 2) + ":" + padded(total % kMinute / kSecond, 2) + mark +
         padded(total % kSecond, 3);
}

std::span<const std::string_view> formats() {
  return kNames;
}

std::string_view extension(std::string_view format) {
  const auto* found = std::ranges::find(kFormats, format, &Format::name);
  return found == kFormats.end() ? std::string_view{} : found->extension;
}

Result<std::string> write(const Transcript& transcript, std::string_view format, const SubtitleOptions& subtitles) try {
  const auto* found = std::ranges::find(kFormats, format, &Format::name);
  if (found != kFormats.end()) return found->write(transcript, subtitles);
  return fail(ErrorCode::kInvalidArgument, "output-format",
              "unknown format \"" + std::string(format.substr(0, 40)) + "\"", "known are " + list_of_names());
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::kOutOfMemory, "output-format", "no memory for the transcript");
} catch (const nlohmann::json::exception& error) {
  return fail(ErrorCode::kInternal, "output-format", error.what());
}

}  // namespace skald::text
