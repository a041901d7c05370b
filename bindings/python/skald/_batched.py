from ._model import WhisperModel


class BatchedInferencePipeline:
    """A WhisperModel whose recordings are cut into windows of speech that are decoded together."""

    def __init__(self, model: WhisperModel):
        self.model = model

    def transcribe(self, audio, language=None, task="transcribe", *, batch_size=8, clip_timestamps=None, **arguments):
        """As WhisperModel.transcribe with long_form="batched": what is not speech is left out.

        batch_size: windows that are decoded together. clip_timestamps: a list of {"start": seconds, "end": seconds}, or as
        WhisperModel takes it."""
        arguments.update(batch_size=batch_size, long_form="batched")
        for name in ("hallucination_silence_threshold", "prompt_reset_on_temperature"):
            arguments.pop(name, None)  # they look at the window before, which a window here does not know
        if clip_timestamps:
            arguments["clip_timestamps"] = _ends_of(clip_timestamps)
        if arguments.get("vad_parameters"):
            arguments["vad_parameters"] = {
                name: value for name, value in arguments["vad_parameters"].items() if name != "max_speech_duration_s"
            }  # a window's length says it
        return self.model.transcribe(audio, language, task, **arguments)


def _ends_of(clips):
    """start, end, start, end, ... of a list of dicts; anything else as it is."""
    if isinstance(clips, str) or not isinstance(clips[0], dict):
        return clips
    return [clip[end] for clip in clips for end in ("start", "end")]
