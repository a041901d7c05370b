#include <cstdio>
#include <cstdlib>

#include "npu/aie_host/aie_api/memory.hpp"

namespace aie::host {

// An assertion about kernel code, not an error of input: nothing can go on, and a log that is off would hide it.
void misaligned(const void* address, unsigned bytes, unsigned alignment, bool store) {
  std::fprintf(stderr, "kernel error: %s of %u bytes at %p needs an address that is a multiple of %u\n",
               store ? "store" : "load", bytes, address, alignment);
  std::abort();
}

}  // namespace aie::host
