"""Tokens: the special ids of Whisper's English vocabulary, texts cut into small pieces, letters for the CTC head.

The texts are cut with the first RANKS ranks of the GPT-2 BPE alone: every token is then frequent enough to be learnt
from some hundred hours, and any Whisper decoder joins the pieces to the same text.
"""

from functools import cache

import tiktoken
from whisper.tokenizer import get_tokenizer

EOT, SOT, SOT_PREV, NO_SPEECH, NO_TIMESTAMPS, FIRST_STAMP, VOCABULARY = 50256, 50257, 50360, 50361, 50362, 50363, 51864
STAMPS = 1501  # 0.00 to 30.00 s
STAMP_SECONDS = 0.02
RANKS = 2048  # 256 bytes and 1,792 merges
IGNORED = -1  # target without a loss

FULL = get_tokenizer(False).encoding
SMALL = tiktoken.Encoding(
    "gpt2-small",
    pat_str=FULL._pat_str,
    mergeable_ranks={token: rank for token, rank in FULL._mergeable_ranks.items() if rank < RANKS},
    special_tokens={},
)
BLANK = 0
LETTERS = {letter: i for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz' ", 1)}
SPACE = LETTERS[" "]
CTC_CLASSES = len(LETTERS) + 1
TRAINED = sorted([*range(RANKS), EOT, SOT, SOT_PREV, NO_SPEECH, NO_TIMESTAMPS])  # ids with a row of their own


def encode(text):
    """A text as it follows other text: with a space in front."""
    return SMALL.encode(" " + text)


def letters_of(spoken):
    """CTC labels of a text: letters, apostrophes, one space between words."""
    for mark in "-,.":
        spoken = spoken.replace(mark, " ")
    return [LETTERS[c] for c in " ".join(spoken.lower().split()) if c in LETTERS]


def stamp(seconds):
    """Timestamp token nearest to a time."""
    return FIRST_STAMP + round(seconds / STAMP_SECONDS)


@cache
def letter_count(token):
    """CTC labels, spaces aside, in a text token; 0 for all others."""
    if not 0 <= token < EOT:
        return 0
    return sum(c in LETTERS and c != " " for c in FULL.decode([token]).lower())


@cache
def weight(token):
    """Share of the time that a text token takes: its bytes, a mark counting for three (a pause follows)."""
    text = FULL.decode_single_token_bytes(token)
    return len(text) + 2 * (text[-1:] in b",.?!")


def row(token):
    """Row of a trained token in the model's embedding table; a text token's row is its id."""
    return len(TRAINED) + token - FIRST_STAMP if token >= FIRST_STAMP else _ROWS[token]


_ROWS = {token: index for index, token in enumerate(TRAINED)}
