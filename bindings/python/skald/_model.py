import atexit
import os
import queue
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass
from types import SimpleNamespace
from typing import List, Optional, Tuple

from . import _skald
from ._options import OPTIONS, options_from

_MODELS = os.path.join(os.path.dirname(__file__), "models")  # mini.en


@dataclass
class Word:
    start: float
    end: float
    word: str
    probability: float


@dataclass
class Segment:
    id: int  # from 1, as faster_whisper's
    seek: int
    start: float
    end: float
    text: str
    tokens: List[int]
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: Optional[List[Word]]
    temperature: Optional[float]


@dataclass
class TranscriptionInfo:
    language: str
    language_probability: float
    duration: float
    duration_after_vad: float  # the whole: nothing is cut out before decoding
    all_language_probs: Optional[List[Tuple[str, float]]]  # None: only the likeliest is known
    transcription_options: SimpleNamespace
    vad_options: None


class Segments:
    """One transcription on a thread of its own: an iterator over its segments, which come while it decodes.

    It is stopped when the iterator is closed or forgotten, and when the interpreter ends."""

    _running = weakref.WeakSet()

    def __init__(self, work):
        self._listener = _Listener()
        self._cancel = _skald.Cancel()
        arguments = (work, self._listener, self._cancel)  # not self: a thread that held it would keep it from being forgotten
        self._thread = threading.Thread(target=_run, args=arguments, name="skald", daemon=True)
        self._running.add(self)
        self._thread.start()

    def wait_for_info(self):
        """(language, probability, duration), known before the first segment. Raises what the run failed with."""
        self._listener.known.wait()
        if self._listener.error is not None and self._listener.segments.qsize() <= 1:
            raise self._listener.error
        return self._listener.language, self._listener.probability, self._listener.duration

    def __iter__(self):
        return self

    def __next__(self):
        if self._listener is None:
            raise StopIteration
        segment = self._listener.segments.get()
        if segment is not None:
            return segment
        error = self._listener.error
        self._listener = None
        self._thread.join()
        if error is not None:
            raise error
        raise StopIteration

    def close(self):
        self._cancel.request()
        self._listener = None
        self._thread.join()

    def __del__(self):
        if hasattr(self, "_cancel"):
            self._cancel.request()


class _Listener:
    """What the extension calls, on the run's thread."""

    def __init__(self):
        self.segments = queue.SimpleQueue()  # None: no more
        self.known = threading.Event()
        self.language, self.probability, self.duration = "", 0.0, 0.0
        self.error = None
        self.count = 0

    def on_language(self, code, probability):
        self.language, self.probability = code, probability

    def on_progress(self, done, total):
        self.duration = total
        self.known.set()

    def on_segment(self, fields):
        if fields["start"] == fields["end"] or not fields["text"].strip():
            return  # as faster_whisper
        self.count += 1
        fields["id"] = self.count
        words = fields.pop("words")
        words = words if words is None else [Word(**word) for word in words]
        self.segments.put(Segment(**fields, words=words))


def _run(work, listener, cancel):
    try:
        end = work(listener, cancel)
        if not listener.known.is_set():  # a recording without samples
            listener.language, listener.probability = end["language"], end["language_probability"]
            listener.duration = end["duration"]
    except Exception as error:
        listener.error = error
    listener.segments.put(None)
    listener.known.set()


@atexit.register
def _stop_all():
    for run in list(Segments._running):
        run._cancel.request()
    for run in list(Segments._running):
        run._thread.join()


def available_models():
    """Names of the models on this machine that WhisperModel finds."""
    return sorted({*_skald.installed_models(), *os.listdir(_MODELS)})


class WhisperModel:
    """A Whisper model, opened once."""

    def __init__(self, model_size_or_path="mini.en", device="auto", compute_type="default", cpu_threads=0, **options):
        """model_size_or_path: a name, a directory (Hugging Face, CTranslate2) or a file (.pt, ggml).
        options: others of Skald's that open a model, and download_root (where names are looked for first),
        device_index, num_workers, local_files_only, which change nothing."""
        for name in ("device_index", "num_workers", "local_files_only"):
            options.pop(name, None)
        root = options.pop("download_root", None)
        options.setdefault("model_dir", _MODELS if root is None else os.fspath(root))
        self._engine = _skald.Engine(
            {
                "model": os.fspath(model_size_or_path),
                "device": device,
                "compute_type": "auto" if compute_type == "default" else compute_type,
                "threads": cpu_threads,
                **options,
            }
        )

    @property
    def info(self):
        """A dict: name, path, parameters, device, isa, compute_type, threads, ..."""
        return self._engine.info()

    @property
    def is_multilingual(self):
        return self._engine.info()["multilingual"]

    def transcribe(self, audio, language=None, task="transcribe", **arguments):
        """(segments, info): an iterator whose segments come while the recording is decoded, and TranscriptionInfo.

        audio: a path, a binary file object, or samples of 16 kHz, mono, in [-1, 1]: an array of float32, which is not
        copied and must stay as it is until the segments have been read (float64 is converted).
        arguments: faster_whisper's, and every option of `skald transcribe` by its name with underscores."""
        arguments = {"language": language, "task": task, **arguments}
        options = options_from(arguments)
        self._engine.check(options)
        run = Segments(self._work(audio, options))
        found, probability, duration = run.wait_for_info()
        asked = SimpleNamespace(**{**OPTIONS, **options})
        return run, TranscriptionInfo(found, probability, duration, duration, None, asked, None)

    def _work(self, audio, options):
        """A function of (listener, cancel) that transcribes."""
        engine = self._engine
        if isinstance(audio, (str, bytes, os.PathLike)):
            path = os.fsencode(audio)
            return lambda listener, cancel: engine.transcribe_file(path, options, listener, cancel)
        if hasattr(audio, "read"):
            return _file_work(engine, audio, options)
        samples = samples_of(audio)
        return lambda listener, cancel: engine.transcribe_samples(samples, options, listener, cancel)


def _file_work(engine, file, options):
    """Of a file object, whose rest goes into a temporary file without a name."""
    spool = tempfile.TemporaryFile()
    shutil.copyfileobj(file, spool)
    spool.flush()

    def work(listener, cancel):
        with spool:
            return engine.transcribe_file(os.fsencode(f"/proc/self/fd/{spool.fileno()}"), options, listener, cancel)

    return work


def samples_of(audio):
    """As the extension takes them: float32, one after the other."""
    kind = getattr(audio, "dtype", None)
    if kind is None:  # array.array, memoryview: the extension looks
        return audio
    if kind.kind != "f":
        raise TypeError(f"samples of type {kind}: give float32 in [-1, 1] (of int16: samples.astype('float32') / 32768)")
    if audio.ndim != 1:
        raise ValueError(f"samples of shape {audio.shape}: give one channel (the mean of several), 16 kHz")
    import numpy

    return numpy.ascontiguousarray(audio, dtype=numpy.float32)
