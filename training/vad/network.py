"""The speech detector's features and network, as src/audio/speech_detector.cc computes them."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RATE, FFT, HOP = 16000, 400, 160
BANDS = 40  # means of the raw log-mel's bands, so that models of 80 and of 128 bands feed the same network
WIDTH = 32
KERNEL = 5
DILATIONS = (1, 2, 4, 8, 16)  # in steps of 20 ms: it hears 1.3 s to either side


class Features:
    """Raw log-mel, log10(max(power, 1e-10)), in 40 bands: [batch, 40, frames]."""

    def __init__(self, filters):
        self.filters = {bands: torch.from_numpy(filters[f"mel_{bands}"]) for bands in (80, 128)}
        self.window = torch.hann_window(FFT)
        self.pool = {bands: pool_matrix(bands) for bands in self.filters}

    def __call__(self, waves, bands=80):
        power = torch.stft(waves, FFT, HOP, window=self.window, return_complex=True)[..., :-1].abs() ** 2
        mel = (self.filters[bands] @ power).clamp(min=1e-10).log10()
        return self.pool[bands] @ mel


def pool_matrix(bands):
    """[40, bands]: band b counts for floor(40 b / bands)."""
    to = torch.arange(bands) * BANDS // bands
    matrix = F.one_hot(to, BANDS).float().T
    return matrix / matrix.sum(1, keepdim=True)


class Block(nn.Module):
    """x + ReLU(pointwise(depthwise(x)))"""

    def __init__(self, dilation):
        super().__init__()
        self.depthwise = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2 * dilation, dilation=dilation, groups=WIDTH, bias=False)
        self.pointwise = nn.Conv1d(WIDTH, WIDTH, 1, bias=False)
        self.norm = nn.BatchNorm1d(WIDTH)

    def forward(self, x):
        return x + F.relu(self.norm(self.pointwise(self.depthwise(x))))


class Detector(nn.Module):
    """[batch, 40, 2 n] features to [batch, n] logits of speech, one for each 20 ms."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(BANDS, WIDTH, KERNEL, stride=2, padding=KERNEL // 2, bias=False)
        self.norm = nn.BatchNorm1d(WIDTH)
        self.blocks = nn.ModuleList(Block(dilation) for dilation in DILATIONS)
        self.head = nn.Conv1d(WIDTH, 1, 1)

    def forward(self, x):
        x = F.relu(self.norm(self.stem((x + 4) / 4)))
        for block in self.blocks:
            x = block(x)
        return self.head(x)[:, 0]


def folded(conv, norm):
    """Weight and bias of a convolution with the normalisation after it."""
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight * gain[:, None, None], norm.bias - norm.running_mean * gain


def export(model):
    """All numbers in the order of the C++ reader, float32: stem (tap, band, out), bias; for each block depthwise (tap, channel),
    pointwise (in, out), bias; head (channel), bias."""
    weight, bias = folded(model.stem, model.norm)
    parts = [weight.permute(2, 1, 0), bias]
    for block in model.blocks:
        pointwise, bias = folded(block.pointwise, block.norm)
        parts += [block.depthwise.weight[:, 0].T, pointwise[:, :, 0].T, bias]
    parts += [model.head.weight.flatten(), model.head.bias]
    return np.concatenate([p.detach().contiguous().numpy().astype("<f4").ravel() for p in parts])


def exported(numbers):
    """The network of what export() gave: normalisations are in the weights."""
    model, at = Detector().eval(), 0

    def take(*shape):
        nonlocal at
        size = int(np.prod(shape))
        at += size
        return torch.from_numpy(numbers[at - size : at].astype(np.float32)).reshape(shape)

    def identity(norm):
        norm.running_var.fill_(1 - norm.eps)
        norm.bias.copy_(take(WIDTH))

    with torch.no_grad():
        model.stem.weight.copy_(take(KERNEL, BANDS, WIDTH).permute(2, 1, 0))
        identity(model.norm)
        for block in model.blocks:
            block.depthwise.weight.copy_(take(KERNEL, WIDTH).T[:, None])
            block.pointwise.weight.copy_(take(WIDTH, WIDTH).T[:, :, None])
            identity(block.norm)
        model.head.weight.copy_(take(1, WIDTH, 1))
        model.head.bias.copy_(take(1))
    return model
