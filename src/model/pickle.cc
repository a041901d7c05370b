#include "model/pickle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "model/byte_reader.h"
#include "model/damaged.h"
#include "model/json.h"

namespace skald::model {
namespace {

/// What state dictionaries name. Storages are types, the rest is called.
constexpr std::array<std::string_view, 3> kCalled = {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2",
                                                     "torch._utils._rebuild_parameter"};
constexpr std::string_view kStorages = "torch.";
constexpr std::string_view kStorageSuffix = "Storage";

bool is_storage(std::string_view name) {
  return name.starts_with(kStorages) && name.ends_with(kStorageSuffix) &&
         name.find('.', kStorages.size()) == std::string_view::npos;
}

/// Runs a program on a stack of plain values.
class PickleReader {
 public:
  PickleReader(std::span<const std::byte> program, const std::string& where) : in_(program, where) {}

  Result<Pickle> run() {
    while (!ended_) {
      SKALD_TRY(const auto op, in_.read<unsigned char>("its pickle"));
      SKALD_CHECK(step(static_cast<char>(op)));
    }
    SKALD_TRY(const PicklePtr root, pop());
    return Pickle{.values = std::move(values_), .root = root};
  }

 private:
  using Done = Result<void>;

  std::unexpected<Error> bad(std::string message) const { return damaged(in_.where(), std::move(message)); }

  Done push(PicklePtr value) {
    stack_.push_back(value);
    return {};
  }

  PicklePtr value_of(auto is) { return &values_.emplace_back(PickleValue{std::move(is)}); }

  Result<PicklePtr> pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) return bad("its pickle takes too much");
    const PicklePtr top = stack_.back();
    stack_.pop_back();
    return top;
  }

  /// All since the last mark.
  Result<PickleList> pop_mark() {
    if (marks_.empty() || marks_.back() > stack_.size()) return bad("its pickle has no mark");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    PickleList taken(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return taken;
  }

  template <class T>
  Result<T> pop_as(const char* what) {
    SKALD_TRY(const PicklePtr value, pop());
    const T* found = std::get_if<T>(&value->is);
    if (found == nullptr) return bad(std::string("its pickle wants ") + what);
    return *found;
  }

  template <class T>
  Result<T*> top_as(const char* what) {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) return bad("its pickle takes too much");
    T* const found = std::get_if<T>(&stack_.back()->is);
    if (found == nullptr) return bad(std::string("its pickle wants ") + what);
    return found;
  }

  Done step(char op);
  Done numbers(char op);
  Done texts(char op);
  Done memory(char op);
  Done containers(char op);
  Done objects(char op);

  template <class T>
  Done push_number() {
    SKALD_TRY(const T number, in_.read<T>("its pickle"));
    return push(value_of(static_cast<int64_t>(number)));
  }
  template <class Length>
  Done push_text() {
    SKALD_TRY(const Length length, in_.read<Length>("its pickle"));
    if (length > in_.left()) return bad("its pickle holds a text that ends outside of it");
    SKALD_TRY(const std::string_view text, in_.text(static_cast<size_t>(length), "its pickle"));
    return push(value_of(std::string(text)));
  }
  Result<std::string> line();
  Done long_integer();
  Done push_tuple(size_t count);
  Done keep(uint32_t at);
  Done recall(uint32_t at);
  Done name(const std::string& full);
  Done call();
  Done storage();
  Result<PickleTensor> tensor(const PickleList& arguments) const;
  Result<std::vector<int64_t>> extents(const PickleValue& list) const;

  ByteReader in_;
  std::deque<PickleValue> values_;
  PickleList stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, PicklePtr> memo_;
  bool ended_ = false;
};

Result<std::string> PickleReader::line() {
  std::string text;
  for (;;) {
    SKALD_TRY(const char c, in_.read<char>("its pickle"));
    if (c == '\n') return text;
    text += c;
  }
}

/// LONG1: a little-endian number of `count` bytes; none that is needed has more than eight.
Result<void> PickleReader::long_integer() {
  SKALD_TRY(const auto count, in_.read<uint8_t>("its pickle"));
  if (count > sizeof(int64_t)) return bad("its pickle holds a number of " + std::to_string(count) + " bytes");
  SKALD_TRY(const auto bytes, in_.take(count, "its pickle"));
  uint64_t bits = 0;
  for (size_t i = 0; i < bytes.size(); ++i) bits |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
  const unsigned unused = 64 - 8U * count;
  const auto number = count == 0 ? int64_t{0} : std::bit_cast<int64_t>(bits << unused) >> unused;
  return push(value_of(number));
}

Result<void> PickleReader::numbers(char op) {
  switch (op) {
    case 'N': return push(value_of(std::monostate{}));
    case '\x88': return push(value_of(true));
    case '\x89': return push(value_of(false));
    case 'K': return push_number<uint8_t>();
    case 'M': return push_number<uint16_t>();
    case 'J': return push_number<int32_t>();
    case '\x8a': return long_integer();
    default: break;
  }
  SKALD_TRY(const uint64_t big_endian, in_.read<uint64_t>("its pickle"));  // BINFLOAT
  return push(value_of(std::bit_cast<double>(__builtin_bswap64(big_endian))));
}

Result<void> PickleReader::texts(char op) {
  switch (op) {
    case 'X': return push_text<uint32_t>();
    case '\x8c': return push_text<uint8_t>();
    default: return push_text<uint64_t>();  // BINUNICODE8
  }
}

Result<void> PickleReader::keep(uint32_t at) {
  if (stack_.empty()) return bad("its pickle keeps nothing");
  memo_[at] = stack_.back();
  return {};
}

Result<void> PickleReader::recall(uint32_t at) {
  const auto found = memo_.find(at);
  if (found == memo_.end()) return bad("its pickle recalls what it has not kept");
  return push(found->second);
}

Result<void> PickleReader::memory(char op) {
  if (op == '\x94') return keep(static_cast<uint32_t>(memo_.size()));  // MEMOIZE
  uint32_t at = 0;
  if (op == 'q' || op == 'h') {
    SKALD_TRY(at, in_.read<uint8_t>("its pickle"));
  } else {
    SKALD_TRY(at, in_.read<uint32_t>("its pickle"));
  }
  return op == 'q' || op == 'r' ? keep(at) : recall(at);
}

Result<void> PickleReader::push_tuple(size_t count) {
  PickleList tuple(count);
  for (size_t i = count; i-- > 0;) {
    SKALD_TRY(tuple[i], pop());
  }
  return push(value_of(std::move(tuple)));
}

Result<void> PickleReader::containers(char op) {
  switch (op) {
    case '(': marks_.push_back(stack_.size()); return {};
    case ')':
    case ']': return push(value_of(PickleList{}));
    case '}': return push(value_of(PickleDict{}));
    case '\x85': return push_tuple(1);
    case '\x86': return push_tuple(2);
    case '\x87': return push_tuple(3);
    case 't': {
      SKALD_TRY(PickleList items, pop_mark());
      return push(value_of(std::move(items)));
    }
    case 'a':
    case 'e': {
      PickleList items;
      if (op == 'a') {
        SKALD_TRY(const PicklePtr item, pop());
        items.push_back(item);
      } else {
        SKALD_TRY(items, pop_mark());
      }
      SKALD_TRY(PickleList * list, top_as<PickleList>("a list"));
      list->insert(list->end(), items.begin(), items.end());
      return {};
    }
    default: break;
  }
  PickleList items;  // SETITEM, SETITEMS
  if (op == 's') {
    items.resize(2);
    SKALD_TRY(items[1], pop());
    SKALD_TRY(items[0], pop());
  } else {
    SKALD_TRY(items, pop_mark());
  }
  if (items.size() % 2 != 0) return bad("its pickle has a key without a value");
  SKALD_TRY(PickleDict * dict, top_as<PickleDict>("a dictionary"));
  for (size_t i = 0; i < items.size(); i += 2) dict->emplace_back(items[i], items[i + 1]);
  return {};
}

Result<void> PickleReader::name(const std::string& full) {
  if (is_storage(full) || std::ranges::find(kCalled, full) != kCalled.end()) return push(value_of(PickleGlobal{full}));
  return fail(ErrorCode::kUnsupported, in_.where(),
              "asks for " + shown(full) + ", which no model needs: it is not opened",
              "take the model from where it was published");
}

Result<std::vector<int64_t>> PickleReader::extents(const PickleValue& list) const {
  const auto* items = std::get_if<PickleList>(&list.is);
  if (items == nullptr) return bad("holds a tensor without a shape");
  std::vector<int64_t> numbers;
  for (const PickleValue* item : *items) {
    const auto* number = std::get_if<int64_t>(&item->is);
    if (number == nullptr || *number < 0) return bad("holds a tensor with an impossible shape");
    numbers.push_back(*number);
  }
  return numbers;
}

/// _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)
Result<PickleTensor> PickleReader::tensor(const PickleList& arguments) const {
  if (arguments.size() < 4) return bad("holds a tensor without its parts");
  const auto* storage = std::get_if<PickleStorage>(&arguments[0]->is);
  const auto* offset = std::get_if<int64_t>(&arguments[1]->is);
  if (storage == nullptr || offset == nullptr || *offset < 0) return bad("holds a tensor without its storage");
  PickleTensor tensor{.storage = *storage, .offset = *offset};
  SKALD_TRY(tensor.shape, extents(*arguments[2]));
  SKALD_TRY(tensor.strides, extents(*arguments[3]));
  return tensor;
}

/// REDUCE: the few calls that there are, as what they give.
Result<void> PickleReader::call() {
  SKALD_TRY(const PickleList arguments, pop_as<PickleList>("arguments"));
  SKALD_TRY(const PickleGlobal called, pop_as<PickleGlobal>("a name to call"));
  if (called.name == kCalled[0]) return push(value_of(PickleDict{}));
  if (called.name == kCalled[1]) {
    SKALD_TRY(PickleTensor made, tensor(arguments));
    return push(value_of(std::move(made)));
  }
  if (called.name == kCalled[2] && !arguments.empty()) return push(arguments[0]);
  return bad("calls " + shown(called.name));
}

/// BINPERSID: ("storage", type, key, device, count)
Result<void> PickleReader::storage() {
  SKALD_TRY(const PickleList parts, pop_as<PickleList>("a storage"));
  if (parts.size() != 5) return bad("holds a storage without its parts");
  const auto* type = std::get_if<PickleGlobal>(&parts[1]->is);
  const auto* key = std::get_if<std::string>(&parts[2]->is);
  const auto* count = std::get_if<int64_t>(&parts[4]->is);
  if (type == nullptr || key == nullptr || count == nullptr || *count < 0 || !is_storage(type->name)) {
    return bad("holds a storage that is none");
  }
  return push(value_of(PickleStorage{.type = type->name.substr(kStorages.size()), .key = *key, .count = *count}));
}

Result<void> PickleReader::objects(char op) {
  switch (op) {
    case 'c': {
      SKALD_TRY(const std::string module, line());
      SKALD_TRY(const std::string symbol, line());
      return name(module + "." + symbol);
    }
    case '\x93': {  // STACK_GLOBAL
      SKALD_TRY(const std::string symbol, pop_as<std::string>("a name"));
      SKALD_TRY(const std::string module, pop_as<std::string>("a module"));
      return name(module + "." + symbol);
    }
    case 'R': return call();
    case 'Q': return storage();
    case 'b': {  // BUILD: attributes of an OrderedDict, which nothing here reads
      SKALD_CHECK(pop());
      SKALD_CHECK(top_as<PickleDict>("a dictionary"));
      return {};
    }
    default: break;
  }
  return fail(ErrorCode::kUnsupported, in_.where(),
              "its pickle has an instruction (" + std::to_string(static_cast<unsigned char>(op)) +
                  ") that no state dictionary has",
              "save the model again with torch.save");
}

Result<void> PickleReader::step(char op) {
  switch (op) {
    case '.': ended_ = true; return {};
    case '\x80': SKALD_CHECK(in_.take(1, "its pickle")); return {};  // PROTO
    case '\x95': SKALD_CHECK(in_.take(8, "its pickle")); return {};  // FRAME
    case 'N':
    case '\x88':
    case '\x89':
    case 'K':
    case 'M':
    case 'J':
    case '\x8a':
    case 'G': return numbers(op);
    case 'X':
    case '\x8c':
    case '\x8d': return texts(op);
    case 'q':
    case 'r':
    case 'h':
    case 'j':
    case '\x94': return memory(op);
    case '(':
    case ')':
    case ']':
    case '}':
    case '\x85':
    case '\x86':
    case '\x87':
    case 't':
    case 'a':
    case 'e':
    case 's':
    case 'u': return containers(op);
    default: return objects(op);
  }
}

}  // namespace

Result<Pickle> parse_pickle(std::span<const std::byte> program, const std::string& where) {
  return PickleReader(program, where).run();
}

const PickleValue* find_key(const PickleValue& value, std::string_view key) {
  const auto* dict = std::get_if<PickleDict>(&value.is);
  if (dict == nullptr) return nullptr;
  for (const auto& [name, held] : *dict) {
    const auto* text = std::get_if<std::string>(&name->is);
    if (text != nullptr && *text == key) return held;
  }
  return nullptr;
}

}  // namespace skald::model
