#pragma once

namespace xrt::version {
unsigned int major();
unsigned int minor();
unsigned int patch();
}  // namespace xrt::version
