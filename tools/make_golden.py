"""make_golden.py [NAME ...]

Makes the goldens that the tests compare with, tests/data/golden: runs tools/golden/NAME.py for every name, all of them
when none is given. Goldens are outputs of the reference, openai/whisper, and lie in the repository; this is needed only
to change or to check them (a second run leaves them as they are, up to last digits between machines).

Requirements: pip install openai-whisper safetensors; ffmpeg. The versions used are recorded in the output.
"""

import pathlib
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent / "golden"
NO_SCRIPT = {"output"}  # read by the others


def main():
    known = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in NO_SCRIPT)
    names = sys.argv[1:] or known
    for name in names:
        if name not in known:
            sys.exit(f"{name}: no such golden; there are {', '.join(known)}")
    for name in names:
        start = time.time()
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, "-B", str(FOLDER / f"{name}.py")], check=True)
        print(f"   {time.time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
