"""Readers of the text sources. Each takes the folder that holds the unpacked Debian packages (or "/", where they are
installed) and returns raw sentences; SOURCES in texts.py says how many of each are spoken."""

import gzip
import os
import re
import struct
import zlib

ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Dr|St|Ms|Messrs|Esq|etc|Co|No|vol|Jr|Rev|Capt|Col|Gen|Lieut|Hon|[A-Z])\.$")
SENTENCE_END = re.compile(r"(?<=[.?!])[\"'”’)]*\s+")


def sentences(text):
    """Sentences of running text; a full stop after an abbreviation does not end one."""
    out, current = [], ""
    for part in SENTENCE_END.split(text):
        current = f"{current} {part}".strip()
        if not ABBREVIATION.search(current):
            out.append(current)
            current = ""
    return out + [current] if current else out


def _r_blocks(path):
    """Compressed objects of an R lazy-load database: big-endian length of the contents, then a zlib stream."""
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at + 4 < len(data):
        stream = zlib.decompressobj()
        try:
            block = stream.decompress(data[at + 4 :])
        except zlib.error:
            return
        yield block
        at = len(data) - len(stream.unused_data)


def _r_strings(block, longest=200):
    """Character strings in a serialised R object: type 9 (CHARSXP) with a length before the bytes."""
    out = []
    for found in re.finditer(rb"\x00[\x00-\xff][\x00-\xff]\x09", block):
        at = found.end()
        size = struct.unpack(">I", block[at : at + 4])[0] if at + 4 <= len(block) else longest + 1
        if size <= longest and at + 4 + size <= len(block):
            out.append(block[at + 4 : at + 4 + size].decode("utf8", "ignore"))
    return out


def austen(root):
    """Jane Austen's novels but Sense and Sensibility (public domain); package r-cran-janeaustenr."""
    out = []
    for block in _r_blocks(os.path.join(root, "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb")):
        book = "\n".join(_r_strings(block))
        if len(book) < 50000 or "Dashwood" in book:
            continue
        for paragraph in re.split(r"\n\s*\n", book):
            paragraph = " ".join(paragraph.split())
            if not re.match(r"(?i)chapter|volume|by jane|\(", paragraph):
                out += sentences(paragraph)
    return out


def _sword_verses(base):
    """Verses of a SWORD zText module: .bzs indexes compressed blocks in .bzz, .bzv indexes verses in blocks."""
    files = {}
    for ending in ("bzs", "bzz", "bzv"):
        with open(f"{base}.{ending}", "rb") as file:
            files[ending] = file.read()
    blocks = []
    for start, size, _ in struct.iter_unpack("<III", files["bzs"]):
        blocks.append(zlib.decompress(files["bzz"][start : start + size]) if size else b"")
    for block, start, size in struct.iter_unpack("<IIH", files["bzv"]):
        if size:
            yield blocks[block][start : start + size].decode("utf8", "ignore")


def bible(root):
    """World English Bible (public domain); package sword-text-web."""
    folder = os.path.join(root, "usr/share/sword/modules/texts/ztext/engWEB2015eb")
    out = []
    for testament in ("ot", "nt"):
        for verse in _sword_verses(os.path.join(folder, testament)):
            verse = re.sub(r"<note.*?</note>|<title.*?</title>", " ", verse, flags=re.S)
            out += sentences(" ".join(re.sub(r"<[^>]*>", " ", verse).split()))
    return out


def _wordnet_glosses(root):
    for part in ("noun", "verb", "adj", "adv"):
        with open(os.path.join(root, "usr/share/wordnet", f"data.{part}"), encoding="utf8", errors="ignore") as file:
            for line in file:
                if not line.startswith("  ") and "|" in line:
                    yield line.split("|", 1)[1].strip()


def wordnet_examples(root):
    """Quoted examples of WordNet 3.0 (Princeton WordNet licence); package wordnet-base."""
    return [
        text for gloss in _wordnet_glosses(root) for text in re.findall(r'"([^"]+)"', gloss) if len(text.split()) >= 3
    ]


def wordnet_definitions(root):
    """First definitions of WordNet 3.0, without examples and brackets."""
    out = []
    for gloss in _wordnet_glosses(root):
        first = re.sub(r'"[^"]*"', "", gloss).split(";")[0]
        out.append(re.sub(r"\([^)]*\)", "", first).strip())
    return [text for text in out if 4 <= len(text.split()) <= 14]


def proper_names(root):
    """First names; package miscfiles."""
    with gzip.open(os.path.join(root, "usr/share/dict/propernames.gz"), "rt") as file:
        return [name for name in file.read().split() if name.isalpha()]


def transcripts(path):
    """Texts of a list "id|text" or "id|text|normalised text" (LJ Speech: public domain)."""
    with open(path, encoding="utf8") as file:
        return [line.rstrip("\n").split("|")[-1] for line in file if "|" in line]
