#pragma once
// Tensor names of Hugging Face Whisper checkpoints.

#include <optional>
#include <string>
#include <string_view>

namespace skald::model {

/// The canonical name of a Hugging Face one ("model.encoder.layers.0.fc1.bias" -> "encoder.blocks.0.mlp.0.bias"), with
/// or without the leading "model."; none for a tensor that is not part of the model, as is the output projection.
std::optional<std::string> canonical_name(std::string_view name);

/// The other way round, with the leading "model.". Pre: `canonical` is a name of tensor_list.
std::string hugging_face_name_of(std::string_view canonical);

/// The output projection, a copy of the token embedding that some files hold instead of it.
inline constexpr std::string_view kOutputProjection = "proj_out.weight";

}  // namespace skald::model
