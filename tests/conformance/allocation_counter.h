#pragma once
// Counts every allocation of the program while it is switched on, on all threads. The program that links it is linked
// with --wrap for the functions of malloc's family.

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
