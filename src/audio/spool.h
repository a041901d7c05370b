#pragma once
// A pipe put into a file, so that it can be read twice.

#include <string>

#include "base/descriptor.h"
#include "base/result.h"

namespace skald::audio {

/// Where temporary files go: $TMPDIR, else /var/tmp (on a disk, where /tmp is often memory), else /tmp.
std::string temporary_directory();

/// Copies everything that `source` delivers into a file in `directory` that has no name: it vanishes with its
/// descriptor, however the program ends. `name` stands in messages for the source. Uses 64 KiB of memory.
/// Errors: kIo (disk full, reading failed), kPermission, kNotFound (the directory).
Result<Descriptor> spool(int source, const std::string& name, const std::string& directory);

}  // namespace skald::audio
