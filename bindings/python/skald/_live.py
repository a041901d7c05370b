from dataclasses import dataclass
from typing import List

from . import _skald
from ._model import Word, samples_of
from ._options import options_from

_ITEMS = {"u8": "B", "s16le": "h", "s32le": "i", "f32le": "f"}  # as memoryview calls them
_PIECE = 1 << 12  # bytes that are read at once: an eighth of a second of the default format


@dataclass
class LiveText:
    """What is known after a step. Times are seconds from the first sample."""

    stable: List[Word]  # they will not change any more; each is told once, in order
    provisional: List[Word]  # what is heard after them so far; the next text replaces it
    heard: float  # end of the audio that this is about

    @property
    def stable_text(self):
        return "".join(word.word for word in self.stable)

    @property
    def provisional_text(self):
        return "".join(word.word for word in self.provisional)


class Live:
    """One stream of audio that is transcribed as it comes, over a WhisperModel.

        for text in Live(model, language="en").listen(sys.stdin.buffer):
            print(text.stable_text, end="", flush=True)
    """

    def __init__(self, model, *, format="s16le", rate=16000, channels=1, step=0.5, length=15, keep_context=False, **arguments):
        """format (u8, s16le, s32le, f32le), rate (samples a second) and channels: of the audio that is fed. step: seconds of
        new audio before it is listened to again; length: seconds that are listened to at most; keep_context: a step is given
        the stable text before its audio. arguments: WhisperModel.transcribe's, greedy and without fallback by default; words
        are always timed, nothing is clipped or conditioned on."""
        self._layout = format, rate, channels
        live = {"format": format, "rate": rate, "channels": channels, "step": step, "length": length}
        self._live = _skald.Live(model._engine, options_from(arguments), {**live, "keep_context": keep_context})

    def feed(self, audio):
        """The texts, a list of LiveText, that new audio gave: it is listened to when there is a step's worth of it.

        audio: bytes in the format, cut anywhere; an array of the format's type, (samples,) or (samples, channels); or an array
        of float samples of 16 kHz, mono, in [-1, 1]. Errors: SkaldError of code "cancelled" after cancel()."""
        format, rate, channels = self._layout
        view = memoryview(audio)
        if view.ndim == 2 and view.shape[1] != channels:
            raise ValueError(f"samples of shape {view.shape}: there are {channels} channels")
        if view.itemsize == 1 or view.format == _ITEMS[format]:
            return _texts(self._live.feed_bytes(view if view.c_contiguous else view.tobytes()))
        if view.format not in ("f", "d"):
            raise TypeError(f"samples of type '{view.format}': give {format} or float32")
        if (rate, channels) != (16000, 1):
            raise ValueError("samples of float32 are of 16 kHz, mono: open it with format='f32le'")
        return _texts(self._live.feed_samples(samples_of(audio)))

    def finish(self):
        """The last texts: what was provisional is stable. Nothing can be fed afterwards."""
        return _texts(self._live.finish())

    def listen(self, audio):
        """Feeds all of a binary file object, or of an iterable of what feed() takes, and finishes; yields the texts."""
        for piece in _pieces(audio):
            yield from self.feed(piece)
        yield from self.finish()

    def cancel(self):
        """What feeds, on another thread, stops. Nothing can be fed afterwards."""
        self._live.cancel()


def _pieces(audio):
    if not hasattr(audio, "read"):
        return audio
    read = getattr(audio, "read1", audio.read)  # read1: what is there, without waiting for more
    return iter(lambda: read(_PIECE), b"")


def _texts(told):
    def words(fields):
        return [Word(**word) for word in fields]

    return [LiveText(words(text["stable"]), words(text["provisional"]), text["heard"]) for text in told]
