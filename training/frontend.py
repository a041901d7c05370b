"""Whisper's log-mel front end on any device, with a mel bank that can be warped (another speaker's vocal tract)."""

import numpy as np
import torch

from common import RATE

FFT, HOP, MELS = 400, 160, 80
WARPS = (1.0, 0.86, 0.9, 0.94, 0.97, 1.03, 1.06, 1.1, 1.14)  # of the frequency axis; 1.0 is Whisper's own bank
WARP_EDGE = 0.8  # of Nyquist: above it the warped axis returns to Nyquist


def _to_mel(hertz):
    """Slaney's scale: linear below 1 kHz, logarithmic above."""
    return np.where(hertz >= 1000, 15 + np.log(np.maximum(hertz, 1e-9) / 1000) / (np.log(6.4) / 27), hertz * 3 / 200)


def _to_hertz(mel):
    return np.where(mel >= 15, 1000 * np.exp((np.log(6.4) / 27) * (mel - 15)), mel * 200 / 3)


def mel_bank(warp=1.0):
    """[MELS, FFT / 2 + 1] triangles of unit area, looked up at warped frequencies."""
    nyquist = RATE / 2
    hertz = np.linspace(0, nyquist, FFT // 2 + 1)
    edge = WARP_EDGE * nyquist
    beyond = edge * warp + (hertz - edge) * (nyquist - edge * warp) / (nyquist - edge)
    warped = np.where(hertz <= edge, hertz * warp, beyond)
    corners = _to_hertz(np.linspace(0, _to_mel(nyquist), MELS + 2))
    rise = (warped - corners[:-2, None]) / np.diff(corners)[:-1, None]
    fall = (corners[2:, None] - warped) / np.diff(corners)[1:, None]
    bank = np.maximum(0, np.minimum(rise, fall)) * (2 / (corners[2:] - corners[:-2]))[:, None]
    return torch.tensor(bank, dtype=torch.float32)


class Frontend:
    """Waves [B, n] -> log-mel [B, MELS, n / HOP]."""

    def __init__(self, device):
        self.window = torch.hann_window(FFT, device=device)
        self.banks = torch.stack([mel_bank(warp) for warp in WARPS]).to(device)

    @torch.no_grad()
    def __call__(self, waves, warp=None, equaliser=None):
        """warp [B]: index into WARPS, none = Whisper's own; equaliser [B, MELS]: log10 offsets."""
        spectrum = torch.stft(waves, FFT, HOP, window=self.window, center=True, return_complex=True)[..., :-1]
        bank = self.banks[0] if warp is None else self.banks[warp]
        mel = torch.matmul(bank, spectrum.real**2 + spectrum.imag**2).clamp(min=1e-10).log10()
        if equaliser is not None:
            mel = mel + equaliser[:, :, None]
        mel = torch.maximum(mel, mel.amax(dim=(1, 2), keepdim=True) - 8.0)
        return (mel + 4.0) / 4.0
