"""skald.Live over mini.en and samples/ of the source tree ($SKALD_SOURCE)."""

import array
import io
import os
import pathlib
import signal
import subprocess
import sys
import threading

import numpy
import pytest
import skald

HELLO = pathlib.Path(os.environ["SKALD_SOURCE"]) / "samples" / "hello.wav"
TEXT = " Good morning, how are you today?"
PCM = HELLO.read_bytes()[44:]  # 16 kHz, mono, s16le
SAMPLES = numpy.frombuffer(PCM, numpy.int16)
FLOATS = SAMPLES.astype(numpy.float32) / 32768


@pytest.fixture(scope="session")
def model():
    return skald.WhisperModel("mini.en")


def stable_text(texts):
    return "".join(text.stable_text for text in texts)


def test_texts_and_words(model):
    live = skald.Live(model, language="en")
    texts = []
    for at in range(0, len(PCM), 8001):  # within a sample
        texts += live.feed(PCM[at : at + 8001])
    assert len(texts) == len(PCM) // 16000 and any(text.provisional_text for text in texts)
    assert all(isinstance(text, skald.LiveText) for text in texts)
    texts += live.finish()
    assert stable_text(texts) == TEXT and texts[-1].provisional == []
    assert [text.heard for text in texts] == sorted(text.heard for text in texts)
    assert texts[-1].heard == pytest.approx(len(PCM) / 32000)
    words = [word for text in texts for word in text.stable]
    assert all(a.end <= b.start + 0.2 for a, b in zip(words, words[1:]))
    assert all(isinstance(word, skald.Word) and 0 <= word.start <= word.end <= texts[-1].heard for word in words)


def test_step_and_length(model):
    often = skald.Live(model, step=0.25)
    assert len(often.feed(PCM[:8000])) == 1
    with pytest.raises(ValueError, match="step"):
        skald.Live(model, step=0.01)
    with pytest.raises(ValueError, match="length"):
        skald.Live(model, length=31)


@pytest.mark.parametrize(
    "layout, audio",
    [
        ({}, [memoryview(PCM)]),
        ({}, [bytearray(PCM)]),
        ({}, [SAMPLES]),
        ({}, [array.array("h", PCM)]),
        ({}, [FLOATS]),
        ({}, [FLOATS.astype(numpy.float64)]),
        ({}, [numpy.repeat(SAMPLES, 2)[::2]]),
        ({}, [FLOATS[:20000], SAMPLES[20000:]]),
        ({"format": "f32le"}, [FLOATS]),
        ({"channels": 2}, [numpy.stack([SAMPLES, SAMPLES], axis=1)]),
        ({"rate": 32000}, [numpy.repeat(SAMPLES, 2)]),
        ({}, io.BytesIO(PCM)),
    ],
)
def test_kinds_of_audio(model, layout, audio):
    assert stable_text(skald.Live(model, **layout).listen(audio)) == TEXT


def test_texts_come_as_they_are_heard(model):
    fed = 0

    def pieces():
        nonlocal fed
        for at in range(0, len(PCM), 16000):
            fed = at + 16000
            yield PCM[at : at + 16000]

    text = next(skald.Live(model).listen(pieces()))
    assert text.heard == pytest.approx(fed / 32000) and fed == 16000


def test_a_pipe_is_not_waited_for(model):
    read, write = os.pipe()
    with open(read, "rb") as source:
        os.write(write, PCM[:16000])
        texts = skald.Live(model).listen(source)
        assert next(texts).heard == 0.5  # although less than a piece is missing
        os.close(write)
        assert len(list(texts)) == 1


def test_nothing_follows_the_end(model):
    live = skald.Live(model)
    live.finish()
    with pytest.raises(ValueError, match="ended"):
        live.feed(PCM)


@pytest.mark.parametrize(
    "layout, audio, kind, match",
    [
        ({}, numpy.zeros(8, numpy.int64), TypeError, "s16le or float32"),
        ({}, "text", TypeError, "bytes-like"),
        ({"channels": 2}, numpy.zeros((8, 3), numpy.int16), ValueError, "2 channels"),
        ({"rate": 48000}, FLOATS, ValueError, "f32le"),
    ],
)
def test_refused_audio(model, layout, audio, kind, match):
    with pytest.raises(kind, match=match):
        skald.Live(model, **layout).feed(audio)


@pytest.mark.parametrize(
    "arguments, kind, match",
    [
        ({"format": "mp3"}, ValueError, "format"),
        ({"rate": "16000"}, TypeError, "rate"),
        ({"no_such": 1}, TypeError, "no_such"),
        ({"task": "translate"}, skald.UnsupportedError, "English"),
    ],
)
def test_refused_arguments(model, arguments, kind, match):
    with pytest.raises(kind, match=match):
        skald.Live(model, **arguments)


def test_cancel_ends_a_feed_while_other_threads_run(model):
    live = skald.Live(model)
    caught = []

    def feed():
        try:
            live.feed(numpy.tile(SAMPLES, 400))  # 16 minutes
        except skald.SkaldError as error:
            caught.append(error)

    thread = threading.Thread(target=feed)
    thread.start()
    thread.join(1)
    assert thread.is_alive()
    live.cancel()
    thread.join(20)
    assert not thread.is_alive() and [error.code for error in caught] == ["cancelled"]
    with pytest.raises(skald.SkaldError, match="cancelled"):
        live.finish()


def test_keyboard_interrupt_ends_a_feed(model):
    live = skald.Live(model)
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        live.feed(numpy.tile(SAMPLES, 400))
    timer.join()
    live.finish()  # it goes on


def test_a_model_outlives_its_streams():
    script = (
        "import skald, sys\n"
        "live = skald.Live(skald.WhisperModel('mini.en'))\n"
        "print(''.join(text.stable_text for text in live.listen(sys.stdin.buffer)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], input=PCM, capture_output=True, timeout=120)
    assert (ran.returncode, ran.stdout.decode(), ran.stderr) == (0, TEXT + "\n", b"")
