"""Couplings, encoders, the coder and games of mdpzoo-coding, measured.

python benchmarks/coding.py couplings --peer FOLDER   # FOLDER holds the package of ssokota/mec; without: plain Python
python benchmarks/coding.py exact|compression|coder|sending|detection|hostile|games|rates|toy|trained

``trained`` and ``toy`` take minutes, the others one at most.
"""

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from science.row_printing import add_rows, show


def main() -> None:
    """Runs what the command line asks for."""
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
    parser.add_argument("what", choices=parts)
    parser.add_argument("--peer", type=Path, help="folder of the package mec")
    add_rows(parser)
    given = parser.parse_args()
    peer = None
    if given.peer is not None:
        sys.path.insert(0, str(given.peer))
        peer = importlib.import_module("mec.approximation.algorithms").greedy_mec
    show(parts[given.what](peer) if given.what == "couplings" else parts[given.what](), given.rows)


if __name__ == "__main__":
    main()
