// Feeds the readers of other programs' model files: whisper.cpp's ggml, CTranslate2's model.bin, PyTorch's archives,
// ONNX. The first byte chooses; a pickle is also read without the archive around it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "model/ct2_checkpoint.h"
#include "model/ggml_checkpoint.h"
#include "model/onnx_checkpoint.h"
#include "model/pickle.h"
#include "model/tensor_list.h"
#include "model/torch_checkpoint.h"

namespace {

using skald::TensorView;

/// Reads all of a tensor: the address sanitizer sees what lies outside of the input.
void touch(const TensorView& view) {
  if (view.count() < 0 || view.count() > (1 << 22) || !holds_numbers(view)) return;
  std::vector<float> values(static_cast<size_t>(view.count()));
  to_f32(view, values);
  volatile float sink = values.empty() ? 0 : values.back();
  static_cast<void>(sink);
}

template <class T>
bool refused(const skald::Result<T>& read) {
  if (read) return false;
  if (read.error().message.empty() || to_string(read.error()).find('\n') != std::string::npos) std::abort();
  return true;
}

void touch(const skald::model::StoredModel& model) {
  if (!validate(model.dims, "fuzz")) std::abort();
  constexpr int kFew = 8;  // layers: more of them are the same
  skald::model::Dims dims = model.dims;
  dims.audio_layers = std::min(dims.audio_layers, kFew);
  dims.text_layers = std::min(dims.text_layers, kFew);
  for (const auto& wanted : tensor_list(dims)) {
    const auto view = model.tensors.get(wanted.name, wanted.shape);
    if (view) touch(*view);
  }
}

void read_ggml(std::span<const std::byte> file) {
  const auto model = skald::model::parse_ggml(file, "fuzz.bin");
  if (!refused(model)) touch(*model);
}

void read_ct2(std::span<const std::byte> file) {
  const auto variables = skald::model::parse_ct2(file, "model.bin");
  if (refused(variables)) return;
  for (const auto& [name, view] : variables->views) touch(view);
  const auto model = skald::model::assemble_ct2(*variables, "model.bin");
  if (!refused(model)) touch(*model);
}

void read_torch(std::span<const std::byte> file) {
  const auto read = skald::model::parse_torch(file, "fuzz.pt");
  if (refused(read)) return;
  for (const auto& tensor : read->tensors) touch(tensor.view);
}

void read_pickle(std::span<const std::byte> file) {
  const auto pickle = skald::model::parse_pickle(file, "data.pkl");
  if (!refused(pickle)) find_key(*pickle->root, "dims");
}

void read_onnx(std::span<const std::byte> file) {
  for (const char* side : {"encoder", "decoder"}) {
    skald::model::StoredModel model("ONNX", "fuzz.onnx");
    const auto read = skald::model::add_onnx(file, "/absent/fuzz.onnx", side, model);
    if (refused(read)) continue;
    model.dims.audio_state = model.dims.text_state = 4;
    model.dims.audio_heads = model.dims.text_heads = 2;
    model.dims.audio_layers = model.dims.text_layers = 1;
    model.dims.audio_ffn = model.dims.text_ffn = 16;
    model.dims.vocab = 11;
    for (const auto& wanted : tensor_list(model.dims)) {
      const auto view = model.tensors.get(wanted.name, wanted.shape);
      if (view) touch(*view);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr void (*kReaders[])(std::span<const std::byte>) = {read_ggml, read_ct2, read_torch, read_pickle, read_onnx};
  if (size == 0) return 0;
  kReaders[data[0] % std::size(kReaders)](std::as_bytes(std::span(data + 1, size - 1)));
  return 0;
}
