#include "tests/conformance/allocation_counter.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>

namespace {

std::atomic<bool> counting{false};
std::atomic<int64_t> allocations{0};

void note() {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// Calls from our objects come here by --wrap, those of templates instantiated in them too. Operators new are wrapped,
// not replaced, because sanitizers bring their own.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker fixes these names
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* memory, size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);

void* __real__Znwm(size_t size);  // operator new(size_t)
void* __real__Znam(size_t size);  // operator new[](size_t)

void* __wrap__Znwm(size_t size);
void* __wrap__Znwm(size_t size) {
  note();
  return __real__Znwm(size);
}
void* __wrap__Znam(size_t size);
void* __wrap__Znam(size_t size) {
  note();
  return __real__Znam(size);
}
void* __wrap_malloc(size_t size);
void* __wrap_malloc(size_t size) {
  note();
  return __real_malloc(size);
}
void* __wrap_calloc(size_t count, size_t size);
void* __wrap_calloc(size_t count, size_t size) {
  note();
  return __real_calloc(count, size);
}
void* __wrap_realloc(void* memory, size_t size);
void* __wrap_realloc(void* memory, size_t size) {
  note();
  return __real_realloc(memory, size);
}
void* __wrap_aligned_alloc(size_t alignment, size_t size);
void* __wrap_aligned_alloc(size_t alignment, size_t size) {
  note();
  return __real_aligned_alloc(alignment, size);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace skald::conformance {

AllocationCounter::AllocationCounter() {
  allocations = 0;
  counting = true;
}
AllocationCounter::~AllocationCounter() {
  counting = false;
}
int64_t AllocationCounter::count() const {
  return allocations;
}

}  // namespace skald::conformance
