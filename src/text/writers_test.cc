#include "text/writers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace skald::text {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kGolden = std::filesystem::path(SKALD_SOURCE_DIR) / "tests/data/golden/writers";

/// The made-up transcript of tools/golden/writers.py.
Transcript golden_transcript() {
  const Json json = Json::parse(read_file(kGolden / "transcript.json").value());
  Transcript transcript;
  json.at("text").get_to(transcript.text);
  json.at("language").get_to(transcript.language);
  for (const Json& entry : json.at("segments")) {
    Segment segment;
    entry.at("id").get_to(segment.id);
    entry.at("seek").get_to(segment.seek);
    entry.at("start").get_to(segment.start);
    entry.at("end").get_to(segment.end);
    entry.at("text").get_to(segment.text);
    entry.at("tokens").get_to(segment.tokens);
    entry.at("temperature").get_to(segment.temperature);
    entry.at("avg_logprob").get_to(segment.avg_logprob);
    entry.at("compression_ratio").get_to(segment.compression_ratio);
    entry.at("no_speech_prob").get_to(segment.no_speech_prob);
    transcript.segments.push_back(segment);
  }
  return transcript;
}

TEST(Writers, TextFormatsEqualReferenceToTheByte) {
  const Transcript transcript = golden_transcript();
  ASSERT_EQ(transcript.segments.size(), 9U);
  for (const char* format : {"txt", "srt", "vtt", "tsv"}) {
    EXPECT_EQ(write(transcript, format).value(), read_file(kGolden / ("transcript." + std::string(format))).value())
        << format;
  }
}

TEST(Writers, LyricsAndTables) {
  Transcript transcript;
  transcript.segments = {{.start = 0, .end = 2.5, .text = " He said \"no\"."},
                         {.start = 3725.678, .end = 3726, .text = " Two\nlines"}};
  EXPECT_EQ("[by:skald]\n[00:00.00] He said \"no\".\n[62:05.67] Two lines\n", write(transcript, "lrc").value());
  EXPECT_EQ("start,end,text\n0,2500,\" He said \"\"no\"\".\"\n3725678,3726000,\" Two\nlines\"\n",
            write(transcript, "csv").value());
}

TEST(Writers, EveryFormatIsKnownAndNoOther) {
  for (const std::string_view format : formats()) EXPECT_TRUE(write({}, format)) << format;
  const auto unknown = write({}, "docx");
  ASSERT_FALSE(unknown);
  EXPECT_NE(std::string::npos, unknown.error().remedy.find("tsv, json, lrc, csv, json-full"));
}

TEST(Writers, JsonHoldsReferenceObject) {
  const std::string text = write(golden_transcript(), "json").value();
  EXPECT_TRUE(text.ends_with("}\n"));
  EXPECT_EQ(text.find('\n'), text.size() - 1);  // one line
  const Json ours = Json::parse(text);
  const Json reference = Json::parse(read_file(kGolden / "transcript.json").value());
  for (const auto& [key, value] : reference.items()) EXPECT_EQ(ours.at(key), value) << key;
}

TEST(Writers, JsonOrderStartsAsTheReference) {
  const auto json = nlohmann::ordered_json::parse(write(golden_transcript(), "json").value());
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  const std::vector<std::string> wanted = {"text",         "segments", "language", "language_probability",
                                           "task",         "duration", "model",    "device",
                                           "compute_type", "devices",  "timings",  "long_form",
                                           "attempts",     "complete"};
  EXPECT_EQ(keys, wanted);
}

TEST(Writers, JsonTellsWhatRanWhere) {
  Transcript transcript;
  transcript.task = "translate";
  transcript.model = "mini.en";
  transcript.duration = 1.5;
  transcript.devices = {{.stage = "encoder", .device = "npu", .isa = "", .compute_type = "int8", .threads = 1},
                        {.stage = "decoder", .device = "cpu", .isa = "avx2", .compute_type = "float32", .threads = 2},
                        {.stage = "align", .device = "cpu", .isa = "avx2", .compute_type = "float32", .threads = 2}};
  transcript.timings.total = 0.1;
  transcript.attempts = {{.seek = 3000, .temperature = 0.2, .accepted = true}};
  transcript.complete = false;
  transcript.error = Error{.code = ErrorCode::kCancelled, .where = "a.wav", .message = "stopped", .remedy = ""};
  const Json json = Json::parse(write(transcript, "json").value());
  EXPECT_EQ(json.at("device"), "npu+cpu");
  EXPECT_EQ(json.at("compute_type"), "int8+float32");
  EXPECT_EQ(json.at("devices").size(), 3U);
  EXPECT_EQ(json.at("devices")[1].at("isa"), "avx2");
  EXPECT_EQ(json.at("task"), "translate");
  EXPECT_EQ(json.at("duration"), 1.5);
  EXPECT_EQ(json.at("timings").at("total"), 0.1);
  EXPECT_EQ(json.at("attempts")[0].at("seek"), 3000);
  EXPECT_EQ(json.at("attempts")[0].at("accepted"), true);
  EXPECT_EQ(json.at("complete"), false);
  EXPECT_EQ(json.at("error").at("code"), "cancelled");
  EXPECT_TRUE(json.at("segments").is_array());
}

TEST(Writers, JsonSurvivesNanAndBrokenUtf8) {
  Transcript transcript;
  transcript.text = "a\xFF\xE2\x82z";
  transcript.segments.resize(1);
  transcript.segments[0].avg_logprob = std::nan("");
  transcript.segments[0].compression_ratio = std::numeric_limits<double>::infinity();
  const Json json = Json::parse(write(transcript, "json").value());
  EXPECT_TRUE(json.at("segments")[0].at("avg_logprob").is_null());
  EXPECT_TRUE(json.at("segments")[0].at("compression_ratio").is_null());
  EXPECT_EQ(json.at("text").get<std::string>().front(), 'a');
  EXPECT_EQ(json.at("text").get<std::string>().back(), 'z');
}

TEST(Writers, JsonDoublesComeBack) {
  Transcript transcript;
  for (const double value : {0.1, 1.0 / 3, 1e-300, 5e-324, 123456.789, 2.0000000000000004}) {
    transcript.duration = value;
    EXPECT_EQ(Json::parse(write(transcript, "json").value()).at("duration").get<double>(), value);
  }
}

/// The object that whisper.cpp's program writes with -ojf, field for field, as far as it can be known.
TEST(Writers, FullJsonIsWhisperCpps) {
  Transcript transcript;
  transcript.language = "en";
  transcript.language_probability = 0.9;
  transcript.task = "transcribe";
  transcript.model = "base";
  transcript.devices = {{.stage = "encoder", .device = "cpu", .isa = "avx2", .compute_type = "int8", .threads = 1}};
  transcript.sizes = {.multilingual = true,
                      .vocabulary = 51865,
                      .mel_bands = 80,
                      .audio_context = 1500,
                      .audio_width = 512,
                      .audio_heads = 8,
                      .audio_layers = 6,
                      .text_context = 448,
                      .text_width = 512,
                      .text_heads = 8,
                      .text_layers = 6};
  const Token word{.id = 440, .text = " said", .start = 3661.234, .end = 3661.5, .probability = 0.5};
  transcript.segments = {{.seek = 366102,
                          .start = 3661.02,
                          .end = 3662,
                          .text = " said\xE2",
                          .tokens = {50364, 440, 158, 50413},
                          .details = {{.id = 50364, .text = "<|0.00|>"},
                                      word,
                                      {.id = 158, .text = "\xE2"},
                                      {.id = 50413, .text = "<|0.98|>"}}},
                         {.start = 3662, .end = 3662},
                         {.seek = 366102,
                          .start = 3662,
                          .end = 3663,
                          .text = "…",
                          .tokens = {50413, 158, 222, 99},
                          .details = {{.id = 50413, .text = "<|0.98|>"},
                                      {.id = 158, .text = "\xE2", .start = 3662.0, .end = 3662.1, .probability = 0.25},
                                      {.id = 222, .text = "\x80", .start = 3662.1, .end = 3662.2, .probability = 0.5},
                                      {.id = 99, .text = "\xA6", .start = 3662.2, .end = 3662.4, .probability = 1}}}};
  const Json expected = Json::parse(R"({
    "systeminfo": "encoder: cpu avx2, int8, 1 thread",
    "model": {"type": "base", "multilingual": true, "vocab": 51865,
              "audio": {"ctx": 1500, "state": 512, "head": 8, "layer": 6},
              "text": {"ctx": 448, "state": 512, "head": 8, "layer": 6}, "mels": 80},
    "params": {"model": "base", "language": "auto", "translate": false},
    "result": {"language": "en"},
    "transcription": [{
      "timestamps": {"from": "01:01:01,020", "to": "01:01:02,000"}, "offsets": {"from": 3661020, "to": 3662000},
      "text": " said\ufffd",
      "tokens": [
        {"text": "[_BEG_]", "timestamps": {"from": "01:01:01,020", "to": "01:01:01,020"},
         "offsets": {"from": 3661020, "to": 3661020}, "id": 50364, "t_dtw": -1},
        {"text": " said", "timestamps": {"from": "01:01:01,234", "to": "01:01:01,500"},
         "offsets": {"from": 3661234, "to": 3661500}, "id": 440, "p": 0.5, "t_dtw": 366150},
        {"text": "\ufffd", "id": 158, "t_dtw": -1},
        {"text": "[_TT_49]", "timestamps": {"from": "01:01:02,000", "to": "01:01:02,000"},
         "offsets": {"from": 3662000, "to": 3662000}, "id": 50413, "t_dtw": -1}]},
      {"timestamps": {"from": "01:01:02,000", "to": "01:01:03,000"}, "offsets": {"from": 3662000, "to": 3663000},
       "text": "…",
       "tokens": [
        {"text": "…", "timestamps": {"from": "01:01:02,000", "to": "01:01:02,400"},
         "offsets": {"from": 3662000, "to": 3662400}, "id": 158, "p": 0.25, "t_dtw": 366240}]}]})");
  EXPECT_EQ(expected, Json::parse(write(transcript, "json-full").value()));
  EXPECT_EQ("full.json", extension("json-full"));
  EXPECT_EQ("srt", extension("srt"));
  EXPECT_EQ("", extension("docx"));

  transcript.sizes.audio_width = 256;
  transcript.language_probability = 1;
  const Json other = Json::parse(write(transcript, "json-full").value());
  EXPECT_EQ("unknown", other["model"]["type"]);
  EXPECT_EQ("en", other["params"]["language"]);
}

TEST(Writers, NoSegments) {
  const Transcript transcript;
  EXPECT_EQ(write(transcript, "txt").value(), "");
  EXPECT_EQ(write(transcript, "srt").value(), "");
  EXPECT_EQ(write(transcript, "vtt").value(), "WEBVTT\n\n");
  EXPECT_EQ(write(transcript, "tsv").value(), "start\tend\ttext\n");
}

TEST(Writers, UnknownFormat) {
  const auto result = write(Transcript{}, "docx");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(result.error().message.find("docx"), std::string::npos);
  EXPECT_NE(result.error().remedy.find("srt"), std::string::npos);
  for (const std::string_view format : formats()) EXPECT_TRUE(write(Transcript{}, format));
}

TEST(Writers, Timestamps) {
  EXPECT_EQ(format_timestamp(3), "00:03.000");
  EXPECT_EQ(format_timestamp(3, true, ','), "00:00:03,000");
  EXPECT_EQ(format_timestamp(3723.456), "01:02:03.456");
  EXPECT_EQ(format_timestamp(0.0005), "00:00.000");  // 0.5 ms: a tie, to even
  EXPECT_EQ(format_timestamp(0.0015), "00:00.002");
  EXPECT_EQ(format_timestamp(59.9996), "01:00.000");
  EXPECT_EQ(format_timestamp(360000), "100:00:00.000");
  EXPECT_EQ(format_timestamp(-1), "00:00.000");
  EXPECT_EQ(format_timestamp(std::nan("")), "00:00.000");
  EXPECT_EQ(format_timestamp(std::numeric_limits<double>::infinity()).substr(0, 9), "277777777");  // 1e15 ms, clamped
}

}  // namespace
}  // namespace skald::text
