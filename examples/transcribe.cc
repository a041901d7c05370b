// Transcribes a file and shows segments as they are found: the C++ API in one page.
//   transcribe MODEL FILE

#include <cstdio>

#include "skald/engine.h"

namespace {

int report(const skald::Error& error) {
  std::fprintf(stderr, "%s\n", skald::to_string(error).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: transcribe MODEL FILE\n");
    return 2;
  }
  skald::LoadOptions load;
  load.model = argv[1];
  auto engine = skald::Engine::load(load);
  if (!engine) return report(engine.error());

  skald::TranscribeOptions options;
  options.word_timestamps = true;
  skald::Callbacks callbacks;
  callbacks.on_segment = [](const skald::Segment& segment) {
    std::printf("%s\n", skald::segment_line(segment).c_str());
    for (const skald::Word& word : segment.words) {
      std::printf("    %6.2f %6.2f %3.0f %%%s\n", word.start, word.end, 100 * word.probability, word.word.c_str());
    }
  };
  const auto transcript = engine->transcribe(argv[2], options, callbacks);
  if (!transcript) return report(transcript.error());
  if (transcript->error) return report(*transcript->error);  // it broke off; transcript->segments are what was finished

  const auto subtitles = skald::render(*transcript, "srt");
  if (!subtitles) return report(subtitles.error());
  std::printf("%s", subtitles->c_str());
  return 0;
}
