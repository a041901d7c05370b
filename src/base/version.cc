#include "skald/version.h"

namespace skald {

const char* version() {
  return SKALD_VERSION;
}

}  // namespace skald
