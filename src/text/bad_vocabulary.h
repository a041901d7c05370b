#pragma once
// What is said of a vocabulary that cannot be.

#include <string>
#include <utility>

#include "base/result.h"

namespace skald::text {

/// kBadModel: the tokenizer file `where` holds what `message` says.
inline std::unexpected<Error> bad_vocabulary(const std::string& where, std::string message) {
  return fail(ErrorCode::kBadModel, where, std::move(message),
              "take the tokenizer files again from where the model came from");
}

}  // namespace skald::text
