#pragma once
// Defensive parsing of the small JSON texts beside and inside model files.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skald::model {

/// Parses one whole JSON text. Errors (kBadModel, with `where`): not JSON, a name that stands twice in one object,
/// nesting deeper than 32; kOutOfMemory.
Result<nlohmann::json> parse_json(std::string_view text, const std::string& where);

/// A name from a file as it may be shown in a one-line message: quoted, control bytes replaced, cut to 100 bytes.
std::string shown(std::string_view name);

}  // namespace skald::model
