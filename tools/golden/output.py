"""How goldens are written: JSON in tests/data/golden, with the versions they were made with."""

import json
import os

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tests", "data",
                      "golden")


def rounded(values):
    """Nested lists with six significant digits: off by at most 5e-5 for values below 100, where tests allow 1e-3."""
    return json.loads(json.dumps(np.asarray(values, dtype=np.float64).tolist()), parse_float=lambda x: float(f"{float(x):.6g}"))


def write_golden(name, content):
    from reference import versions

    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf8") as file:
        json.dump({"versions": versions(), **content}, file, separators=(",", ":"), ensure_ascii=False)
        file.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes")
