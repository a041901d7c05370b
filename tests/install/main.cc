// Transcribes the file named on the command line with an installed Skald and prints the text.

#include <cstdio>

#include "skald/engine.h"
#include "skald/version.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: consumer MODEL FILE\n");
    return 2;
  }
  skald::LoadOptions load;
  load.model = argv[1];
  auto engine = skald::Engine::load(load);
  if (!engine) {
    std::fprintf(stderr, "%s\n", skald::to_string(engine.error()).c_str());
    return 1;
  }
  const auto transcript = engine->transcribe(argv[2], {});
  if (!transcript) {
    std::fprintf(stderr, "%s\n", skald::to_string(transcript.error()).c_str());
    return 1;
  }
  std::printf("%s:%s\n", skald::version(), transcript->text.c_str());
  return 0;
}
