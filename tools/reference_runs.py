"""Transcriptions of the reference, kept in a file: torch is slow and its answers do not change.

    runs = ReferenceRuns(model_directory, cache_file)
    record = runs.get(audio_file, "beam5")

A record holds the segments as whisper.transcribe() returns them and one entry for every call of model.decode():
temperature, the three figures that decide acceptance, tokens and prompt. Requirements: as reference.py, and ffmpeg.
"""

import hashlib
import json
import os

from reference import load_model, versions

# Name -> arguments of whisper.transcribe(). `default` is the reference's command line.
LADDER = (0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0)  # np.arange(0, 1.0 + 1e-6, 0.2), as the command line makes it
MODES = {
    "greedy": {"temperature": 0.0},
    "beam5": {"temperature": 0.0, "beam_size": 5},
    "default": {"temperature": LADDER, "beam_size": 5, "best_of": 5},
    "greedy-ladder": {"temperature": LADDER},
}
SEGMENT_FIELDS = ("id", "seek", "start", "end", "text", "tokens", "temperature", "avg_logprob", "compression_ratio",
                  "no_speech_prob")


def needs_fallback(attempt, options):
    """whisper.transcribe.decode_with_fallback's decision on one attempt."""
    ratio = options.get("compression_ratio_threshold", 2.4)
    logprob = options.get("logprob_threshold", -1.0)
    no_speech = options.get("no_speech_threshold", 0.6)
    failed = ratio is not None and attempt["compression_ratio"] > ratio
    failed = failed or (logprob is not None and attempt["avg_logprob"] < logprob)
    silent = no_speech is not None and attempt["no_speech_prob"] > no_speech
    return failed and not (silent and logprob is not None and attempt["avg_logprob"] < logprob)


class RecordedModel:
    """A whisper model whose encoder remembers its last windows (rungs of the ladder and modes share them) and whose
    decode() is recorded."""

    def __init__(self, model):
        self.model = model
        self.attempts = []
        self._states = {}
        self._encode = model.encoder.forward
        self._decode = model.decode
        model.encoder.forward = self._encode_once
        model.decode = self._record

    def _encode_once(self, mel):
        key = hashlib.sha1(mel.numpy().tobytes()).digest()
        if key not in self._states:
            while len(self._states) > 3:
                self._states.pop(next(iter(self._states)))
            self._states[key] = self._encode(mel)
        return self._states[key]

    def _record(self, mel, options):
        result = self._decode(mel, options)
        self.attempts.append({
            "temperature": result.temperature,
            "avg_logprob": result.avg_logprob,
            "compression_ratio": result.compression_ratio,
            "no_speech_prob": result.no_speech_prob,
            "tokens": list(result.tokens),
            "prompt": list(options.prompt or []),
        })
        return result

    def transcribe(self, path, options):
        import torch
        import whisper

        torch.manual_seed(0)
        self.attempts = []
        language = {} if self.model.is_multilingual else {"language": "en"}
        result = whisper.transcribe(self.model, path, fp16=False, verbose=None, **language, **options)
        fields = SEGMENT_FIELDS + (("words",) if options.get("word_timestamps") else ())
        segments = [{key: segment[key] for key in fields} for segment in result["segments"]]
        attempts = [{**attempt, "accepted": not needs_fallback(attempt, options)} for attempt in self.attempts]
        return {"text": result["text"], "language": result["language"], "segments": segments, "attempts": attempts}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


class ReferenceRuns:
    def __init__(self, model_directory, cache_file=None):
        self.directory = model_directory
        self.cache_file = cache_file
        self.model_key = digest(os.path.join(model_directory, "model.safetensors"))
        self._recorded = None
        self._records = {}
        self._unsaved = 0
        if cache_file and os.path.exists(cache_file):
            with open(cache_file, encoding="utf8") as file:
                self._records = json.load(file)["records"]

    @property
    def recorded(self):
        if self._recorded is None:
            self._recorded = RecordedModel(load_model(self.directory))
        return self._recorded

    def get(self, path, mode, **more):
        """The record of one file; `more` are further arguments of whisper.transcribe()."""
        options = {**MODES[mode], **more}
        key = "|".join([self.model_key, digest(path), mode, json.dumps(more, sort_keys=True)])
        if key not in self._records:
            self._records[key] = self.recorded.transcribe(path, options)
            self._unsaved += 1
            if self._unsaved >= 20:
                self.save()
        return self._records[key]

    def save(self):
        if not self.cache_file or not self._unsaved:
            return
        temporary = self.cache_file + ".part"
        with open(temporary, "w", encoding="utf8") as file:
            json.dump({"versions": versions(), "records": self._records}, file)
        os.replace(temporary, self.cache_file)
        self._unsaved = 0
