"""same_script.py PACKAGE MODEL FILE

A script as people write it for faster_whisper; the package is the only difference. tools/check_python.sh compares its output.
"""

import importlib
import sys

package, model, file = sys.argv[1:]
WhisperModel = importlib.import_module(package).WhisperModel

model = WhisperModel(model, device="cpu", compute_type="float32", cpu_threads=2)
segments, info = model.transcribe(
    file,
    language="en",
    beam_size=5,
    temperature=[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
    condition_on_previous_text=False,
    vad_filter=False,
)
print(f"language {info.language} {info.language_probability:.2f}, {info.duration:.1f} s")
for segment in segments:
    print(f"{segment.id} [{segment.start:.2f}s -> {segment.end:.2f}s] {segment.text}  {segment.tokens}")
