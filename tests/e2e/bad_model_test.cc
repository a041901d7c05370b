// Models that cannot be used: exit 3, one line that names the file (and tensor).

#include <cstring>
#include <string>

#include "expect.h"
#include "files.h"

namespace skald::e2e {
namespace {

using Json = nlohmann::json;

constexpr const char* kKeyWeight = "model.encoder.layers.0.self_attn.k_proj.weight";

struct BadModel {
  const char* name;
  void (*damage)(const std::string& model);
  std::vector<std::string> says;
};

std::ostream& operator<<(std::ostream& out, const BadModel& c) {
  return out << c.name;
}

std::string header_of(uint64_t length, const std::string& text) {
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + text;
}

void without_weights(const std::string& model) {
  std::filesystem::remove(model + "/model.safetensors");
}

const BadModel kBadModels[] = {
    {"NoConfig", [](const std::string& m) { std::filesystem::remove(m + "/config.json"); }, {"config.json"}},
    {"NoWeights", without_weights, {"safetensors"}},
    {"EmptyWeights", [](const std::string& m) { replace(m, "model.safetensors", ""); }, {"model.safetensors"}},
    {"TruncatedWeights",
     [](const std::string& m) {
       const std::string bytes = read(m + "/model.safetensors");
       replace(m, "model.safetensors", bytes.substr(0, bytes.size() / 2));
     },
     {"model.safetensors"}},
    {"TruncatedHeader",
     [](const std::string& m) { replace(m, "model.safetensors", read(m + "/model.safetensors").substr(0, 100)); },
     {"model.safetensors"}},
    {"HugeHeader",
     [](const std::string& m) { replace(m, "model.safetensors", header_of(uint64_t{1} << 60U, "{}")); },
     {"model.safetensors"}},
    {"HeaderLengthOverflows",
     [](const std::string& m) { replace(m, "model.safetensors", header_of(~uint64_t{0}, "{}")); },
     {"model.safetensors"}},
    {"HeaderIsNoJson",
     [](const std::string& m) { replace(m, "model.safetensors", header_of(8, "{\"a\": [[")); },
     {"model.safetensors"}},
    {"TensorMissing",
     [](const std::string& m) { edit_weights(m, [](Json& h) { h.erase(kKeyWeight); }); },
     {"encoder.blocks.0.attn.key.weight"}},
    {"WrongShape",
     [](const std::string& m) { edit_weights(m, [](Json& h) { h[kKeyWeight]["shape"] = {128, 512}; }); },
     {"encoder.blocks.0.attn.key.weight"}},
    {"OffsetsOutsideTheFile",
     [](const std::string& m) {
       edit_weights(m, [](Json& h) { h[kKeyWeight]["data_offsets"] = {4000000000U, 4000131072U}; });
     },
     {"model.safetensors"}},
    {"OffsetsBackwards",
     [](const std::string& m) { edit_weights(m, [](Json& h) { h[kKeyWeight]["data_offsets"] = {131072, 0}; }); },
     {"model.safetensors"}},
    {"UnknownType",
     [](const std::string& m) { edit_weights(m, [](Json& h) { h[kKeyWeight]["dtype"] = "Q17"; }); },
     {"Q17"}},
    {"NegativeShape",
     [](const std::string& m) { edit_weights(m, [](Json& h) { h[kKeyWeight]["shape"] = {-256, -256}; }); },
     {"model.safetensors"}},
    {"ConfigIsNoJson", [](const std::string& m) { replace(m, "config.json", "{ not json"); }, {"config.json"}},
    {"ConfigIsEmpty", [](const std::string& m) { replace(m, "config.json", ""); }, {"config.json"}},
    {"ConfigOfAnotherModel",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c["model_type"] = "bert"; }); },
     {"config.json", "bert"}},
    {"ConfigWithoutWidth",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c.erase("d_model"); }); },
     {"config.json", "d_model"}},
    {"ConfigWidthIsZero",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c["d_model"] = 0; }); },
     {"config.json"}},
    {"ConfigWidthIsText",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c["d_model"] = "wide"; }); },
     {"config.json", "d_model"}},
    {"ConfigLayersAreHuge",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c["encoder_layers"] = 2000000000; }); },
     {"config.json"}},
    {"ConfigHeadsDoNotDivide",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c["decoder_attention_heads"] = 7; }); },
     {"config.json"}},
    {"ConfigOfAnotherVocabulary",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c["vocab_size"] = 50000; }); },
     {"50000"}},
    {"ConfigOfAnotherWindow",
     [](const std::string& m) { edit_json(m, "config.json", [](Json& c) { c["max_source_positions"] = 1000; }); },
     {"1000"}},
    {"VocabularyIsNoJson", [](const std::string& m) { replace(m, "vocab.json", "[1, 2"); }, {"vocab.json"}},
    {"MergesAreNoMerges", [](const std::string& m) { replace(m, "merges.txt", "one\ntwo\n"); }, {"merges.txt"}},
    {"TokenizerIsNoJson",
     [](const std::string& m) {
       std::filesystem::remove(m + "/vocab.json");
       replace(m, "tokenizer.json", "[1, 2");
     },
     {"tokenizer.json"}},
};

class BadModelTest : public testing::TestWithParam<BadModel> {};

TEST_P(BadModelTest, IsRefused) {
  const TempDir directory;
  const std::string model = copy_model(directory, "model");
  GetParam().damage(model);
  const Outcome outcome = run({"transcribe", "--model", model, sample("hello.wav"), "--output-dir", directory / "out"});
  std::vector<std::string> says = GetParam().says;
  says.emplace_back("(");
  expect_refusal(outcome, 3, says);
  EXPECT_EQ("", outcome.out);
  EXPECT_TRUE(directory.list("out").empty());
}

INSTANTIATE_TEST_SUITE_P(Table, BadModelTest, testing::ValuesIn(kBadModels),
                         [](const auto& row) { return std::string(row.param.name); });

/// A file that is no model of any form, and what is said of it.
struct BadFile {
  const char* name;
  std::string file;  ///< its name below a directory
  std::string content;
  bool directory;  ///< the directory is named, not the file
  std::vector<std::string> says;
};

/// 32-bit little-endian numbers.
std::string numbers(const std::vector<uint32_t>& values) {
  std::string bytes;
  for (const uint32_t value : values) {
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift);
  }
  return bytes;
}

/// whisper.cpp's file of tiny, without tensors.
std::string ggml_head(uint32_t width) {
  return "lmgg" + numbers({51864, 1500, width, 6, 4, 448, width, 6, 4, 80, 1, 0, 0, 0});
}

const BadFile kFiles[] = {
    {"Empty", "m.bin", "", false, {"m.bin"}},
    {"OneByte", "m.bin", "l", false, {"m.bin"}},
    {"Text", "m.bin", "hello, world", false, {"m.bin", "is not a model"}},
    {"GgmlMagicAlone", "m.bin", "lmgg", false, {"m.bin"}},
    {"GgmlCutInItsSizes", "m.bin", ggml_head(384).substr(0, 30), false, {"m.bin", "ends inside"}},
    {"GgmlWithoutTensors", "m.bin", ggml_head(384), false, {"m.bin", "is missing"}},
    {"GgmlOfAbsurdWidth", "m.bin", ggml_head(1U << 30U), false, {"m.bin", "width"}},
    {"GgmlOfNegativeWidth", "m.bin", ggml_head(0xFFFFFFFF), false, {"m.bin", "width"}},
    {"GgmlOddWidth", "m.bin", ggml_head(385), false, {"m.bin"}},
    {"Gguf", "m.gguf", "GGUF" + numbers({3, 0, 0}), false, {"GGUF"}},
    {"GitLfsPointer",
     "m.bin",
     "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
     false,
     {"git lfs pull"}},
    {"SafetensorsAlone", "m.safetensors", numbers({2, 0}) + "{}", false, {"config.json"}},
    {"TorchOfOldKind", "m.pt", "\x80\x02" + std::string(40, 'q'), false, {"PyTorch"}},
    {"TorchZipCut", "m.pt", "PK\x03\x04" + std::string(26, '\0'), false, {"m.pt"}},
    {"TorchZipOfNothing",
     "m.pt",
     "PK\x03\x04" + std::string(26, '\0') + "PK\x05\x06" + std::string(18, '\0'),
     false,
     {"m.pt"}},
    {"CTranslate2Empty", "model.bin", "", true, {"model.bin"}},
    {"CTranslate2OfAnotherVersion", "model.bin", numbers({99}), true, {"model.bin", "99"}},
    {"CTranslate2Cut", "model.bin", numbers({6}) + "\x0c", true, {"model.bin", "ends inside"}},
    {"ConfigAlone", "config.json", "{\"model_type\": \"whisper\"}", true, {"model.safetensors"}},
    {"PytorchShards", "pytorch_model.bin.index.json", "{}", true, {"transformers"}},
};

class BadFileTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadFileTest, IsRefused) {
  const TempDir directory;
  const BadFile& bad = GetParam();
  write(directory / bad.file, bad.content);
  const std::string model = bad.directory ? directory.path() : directory / bad.file;
  expect_refusal(run({"transcribe", "--model", model, sample("hello.wav")}), 3, bad.says);
}

INSTANTIATE_TEST_SUITE_P(Table, BadFileTest, testing::ValuesIn(kFiles),
                         [](const auto& row) { return std::string(row.param.name); });

/// ONNX files with the built-in model's config.json.
TEST(BadModel, OnnxThatIsNone) {
  for (const std::string& content : {std::string(), std::string("\x08\x08"),
                                     std::string("\x3a\x7f"
                                                 "cut"),
                                     std::string(64, '\xff')}) {
    const TempDir directory;
    const std::string model = copy_model(directory, "model");
    std::filesystem::remove(model + "/model.safetensors");
    write(model + "/encoder_model.onnx", content);
    write(model + "/decoder_model.onnx", content);
    expect_refusal(run({"transcribe", "--model", model, sample("hello.wav")}), 3, {"encoder_model.onnx"});
  }
}

TEST(BadModel, NoSuchModel) {
  expect_refusal(run({"transcribe", "--model", "enormous.xx", sample("hello.wav")}), 3, {"enormous.xx", "("});
  expect_refusal(run({"transcribe", "--model", "./no/such/dir", sample("hello.wav")}), 3, {"./no/such/dir", "("});
}

TEST(BadModel, NotAModel) {
  const TempDir directory;
  std::filesystem::create_directory(directory / "bare");
  expect_refusal(run({"transcribe", "--model", directory / "bare", sample("hello.wav")}), 3, {"bare", "("});
  expect_refusal(run({"transcribe", "--model", sample("hello.wav"), sample("hello.wav")}), 3, {"hello.wav", "("});
}

TEST(BadModel, AnUndamagedCopyWorks) {
  const TempDir directory;
  const std::string model = copy_model(directory, "model");
  edit_weights(model, [](Json&) {});
  edit_json(model, "config.json", [](Json&) {});
  const Outcome outcome = run({"transcribe", "--quiet", "--model", model, sample("hello.wav")});
  EXPECT_EQ(0, outcome.exit_code) << outcome.err;
  EXPECT_NE(std::string::npos, outcome.out.find("Good morning"));
}

}  // namespace
}  // namespace skald::e2e
