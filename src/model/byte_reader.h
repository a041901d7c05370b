#pragma once
// Little-endian binary files from front to back, every step checked against the end.

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "model/damaged.h"

namespace skald::model {

class ByteReader {
 public:
  /// `where` names the file in errors.
  ByteReader(std::span<const std::byte> bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  /// The next `count` bytes. Errors: kBadModel: the file ends inside `what`.
  Result<std::span<const std::byte>> take(size_t count, std::string_view what) {
    if (count > left()) {
      return damaged(where_, "ends inside " + std::string(what) + ": " + std::to_string(count) + " bytes wanted at " +
                                 std::to_string(at_) + ", " + std::to_string(left()) + " there");
    }
    const auto taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }

  template <class T>
  Result<T> read(std::string_view what) {
    static_assert(std::is_trivially_copyable_v<T>);
    SKALD_TRY(const auto taken, take(sizeof(T), what));
    T value{};
    std::memcpy(&value, taken.data(), sizeof value);
    return value;
  }

  Result<std::string_view> text(size_t count, std::string_view what) {
    SKALD_TRY(const auto taken, take(count, what));
    return std::string_view(reinterpret_cast<const char*>(taken.data()), taken.size());
  }

  size_t offset() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }
  const std::string& where() const { return where_; }

 private:
  std::span<const std::byte> bytes_;
  std::string where_;
  size_t at_ = 0;
};

}  // namespace skald::model
