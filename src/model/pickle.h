#pragma once
// The part of Python's pickle that a PyTorch state dictionary is written in. Nothing is ever run: objects are plain
// values, and a name that no state dictionary needs ends the reading.
// Source: Python's Lib/pickletools.py (opcodes of protocols 2 to 5), PyTorch's torch/_utils.py and
// torch/serialization.py.

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace skald::model {

struct PickleValue;
using PicklePtr = PickleValue*;  ///< into the Pickle that holds it

/// torch.HalfStorage and its like, in member data/KEY of the archive.
struct PickleStorage {
  std::string type;  ///< "HalfStorage"
  std::string key;
  int64_t count = 0;  ///< elements
};

struct PickleTensor {
  PickleStorage storage;
  int64_t offset = 0;  ///< elements
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  ///< elements
};

struct PickleGlobal {
  std::string name;  ///< "torch._utils._rebuild_tensor_v2"
};

using PickleList = std::vector<PicklePtr>;  ///< lists and tuples
using PickleDict = std::vector<std::pair<PicklePtr, PicklePtr>>;

struct PickleValue {
  std::variant<std::monostate, bool, int64_t, double, std::string, PickleList, PickleDict, PickleGlobal, PickleStorage,
               PickleTensor>
      is;
};

/// All values that a program made, which may hold one another in any way.
struct Pickle {
  std::deque<PickleValue> values;
  const PickleValue* root = nullptr;  ///< what it left
};

/// Errors: kBadModel: damaged; kUnsupported: an instruction or a name that state
/// dictionaries have no use for.
Result<Pickle> parse_pickle(std::span<const std::byte> program, const std::string& where);

/// The value of a key in a dictionary; null: `value` is none, or has no such key.
const PickleValue* find_key(const PickleValue& value, std::string_view key);

}  // namespace skald::model
