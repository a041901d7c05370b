"""The synthetic voices: how often each speaks, and the engines that run them. All are Debian packages in `main`."""

import math
import os
import random
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """share: of the sentences, relative; pitch: the voice's own mean in Hz, where the engine wants Hz."""

    name: str
    share: float
    pitch: float = 0.0


@dataclass(frozen=True)
class Utterance:
    """stretch > 1 is slower; pitch is relative; path: the WAV file to write; voice: "engine:voice"."""

    path: str
    voice: str
    stretch: float
    pitch: float
    spoken: str


VOICES = (
    Voice("flite:awb", 12, 134),
    Voice("flite:rms", 13, 97),
    Voice("flite:slt", 13, 172),
    Voice("flite:kal16", 9, 95),
    Voice("flite:kal", 7, 95),
    Voice("festival:ked_diphone", 10, 105),
    Voice("festival:cmu_us_slt_arctic_hts", 5),
    Voice("espeak", 16),
)
ESPEAK_ACCENTS = "en-us en-us en-us en-gb en-gb en-gb-x-rp en-gb-scotland en-gb-x-gbclan en-gb-x-gbcwmd en-029".split()
ESPEAK_VARIANTS = (
    "+f2 +f3 +f4 +f5 +m2 +m3 +m4 +m5 +m6 +m7 +klatt +klatt2 +klatt4 +Annie +linda +steph +michael +Andrea +Mario +belinda"
).split() + [""] * 6
EVALUATED = tuple(voice.name for voice in VOICES if voice.name != "espeak") + (
    "espeak:en-us",
    "espeak:en-gb",
    "espeak:en-gb-scotland+f3",
)
PITCH = {voice.name: voice.pitch for voice in VOICES}


def draw_voice(rng):
    """One voice by share; espeak-ng in a random accent and variant."""
    name = rng.choices([voice.name for voice in VOICES], [voice.share for voice in VOICES])[0]
    return f"espeak:{rng.choice(ESPEAK_ACCENTS)}{rng.choice(ESPEAK_VARIANTS)}" if name == "espeak" else name


def speak_flite(utterances, program):
    lines = [
        f"{u.voice.split(':')[1]}\t{u.stretch:.3f}\t{u.pitch * PITCH[u.voice]:.1f}\t{u.path}\t{u.spoken}\n"
        for u in utterances
    ]
    subprocess.run([program], input="".join(lines), text=True, stderr=subprocess.DEVNULL)


def _festival_settings(utterance):
    """Scheme that selects voice, rate and pitch."""
    name = utterance.voice.split(":")[1]
    if name.endswith("_hts"):  # -r: rate, -fm: semitones
        settings = f'(("-r" {1 / utterance.stretch:.3f}) ("-fm" {12 * math.log2(utterance.pitch):.2f}))'
        return f"(voice_{name})\n(set! hts_engine_params (append '{settings} hts_engine_params))"
    mean = PITCH[utterance.voice] * utterance.pitch
    tones = f"((target_f0_mean {mean:.1f}) (target_f0_std 14) (model_f0_mean 170) (model_f0_std 34))"
    return f"(voice_{name})\n(Parameter.set 'Duration_Stretch {utterance.stretch})\n(set! int_lr_params '{tones})"


def speak_festival(utterances, program):
    script = os.path.join(os.path.dirname(utterances[0].path), "speak.scm")
    with open(script, "w", encoding="utf8") as file:
        for u in utterances:
            file.write(f'{_festival_settings(u)}\n(set! u (utt.synth (Utterance Text "{u.spoken}")))\n')
            file.write(f'(utt.save.wave u "{u.path}" \'riff)\n')
    subprocess.run([program, "-b", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def speak_espeak(utterances, program):
    for u in utterances:
        rate, pitch = str(round(160 / u.stretch)), str(round(50 * u.pitch))
        command = [program, "-v", u.voice.split(":")[1], "-s", rate, "-p", pitch, "-w", u.path, u.spoken]
        subprocess.run(command, stderr=subprocess.DEVNULL)


ENGINES = {
    "flite": (speak_flite, "speak_flite"),
    "festival": (speak_festival, "festival"),
    "espeak": (speak_espeak, "espeak-ng"),
}


def speak(utterances, programs):
    """Writes the WAV file of every utterance, all of one engine; programs: engine -> path where it is not in PATH.
    A sentence that an engine refuses leaves no file."""
    engine = utterances[0].voice.split(":")[0]
    function, default = ENGINES[engine]
    function(utterances, programs.get(engine, default))


def draw_manner(rng: random.Random):
    """(stretch, pitch, speed): rate and pitch of the engine, and resampling, which moves rate, pitch and formants."""

    def around_one(spread, low, high):
        return min(high, max(low, rng.gauss(1.0, spread)))

    return around_one(0.11, 0.75, 1.35), around_one(0.11, 0.75, 1.35), around_one(0.06, 0.87, 1.15)
