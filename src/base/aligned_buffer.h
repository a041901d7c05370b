#pragma once
// Owned memory aligned for the widest vector registers.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include "base/rounding.h"

namespace skald {

inline constexpr size_t kAlignment = 64;  // bytes: one AVX-512 register, one cache line

/// `bytes` up to where something aligned can follow.
constexpr size_t aligned(size_t bytes) {
  return round_up(bytes, kAlignment);
}

/// Zero-filled array of a trivial type, 64-byte aligned, fixed in size after construction. Throws std::bad_alloc.
template <class T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t count) : count_(count) {
    if (count == 0) return;
    if (count > (SIZE_MAX - kAlignment) / sizeof(T)) throw std::bad_alloc();
    // Large blocks of calloc are the kernel's zero pages: they take no time and no memory until they are written.
    size_t room = count * sizeof(T) + kAlignment - 1;
    void* const block = std::calloc(room, 1);
    if (block == nullptr) throw std::bad_alloc();
    void* first = block;
    std::align(kAlignment, count * sizeof(T), first, room);
    data_ = {static_cast<T*>(first), Free{block}};
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  size_t size() const { return count_; }
  T& operator[](size_t i) { return data_.get()[i]; }
  const T& operator[](size_t i) const { return data_.get()[i]; }
  std::span<T> span() { return {data(), count_}; }
  std::span<const T> span() const { return {data(), count_}; }

 private:
  struct Free {
    void* block = nullptr;  // what calloc gave; the data begins at its first aligned byte
    void operator()(T*) const { std::free(block); }
  };
  std::unique_ptr<T, Free> data_;
  size_t count_ = 0;
};

/// Makes `buffer` hold at least `count` elements; what it holds is lost when it grows. Throws std::bad_alloc.
template <class T>
void grow(AlignedBuffer<T>& buffer, size_t count) {
  if (buffer.size() >= count) return;
  buffer = {};  // first free, then allocate: the peak is one buffer
  buffer = AlignedBuffer<T>(count);
}

}  // namespace skald
