from dataclasses import dataclass
from os import PathLike
from types import SimpleNamespace
from typing import Any, BinaryIO, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

__version__: str

class SkaldError(RuntimeError):
    code: str
    where: str
    what: str
    hint: str

class InvalidArgumentError(SkaldError, ValueError): ...
class NotFoundError(SkaldError, FileNotFoundError): ...
class PermissionDeniedError(SkaldError, PermissionError): ...
class UnsupportedError(SkaldError, NotImplementedError): ...
class OutOfMemoryError(SkaldError, MemoryError): ...

@dataclass
class Word:
    start: float
    end: float
    word: str
    probability: float

@dataclass
class Segment:
    id: int
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
    duration_after_vad: float
    all_language_probs: Optional[List[Tuple[str, float]]]
    transcription_options: SimpleNamespace
    vad_options: None

class Segments(Iterator[Segment]):
    def __next__(self) -> Segment: ...
    def close(self) -> None: ...

@dataclass
class LiveText:
    stable: List[Word]
    provisional: List[Word]
    heard: float
    @property
    def stable_text(self) -> str: ...
    @property
    def provisional_text(self) -> str: ...

class Live:
    def __init__(
        self,
        model: WhisperModel,
        *,
        format: str = ...,
        rate: int = ...,
        channels: int = ...,
        step: float = ...,
        length: float = ...,
        keep_context: bool = ...,
        language: Optional[str] = ...,
        task: str = ...,
        beam_size: Optional[int] = ...,
        temperature_increment_on_fallback: Optional[float] = ...,
        initial_prompt: Optional[str] = ...,
        hotwords: Optional[str] = ...,
        multilingual: bool = ...,
        vad_threshold: float = ...,
        **options: Any,
    ) -> None: ...
    def feed(self, audio: Any) -> List[LiveText]: ...
    def finish(self) -> List[LiveText]: ...
    def listen(self, audio: Union[BinaryIO, Iterable[Any]]) -> Iterator[LiveText]: ...
    def cancel(self) -> None: ...

def available_models() -> List[str]: ...

class WhisperModel:
    def __init__(
        self,
        model_size_or_path: Union[str, PathLike[str]] = ...,
        device: str = ...,
        compute_type: str = ...,
        cpu_threads: int = ...,
        *,
        download_root: Union[str, PathLike[str], None] = ...,
        device_index: Union[int, List[int]] = ...,
        num_workers: int = ...,
        local_files_only: bool = ...,
    ) -> None: ...
    @property
    def info(self) -> Dict[str, Any]: ...
    @property
    def is_multilingual(self) -> bool: ...
    def transcribe(
        self,
        audio: Union[str, bytes, PathLike[str], BinaryIO, Any],
        language: Optional[str] = ...,
        task: str = ...,
        *,
        temperature: Union[float, Sequence[float]] = ...,
        temperature_increment_on_fallback: Optional[float] = ...,
        best_of: Optional[int] = ...,
        beam_size: Optional[int] = ...,
        patience: Optional[float] = ...,
        length_penalty: Optional[float] = ...,
        suppress_tokens: Union[str, Sequence[int], None] = ...,
        suppress_blank: bool = ...,
        initial_prompt: Optional[str] = ...,
        carry_initial_prompt: bool = ...,
        prefix: Optional[str] = ...,
        condition_on_previous_text: bool = ...,
        compression_ratio_threshold: Optional[float] = ...,
        log_prob_threshold: Optional[float] = ...,
        no_speech_threshold: Optional[float] = ...,
        without_timestamps: bool = ...,
        max_initial_timestamp: Optional[float] = ...,
        max_new_tokens: Optional[int] = ...,
        seed: int = ...,
        word_timestamps: bool = ...,
        prepend_punctuations: str = ...,
        append_punctuations: str = ...,
        hallucination_silence_threshold: Optional[float] = ...,
        clip_timestamps: Union[str, Sequence[float]] = ...,
        hotwords: Optional[str] = ...,
        suppress_numerals: bool = ...,
        max_repeats: Optional[int] = ...,
        multilingual: bool = ...,
        language_detection_segments: int = ...,
        language_detection_threshold: Optional[float] = ...,
        long_form: str = ...,
        batch_size: int = ...,
        vad_filter: bool = ...,
        vad_parameters: Optional[Dict[str, Any]] = ...,
        vad_threshold: float = ...,
        vad_min_speech_duration_ms: int = ...,
        vad_min_silence_duration_ms: int = ...,
        vad_speech_pad_ms: int = ...,
        **options: Any,
    ) -> Tuple[Segments, TranscriptionInfo]: ...

class BatchedInferencePipeline:
    model: WhisperModel
    def __init__(self, model: WhisperModel) -> None: ...
    def transcribe(
        self,
        audio: Union[str, bytes, PathLike[str], BinaryIO, Any],
        language: Optional[str] = ...,
        task: str = ...,
        *,
        batch_size: int = ...,
        clip_timestamps: Union[str, Sequence[float], Sequence[Dict[str, float]], None] = ...,
        beam_size: Optional[int] = ...,
        temperature: Union[float, Sequence[float]] = ...,
        initial_prompt: Optional[str] = ...,
        hotwords: Optional[str] = ...,
        without_timestamps: bool = ...,
        word_timestamps: bool = ...,
        vad_parameters: Optional[Dict[str, Any]] = ...,
        **options: Any,
    ) -> Tuple[Segments, TranscriptionInfo]: ...
