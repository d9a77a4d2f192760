"""Couplings, encoders, the coder and games of mdpzoo-coding, measured; ``table`` writes the tables from the JSON.

python benchmarks/coding.py couplings --peer FOLDER   # FOLDER holds the package of ssokota/mec; without: plain Python
python benchmarks/coding.py exact|compression|coder|sending|detection|hostile|games|rates|toy|trained
python benchmarks/coding.py table                     # Markdown from benchmarks/results/coding.json

The figures of one part replace those of its last run. ``trained`` and ``toy`` take minutes, the others one at most.
"""

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "coding.json"


def main() -> None:
    """Runs what the command line asks for."""
    sys.path.insert(0, str(Path(__file__).parent))
    from coding_parts import channels, kernels, players

    parts: dict[str, Callable[..., Any]] = {
        "couplings": kernels.couplings,
        "exact": kernels.exact,
        "compression": kernels.compression,
        "coder": kernels.coder,
        "sending": channels.sending,
        "detection": channels.detecting,
        "hostile": channels.hostile,
        "trained": channels.trained,
        "games": players.games,
        "rates": players.rates,
        "toy": players.toy,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=(*parts, "table"))
    parser.add_argument("--peer", type=Path, help="folder of the package mec")
    given = parser.parse_args()
    if given.what == "table":
        from coding_parts import tables

        tables.write(json.loads(RESULTS.read_text()))
        return
    peer = None
    if given.peer is not None:
        sys.path.insert(0, str(given.peer))
        peer = importlib.import_module("mec.approximation.algorithms").greedy_mec
    began = time.process_time()
    found = parts[given.what](peer) if given.what == "couplings" else parts[given.what]()
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[given.what] = {"rows": found, "cpu_seconds": round(time.process_time() - began, 1)}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True, default=_plain) + "\n")
    for row in found:
        print(row)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


if __name__ == "__main__":
    main()
