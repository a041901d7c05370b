#!/usr/bin/env python3
"""Golden files of the transcript writers from openai/whisper utils.py (PyPI: openai-whisper).

    tools/golden/writers.py [OUT]        OUT: tests/data/golden/writers of this repository

A made-up transcript in all five formats; transcript.json is also what the test reads the transcript from.
"""

import pathlib
import sys

from whisper.utils import get_writer

# start, end, text: blanks of all kinds, arrows, tabs, an empty segment, ties of half a millisecond, hours
SEGMENTS = [
    (0.0, 0.0005, " A plain sentence."),
    (0.0005, 0.0015, "  blanks around it \u3000"),
    (0.0015, 0.0025, " an arrow --> in the text, a long one ---> and two -->-->"),
    (0.0025, 1.0005, "\ta tab\there\t"),
    (1.0005, 59.9994, ""),
    (59.9995, 60.0, " Grüße, 日本語 and 👨‍👩‍👧 \x1c"),
    (3599.9996, 3600.1234567, " over the hour"),
    (35999.999, 359999.9995, ' "quotes" \\ and a line\nbreak'),
    (360000.0, 360000.02, " \xa0\u2028hundred hours\x85\n"),
]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/data/golden/writers"
    out.mkdir(parents=True, exist_ok=True)
    segments = [
        {"id": i, "seek": i * 2800, "start": start, "end": end, "text": text, "tokens": [50363 + i, 464 + i, 50400 + i],
         "temperature": 0.2 * i, "avg_logprob": -1 / (i + 3), "compression_ratio": 1 + i / 7, "no_speech_prob": 1e-11 * 7**i}
        for i, (start, end, text) in enumerate(SEGMENTS)]
    result = {"text": "".join(text for _, _, text in SEGMENTS), "segments": segments, "language": "en"}
    for name in ("txt", "srt", "vtt", "tsv", "json"):
        get_writer(name, str(out))(result, "transcript.wav")
    print(out)


if __name__ == "__main__":
    main()
