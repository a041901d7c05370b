#pragma once
// What every reader of a model file says of bytes that cannot be.

#include <string>
#include <utility>

#include "base/result.h"

namespace skald::model {

/// kBadModel: the file `where` is damaged, as `message` says.
inline std::unexpected<Error> damaged(const std::string& where, std::string message) {
  return fail(ErrorCode::kBadModel, where, std::move(message),
              "the file is damaged or incomplete: download or convert it again");
}

}  // namespace skald::model
