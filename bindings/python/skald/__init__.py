"""Local speech to text with Whisper models.

    from skald import WhisperModel

    model = WhisperModel("mini.en")
    segments, info = model.transcribe("talk.m4a", beam_size=5)
    for segment in segments:
        print(f"[{segment.start:.2f}s -> {segment.end:.2f}s] {segment.text}")

Names and attributes are those of faster_whisper, so that a script moves over by changing its import. Audio that comes as it is
spoken is transcribed by Live.
"""

from ._batched import BatchedInferencePipeline
from ._errors import (
    InvalidArgumentError,
    NotFoundError,
    OutOfMemoryError,
    PermissionDeniedError,
    SkaldError,
    UnsupportedError,
)
from ._live import Live, LiveText
from ._model import Segment, Segments, TranscriptionInfo, WhisperModel, Word, available_models
from ._skald import version as _version

__version__ = _version()

__all__ = [
    "BatchedInferencePipeline",
    "InvalidArgumentError",
    "Live",
    "LiveText",
    "NotFoundError",
    "OutOfMemoryError",
    "PermissionDeniedError",
    "Segment",
    "Segments",
    "SkaldError",
    "TranscriptionInfo",
    "UnsupportedError",
    "WhisperModel",
    "Word",
    "available_models",
    "__version__",
]
