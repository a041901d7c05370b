"""The package over mini.en and samples/ of the source tree ($SKALD_SOURCE)."""

import array
import ast
import gc
import inspect
import io
import os
import pathlib
import subprocess
import sys
import threading
import wave

import numpy
import pytest

import skald

ROOT = pathlib.Path(os.environ["SKALD_SOURCE"])
HELLO = ROOT / "samples" / "hello.wav"
TEXT = " Good morning, how are you today?"


@pytest.fixture(scope="session")
def model():
    return skald.WhisperModel("mini.en")


@pytest.fixture(scope="session")
def samples():
    with wave.open(str(HELLO)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        return numpy.frombuffer(file.readframes(file.getnframes()), numpy.int16).astype(numpy.float32) / 32768


def text_of(result):
    return "".join(segment.text for segment in result[0])


def test_info(model):
    assert model.info["path"].startswith(os.path.dirname(skald.__file__))
    assert not model.is_multilingual
    assert "mini.en" in skald.available_models()
    assert skald.__version__.count(".") == 2


def test_segments_and_words(model):
    segments, info = model.transcribe(str(HELLO), word_timestamps=True, beam_size=5)
    assert (info.language, info.language_probability) == ("en", 1)
    assert 2 < info.duration == info.duration_after_vad < 3
    assert info.transcription_options.word_timestamps and info.transcription_options.best_of == 5
    (segment,) = segments
    assert segment.text == TEXT and segment.id == 1 and segment.temperature == 0
    assert 0 <= segment.start < segment.end <= info.duration and segment.avg_logprob < 0 and len(segment.tokens) > 6
    assert "".join(word.word for word in segment.words) == TEXT
    assert all(word.start <= word.end and 0 < word.probability <= 1 for word in segment.words)
    assert list(segments) == []


def test_without_words(model):
    assert next(model.transcribe(HELLO)[0]).words is None


def test_kinds_of_audio(model, samples):
    assert text_of(model.transcribe(HELLO)) == TEXT
    assert text_of(model.transcribe(os.fsencode(HELLO))) == TEXT
    with open(HELLO, "rb") as file:
        assert text_of(model.transcribe(file)) == TEXT
    assert text_of(model.transcribe(io.BytesIO(HELLO.read_bytes()))) == TEXT
    assert text_of(model.transcribe(samples)) == TEXT
    assert text_of(model.transcribe(samples.astype(numpy.float64))) == TEXT
    assert text_of(model.transcribe(numpy.repeat(samples, 2)[::2])) == TEXT
    assert text_of(model.transcribe(array.array("f", samples))) == TEXT
    read_only = samples.copy()
    read_only.flags.writeable = False
    assert text_of(model.transcribe(read_only)) == TEXT
    segments, info = model.transcribe(numpy.zeros(0, numpy.float32))
    assert list(segments) == [] and info.duration == 0


def test_samples_are_not_copied(model):
    def resident():
        return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    hour = numpy.zeros(3600 * 16000, numpy.float32)
    hour += 0  # 230 MB, now in memory
    model.transcribe(HELLO)[0].close()
    before = resident()
    segments, info = model.transcribe(hour)
    assert info.duration == pytest.approx(3600)
    assert resident() - before < hour.nbytes / 2
    segments.close()


def test_segments_come_while_it_decodes(model, samples):
    window = numpy.concatenate([samples, numpy.zeros(30 * 16000 - len(samples), numpy.float32)])
    segments, _ = model.transcribe(numpy.tile(window, 20), condition_on_previous_text=False)
    assert next(segments).text == TEXT
    assert segments._thread.is_alive()  # 19 windows to go
    segments.close()
    assert not segments._thread.is_alive()
    assert list(segments) == []


def test_a_forgotten_run_ends(model, samples):
    segments, _ = model.transcribe(numpy.tile(samples, 200))
    thread = segments._thread
    del segments
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()


def test_other_threads_run_meanwhile(model, samples):
    ticks = 0
    segments, _ = model.transcribe(numpy.tile(samples, 10))
    while segments._thread.is_alive():
        ticks += 1
        threading.Event().wait(0.001)
    assert ticks > 20


def test_interpreter_ends_with_a_run(model):
    script = (
        "import numpy, skald\n"
        "segments, info = skald.WhisperModel('mini.en').transcribe(numpy.zeros(3600 * 16000, 'f4'))\n"
        "print('end')\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "end\n", "")


def test_faster_whisper_arguments(model):
    result = model.transcribe(
        HELLO,
        language="en",
        beam_size=1,
        patience=1,
        length_penalty=1,
        temperature=[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
        log_prob_threshold=-1.0,
        max_new_tokens=100,
        suppress_tokens=[-1],
        clip_timestamps=[0.0],
        vad_filter=False,
        hotwords=None,
        repetition_penalty=1,
    )
    asked = result[1].transcription_options
    assert text_of(result) == TEXT
    assert asked.beam_size is None and asked.sample_len == 100 and asked.temperature_increment_on_fallback == 0.2
    assert text_of(model.transcribe(HELLO, temperature=0)) == TEXT


@pytest.mark.parametrize(
    "arguments, kind, match",
    [
        ({"no_such": 1}, TypeError, "no_such"),
        ({"beam_size": "5"}, TypeError, "beam_size"),
        ({"beam_size": 0}, ValueError, "beam-size"),
        ({"language": "klingon"}, ValueError, "klingon"),
        ({"task": "translate"}, skald.UnsupportedError, "English"),
        ({"repetition_penalty": 1.3}, skald.UnsupportedError, "repetition_penalty"),
        ({"length_penalty": 0.5}, skald.UnsupportedError, "length_penalty"),
        ({"temperature": [0, 0.3, 0.4]}, skald.UnsupportedError, "temperature"),
        ({"temperature": []}, ValueError, "temperature"),
        ({"initial_prompt": [1, 2]}, skald.UnsupportedError, "initial_prompt"),
    ],
)
def test_refused_arguments(model, arguments, kind, match):
    with pytest.raises(kind, match=match):
        model.transcribe(HELLO, **arguments)


def test_refused_audio(model, samples, tmp_path):
    with pytest.raises(FileNotFoundError, match="no/such.wav") as caught:
        model.transcribe("/no/such.wav")
    assert caught.value.code == "not found" and caught.value.hint
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no audio at all")
    with pytest.raises(skald.SkaldError) as caught:
        model.transcribe(bad)
    assert caught.value.code == "bad audio"
    with pytest.raises(TypeError, match="int16"):
        model.transcribe((samples * 32767).astype(numpy.int16))
    with pytest.raises(ValueError, match="one channel"):
        model.transcribe(numpy.stack([samples, samples]))
    with pytest.raises(TypeError):
        model.transcribe(42)


def test_refused_models():
    with pytest.raises(skald.NotFoundError, match="nope"):
        skald.WhisperModel("nope")
    with pytest.raises(skald.UnsupportedError, match="cuda"):
        skald.WhisperModel("mini.en", device="cuda")
    with pytest.raises(TypeError, match="no_such"):
        skald.WhisperModel("mini.en", no_such=1)


def test_stub_has_what_the_package_has():
    folder = pathlib.Path(skald.__file__).parent
    assert (folder / "py.typed").exists()
    stub = ast.parse((folder / "__init__.pyi").read_text())
    names = {node.name for node in stub.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))} | {"__version__"}
    assert names == set(skald.__all__)
    classes = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
    for kind in (skald.Word, skald.Segment, skald.TranscriptionInfo, skald.LiveText):
        fields = [node.target.id for node in classes[kind.__name__].body if isinstance(node, ast.AnnAssign)]
        assert fields == list(kind.__dataclass_fields__)
    (opens,) = [node for node in classes["Live"].body if getattr(node, "name", "") == "__init__"]
    of_audio = {*inspect.signature(skald.Live.__init__).parameters} - {"self", "model", "arguments"}
    assert of_audio <= {argument.arg for argument in opens.args.kwonlyargs} <= {*of_audio, *skald._options.OPTIONS}
    (transcribe,) = [node for node in classes["WhisperModel"].body if getattr(node, "name", "") == "transcribe"]
    known = {*skald._options.OPTIONS, *skald._options.RENAMED, "vad_parameters"}
    assert {argument.arg for argument in transcribe.args.kwonlyargs} <= known
