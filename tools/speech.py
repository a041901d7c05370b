"""Folders of real recordings, which are third parties' and no part of the project."""

import csv
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODEL = os.path.join(ROOT, "models", "mini.en")


def default_speech():
    """$SKALD_SPEECH, or ../shared/speech beside the repository."""
    return os.environ.get("SKALD_SPEECH") or os.path.join(ROOT, "..", "shared", "speech")


def default_mini():
    """../shared/mini beside the repository: recordings that mini.en was held out from."""
    return os.environ.get("SKALD_MINI") or os.path.join(ROOT, "..", "shared", "mini")


def read_manifest(path):
    """Rows of a tab-separated list with a header; none when the file is absent."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def clips(speech, splits=("dev", "test")):
    """(path, text, split) of the clips of these splits."""
    rows = read_manifest(os.path.join(speech, "manifest.tsv"))
    return [(os.path.join(speech, row["path"]), row["text"], row["split"]) for row in rows if row["split"] in splits]
