"""skald.BatchedInferencePipeline over mini.en and samples/ of the source tree ($SKALD_SOURCE)."""

import os
import pathlib
import wave

import numpy
import pytest
import skald

SAMPLES = pathlib.Path(os.environ["SKALD_SOURCE"]) / "samples"
MINUTE = SAMPLES / "minute.ogg"
TEXT = " Good morning, how are you today?"


@pytest.fixture(scope="session")
def pipeline():
    return skald.BatchedInferencePipeline(model=skald.WhisperModel("mini.en"))


@pytest.fixture(scope="session")
def hello():
    with wave.open(str(SAMPLES / "hello.wav")) as file:
        return numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16).astype(numpy.float32) / 32768


def test_a_script_of_faster_whisper(pipeline, hello):
    """Every argument of faster_whisper 1.2's BatchedInferencePipeline.transcribe, at its default."""
    segments, info = pipeline.transcribe(
        hello,
        language=None,
        task="transcribe",
        log_progress=False,
        beam_size=5,
        best_of=5,
        patience=1,
        length_penalty=1,
        repetition_penalty=1,
        no_repeat_ngram_size=0,
        temperature=[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
        compression_ratio_threshold=2.4,
        log_prob_threshold=-1.0,
        no_speech_threshold=0.6,
        condition_on_previous_text=True,
        prompt_reset_on_temperature=0.5,
        initial_prompt=None,
        prefix=None,
        suppress_blank=True,
        suppress_tokens=[-1],
        without_timestamps=True,
        max_initial_timestamp=1.0,
        word_timestamps=False,
        prepend_punctuations="\"'“¿([{-",
        append_punctuations="\"'.。,，!！?？:：”)]}、",
        multilingual=False,
        vad_filter=True,
        vad_parameters=None,
        max_new_tokens=None,
        chunk_length=None,
        clip_timestamps=None,
        hallucination_silence_threshold=None,
        batch_size=8,
        hotwords=None,
        language_detection_threshold=0.5,
        language_detection_segments=1,
    )
    (segment,) = segments
    assert (segment.text, segment.id, segment.words) == (TEXT, 1, None)
    assert all(token < 50257 for token in segment.tokens)  # no timestamp among them
    assert info.language == "en" and info.duration == pytest.approx(len(hello) / 16000, abs=0.01)
    assert (info.transcription_options.long_form, info.transcription_options.batch_size) == ("batched", 8)


def test_windows_of_speech(pipeline):
    segments, info = pipeline.transcribe(MINUTE, batch_size=2, word_timestamps=True)
    segments = list(segments)
    assert len(segments) >= 2 and [segment.id for segment in segments] == list(range(1, len(segments) + 1))
    assert all(a.end <= b.start for a, b in zip(segments, segments[1:]))
    assert all(0 <= segment.start < segment.end <= info.duration + 0.01 for segment in segments)
    assert all("".join(word.word for word in segment.words) == segment.text for segment in segments)
    assert len(segments) > len({segment.seek for segment in segments})
    without = list(pipeline.transcribe(MINUTE, without_timestamps=True)[0])
    assert len(without) == len({segment.seek for segment in without})  # one of each window


def test_any_batch_size_gives_the_same(pipeline):
    one, eight = [[s.text for s in pipeline.transcribe(MINUTE, batch_size=size)[0]] for size in (1, 8)]
    assert one == eight


def test_clips(pipeline, hello):
    far = numpy.concatenate([hello, numpy.zeros(31 * 16000, numpy.float32), hello])
    begin = len(hello) / 16000 + 30
    segments, _ = pipeline.transcribe(far, clip_timestamps=[{"start": begin, "end": begin + 5}])
    (segment,) = segments
    assert segment.text == TEXT and segment.start > begin
    segments, _ = pipeline.transcribe(far, clip_timestamps=[{"start": 0, "end": 3}, {"start": begin, "end": begin + 5}])
    assert "".join(segment.text for segment in segments) == 2 * TEXT


def test_what_looks_at_the_window_before_is_left_out(pipeline, hello):
    parameters = {"threshold": 0.4, "max_speech_duration_s": 20}
    segments, info = pipeline.transcribe(
        hello, hallucination_silence_threshold=2.0, prompt_reset_on_temperature=0.2, vad_parameters=parameters
    )
    assert next(segments).text == TEXT and info.transcription_options.vad_threshold == 0.4
    assert parameters == {"threshold": 0.4, "max_speech_duration_s": 20}


@pytest.mark.parametrize(
    "arguments, kind, match",
    [
        ({"no_such": 1}, TypeError, "no_such"),
        ({"batch_size": 0}, ValueError, "batch-size"),
        ({"chunk_length": 10}, skald.UnsupportedError, "chunk_length"),
        ({"vad_parameters": {"neg_threshold": 0.3}}, skald.UnsupportedError, "neg_threshold"),
        ({"clip_timestamps": [{"start": 0}]}, KeyError, "end"),
    ],
)
def test_refused_arguments(pipeline, hello, arguments, kind, match):
    with pytest.raises(kind, match=match):
        pipeline.transcribe(hello, **arguments)
