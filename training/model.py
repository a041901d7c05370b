"""Whisper's architecture, parameter names as in openai/whisper, in a form that trains fast: only the token rows in
pieces.TRAINED are learnt, the timestamp rows are a linear map of sinusoids, all other rows of the embedding stay zero.
A CTC head on the encoder helps training and is dropped at export.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from pieces import CTC_CLASSES, FIRST_STAMP, STAMPS, TRAINED, VOCABULARY

GUIDED = (0, 1)  # cross-attention heads, of every decoder layer but the first, that are taught to follow the audio


@dataclass(frozen=True)
class Shape:
    width: int = 256
    encoder_layers: int = 4
    decoder_layers: int = 3
    mels: int = 80
    positions: int = 1500
    text_positions: int = 448

    @property
    def heads(self):
        return self.width // 64

    def dims(self):
        """The dictionary of openai/whisper."""
        return {
            "n_mels": self.mels,
            "n_audio_ctx": self.positions,
            "n_audio_state": self.width,
            "n_audio_head": self.heads,
            "n_audio_layer": self.encoder_layers,
            "n_vocab": VOCABULARY,
            "n_text_ctx": self.text_positions,
            "n_text_state": self.width,
            "n_text_head": self.heads,
            "n_text_layer": self.decoder_layers,
        }


def sinusoids(length, channels):
    """[length, channels]: sines, then cosines, of wavelengths 2 pi to 10,000 * 2 pi."""
    step = math.log(10000) / (channels // 2 - 1)
    angle = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(channels // 2))[None]
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def attend(q, k, v, causal):
    """softmax(q k^T / sqrt(64)) v by products: the fused function's backward pass is several times slower on CPUs."""
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    scores = torch.matmul(q / math.sqrt(q.shape[-1]), k.transpose(2, 3))
    if causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    return torch.matmul(scores.softmax(-1), v)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def split(self, x):
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x, source=None, causal=False):
        """-> (output, log weights [B, GUIDED, T, S] of the guided heads where there is a source)."""
        memory = x if source is None else source
        q, k, v = self.split(self.query(x)), self.split(self.key(memory)), self.split(self.value(memory))
        looks = None
        if source is not None:
            few = slice(GUIDED[0], GUIDED[-1] + 1)
            scores = torch.matmul(q[:, few].float(), k[:, few].float().transpose(2, 3)) / math.sqrt(q.shape[-1])
            looks = scores.log_softmax(-1)
        mixed = attend(q, k, v, causal)
        return self.out(mixed.transpose(1, 2).reshape(x.shape)), looks


class Block(nn.Module):
    def __init__(self, width, heads, cross):
        super().__init__()
        self.attn, self.attn_ln = Attention(width, heads), nn.LayerNorm(width)
        self.cross_attn = Attention(width, heads) if cross else None
        self.cross_attn_ln = nn.LayerNorm(width) if cross else None
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, x, source=None, causal=False):
        x = x + self.attn(self.attn_ln(x), causal=causal)[0]
        looks = None
        if source is not None:
            seen, looks = self.cross_attn(self.cross_attn_ln(x), source)
            x = x + seen
        return x + self.mlp(self.mlp_ln(x)), looks


class Encoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.conv1 = nn.Conv1d(shape.mels, shape.width, 3, padding=1)
        self.conv2 = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", sinusoids(shape.positions, shape.width))
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads, False) for _ in range(shape.encoder_layers))
        self.ln_post = nn.LayerNorm(shape.width)

    def forward(self, mel, offset):
        """mel [B, 80, T], offset [B]: the position its first frame stands at -> [B, T / 2, width]."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        where = offset[:, None] + torch.arange(x.shape[1], device=x.device)
        x = x + self.positional_embedding[where].to(x.dtype)
        for block in self.blocks:
            x, _ = block(x)
        return self.ln_post(x)


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.emb = nn.Parameter(torch.randn(len(TRAINED), shape.width) * 0.03)
        self.ts = nn.Parameter(torch.eye(shape.width) * 0.04)
        self.register_buffer("sin", sinusoids(STAMPS, shape.width), persistent=False)
        self.positional_embedding = nn.Parameter(torch.randn(shape.text_positions, shape.width) * 0.01)
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads, True) for _ in range(shape.decoder_layers))
        self.ln = nn.LayerNorm(shape.width)

    def table(self):
        """[TRAINED and STAMPS rows, width]."""
        return torch.cat([self.emb, self.sin @ self.ts])

    def forward(self, rows, audio, table):
        """rows [B, L]: indices into the table -> (hidden states, log weights of the guided heads by layer)."""
        x = (F.embedding(rows, table) + self.positional_embedding[: rows.shape[1]]).to(audio.dtype)
        looks = []
        for block in self.blocks:
            x, look = block(x, audio, causal=True)
            looks.append(look)
        return self.ln(x), looks[1:]


class Mini(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.encoder, self.decoder = Encoder(shape), Decoder(shape)
        self.ctc = nn.Linear(shape.width, CTC_CLASSES)
        for name, parameter in self.named_parameters():
            if is_matrix(name, parameter):
                gain = 0.3 if name.endswith(("out.weight", "mlp.2.weight")) else 0.8
                nn.init.normal_(parameter, std=gain / math.sqrt(parameter.shape[1]))
            if name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, mel, offset, rows):
        """-> (encoder states' CTC log probabilities [B, S, classes], hidden states, guided weights, embedding table)."""
        audio = self.encoder(mel, offset)
        table = self.decoder.table()
        hidden, looks = self.decoder(rows, audio, table)
        return self.ctc(audio).float().log_softmax(-1), hidden, looks, table


def is_matrix(name, parameter):
    """Weights of the blocks, which Muon trains."""
    return parameter.dim() == 2 and "blocks" in name


def token_losses(hidden, targets, table):
    """(cross entropy, is the best row right) of hidden states [n, width]: softmax over the full vocabulary, to which
    every zero row adds exp(0)."""
    logits = (hidden @ table.to(hidden.dtype).t()).float()
    zeros = logits.new_tensor(math.log(VOCABULARY - table.shape[0]))
    total = torch.logaddexp(torch.logsumexp(logits, -1), zeros)
    return total - logits.gather(1, targets[:, None])[:, 0], logits.argmax(-1) == targets


def openai_state(model):
    """state_dict with the names of openai/whisper: full vocabulary, without the CTC head."""
    own = ("ctc.", "decoder.emb", "decoder.ts")
    state = {name: value.detach().float() for name, value in model.state_dict().items() if not name.startswith(own)}
    table = model.decoder.table().detach().float()
    full = torch.zeros(VOCABULARY, model.shape.width)
    full[torch.tensor(TRAINED)] = table[: len(TRAINED)]
    full[FIRST_STAMP : FIRST_STAMP + STAMPS] = table[len(TRAINED) :]
    state["decoder.token_embedding.weight"] = full
    return state
