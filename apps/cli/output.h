#pragma once
// Where transcripts go: lines and formats on standard output, files in a directory.

#include <optional>
#include <string>
#include <vector>

#include "skald/error.h"
#include "skald/output.h"
#include "skald/transcript.h"

namespace skald::cli {

/// What the command line says about output.
struct OutputOptions {
  std::optional<std::string> directory;  ///< files go there; none: nothing is written to files
  std::optional<std::string> format;     ///< one name, several with commas, or "all"
  bool verbose = true;                   ///< segments are shown as they are found
  SubtitleOptions subtitles;
};

/// Checked plan of what is written.
class OutputPlan {
 public:
  /// Makes the directory. Errors: kInvalidArgument (unknown format, several without a directory, two inputs that would
  /// write the same file), kNotFound, kPermission, kIo (the directory cannot be made or written).
  static Result<OutputPlan> make(const OutputOptions& options, const std::vector<std::string>& inputs);

  /// Whether segments are printed as they are found.
  bool shows_segments() const { return shows_segments_; }

  /// Writes the files of a finished (or interrupted) transcript of `input`, where there are to be any.
  /// Errors: kPermission, kNotFound, kIo.
  Result<void> save(const Transcript& transcript, const std::string& input) const;

  /// Prints a transcript, where a format goes to standard output. Errors: kIo.
  Result<void> print(const Transcript& transcript) const;

 private:
  std::vector<std::string> formats_;  // of the files, or the one on standard output
  std::string directory_;             // empty: standard output
  SubtitleOptions subtitles_;
  bool shows_segments_ = true;
};

}  // namespace skald::cli
