"""Folders, lists and command-line flags that every step shares."""

import csv
import os

RATE = 16000  # samples a second, everywhere
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HELDOUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "heldout_kathleen.tsv")


def add_folders(parser):
    """--work: everything that is made; --speech: the recordings, which are third parties' and never copied here."""
    parser.add_argument("--work", default=os.environ.get("SKALD_TRAINING", os.path.join(ROOT, "build", "training")))
    parser.add_argument(
        "--speech", default=os.environ.get("SKALD_SPEECH", os.path.join(ROOT, "..", "shared", "speech"))
    )


def read_table(path):
    """Rows of a tab-separated file with a header."""
    with open(path, encoding="utf8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def write_table(path, fields, rows):
    """rows: one sequence per line, in the order of the fields."""
    with open(path, "w", encoding="utf8") as file:
        for row in [fields, *rows]:
            file.write("\t".join(map(str, row)) + "\n")


def recordings(speech, split):
    """Rows of the manifest of one split: path, speaker, seconds, licence, text and corpus (the folder)."""
    rows = [row for row in read_table(os.path.join(speech, "manifest.tsv")) if row["split"] == split]
    for row in rows:
        row["corpus"] = row["path"].split("/")[0]
    return rows
