"""Transcribes a file and shows segments as they are found: the Python package in one page.

    transcribe.py MODEL FILE
"""

import sys

from skald import SkaldError, WhisperModel


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: transcribe.py MODEL FILE")
    try:
        model = WhisperModel(sys.argv[1])
        segments, info = model.transcribe(sys.argv[2], word_timestamps=True)
        print(f"{info.duration:.1f} s of {info.language}")
        for segment in segments:
            print(f"[{segment.start:.2f}s -> {segment.end:.2f}s] {segment.text}")
            for word in segment.words:
                print(f"    {word.start:6.2f} {word.end:6.2f} {word.probability:4.0%}{word.word}")
    except SkaldError as error:
        sys.exit(str(error))


main()
