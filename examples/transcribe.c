/* Transcribes a file and shows segments as they are found: the C API in one page.
     transcribe MODEL FILE */

#include <skald/skald.h>
#include <stdio.h>

static int report(skald_error* error) {
  fprintf(stderr, "%s\n", skald_error_string(error));
  skald_error_free(error);
  return 1;
}

static void show_segment(void* user, const skald_segment* segment) {
  (void)user;
  skald_segment_info info = {.size = sizeof info};
  if (skald_segment_read(segment, &info, NULL) != SKALD_OK) return;
  printf("[%.2f --> %.2f] %s\n", info.start, info.end, info.text);
  for (size_t i = 0; i < info.words; ++i) {
    skald_word_info word = {.size = sizeof word};
    if (skald_segment_word(segment, i, &word, NULL) != SKALD_OK) return;
    printf("    %6.2f %6.2f %3.0f %%%s\n", word.start, word.end, 100 * word.probability, word.word);
  }
}

static int show_subtitles(const skald_transcript* transcript) {
  skald_error* error = NULL;
  char* subtitles = NULL;
  if (skald_transcript_render(transcript, "srt", NULL, &subtitles, &error) != SKALD_OK) return report(error);
  printf("%s", subtitles);
  skald_text_free(subtitles);
  return 0;
}

static int transcribe(const skald_options* options, const char* path) {
  skald_error* error = NULL;
  skald_engine* engine = NULL;
  if (skald_engine_load(options, &engine, &error) != SKALD_OK) return report(error);

  const skald_callbacks callbacks = {.size = sizeof callbacks, .on_segment = show_segment};
  skald_transcript* transcript = NULL;
  int status = 0;
  if (skald_transcribe_file(engine, path, options, &callbacks, &transcript, &error) != SKALD_OK) {
    status = report(error);
  } else if (skald_transcript_error(transcript) != NULL) { /* it broke off; what was finished is there */
    fprintf(stderr, "%s\n", skald_error_string(skald_transcript_error(transcript)));
    status = 1;
  } else {
    status = show_subtitles(transcript);
  }
  skald_transcript_free(transcript);
  skald_engine_free(engine);
  return status;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: transcribe MODEL FILE\n");
    return 2;
  }
  skald_error* error = NULL;
  skald_options* options = skald_options_new();
  int status = 1;
  if (skald_options_set_string(options, "model", argv[1], &error) == SKALD_OK &&
      skald_options_set_bool(options, "word_timestamps", true, &error) == SKALD_OK) {
    status = transcribe(options, argv[2]);
  } else {
    status = report(error);
  }
  skald_options_free(options);
  return status;
}
