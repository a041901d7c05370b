/* Transcribes raw samples from standard input as they come: listening with the C API in one page.
     arecord -q -t raw -f S16_LE -r 16000 -c 1 | live MODEL
   What will not change any more goes to standard output, what is heard behind it to standard error. */

#include <skald/skald.h>
#include <stdio.h>
#include <unistd.h>

static int report(skald_error* error) {
  fprintf(stderr, "%s\n", skald_error_string(error));
  skald_error_free(error);
  return 1;
}

static void show(void* user, const skald_live_text* text) {
  (void)user;
  skald_live_text_info info = {.size = sizeof info};
  if (skald_live_text_read(text, &info, NULL) != SKALD_OK) return;
  printf("%s", info.stable);
  fflush(stdout);
  if (info.provisional_words > 0) fprintf(stderr, "%6.1f s ...%s\n", info.heard, info.provisional);
}

static int listen(skald_live* live) {
  skald_error* error = NULL;
  char bytes[4096];
  ssize_t count = 0;
  while ((count = read(STDIN_FILENO, bytes, sizeof bytes)) > 0) {
    if (skald_live_feed_bytes(live, bytes, (size_t)count, &error) != SKALD_OK) return report(error);
  }
  if (skald_live_finish(live, &error) != SKALD_OK) return report(error);
  printf("\n");
  return count == 0 ? 0 : 1;
}

static int run(const skald_options* options) {
  skald_error* error = NULL;
  skald_engine* engine = NULL;
  if (skald_engine_load(options, &engine, &error) != SKALD_OK) return report(error);
  const skald_live_options audio = {.size = sizeof audio, .format = "s16le", .rate = 16000, .channels = 1};
  const skald_live_callbacks callbacks = {.size = sizeof callbacks, .on_text = show};
  skald_live* live = NULL;
  const int status =
      skald_live_open(engine, options, &audio, &callbacks, &live, &error) == SKALD_OK ? listen(live) : report(error);
  skald_live_free(live);
  skald_engine_free(engine);
  return status;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: live MODEL < SAMPLES\n");
    return 2;
  }
  skald_error* error = NULL;
  skald_options* options = skald_options_new_live();
  const int status =
      skald_options_set_string(options, "model", argv[1], &error) == SKALD_OK ? run(options) : report(error);
  skald_options_free(options);
  return status;
}
