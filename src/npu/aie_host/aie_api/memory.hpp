#pragma once
// Loads and stores. The core loads 32 bytes at an address that is a multiple of 32 (AM020 chapter 2: unaligned loads
// were removed), so a pointer that is not aligned to its vector, or to 32 bytes, ends the program here, and the device
// would read from the address below it.

#include <cstddef>
#include <iterator>

#include "npu/aie_host/aie_api/accum.hpp"

namespace aie {

namespace host {
/// Says which access went wrong and aborts: a kernel that does this does not run on the device.
[[noreturn]] void misaligned(const void* address, unsigned bytes, unsigned alignment, bool store);
/// Likewise where the unaligned functions are asked for less than an element's alignment.
inline void check_alignment(const void* address, unsigned bytes, unsigned alignment, bool store) {
  if (reinterpret_cast<std::uintptr_t>(address) % alignment != 0) [[unlikely]] {
    misaligned(address, bytes, alignment, store);
  }
}
}  // namespace host

inline namespace SKALD_AIE_BUILD {
namespace detail {
constexpr unsigned access_alignment(unsigned bytes) {
  return bytes >= 32 ? 32 : bytes;
}

template <typename Out, typename T>
Out load_checked(const T* at, unsigned alignment) {
  Out made;
  host::check_alignment(at, Out::bytes(), alignment, false);
  std::memcpy(made.lanes.data(), at, Out::bytes());
  made.token = record_load(Op::kLoad, at, Out::bytes());
  return made;
}
}  // namespace detail

template <unsigned kElements, typename T>
vector<T, kElements> load_v(const T* at) {
  using Out = vector<T, kElements>;
  return detail::load_checked<Out>(at, detail::access_alignment(Out::bytes()));
}

template <typename T>
vector<T, 256 / detail::kTypeBits<T>> load_v(const T* at) {
  return load_v<256 / detail::kTypeBits<T>>(at);
}

/// The address is a multiple of `aligned_elems` elements. Costs two aligned loads and a shift.
template <unsigned kElements, typename T>
vector<T, kElements> load_unaligned_v(const T* at, unsigned aligned_elems = 1) {
  using Out = vector<T, kElements>;
  Out made = detail::load_checked<Out>(at, static_cast<unsigned>(aligned_elems * sizeof(T)));
  const detail::Token next = detail::record_load(detail::Op::kLoad, at, Out::bytes());
  made.token = detail::record(detail::Op::kVectorMove, Out::bits(), made.token, next);
  return made;
}

template <typename T, unsigned kElements>
void store_v(T* at, const vector<T, kElements>& v) {
  host::check_alignment(at, v.bytes(), detail::access_alignment(v.bytes()), true);
  std::memcpy(at, v.lanes.data(), v.bytes());
  detail::record_store(detail::Op::kStore, at, v.bytes(), v.token);
}

/// Costs two loads, two shifts and two stores.
template <typename T, unsigned kElements>
void store_unaligned_v(T* at, const vector<T, kElements>& v, unsigned aligned_elems = 1) {
  host::check_alignment(at, v.bytes(), static_cast<unsigned>(aligned_elems * sizeof(T)), true);
  std::memcpy(at, v.lanes.data(), v.bytes());
  for (int half = 0; half < 2; ++half) {
    const detail::Token old = detail::record_load(detail::Op::kLoad, at, v.bytes());
    detail::record_store(detail::Op::kStore, at, v.bytes(),
                         detail::record(detail::Op::kVectorMove, v.bits(), old, v.token));
  }
}

/// Walks memory in steps of a vector; `*it` loads and `*it = v` stores.
template <typename T, unsigned kElements>
class vector_iterator {
 public:
  using value_type = vector<std::remove_const_t<T>, kElements>;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::random_access_iterator_tag;
  using pointer = void;

  class reference {
   public:
    explicit reference(T* at) : at_(at) {}
    operator value_type() const { return load_v<kElements>(at_); }  // NOLINT(google-explicit-constructor)
    const reference& operator=(const value_type& v) const
      requires(!std::is_const_v<T>)
    {
      store_v(at_, v);
      return *this;
    }

   private:
    T* at_;
  };

  explicit vector_iterator(T* at) : at_(at) {}

  auto operator*() const {
    if constexpr (std::is_const_v<T>) {
      return load_v<kElements>(at_);
    } else {
      return reference(at_);
    }
  }
  auto operator[](difference_type n) const { return *(*this + n); }
  vector_iterator& operator++() { return *this += 1; }
  vector_iterator& operator--() { return *this += -1; }
  vector_iterator operator++(int) {
    const vector_iterator before = *this;
    *this += 1;
    return before;
  }
  vector_iterator& operator+=(difference_type n) {
    at_ += n * static_cast<difference_type>(kElements);
    return *this;
  }
  vector_iterator& operator-=(difference_type n) { return *this += -n; }
  friend vector_iterator operator+(vector_iterator it, difference_type n) { return it += n; }
  friend vector_iterator operator-(vector_iterator it, difference_type n) { return it -= n; }
  friend difference_type operator-(const vector_iterator& a, const vector_iterator& b) {
    return (a.at_ - b.at_) / static_cast<difference_type>(kElements);
  }
  friend bool operator==(const vector_iterator& a, const vector_iterator& b) { return a.at_ == b.at_; }

 private:
  T* at_;
};

template <unsigned kElements, typename T>
vector_iterator<T, kElements> begin_vector(T* at) {
  return vector_iterator<T, kElements>(at);
}
template <unsigned kElements, typename T>
vector_iterator<const T, kElements> cbegin_vector(const T* at) {
  return vector_iterator<const T, kElements>(at);
}
/// The same; the device compiler may then assume that nothing else accesses this memory.
template <unsigned kElements, typename T>
vector_iterator<T, kElements> begin_restrict_vector(T* at) {
  return vector_iterator<T, kElements>(at);
}
template <unsigned kElements, typename T>
vector_iterator<const T, kElements> cbegin_restrict_vector(const T* at) {
  return vector_iterator<const T, kElements>(at);
}

}  // namespace SKALD_AIE_BUILD
}  // namespace aie
