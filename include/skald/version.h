#pragma once

namespace skald {

/// "MAJOR.MINOR.PATCH", from the one place that holds it (CMakeLists.txt).
const char* version();

}  // namespace skald
