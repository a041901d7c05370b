/* Speaks lines "voice TAB duration_stretch TAB f0_mean (0: the voice's own) TAB out.wav TAB text" from standard input with
 * flite's packaged voices. Exit status 1 where a voice is unknown or a file cannot be written.
 * Build: gcc -O2 speak_flite.c -o speak_flite -lflite_cmu_us_{kal,kal16,awb,rms,slt} -lflite_usenglish -lflite_cmulex -lflite -lm */
#include <flite/flite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cst_voice *register_cmu_us_kal(const char *), *register_cmu_us_kal16(const char *), *register_cmu_us_awb(const char *),
    *register_cmu_us_rms(const char *), *register_cmu_us_slt(const char *);

static const struct {
  const char *name;
  cst_voice *(*load)(const char *);
} kVoices[] = {{"kal", register_cmu_us_kal},
               {"kal16", register_cmu_us_kal16},
               {"awb", register_cmu_us_awb},
               {"rms", register_cmu_us_rms},
               {"slt", register_cmu_us_slt}};

static cst_voice *find_voice(const char *name) {
  for (size_t i = 0; i < sizeof kVoices / sizeof kVoices[0]; ++i)
    if (!strcmp(kVoices[i].name, name)) return kVoices[i].load(NULL);
  return NULL;
}

static int speak(char *line) {
  const char *name = strtok(line, "\t"), *stretch = strtok(NULL, "\t"), *pitch = strtok(NULL, "\t");
  const char *path = strtok(NULL, "\t"), *text = strtok(NULL, "\n");
  cst_voice *voice = text ? find_voice(name) : NULL;
  if (!voice) return 1;
  flite_feat_set_float(voice->features, "duration_stretch", (float)atof(stretch));
  if (atof(pitch) > 0) flite_feat_set_float(voice->features, "int_f0_target_mean", (float)atof(pitch));
  cst_wave *wave = flite_text_to_wave(text, voice);
  const int failed = !wave || cst_wave_save_riff(wave, path) < 0;
  if (wave) delete_wave(wave);
  return failed;
}

int main(void) {
  static char line[8192];
  int failed = 0;
  flite_init();
  while (fgets(line, sizeof line, stdin)) failed |= speak(line);
  return failed;
}
