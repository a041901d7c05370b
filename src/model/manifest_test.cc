// Every published model in each form that it comes in, as tests/data/manifests describe them: files of full size with
// the right heads and holes in the place of the numbers are opened and have every tensor.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/file.h"
#include "model/alignment_heads.h"
#include "model/checkpoint.h"
#include "model/format_writers_for_tests.h"
#include "model/random_checkpoint.h"
#include "model/test_support.h"

namespace skald::model {
namespace {

namespace fs = std::filesystem;

struct Tensor {
  std::string name;
  std::string type;  ///< "F32", "F16", "I16", "I8"
  Shape shape;
  int64_t bytes() const { return shape.count() * (type == "F32" ? 4 : type == "I8" ? 1 : 2); }
};

struct Manifest {
  std::string name;
  std::map<std::string, int> sizes;
  std::map<std::string, std::string> texts;  ///< "config.json", "generation_config.json", "ct2/config.json"
  std::map<std::string, std::vector<Tensor>> forms;
  std::vector<std::pair<std::string, std::string>> aliases;  ///< of CTranslate2
  Dims dims() const { return named_dims(name).value(); }     ///< equal to `sizes`: see the first test
};

Shape shape_of(const std::string& text) {
  Shape shape;
  if (text == "-") return shape;
  std::istringstream extents(text);
  for (std::string one; std::getline(extents, one, ',');) {
    shape.extent[static_cast<size_t>(shape.rank++)] = std::stoll(one);
  }
  return shape;
}

/// "a.{0-3}.b F32 3,4": four tensors.
void add_tensors(const std::string& line, std::vector<Tensor>& to) {
  std::istringstream words(line);
  Tensor tensor;
  std::string extents;
  words >> tensor.name >> tensor.type >> extents;
  tensor.shape = shape_of(extents);
  const size_t open = tensor.name.find('{');
  if (open == std::string::npos) return to.push_back(tensor);
  const std::string before = tensor.name.substr(0, open);
  const size_t close = tensor.name.find('}');
  const std::string after = tensor.name.substr(close + 1);
  const int last = std::stoi(tensor.name.substr(open + 3, close - open - 3));
  for (int i = 0; i <= last; ++i) {
    tensor.name = before + std::to_string(i) + after;
    to.push_back(tensor);
  }
}

Manifest read_manifest(const fs::path& path) {
  Manifest manifest;
  std::istringstream file(read_file(path).value());
  std::string form;
  for (std::string line; std::getline(file, line);) {
    const size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    const std::string rest = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (line[0] == '[') {
      form = line.substr(1, line.size() - 2);
    } else if (rest.starts_with("= ")) {
      manifest.aliases.emplace_back(word, rest.substr(2));
    } else if (!form.empty()) {
      add_tensors(line, manifest.forms[form]);
    } else if (word == "name") {
      manifest.name = rest;
    } else if (word == "sizes") {
      std::istringstream pairs(rest);
      for (std::string pair; pairs >> pair;) {
        const size_t equal = pair.find('=');
        manifest.sizes[pair.substr(0, equal)] = std::stoi(pair.substr(equal + 1));
      }
    } else if (word.ends_with(".json")) {
      manifest.texts[word] = rest;
    }
  }
  return manifest;
}

/// A file with holes.
class SparseFile {
 public:
  explicit SparseFile(const fs::path& path) : fd_(::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600)) {}
  void add(std::string_view bytes) {
    EXPECT_EQ(static_cast<ssize_t>(bytes.size()), ::pwrite(fd_.get(), bytes.data(), bytes.size(), at_));
    skip(static_cast<int64_t>(bytes.size()));
  }
  void skip(int64_t bytes) { at_ += bytes; }
  int64_t at() const { return at_; }
  void finish() const { EXPECT_EQ(0, ::ftruncate(fd_.get(), at_)); }

 private:
  Descriptor fd_;
  int64_t at_ = 0;
};

fs::path write_hf(const Manifest& manifest, const TemporaryDirectory& directory) {
  directory.write("hf/config.json", manifest.texts.at("config.json"));
  directory.write("hf/generation_config.json", manifest.texts.at("generation_config.json"));
  std::string header = "{";
  int64_t at = 0;
  for (const Tensor& t : manifest.forms.at("hf")) {
    std::string extents;
    for (int i = 0; i < t.shape.rank; ++i) extents += (i > 0 ? "," : "") + std::to_string(t.shape[i]);
    header += (at > 0 ? ",\"" : "\"") + t.name + R"(":{"dtype":")" + t.type + R"(","shape":[)" + extents +
              R"(],"data_offsets":[)" + std::to_string(at) + "," + std::to_string(at + t.bytes()) + "]}";
    at += t.bytes();
  }
  SparseFile file(directory.path() / "hf" / "model.safetensors");
  file.add(safetensors_bytes(header + "}"));
  file.skip(at);
  file.finish();
  return directory.path() / "hf";
}

fs::path write_ggml(const Manifest& manifest, const TemporaryDirectory& directory) {
  const fs::path path = directory.path() / "ggml.bin";
  const Dims dims = manifest.dims();
  constexpr int32_t kBins = 201;  // of a spectrum of 400 samples
  SparseFile file(path);
  std::string head = ggml_head(dims);
  append(head, int32_t{dims.mel_bands});
  append(head, kBins);
  file.add(head);
  file.skip(int64_t{4} * dims.mel_bands * kBins);
  file.add(std::string(4, '\0'));  // words
  for (const Tensor& t : manifest.forms.at("ggml")) {
    file.add(ggml_tensor_head(t.name, t.shape, t.type == "F16" ? DType::kF16 : DType::kF32));
    file.skip(t.bytes());
  }
  file.finish();
  return path;
}

fs::path write_ct2(const Manifest& manifest, const TemporaryDirectory& directory) {
  directory.write("ct2/config.json", manifest.texts.at("ct2/config.json"));
  SparseFile file(directory.path() / "ct2" / "model.bin");
  const std::map<std::string, uint8_t> types = {{"F32", 0}, {"I8", 1}, {"I16", 2}, {"F16", 4}};
  const auto& tensors = manifest.forms.at("ct2");
  file.add(ct2_head(static_cast<uint32_t>(tensors.size())));
  for (const Tensor& t : tensors) {
    file.add(ct2_variable_head(t.name, t.shape, types.at(t.type), static_cast<size_t>(t.bytes())));
    if (!t.name.ends_with("/num_heads")) {
      file.skip(t.bytes());
      continue;
    }
    std::string heads;
    append(heads, static_cast<int16_t>(manifest.sizes.at("heads")));
    file.add(heads);
  }
  std::string tail;
  append(tail, static_cast<uint32_t>(manifest.aliases.size()));
  for (const auto& [alias, target] : manifest.aliases) tail += ct2_text(alias) + ct2_text(target);
  file.add(tail);
  file.finish();
  return directory.path() / "ct2";
}

std::string pickle_of(const Manifest& manifest) {
  PickleWriter pickle;
  pickle.head(manifest.dims());
  pickle.bytes += "ccollections\nOrderedDict\n)R(";
  int key = 0;
  for (const Tensor& t : manifest.forms.at("pt")) {
    pickle.text(t.name);
    pickle.tensor({.name = t.name, .shape = t.shape, .values = {}, .type = DType::kF16}, key++);
  }
  return pickle.bytes + "uu.";
}

fs::path write_pt(const Manifest& manifest, const TemporaryDirectory& directory) {
  const fs::path path = directory.path() / "model.pt";
  SparseFile file(path);
  std::string members;
  uint16_t count = 0;
  const auto member = [&](const std::string& name, int64_t size, const std::string& content) {
    members += zip_row(name, static_cast<uint32_t>(size), static_cast<uint32_t>(file.at()));
    file.add(zip_member_head(name, static_cast<uint32_t>(size)) + content);
    if (content.empty()) file.skip(size);
    ++count;
  };
  const std::string pickle = pickle_of(manifest);
  member("model/data.pkl", static_cast<int64_t>(pickle.size()), pickle);
  int key = 0;
  for (const Tensor& t : manifest.forms.at("pt")) member("model/data/" + std::to_string(key++), t.bytes(), "");
  const auto begin = static_cast<uint32_t>(file.at());
  file.add(members + zip_end(count, static_cast<uint32_t>(members.size()), begin));
  file.finish();
  return path;
}

std::vector<Manifest> manifests() {
  std::vector<Manifest> all;
  for (const auto& entry : fs::directory_iterator(fs::path(SKALD_SOURCE_DIR) / "tests" / "data" / "manifests")) {
    all.push_back(read_manifest(entry.path()));
  }
  return all;
}

TEST(Manifests, AreThoseOfThePublishedModels) {
  const auto all = manifests();
  EXPECT_EQ(17U, all.size());
  for (const Manifest& manifest : all) {
    const auto dims = named_dims(manifest.name);
    ASSERT_TRUE(dims) << manifest.name;
    const auto& s = manifest.sizes;
    EXPECT_EQ((std::vector<int>{s.at("bands"), s.at("audio_ctx"), s.at("width"), s.at("heads"), s.at("encoder"),
                                s.at("decoder"), s.at("ffn"), s.at("text_ctx"), s.at("vocab")}),
              (std::vector<int>{dims->mel_bands, dims->audio_ctx, dims->audio_state, dims->audio_heads,
                                dims->audio_layers, dims->text_layers, dims->text_ffn, dims->text_ctx, dims->vocab}))
        << manifest.name;
  }
}

TEST(Manifests, EveryFormOfEveryPublishedModelIsRead) {
  using Write = fs::path (*)(const Manifest&, const TemporaryDirectory&);
  const std::pair<const char*, Write> forms[] = {
      {"Hugging Face", write_hf}, {"OpenAI", write_pt}, {"ggml", write_ggml}, {"CTranslate2", write_ct2}};
  for (const Manifest& manifest : manifests()) {
    const Dims dims = manifest.dims();
    const bool distilled = manifest.name.starts_with("distil");
    for (const auto& [format, write] : forms) {
      SCOPED_TRACE(manifest.name + " as " + format);
      const TemporaryDirectory directory;
      const auto read = open_checkpoint(write(manifest, directory));
      ASSERT_TRUE(read) << to_string(read.error());
      EXPECT_EQ(format, (*read)->format());
      EXPECT_EQ(manifest.sizes.at("vocab"), (*read)->dims().vocab);
      EXPECT_EQ(manifest.sizes.at("decoder"), (*read)->dims().text_layers);
      for (const NamedShape& wanted : tensor_list(dims)) ASSERT_TRUE((*read)->tensor(wanted.name, wanted.shape));
      const auto& heads = (*read)->generation().alignment_heads;
      EXPECT_EQ(distilled, heads.empty());
      // What the file says and what is known of the published models is the same; large-v1 and large-v2 have one shape.
      const auto known = published_alignment_heads(dims);
      EXPECT_TRUE(manifest.name == "large-v1" || std::ranges::equal(known, heads));
    }
  }
}

}  // namespace
}  // namespace skald::model
