#pragma once
// Counts the allocations of our own code while it is switched on, on all threads. The program that links it is linked
// with --wrap for operator new and the functions of malloc's family (CMakeLists.txt).

#include <cstdint>

namespace skald::conformance {

/// Counts from construction on.
class AllocationCounter {
 public:
  AllocationCounter();
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  int64_t count() const;
};

}  // namespace skald::conformance
