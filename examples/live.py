"""Transcribes raw samples from standard input as they come: listening with the Python package in one page.

    arecord -q -t raw -f S16_LE -r 16000 -c 1 | live.py MODEL

What will not change any more goes to standard output, what is heard behind it to standard error.
"""

import sys

from skald import Live, SkaldError, WhisperModel


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: live.py MODEL < SAMPLES")
    try:
        live = Live(WhisperModel(sys.argv[1]), format="s16le", rate=16000, channels=1)
        for text in live.listen(sys.stdin.buffer):
            print(text.stable_text, end="", flush=True)
            if text.provisional:
                print(f"{text.heard:6.1f} s ...{text.provisional_text}", file=sys.stderr)
        print()
    except SkaldError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print()


main()
