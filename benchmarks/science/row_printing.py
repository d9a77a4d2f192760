"""How a script gives its table: it yields rows with named fields, which are printed and kept as JSON.

    parser = argparse.ArgumentParser(...)
    add_rows(parser)
    show(measure(), parser.parse_args().rows)

A field holds the number itself, not its text; how it is shown on the page is said there (``parts/*.md``).
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.files import replacing


def add_rows(parser: argparse.ArgumentParser) -> None:
    """Adds the option ``--rows FILE``."""
    parser.add_argument("--rows", type=Path, help="also write the rows to this JSON file")


def show(rows: Iterable[dict[str, Any]], file: Path | None = None) -> list[dict[str, Any]]:
    """Prints each row as it comes, as Markdown, then writes all of them, whole or not at all."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        if not kept or list(row) != list(kept[-1]):
            print(f"| {' | '.join(row)} |\n|{' --- |' * len(row)}", flush=True)
        print(f"| {' | '.join(map(_text, row.values()))} |", flush=True)
        kept.append(row)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as beside:
            beside.write_text(json.dumps(kept, indent=1, default=_plain) + "\n", encoding="utf-8")
    return kept


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return "-" if value is None else str(value)


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a row must hold plain values, got {type(value).__name__}")
