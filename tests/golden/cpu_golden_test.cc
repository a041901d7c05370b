// The CPU wing against openai/whisper in float32: encoder states, logits and language probabilities of mini.en and of
// random checkpoints, on every instruction set this processor runs.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

#include "audio/log_mel.h"
#include "cpu/cpu_model.h"
#include "decode/decoding.h"
#include "model/format_writers_for_tests.h"
#include "model/random_checkpoint.h"
#include "model/safetensors_writer.h"
#include "tests/golden/golden_file.h"
#include "text/tokenizer.h"

namespace skald {
namespace {

using nlohmann::json;

// The bar for float32: absolute, on encoder states and on logits. Rounding of the stored values (six digits, below 100)
// takes at most 5e-5 of it.
constexpr double kTolerance = 1e-3;
// Logits that are off by d change a probability p by at most 2 d p; no language here is likelier than 0.05.
constexpr double kLanguageTolerance = 2 * kTolerance * 0.05;
constexpr int kScalarFrames = 200;  // the longest window the scalar rows are asked for: they are slow

const json& goldens() {
  static const json file = golden::read_golden("model.json");
  return file;
}

model::Dims dims_of(const json& dims) {
  const int state = dims.at("n_audio_state");
  return {.mel_bands = dims.at("n_mels"),
          .audio_ctx = dims.at("n_audio_ctx"),
          .audio_state = state,
          .audio_heads = dims.at("n_audio_head"),
          .audio_layers = dims.at("n_audio_layer"),
          .audio_ffn = 4 * state,
          .text_ctx = dims.at("n_text_ctx"),
          .text_state = dims.at("n_text_state"),
          .text_heads = dims.at("n_text_head"),
          .text_layers = dims.at("n_text_layer"),
          .text_ffn = 4 * state,
          .vocab = dims.at("n_vocab")};
}

std::unique_ptr<model::Checkpoint> open_case(const json& c) {
  auto checkpoint = c.at("model") == "random" ? model::make_random_checkpoint(dims_of(c.at("dims")))
                                              : model::open_checkpoint(golden::project_file("models/mini.en"));
  if (!checkpoint) throw std::runtime_error(to_string(checkpoint.error()));
  return *std::move(checkpoint);
}

/// tools/reference.py random_mel(): the same SplitMix64 as the random checkpoints, under the name "mel", time-major.
std::vector<float> random_mel(int frames, int bands) {
  uint64_t seed = 0xCBF29CE484222325U;  // FNV-1a-64
  for (const char byte : {'m', 'e', 'l'}) seed = (seed ^ static_cast<uint8_t>(byte)) * 0x100000001B3U;
  std::vector<float> mel(static_cast<size_t>(frames) * static_cast<size_t>(bands));
  for (size_t i = 0; i < mel.size(); ++i) {
    uint64_t x = seed + (i + 1) * 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    x ^= x >> 31U;
    mel[i] = 2.0F * (static_cast<float>(x >> 40U) * 0x1p-24F) - 1.0F;
  }
  return mel;
}

std::vector<float> sample_mel(const std::string& name, int frames, int bands, ThreadPool& pool) {
  auto source = audio::open_audio(golden::project_file("samples/" + name).string());
  if (!source) throw std::runtime_error(to_string(source.error()));
  const audio::LogMel log_mel(bands);
  auto stream = audio::MelStream::open(**source, log_mel, pool);
  if (!stream) throw std::runtime_error(to_string(stream.error()));
  std::vector<float> mel(static_cast<size_t>(frames) * static_cast<size_t>(bands));
  const int content = static_cast<int>(std::min<int64_t>(stream->content_frames(), frames));
  auto filled = stream->window(0, content, frames, mel);
  if (!filled) throw std::runtime_error(to_string(filled.error()));
  return mel;
}

/// Largest |ours - golden| over what was stored.
struct Worst {
  double value = 0;
  void take(double ours, double theirs) {
    const double off = std::abs(ours - theirs);
    value = std::isnan(off) ? off : std::max(value, off);
  }
};

double worst_state(const json& c, const model::EncodedAudio& audio) {
  std::vector<float> states(static_cast<size_t>(audio.positions()) * static_cast<size_t>(audio.width()));
  EXPECT_TRUE(audio.to_host_f32(0, states).has_value());
  Worst worst;
  const auto& positions = c.at("positions");
  for (size_t i = 0; i < positions.size(); ++i) {
    const size_t row = positions[i].get<size_t>() * static_cast<size_t>(audio.width());
    for (size_t j = 0; j < c.at("widths").size(); ++j) {
      worst.take(states[row + c.at("widths")[j].get<size_t>()], c.at("states")[i][j]);
    }
  }
  return worst.value;
}

/// Largest difference of logits and log-sum-exps over all steps.
double worst_logit(const json& c, model::Decoder& decoder, const model::EncodedAudio& audio) {
  auto slot = decoder.open(audio, 0);
  if (!slot) throw std::runtime_error(to_string(slot.error()));
  std::vector<float> logits(c.at("dims").at("n_vocab").get<size_t>());
  std::vector<model::Candidate> text(2);
  std::vector<model::Candidate> timestamps(2);
  Worst worst;
  for (size_t s = 0; s < c.at("steps").size(); ++s) {
    const auto tokens = c.at("steps")[s].get<std::vector<int32_t>>();
    model::StepIn in{.slot = *slot, .tokens = tokens, .mask = {}, .no_speech_at = -1, .logits = logits};
    model::StepOut out;
    out.text.top = text;
    out.timestamps.top = timestamps;
    auto done = decoder.step({&in, 1}, {&out, 1});
    if (!done) throw std::runtime_error(to_string(done.error()));
    for (size_t i = 0; i < c.at("logit_ids").size(); ++i) {
      worst.take(logits[c.at("logit_ids")[i].get<size_t>()], c.at("logits")[s][i]);
    }
    worst.take(out.text.log_sum_exp, c.at("text_log_sum_exp")[s]);
    worst.take(out.timestamps.log_sum_exp, c.at("timestamp_log_sum_exp")[s]);
  }
  decoder.close(*slot);
  return worst.value;
}

void check_languages(const json& c, model::Decoder& decoder, const model::EncodedAudio& audio) {
  auto tokenizer = text::Tokenizer::load(std::nullopt, c.at("dims").at("n_vocab"));
  ASSERT_TRUE(tokenizer.has_value());
  auto ours = decode::detect_language(decoder, *tokenizer, audio, 0);
  ASSERT_TRUE(ours.has_value()) << to_string(ours.error());
  const auto theirs = c.at("language_probabilities").get<std::vector<double>>();
  ASSERT_EQ(ours->size(), theirs.size());
  for (size_t i = 0; i < theirs.size(); ++i) EXPECT_NEAR((*ours)[i], theirs[i], kLanguageTolerance) << i;
}

void check_case(const json& c, const model::Checkpoint& checkpoint, const cpu::Context& context) {
  SCOPED_TRACE(c.at("name").get<std::string>());
  const int bands = c.at("dims").at("n_mels");
  const int frames = c.at("frames");
  const std::string audio_file = c.at("audio");
  const auto mel =
      audio_file.empty() ? random_mel(frames, bands) : sample_mel(audio_file, frames, bands, *context.pool);

  auto encoder = cpu::make_encoder(checkpoint, context);
  ASSERT_TRUE(encoder.has_value()) << to_string(encoder.error());
  auto states = (*encoder)->make_output(1);
  ASSERT_TRUE(states.has_value()) << to_string(states.error());
  auto encoded = (*encoder)->encode({.windows = 1, .frames = frames, .mel = mel, .pcm = {}, .mel_max = 0}, **states);
  ASSERT_TRUE(encoded.has_value()) << to_string(encoded.error());
  const double state = worst_state(c, **states);
  EXPECT_LE(state, kTolerance);

  const auto special = text::special_tokens(c.at("dims").at("n_vocab"));
  ASSERT_TRUE(special.has_value());
  auto decoder = cpu::make_decoder(checkpoint,
                                   {.end_of_text = special->end_of_text,
                                    .no_speech = special->no_speech,
                                    .timestamp_begin = special->timestamp_begin},
                                   2, 1, context);
  ASSERT_TRUE(decoder.has_value()) << to_string(decoder.error());
  const double logit = worst_logit(c, **decoder, **states);
  EXPECT_LE(logit, kTolerance);
  std::printf("%-8s %-24s largest difference: states %.1e, logits %.1e\n", to_string(context.isa),
              c.at("name").get<std::string>().c_str(), state, logit);
  if (c.contains("language_probabilities")) check_languages(c, **decoder, **states);
}

class CpuGolden : public testing::TestWithParam<Isa> {};

TEST_P(CpuGolden, StatesAndLogits) {
  if (!runs(GetParam())) GTEST_SKIP() << "this processor lacks " << to_string(GetParam());
  ThreadPool pool(available_cpus());
  int checked = 0;
  for (const json& c : goldens().at("cases")) {
    if (GetParam() == Isa::kScalar && c.at("frames").get<int>() > kScalarFrames) continue;
    check_case(c, *open_case(c), {.pool = &pool, .isa = GetParam()});
    ++checked;
  }
  EXPECT_GE(checked, 4);  // the short windows of every model at least
}

INSTANTIATE_TEST_SUITE_P(AllIsas, CpuGolden, testing::Values(Isa::kScalar, Isa::kAvx2, Isa::kAvx512),
                         [](const auto& instance) { return std::string(to_string(instance.param)); });

/// The case of a name.
const json& golden_case(const std::string& name) {
  for (const json& c : goldens().at("cases")) {
    if (c.at("name") == name) return c;
  }
  throw std::runtime_error("there is no case " + name);
}

void check_file(const std::filesystem::path& path) {
  ThreadPool pool(available_cpus());
  const auto checkpoint = model::open_checkpoint(path);
  ASSERT_TRUE(checkpoint) << to_string(checkpoint.error());
  for (const char* name : {"tiny 200 frames", "tiny translate 200 frames"}) {
    check_case(golden_case(name), **checkpoint, {.pool = &pool, .isa = best_isa()});
  }
}

// A multilingual model of published sizes in every form: logits, languages and the prompt of a translation.
TEST(FormsGolden, RandomTinyFromFiles) {
  const model::TemporaryDirectory directory;
  const model::Dims dims = model::named_dims("tiny").value();
  {
    auto tensors = model::random_tensors(dims);
    check_file(directory.write("tiny.pt", model::torch_bytes(tensors, &dims)));
    check_file(directory.write("ggml.bin", model::ggml_bytes(dims, tensors)));
    directory.write("ct2/model.bin", model::ct2_bytes(dims, tensors, false));
  }
  check_file(directory.path() / "ct2");
  const auto random = model::make_random_checkpoint(dims);
  ASSERT_TRUE(random);
  directory.write("hf/config.json",
                  R"({"model_type": "whisper", "d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6,
    "encoder_ffn_dim": 1536, "decoder_layers": 4, "decoder_attention_heads": 6, "decoder_ffn_dim": 1536,
    "vocab_size": 51865})");
  const auto written = write_safetensors(**random, DType::kF32, directory.path() / "hf" / "model.safetensors");
  ASSERT_TRUE(written) << to_string(written.error());
  check_file(directory.path() / "hf");
}

// Models of every published size in every form take minutes and gigabytes: tools/check_manifests.py writes them, one
// after the other, with the reference's outputs.
TEST(FormsGolden, FilesOfCheckManifests) {
  const char* path = std::getenv("SKALD_FORMS_GOLDEN");
  if (path == nullptr) GTEST_SKIP() << "run tools/check_manifests.py";
  std::ifstream file(path);
  const json cases = json::parse(file).at("cases");
  ASSERT_FALSE(cases.empty());
  ThreadPool pool(available_cpus());
  for (const json& c : cases) {
    const auto checkpoint = model::open_checkpoint(c.at("path").get<std::string>());
    ASSERT_TRUE(checkpoint) << to_string(checkpoint.error());
    check_case(c, **checkpoint, {.pool = &pool, .isa = best_isa()});
  }
}

TEST(RandomCheckpointGolden, SameBitsAsInNumpy) {
  int compared = 0;
  for (const json& sample : goldens().at("weights")) {
    const auto dims = model::named_dims(sample.at("shape").get<std::string>());
    ASSERT_TRUE(dims.has_value());
    auto checkpoint = model::make_random_checkpoint(*dims);
    ASSERT_TRUE(checkpoint.has_value());
    Shape shape;
    for (const int64_t extent : sample.at("extents")) shape.extent[static_cast<size_t>(shape.rank++)] = extent;
    const auto name = sample.at("tensor").get<std::string>();
    auto view = (*checkpoint)->tensor(name, shape);
    ASSERT_TRUE(view.has_value()) << to_string(view.error());
    const auto* values = static_cast<const float*>(view->data);
    for (size_t i = 0; i < sample.at("indices").size(); ++i) {
      EXPECT_EQ(values[sample.at("indices")[i].get<size_t>()], sample.at("values")[i].get<float>()) << name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 300);
}

}  // namespace
}  // namespace skald
