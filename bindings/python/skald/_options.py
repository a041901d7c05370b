"""faster_whisper's arguments as Skald's options."""

from . import _skald
from ._errors import UnsupportedError

OPTIONS = _skald.transcribe_defaults()

# The arguments that faster_whisper has and Skald under another name.
RENAMED = {"log_prob_threshold": "logprob_threshold", "max_new_tokens": "sample_len"}

# Of the dict vad_parameters.
VAD = {
    "threshold": "vad_threshold",
    "min_speech_duration_ms": "vad_min_speech_duration_ms",
    "min_silence_duration_ms": "vad_min_silence_duration_ms",
    "speech_pad_ms": "vad_speech_pad_ms",
}

# Arguments of faster_whisper that are taken at the value that means "off", unless Skald has an option of the name.
OFF = {
    "log_progress": (False,),
    "repetition_penalty": (1,),
    "no_repeat_ngram_size": (0,),
    "prompt_reset_on_temperature": (0.5,),
    "chunk_length": (None, 30),
}


def _ladder(temperature):
    """temperature, temperature_increment_on_fallback of a number or of rungs with equal steps up to 1."""
    if isinstance(temperature, (int, float)):
        return float(temperature), None
    rungs = [float(rung) for rung in temperature]
    if not rungs:
        raise ValueError("temperature: there is no temperature in it")
    if len(rungs) == 1:
        return rungs[0], None
    step = rungs[1] - rungs[0]
    expected = []
    while step > 0 and rungs[0] + len(expected) * step <= 1.0 + 1e-6:
        expected.append(rungs[0] + len(expected) * step)
    if len(expected) != len(rungs) or any(abs(a - b) > 1e-6 for a, b in zip(rungs, expected)):
        raise UnsupportedError(
            "unsupported", "temperature", f"{rungs} has no equal steps up to 1", "give [0, 0.2, 0.4, 0.6, 0.8, 1.0] or a number"
        )
    return rungs[0], step


def _comma_separated(value):
    return value if isinstance(value, str) else ",".join(str(part) for part in value)


def _vad_options(parameters):
    for name in parameters:
        if name not in VAD:
            raise UnsupportedError("unsupported", f"vad_parameters: {name}", "there is no such parameter", f"give {', '.join(VAD)}")
    return {VAD[name]: value for name, value in parameters.items()}


def options_from(arguments):
    """The dict that the extension takes. Errors: TypeError for an unknown name, UnsupportedError for what Skald cannot do."""
    options = {}
    for name, value in arguments.items():
        if name == "temperature":
            options["temperature"], step = _ladder(value)
            options.setdefault("temperature_increment_on_fallback", step)
        elif name == "suppress_tokens":
            options[name] = "" if value is None else _comma_separated(value)
        elif name == "clip_timestamps":
            options[name] = _comma_separated(value)
        elif name == "length_penalty" and value == 1:
            options[name] = None  # faster_whisper's 1 is the mean log-probability; here a number is Google's formula
        elif name == "length_penalty" and value is not None:
            raise UnsupportedError("unsupported", name, "another formula than faster_whisper's", "leave it at 1")
        elif name == "initial_prompt" and not isinstance(value, (str, type(None))):
            raise UnsupportedError("unsupported", name, "tokens as a prompt", "give a text")
        elif name == "vad_parameters":
            options.update(_vad_options(value or {}))
        elif name == "language_detection_threshold" and value is None:
            continue  # faster_whisper's annotation allows it; its default is meant
        elif RENAMED.get(name, name) in OPTIONS:
            options[RENAMED.get(name, name)] = value
        elif name in OFF:
            if value not in OFF[name]:
                raise UnsupportedError("unsupported", name, f"{value!r} is not possible yet", f"leave it at {OFF[name][0]!r}")
        else:
            raise TypeError(f"transcribe() has no option '{name}'")
    if options.get("beam_size") == 1:
        options["beam_size"] = None  # greedy, as there
    if options.get("beam_size") is None or options.get("patience") == 1:
        options.pop("patience", None)
    return options
